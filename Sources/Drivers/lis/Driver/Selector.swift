import DriverKit
import JSONText
import LIS02

/// Which record of each type the reader is at.
struct RecordContext {
    /// Index into the message's records by letter A … Z; -1: none yet.
    private var indices = [Int](repeating: -1, count: 26)

    subscript(type: UInt8) -> Int {
        get { type >= 0x41 && type <= 0x5A ? indices[Int(type) - 0x41] : -1 }
        set { if type >= 0x41, type <= 0x5A { indices[Int(type) - 0x41] = newValue } }
    }

    /// What stands at a path in the records the reader is at.
    func span(_ path: LIS02Path, in message: LIS02Message) -> LIS02Span {
        let index = self[path.type]
        guard index >= 0, index < message.records.count else { return .nothing }
        return message.span(path, in: message.records[index])
    }
}

/// Where a value is to be found, and what is done to it: an option like `specimen` or `code`.
///
/// Written as a path, a list of paths (the first that holds anything), or an object with `first` or `join` and rules.
///
/// A class, because a profile has dozens of them and a message asks each several times: handing one on costs one retain.
final class Selector {
    private var paths: [LIS02Path] = []
    private var joint: String?
    private var constant: String?
    private var trim: [Unicode.Scalar] = []
    private var prefix = ""
    private var suffix = ""
    private var before = ""
    private var word = 0
    private var none: [Glob] = []
    private var map: [(pattern: Glob, text: String)] = []
    private var isPlain = true

    /// The first of these that holds anything.
    init(_ paths: [String]) { self.paths = paths.compactMap { LIS02Path($0) } }

    init(_ value: JSONValue, name: String) throws(OptionsFault) {
        guard case .object = value else {
            paths = try Selector.paths(value, name: name)
            return
        }
        var reader = try OptionReader(value, name: name)
        isPlain = false
        constant = try reader.text("constant")
        if let first = reader.value("first") { paths = try Selector.paths(first, name: "\(name).first") }
        if let join = reader.value("join") {
            paths = try Selector.paths(join, name: "\(name).join")
            joint = "/"
        }
        if let with = try reader.text("with") { joint = with }
        trim = Array((try reader.text("trim") ?? "").unicodeScalars)
        prefix = try reader.text("strip_prefix") ?? ""
        suffix = try reader.text("strip_suffix") ?? ""
        before = try reader.text("before") ?? ""
        word = try reader.count("word", 1...9) ?? 0
        none = (try reader.texts("none") ?? []).map { Glob($0) }
        if let map = reader.value("map") {
            for member in try OptionReader(map, name: "\(name).map").members {
                self.map.append((Glob(member.key), try OptionReader.texts(member.value, name: name).first ?? ""))
            }
        }
        if paths.isEmpty, constant == nil {
            throw OptionsFault("\(name): write first or join with a list of paths, or constant")
        }
        try reader.finish()
    }

    private static func paths(_ value: JSONValue, name: String) throws(OptionsFault) -> [LIS02Path] {
        var paths: [LIS02Path] = []
        for text in try OptionReader.texts(value, name: name) {
            guard let path = LIS02Path(text) else {
                throw OptionsFault("\(name): \"\(text)\" is no path; write for example O.3, O.3.1, R.3.* or O.5[2].4")
            }
            paths.append(path)
        }
        return paths
    }

    /// The text found, "" if there is none.
    func text(_ context: RecordContext, in message: LIS02Message) -> String {
        if isPlain {
            let span = self.span(context, in: message)
            return span.isEmpty ? "" : message.string(span)
        }
        var text = ""
        if let joint {
            for path in paths {
                let part = message.string(context.span(path, in: message))
                if !part.isEmpty { text += text.isEmpty ? part : joint + part }
            }
        } else {
            for path in paths {
                text = finished(message.string(context.span(path, in: message)))
                if !text.isEmpty { break }
            }
        }
        if joint != nil { text = finished(text) }
        if text.isEmpty, let constant { text = constant }
        return mapped(text)
    }

    /// The first span that holds anything: for selectors without rules.
    func span(_ context: RecordContext, in message: LIS02Message) -> LIS02Span {
        for path in paths {
            let span = context.span(path, in: message)
            if !span.isEmpty { return span }
        }
        return .nothing
    }

    private func finished(_ text: String) -> String {
        guard !text.isEmpty else { return "" }
        var scalars = Substring(text).unicodeScalars
        if word > 0 {
            let words = scalars.split(separator: " ")
            scalars = word <= words.count ? words[word - 1] : Substring().unicodeScalars
        }
        func isTrimmed(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || trim.contains(scalar) }
        while let first = scalars.first, isTrimmed(first) { scalars.removeFirst() }
        while let last = scalars.last, isTrimmed(last) { scalars.removeLast() }
        var result = String(scalars)
        if !before.isEmpty, let stop = firstIndex(of: before, in: result) { result = String(result[..<stop]) }
        if !prefix.isEmpty, result.hasPrefix(prefix) { result.removeFirst(prefix.count) }
        if !suffix.isEmpty, result.hasSuffix(suffix) { result.removeLast(suffix.count) }
        return none.contains { $0.matches(result) } ? "" : result
    }

    private func firstIndex(of part: String, in text: String) -> String.Index? {
        var index = text.startIndex
        while index < text.endIndex {
            if text[index...].hasPrefix(part) { return index }
            index = text.index(after: index)
        }
        return nil
    }

    private func mapped(_ text: String) -> String { map.first { $0.pattern.matches(text) }?.text ?? text }
}
