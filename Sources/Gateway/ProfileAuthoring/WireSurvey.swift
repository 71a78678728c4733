/// What can be said of a capture from its bytes alone: protocol, sender, delimiters, character set, queries.
public struct WireSurvey: Sendable, Equatable {
    /// The protocol in words; empty: none that is known by its bytes.
    public var format = ""
    /// Drivers that read such bytes; empty: any may.
    public var drivers: Set<String> = []
    /// Who sends it, in its own words; empty: it does not say.
    public var sender = ""
    /// Kinds of messages or records, in the order met.
    public var kinds: [String] = []
    /// Delimiters where they are not the usual ones.
    public var delimiters = ""
    /// ASCII, UTF-8, or bytes that are neither.
    public var characters = Characters.ascii
    /// The device asks for orders.
    public var asks = false
    /// Records or segments, split at the field delimiter.
    public private(set) var records: [[String]] = []

    /// Characters of a capture.
    public enum Characters: String, Sendable {
        /// No byte above 7F.
        case ascii = "ASCII"
        /// Valid UTF-8.
        case utf8 = "UTF-8"
        /// Something else.
        case other = "not UTF-8: GB18030, a code page …"
    }

    /// Looks at the bytes of a capture.
    public init(_ bytes: [UInt8]) {
        if bytes.contains(where: { $0 >= 0x80 }) {
            characters = String(validating: bytes, as: UTF8.self) == nil ? .other : .utf8
        }
        let lines = WireSurvey.lines(bytes)
        if let header = lines.first(where: { $0.hasPrefix("MSH") && $0.utf8.count > 8 }) {
            readHL7(header, lines, isBlocked: bytes.contains(0x0B))
        } else if let header = lines.first(where: WireSurvey.isLISHeader) {
            readLIS(header, lines, bytes)
        } else if WireSurvey.isXML(bytes) {
            let names = ["HEL.R01", "OBS.R01", "OBS.R02", "OPL.R01", "EOT.R01", "REQ.R01", "DST.R01"]
            let text = String(decoding: bytes, as: UTF8.self)
            kinds = names.filter { text.contains("<" + $0) }
            format = kinds.isEmpty ? "XML" : "POCT1-A (XML)"
            drivers = ["poct1a"]
        }
    }

    /// Where a value stands: `O.3`, `PID-3`; empty: it was not found as it is.
    public func place(of value: String) -> String {
        guard !value.isEmpty else { return "" }
        let joint = drivers.contains("hl7-analyser") ? "-" : "."
        for record in records {
            guard let name = record.first else { continue }
            for (index, field) in record.enumerated().dropFirst() {
                let parts = field.split(whereSeparator: { "^\\~&".contains($0) }).map { String($0).trimmingBlanks }
                guard field.trimmingBlanks == value || parts.contains(value) else { continue }
                // MSH-1 is the delimiter itself; in LIS02 the first field is the record's type.
                return name + joint + String(joint == "." || name == "MSH" ? index + 1 : index)
            }
        }
        return ""
    }

    // MARK: Formats

    private mutating func readHL7(_ header: String, _ lines: [String], isBlocked: Bool) {
        let delimiter = Array(header)[3]
        let fields = header.split(separator: delimiter, omittingEmptySubsequences: false).map(String.init)
        func field(_ number: Int) -> String { fields.indices.contains(number - 1) ? fields[number - 1] : "" }
        let version = field(12).split(separator: "^").first.map(String.init) ?? ""
        format = "HL7 v\(version.isEmpty ? "2, version not said" : version), " + (isBlocked ? "MLLP" : "without MLLP")
        drivers = ["hl7-analyser"]
        sender = [field(3), field(4)].filter { !$0.isEmpty }.joined(separator: " ")
        if delimiter != "|" || field(2) != "^~\\&" { delimiters = "\(delimiter)\(field(2))" }
        records = lines.map { $0.split(separator: delimiter, omittingEmptySubsequences: false).map(String.init) }
        for record in records where record.first == "MSH" && record.count > 8 { note(record[8]) }
        asks = kinds.contains { $0.hasPrefix("QRY") || $0.hasPrefix("QBP") }
    }

    private mutating func readLIS(_ header: String, _ lines: [String], _ bytes: [UInt8]) {
        let delimiter = Array(header)[1]
        let hasFrames = bytes.contains(0x02)
        format =
            hasFrames && bytes.contains(0x05)
            ? "LIS02 (ASTM E1394) in LIS01 frames (E1381)"
            : hasFrames ? "LIS02 (ASTM E1394) in frames without ENQ" : "LIS02 (ASTM E1394) records without frames"
        drivers = ["lis"]
        records = lines.map { $0.split(separator: delimiter, omittingEmptySubsequences: false).map(String.init) }
        let fields = records.first { $0.first == "H" } ?? []
        func field(_ number: Int) -> String { fields.indices.contains(number - 1) ? fields[number - 1] : "" }
        sender = field(5)
        if delimiter != "|" || field(2) != "\\^&" { delimiters = "\(delimiter)\(field(2))" }
        for record in records { note(record[0]) }
        asks = kinds.contains("Q")
    }

    private mutating func note(_ kind: String) {
        if !kind.isEmpty, kind.utf8.count <= 40, !kinds.contains(kind) { kinds.append(kind) }
    }

    /// Text lines without control characters and without the number of a frame before its first record.
    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines: [[UInt8]] = [[]]
        var afterSTX = false
        var isChecksum = false
        for byte in bytes {
            switch byte {
            case 0x0D, 0x0A:
                isChecksum = false
                lines.append([])
            case 0x02: (afterSTX, isChecksum) = (true, false)
            // What stands between ETX or ETB and the end of the frame is its checksum.
            case 0x03, 0x17: isChecksum = true
            case 0..<0x20, 0x7F: break
            default:
                if afterSTX, (0x30...0x37).contains(byte) {
                    afterSTX = false
                    continue
                }
                afterSTX = false
                if !isChecksum { lines[lines.count - 1].append(byte) }
            }
        }
        return lines.map { String(decoding: $0, as: UTF8.self) }.filter { !$0.isEmpty }
    }

    private static func isLISHeader(_ line: String) -> Bool {
        let start = Array(line.utf8.prefix(3))
        guard start.count == 3, start[0] == UInt8(ascii: "H") else { return false }
        return [UInt8(ascii: "|"), UInt8(ascii: "!"), UInt8(ascii: ";"), UInt8(ascii: "^")].contains(start[1])
            || (start[1] < 0x30 && start[1] > 0x20 && start[2] > 0x20 && start[2] != start[1])
    }

    private static func isXML(_ bytes: [UInt8]) -> Bool {
        let rest = bytes.drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
        guard rest.first == UInt8(ascii: "<") else { return false }
        // Blocks of some analysers begin so as well; an element has an end.
        return ["</", "/>", "<?xml"].contains { rest.firstRange(of: Array($0.utf8)) != nil }
    }
}
