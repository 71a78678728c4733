import DriverKit
import HL7v2
import JSONText

/// Where a value is to be found, and what is done to it: an option like `specimen` or `code`.
///
/// Written as a path, a list of paths (the first that holds anything), or an object with `first` or `join` and rules. A class,
/// so that handing one around costs one reference.
final class Selector {
    private(set) var paths: [HL7Path] = []
    private var joint: String?
    private var constant: String?
    private var trim: [Unicode.Scalar] = []
    private var prefix = ""
    private var suffix = ""
    private var word = 0
    private var none: [Glob] = []
    private var map: [(pattern: Glob, text: String)] = []
    private var isPlain = true

    /// The first of these that holds anything.
    init(_ paths: [String]) { self.paths = paths.compactMap { HL7Path($0) } }

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

    private static func paths(_ value: JSONValue, name: String) throws(OptionsFault) -> [HL7Path] {
        var paths: [HL7Path] = []
        for text in try OptionReader.texts(value, name: name) {
            guard let path = HL7Path(text) else {
                throw OptionsFault(
                    "\(name): \"\(text)\" is no path; write for example OBX-5, PID-3.1, SPM-2.1.1, OBX-3.* or PID-3[2].1"
                )
            }
            paths.append(path)
        }
        return paths
    }

    /// The text found, "" if there is none.
    func text(_ context: SegmentContext, in message: HL7Message) -> String {
        if isPlain {
            for path in paths {
                let span = context.span(path, in: message)
                if span.isEmpty || HL7Text.isNull(span, in: message) { continue }
                let text = message.string(span)
                if !text.isEmpty { return text }
            }
            return ""
        }
        var text = ""
        if let joint {
            for path in paths {
                let part = context.string(path, in: message)
                if !part.isEmpty, part != HL7Text.null { text += text.isEmpty ? part : joint + part }
            }
            text = finished(text)
        } else {
            for path in paths {
                text = finished(context.string(path, in: message))
                if !text.isEmpty { break }
            }
        }
        if text.isEmpty, let constant { text = constant }
        return map.first { $0.pattern.matches(text) }?.text ?? text
    }

    /// The first time found, ISO 8601; "" if there is none. Texts that are no times are passed over and given to `odd`.
    func time(_ context: SegmentContext, in message: HL7Message, odd: (HL7Message.Span) -> Void) -> String {
        for path in paths {
            var span = context.span(path, in: message)
            if span.isEmpty { continue }
            // A time of type TS or DR may have components and repetitions behind it.
            span = message.trimmed(message.component(1, of: message.repetition(1, of: span)))
            if span.isEmpty { continue }
            if let time = HL7Time.iso8601(message.text[span]) { return time }
            if message.text[span].contains(where: { $0 != 0x30 && $0 != 0x22 }) { odd(span) }
        }
        return ""
    }

    private func finished(_ text: String) -> String {
        guard !text.isEmpty, text != HL7Text.null else { return "" }
        var scalars = Substring(text).unicodeScalars
        if word > 0 {
            let words = scalars.split(separator: " ")
            scalars = word <= words.count ? words[word - 1] : Substring().unicodeScalars
        }
        func isTrimmed(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || trim.contains(scalar) }
        while let first = scalars.first, isTrimmed(first) { scalars.removeFirst() }
        while let last = scalars.last, isTrimmed(last) { scalars.removeLast() }
        var result = String(scalars)
        if !prefix.isEmpty, result.hasPrefix(prefix) { result.removeFirst(prefix.count) }
        if !suffix.isEmpty, result.hasSuffix(suffix) { result.removeLast(suffix.count) }
        return none.contains { $0.matches(result) } ? "" : result
    }
}

extension OptionReader {
    mutating func selector(_ key: String) throws(OptionsFault) -> Selector? {
        guard let value = value(key) else { return nil }
        return try Selector(value, name: "\(name).\(key)")
    }
}
