/// The separators of a message (HL7 v2.5.1, 2.5.4): MSH-1 and MSH-2.
public struct HL7Delimiters: Sendable, Hashable {
    /// MSH-1.
    public var field: UInt8
    /// MSH-2, first character.
    public var component: UInt8
    /// MSH-2, second character.
    public var repetition: UInt8
    /// MSH-2, third character.
    public var escape: UInt8
    /// MSH-2, fourth character.
    public var subcomponent: UInt8

    /// The delimiters that the standard recommends: `|^~\&`.
    public static let standard = HL7Delimiters(
        field: UInt8(ascii: "|"), component: UInt8(ascii: "^"), repetition: UInt8(ascii: "~"),
        escape: UInt8(ascii: "\\"), subcomponent: UInt8(ascii: "&"))

    /// Delimiters from their characters.
    public init(field: UInt8, component: UInt8, repetition: UInt8, escape: UInt8, subcomponent: UInt8) {
        self.field = field
        self.component = component
        self.repetition = repetition
        self.escape = escape
        self.subcomponent = subcomponent
    }

    /// The delimiters of a header segment that begins at the start of `bytes`. What is missing, doubled or no sign is the
    /// recommended one.
    ///
    /// - Returns: nil when the bytes do not begin with `MSH`, `BHS` or `FHS` and a delimiter.
    public init?(header bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 4, HL7Delimiters.isHeaderName(bytes), HL7Delimiters.isSign(bytes[3]) else { return nil }
        self = .standard
        field = bytes[3]
        var signs: [UInt8] = []
        var index = 4
        while index < bytes.count, index < 10, bytes[index] != field, HL7Delimiters.isSign(bytes[index]) {
            if !signs.contains(bytes[index]) { signs.append(bytes[index]) }
            index &+= 1
        }
        if signs.count > 0 { component = signs[0] }
        if signs.count > 1 { repetition = signs[1] }
        if signs.count > 2 { escape = signs[2] }
        if signs.count > 3 { subcomponent = signs[3] }
    }

    private static func isHeaderName(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let name = (bytes[0], bytes[1], bytes[2])
        return name == (0x4D, 0x53, 0x48) || name == (0x42, 0x48, 0x53) || name == (0x46, 0x48, 0x53)
    }

    /// A printable ASCII character that is neither letter nor digit nor blank.
    static func isSign(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}
