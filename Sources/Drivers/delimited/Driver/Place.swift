import CharacterSets
import DriverKit
import JSONText

/// What stands in a record: columns by number, names of the head, lines before it.
struct Record {
    /// Cells as text, not trimmed. Of a row of fixed columns one cell, a scalar for each byte.
    var cells: [String]
    /// Fixed columns: what the bytes are.
    var byteSet: CharacterSet?
    /// Which columns the patterns of names mean.
    var head: Head?
    var preamble: [(key: String, value: String)] = []

    func cell(_ index: Int) -> String? { index >= 0 && index < cells.count ? cells[index] : nil }
}

/// The head row.
struct Head: Equatable {
    var names: [String]

    /// The column of that very name, else the first that fits the pattern.
    func index(_ name: Glob) -> Int? {
        names.firstIndex(of: name.pattern) ?? names.firstIndex { !$0.isEmpty && name.matches($0) }
    }
}

/// Where a text is to be found in a record, and what is done to it: an option like `specimen` or `code`.
struct Place {
    enum Source {
        /// From 0.
        case column(Int)
        case named(Glob)
        case preamble(Glob)
    }
    private(set) var sources: [Source] = []
    private var joint: String?
    private var constant = ""
    private var start = 0
    private var width: Int?
    private var word = 0
    private var prefix = ""
    private var suffix = ""
    private var trim: [Unicode.Scalar] = []
    private var none: [Glob] = []
    private var map: [(pattern: Glob, text: String)] = []

    init(_ value: JSONValue, name: String, _ places: PlaceReader) throws(OptionsFault) {
        guard case .object = value else {
            sources = try places.sources(value, name: name)
            return
        }
        var reader = try OptionReader(value, name: name)
        if let first = reader.value("first") { sources = try places.sources(first, name: "\(name).first") }
        if let join = reader.value("join") {
            sources = try places.sources(join, name: "\(name).join")
            joint = " "
        }
        if let with = try reader.text("with") { joint = with }
        for key in try reader.texts("preamble") ?? [] { sources.append(.preamble(Glob(key))) }
        constant = try reader.text("constant") ?? ""
        start = try reader.count("at", 0...1_000_000) ?? 0
        width = try reader.count("width", 1...1_000_000)
        word = try reader.count("word", 1...9) ?? 0
        prefix = try reader.text("strip_prefix") ?? ""
        suffix = try reader.text("strip_suffix") ?? ""
        trim = Array((try reader.text("trim") ?? "").unicodeScalars)
        none = (try reader.texts("none") ?? []).map { Glob($0) }
        if let map = reader.value("map") {
            for member in try OptionReader(map, name: "\(name).map").members {
                self.map.append((Glob(member.key), try OptionReader.texts(member.value, name: name).first ?? ""))
            }
        }
        if sources.isEmpty, places.isFixed, width != nil || start > 0 { sources = [.column(0)] }
        if sources.isEmpty, constant.isEmpty {
            throw OptionsFault(
                places.isFixed
                    ? "\(name): write at (bytes from the start of the row, from 0) and width, or constant"
                    : "\(name): write first or join with columns, preamble, or constant")
        }
        try reader.finish()
    }

    /// Columns that must be whole for this place to be certain: their numbers from 0.
    func columns(_ head: Head?) -> [Int] {
        sources.compactMap {
            switch $0 {
            case .column(let index): index
            case .named(let name): head?.index(name)
            case .preamble: nil
            }
        }
    }

    /// The text found, "" if there is none. `base`: what column 1 means in a group.
    func text(_ record: Record, base: Int = 0) -> String {
        var text = ""
        for source in sources {
            let raw: String
            switch source {
            case .column(let index): raw = record.cell(base + index) ?? ""
            case .named(let name): raw = record.head?.index(name).flatMap { record.cell($0) } ?? ""
            case .preamble(let key): raw = record.preamble.last { key.matches($0.key) }?.value ?? ""
            }
            let part = finished(raw, record.byteSet)
            if joint == nil {
                text = part
                if !text.isEmpty { break }
            } else if !part.isEmpty {
                text += text.isEmpty ? part : (joint ?? "") + part
            }
        }
        if text.isEmpty { text = constant }
        return map.first { $0.pattern.matches(text) }?.text ?? text
    }

    /// Where the place ends in a row of fixed columns: bytes from the start; nil: at the row's end.
    var end: Int? { width.map { start + $0 } }

    private func finished(_ raw: String, _ byteSet: CharacterSet?) -> String {
        var scalars = Substring(raw).unicodeScalars
        if start > 0 || width != nil {
            scalars = scalars.dropFirst(start)
            if let width { scalars = scalars.prefix(width) }
        }
        if let byteSet {
            scalars = Substring(byteSet.decode(scalars.map { UInt8(truncatingIfNeeded: $0.value) })).unicodeScalars
        }
        func isTrimmed(_ scalar: Unicode.Scalar) -> Bool {
            scalar.value <= 0x20 || scalar == "\u{A0}" || scalar == "\u{3000}" || trim.contains(scalar)
        }
        while let first = scalars.first, isTrimmed(first) { scalars.removeFirst() }
        while let last = scalars.last, isTrimmed(last) { scalars.removeLast() }
        if word > 0 {
            let words = scalars.split(separator: " ")
            scalars = word <= words.count ? words[word - 1] : Substring().unicodeScalars
        }
        var result = String(scalars)
        if !prefix.isEmpty, result.hasPrefix(prefix) { result.removeFirst(prefix.count) }
        if !suffix.isEmpty, result.hasSuffix(suffix) { result.removeLast(suffix.count) }
        return none.contains { $0.matches(result) } ? "" : result
    }
}

/// Reads options of kind *place*.
struct PlaceReader {
    var isFixed: Bool
    var hasHead: Bool

    func place(_ key: String, _ reader: inout OptionReader) throws(OptionsFault) -> Place? {
        guard let value = reader.value(key) else { return nil }
        return try Place(value, name: "\(reader.name).\(key)", self)
    }

    /// Numbers are columns from 1, texts are names (patterns) of the head.
    func sources(_ value: JSONValue, name: String) throws(OptionsFault) -> [Place.Source] {
        var sources: [Place.Source] = []
        for item in value.array ?? [value] {
            switch item {
            case .number:
                guard let number = item.int, 1...100_000 ~= number, !isFixed else {
                    throw OptionsFault(
                        isFixed
                            ? "\(name): a row of fixed columns has places like {at: 10, width: 6}"
                            : "\(name): columns are counted from 1, not \(item.text())")
                }
                sources.append(.column(number - 1))
            case .string(let text):
                guard hasHead else {
                    throw OptionsFault(
                        "\(name): \"\(text)\" is the name of a column; write head with the names that mark the head row, or "
                            + "give the column's number")
                }
                sources.append(.named(Glob(text)))
            default: throw OptionsFault("\(name): write a column's number or name, or a list, not \(item.text())")
            }
        }
        return sources
    }
}
