/// The delimiters of a message, as its header record says them (LIS02-A2 5.4, 6.2): `H|\^&`.
public struct LIS02Delimiters: Sendable, Equatable {
    /// Between fields.
    public var field: UInt8
    /// Between repeats of a field.
    public var `repeat`: UInt8
    /// Between components.
    public var component: UInt8
    /// Around escape sequences.
    public var escape: UInt8

    /// Delimiters from their characters.
    public init(
        field: UInt8 = UInt8(ascii: "|"), repeat: UInt8 = UInt8(ascii: "\\"), component: UInt8 = UInt8(ascii: "^"),
        escape: UInt8 = UInt8(ascii: "&")
    ) {
        self.field = field
        self.repeat = `repeat`
        self.component = component
        self.escape = escape
    }

    /// `|`, `\`, `^`, `&`.
    public static let usual = LIS02Delimiters()

    /// Reads the delimiters of a header record. Nil: the text is no header record.
    ///
    /// A header is `H`, a character that is neither letter, digit nor blank, and up to three more such characters. Those
    /// that are missing are taken as usual. One that stood before is passed over: programs that keep messages as source
    /// text double the backslash (`H|\\^&`), and no character can be two delimiters.
    init?(header: UnsafeBufferPointer<UInt8>) {
        guard header.count >= 2, header[0] == UInt8(ascii: "H"), LIS02Delimiters.isDelimiter(header[1]) else {
            return nil
        }
        self.init(field: header[1])
        var index = 2
        var position = 0
        while index < header.count, position < 3, header[index] != field, LIS02Delimiters.isDelimiter(header[index]) {
            if header[2..<index].contains(header[index]) {
                index += 1
                continue
            }
            switch position {
            case 0: `repeat` = header[index]
            case 1: component = header[index]
            default: escape = header[index]
            }
            index += 1
            position += 1
        }
    }

    /// The two to five characters that begin a header record.
    public var header: [UInt8] { [UInt8(ascii: "H"), field, `repeat`, component, escape] }

    /// Whether bytes begin like a header record: `H`, a delimiter, and another one or the end of the field.
    static func beginsHeader(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard line.count >= 3, line[0] == UInt8(ascii: "H"), isDelimiter(line[1]) else { return false }
        return isDelimiter(line[2])
    }

    static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}
