import CharacterSets
import DriverKit
import JSONText

/// The options of a profile for the driver `delimited`. Each is described in the driver's README.
struct DelimitedOptions {
    /// What a device message is made of.
    enum Grouping: Sendable {
        case row
        case specimen
        case all
    }
    /// How a row is cut.
    enum Form: Sendable {
        case separated
        case fixed
    }
    static let usualSeparators: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09, UInt8(ascii: "|")]

    var form = Form.separated
    /// Nil: told by the head row.
    var separator: UInt8?
    var quote: UInt8? = UInt8(ascii: "\"")
    var codes: RowFramer.Codes?
    var charset: CharacterSet?
    var unicode = UnitReader.Form.detected
    var longestRow = 262_144
    /// Silence after which a row without an end is looked at: microseconds.
    var silence: Int64 = 10_000_000
    /// Silence after which a message of several rows is complete: microseconds.
    var quiet: Int64 = 2_000_000
    var grouping = Grouping.row
    /// Names that mark the head row; empty: there is none.
    var head: [Glob] = []
    var endsWith: [Glob] = []
    /// How many columns a row has; nil: not checked beyond the head.
    var columnCount: Int?
    var accept: [UInt8] = []
    var refuse: [UInt8] = []
    var dates = DateForm()
    var layout: Layout
    var fields: RecordFields
    var rules: RecordRules

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        form = try reader.choice("form", ["separated": .separated, "fixed": .fixed]) ?? .separated
        let isFixed = form == .fixed
        separator = try DelimitedOptions.sign("separator", &reader, or: UInt8(ascii: ","), automatic: true)
        if let value = reader.value("quote") {
            quote = value.bool == false ? nil : try DelimitedOptions.byte(value, "options.quote")
        }
        if isFixed { quote = nil }
        if let value = reader.value("blocks") { codes = try DelimitedOptions.codes(value) }
        longestRow = try reader.count("max_row", 256...(1 << 24)) ?? longestRow
        if let milliseconds = try reader.count("silence_ms", 100...600_000) { silence = Int64(milliseconds) * 1000 }
        if let milliseconds = try reader.count("quiet_ms", 50...600_000) { quiet = Int64(milliseconds) * 1000 }
        grouping = try reader.choice("message", ["row": .row, "specimen": .specimen, "all": .all]) ?? .row
        head = (try reader.texts("head") ?? []).map { Glob($0) }
        endsWith = (try reader.texts("ends_with") ?? []).map { Glob($0) }
        columnCount = try reader.count("columns", 1...100_000)
        if let value = reader.value("answer") {
            var answer = try OptionReader(value, name: "options.answer")
            accept = try DelimitedOptions.bytes("accept", &answer)
            refuse = try DelimitedOptions.bytes("refuse", &answer)
            try answer.finish()
        }
        dates = try DateForm(&reader)
        let places = PlaceReader(isFixed: isFixed, hasHead: !head.isEmpty)
        layout = try Layout(&reader, places)
        fields = try RecordFields(&reader, places)
        try DelimitedOptions.check(layout, fields)
        rules = try RecordRules(&reader, places)
        try readCharset(&reader)
        if separator == nil, head.isEmpty, !isFixed {
            throw OptionsFault("options.separator: auto is told by the head row; write head, or the separator")
        }
        try reader.finish()
    }

    private static func check(_ layout: Layout, _ fields: RecordFields) throws(OptionsFault) {
        switch layout {
        case .rows where fields.result.code == nil || fields.result.value == nil:
            throw OptionsFault(
                "options: write code and value; or tests, if each test has a column of its own; or groups")
        case .groups(let groups) where groups.result.code == nil || groups.result.value == nil:
            throw OptionsFault("options.groups: write code and value: columns of a group, from 1")
        case .columns where fields.result.code != nil || fields.result.value != nil:
            throw OptionsFault(
                "options: with tests, the code is the column's name and the value its cell: leave code and value out")
        default: break
        }
    }

    private mutating func readCharset(_ reader: inout OptionReader) throws(OptionsFault) {
        guard let name = try reader.text("charset"), name != "auto" else { return }
        switch name.lowercased() {
        case "utf-16le": unicode = .utf16(isBigEndian: false)
        case "utf-16be": unicode = .utf16(isBigEndian: true)
        case "utf-16": unicode = .detected
        default:
            guard let set = CharacterSet(name: name) else {
                throw OptionsFault(
                    "options.charset: \"\(name)\" is not known; write for example auto, UTF-8, GB18030, ISO-8859-1, UTF-16LE"
                )
            }
            charset = set
        }
        if unicode != .detected { charset = .utf8 }
    }

    /// One sign below 40 hexadecimal or |: those cannot be the second byte of a Chinese character, except |, which is cut as text.
    private static func sign(
        _ key: String, _ reader: inout OptionReader, or usual: UInt8, automatic: Bool
    ) throws(OptionsFault) -> UInt8? {
        guard let value = reader.value(key) else { return usual }
        if automatic, value.string == "auto" { return nil }
        if value.string == "tab" { return 0x09 }
        return try byte(value, "options.\(key)")
    }

    private static func byte(_ value: JSONValue, _ name: String) throws(OptionsFault) -> UInt8 {
        guard let text = value.string, let byte = text.utf8.first, text.utf8.count == 1, byte < 0x7F, byte != 0x0A,
            byte != 0x0D
        else { throw OptionsFault("\(name): write one ASCII sign, like \";\", not \(value.text())") }
        return byte
    }

    private static func codes(_ value: JSONValue) throws(OptionsFault) -> RowFramer.Codes {
        var reader = try OptionReader(value, name: "options.blocks")
        let start = try bytes("start", &reader)
        let end = try bytes("end", &reader)
        try reader.finish()
        guard start.count == 1, end.count == 1, start[0] != end[0], start[0] < 0x20, end[0] < 0x20 else {
            throw OptionsFault(
                "options.blocks: write two different control characters, like {start: \"02\", end: \"03\"}")
        }
        return RowFramer.Codes(start: start[0], end: end[0])
    }

    /// Hexadecimal digits, two a byte.
    private static func bytes(_ key: String, _ reader: inout OptionReader) throws(OptionsFault) -> [UInt8] {
        guard let text = try reader.text(key) else { return [] }
        let digits = Array(text.utf8.filter { $0 != 0x20 })
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[start..<min(start + 2, digits.count)], as: UTF8.self)
            guard pair.utf8.count == 2, let byte = UInt8(pair, radix: 16) else {
                throw OptionsFault("\(reader.name).\(key): write bytes as hexadecimal digits, like \"06\" or \"0D 0A\"")
            }
            bytes.append(byte)
        }
        return bytes
    }
}

/// Where results stand in a record.
enum Layout {
    /// One result a row.
    case rows
    /// A column a test.
    case columns(TestColumns)
    /// Groups of columns, one a result.
    case groups(TestGroups)

    init(_ reader: inout OptionReader, _ places: PlaceReader) throws(OptionsFault) {
        let columns = reader.value("tests")
        let groups = reader.value("groups")
        switch (columns, groups) {
        case (nil, nil): self = .rows
        case (let columns?, nil): self = .columns(try TestColumns(columns, places))
        case (nil, let groups?): self = .groups(try TestGroups(groups, places))
        default: throw OptionsFault("options: write either tests (a column a test) or groups, not both")
        }
    }
}

/// `tests`: which columns are tests, by their names in the head.
struct TestColumns {
    var names: [Glob]
    var except: [Glob]
    /// Only columns whose right neighbour has such a name.
    var followedBy: [Glob]
    /// How many columns to the right the flag, the unit, a comment stands.
    var flag: Int?
    var unit: Int?
    var comment: Int?
    var commentWords: [(pattern: Glob, text: String)] = []

    init(_ value: JSONValue, _ places: PlaceReader) throws(OptionsFault) {
        guard places.hasHead else {
            throw OptionsFault("options.tests: the names of tests stand in the head row; write head")
        }
        var reader = try OptionReader(value, name: "options.tests")
        names = (try reader.texts("names") ?? ["*"]).map { Glob($0) }
        except = (try reader.texts("except") ?? []).map { Glob($0) }
        followedBy = (try reader.texts("followed_by") ?? []).map { Glob($0) }
        flag = try reader.count("flag", -16...16)
        unit = try reader.count("unit", -16...16)
        comment = try reader.count("comment", -16...16)
        if let words = reader.value("comment_words") {
            for member in try OptionReader(words, name: "options.tests.comment_words").members {
                let text = try OptionReader.texts(member.value, name: "options.tests.comment_words").first ?? ""
                commentWords.append((Glob(member.key), text))
            }
        }
        try reader.finish()
    }

    /// Which columns of a head are tests.
    func columns(of head: [String]) -> [Int] {
        head.indices.filter { index in
            let name = head[index]
            guard !name.isEmpty, names.contains(where: { $0.matches(name) }),
                !except.contains(where: { $0.matches(name) })
            else { return false }
            guard !followedBy.isEmpty else { return true }
            return index + 1 < head.count && followedBy.contains { $0.matches(head[index + 1]) }
        }
    }
}

/// `groups`: results in groups of columns of one size.
struct TestGroups {
    /// Column of the first group, from 1.
    var first: Int
    var size: Int
    /// Column that holds the number of groups; nil: as many as there are.
    var count: Int?
    /// Characters of a group's last column: one so long is whole, even at the end of a row without an end.
    var lastWidth: Int?
    var result: ResultFields

    init(_ value: JSONValue, _ places: PlaceReader) throws(OptionsFault) {
        var reader = try OptionReader(value, name: "options.groups")
        guard let first = try reader.count("first", 1...100_000), let size = try reader.count("size", 1...1000) else {
            throw OptionsFault("options.groups: write first (column of the first group) and size (columns of each)")
        }
        self.first = first
        self.size = size
        count = try reader.count("count", 1...100_000)
        lastWidth = try reader.count("last_width", 1...1000)
        result = try ResultFields(&reader, places)
        try reader.finish()
    }
}
