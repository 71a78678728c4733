import SerialBlocks

/// A packet cut into its fields: an identifier byte, a blank, data (analysers' sheet 5.22).
struct Packet {
    /// One field.
    struct Field {
        var identifier: UInt8
        var data: ArraySlice<UInt8>
        /// Index of its identifier in the packet.
        var index: Int

        /// The data as text, control characters as blanks, bytes above 7F as ISO 8859-1.
        var text: String {
            var scalars = String.UnicodeScalarView()
            for byte in data { scalars.append(Unicode.Scalar(byte < 0x20 ? 0x20 : byte)) }
            return String(scalars)
        }
    }

    /// Why a packet is none.
    struct Fault: Error {
        var text: String
        var index: Int
    }

    /// Identifier of the name of the packet.
    static let nameIdentifier: UInt8 = 0xFF
    /// Identifier of the check.
    static let checkIdentifier: UInt8 = 0xFD

    var name = ""
    var fields: [Field] = []
    /// The length that stands in the packet, and the one it has.
    var declaredLength: Int?
    var length: Int
    var isCheckRight = false

    /// Cuts the text between STX and ETX.
    init(_ text: [UInt8]) throws(Fault) {
        length = text.count
        guard let end = text.firstIndex(of: ControlByte.cr), end == 5,
            text[..<end].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { throw Fault(text: "a packet that does not begin with a length of five figures", index: 0) }
        declaredLength = Int(String(decoding: text[..<end], as: UTF8.self))
        var index = end + 1
        var check: UInt32?
        while index < text.count {
            let stop = text[index...].firstIndex(of: ControlByte.cr) ?? text.count
            guard stop < text.count else { throw Fault(text: "a packet whose last field has no end", index: index) }
            defer { index = stop + 1 }
            guard stop > index else { continue }
            let identifier = text[index]
            var data = text[(index + 1)..<stop]
            if data.first == 0x20 { data = data.dropFirst() }
            if identifier == Packet.checkIdentifier {
                guard stop + 1 == text.count else { throw Fault(text: "fields behind the check", index: stop + 1) }
                check = HexDigits.value(data)
                if let check { isCheckRight = UInt32(BlockCheck.longSum(text[..<index])) == check }
                continue
            }
            if identifier == Packet.nameIdentifier, name.isEmpty {
                name = FixedColumns.trimmed(String(decoding: data, as: UTF8.self))
                continue
            }
            fields.append(Field(identifier: identifier, data: data, index: index))
        }
        if check == nil { isCheckRight = false }
        guard !name.isEmpty else { throw Fault(text: "a packet without name", index: end + 1) }
    }
}
