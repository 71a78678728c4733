/// A message between the gateway and a service driver (`hilum_driver.h`, hilum_service): a kind, fields, and bytes.
public struct ServiceMessage: Sendable, Equatable {
    /// A field of the head; a name may come several times.
    public struct Field: Sendable, Equatable {
        /// Name.
        public var name: String
        /// Value, without control characters.
        public var value: String
        /// A field from its parts.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// 0: nothing is expected back.
    public var id: UInt64
    /// Kind, as the module's README names it.
    public var kind: String
    /// Fields in order.
    public var fields: [Field]
    /// Bytes whose meaning the kind gives.
    public var body: [UInt8]

    /// A message from its parts.
    public init(_ kind: String, id: UInt64 = 0, fields: [Field] = [], body: [UInt8] = []) {
        self.kind = kind
        self.id = id
        self.fields = fields
        self.body = body
    }

    /// The first field of a name; nil: there is none. Setting replaces the first, nil takes all of them out.
    public subscript(name: String) -> String? {
        get { fields.first { $0.name == name }?.value }
        set {
            if let newValue, let place = fields.firstIndex(where: { $0.name == name }) {
                fields[place].value = newValue
            } else {
                fields.removeAll { $0.name == name }
                if let newValue { fields.append(Field(name, newValue)) }
            }
        }
    }

    /// All values of a name, in order.
    public func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
}

/// A service message on the socket between gateway and driver process.
///
/// After the frame's length (4 bytes, little endian, counting what follows it): id u64, length of the head u32, head, body.
extension ServiceMessage {
    /// Bytes before the head.
    public static let headerSize = 12
    /// Longest frame that either side accepts.
    public static let longest = 256 << 20

    /// Appends the frame with its length.
    public func encode(into buffer: inout [UInt8]) {
        let start = buffer.count
        buffer.appendLittleEndian(UInt32(0))
        buffer.appendLittleEndian(id)
        buffer.appendLittleEndian(UInt32(0))
        let head = buffer.count
        Self.append(kind, to: &buffer)
        for field in fields {
            buffer.append(Self.unitSeparator)
            Self.append(field.name, to: &buffer)
            buffer.append(UInt8(ascii: "="))
            Self.append(field.value, to: &buffer)
        }
        Self.put(UInt32(truncatingIfNeeded: buffer.count - head), at: head - 4, in: &buffer)
        buffer.append(contentsOf: body)
        Self.put(UInt32(truncatingIfNeeded: buffer.count - start - 4), at: start, in: &buffer)
    }

    /// Reads the body of a frame; nil: it is not one. Text that is not UTF-8 is repaired.
    public init?(frame: UnsafeRawBufferPointer) {
        guard frame.count >= Self.headerSize else { return nil }
        let id: UInt64 = frame.littleEndian(at: 0)
        let length = Int(frame.littleEndian(at: 8) as UInt32)
        guard length <= frame.count - Self.headerSize else { return nil }
        let head = UnsafeRawBufferPointer(rebasing: frame[Self.headerSize..<Self.headerSize + length])
        var parts = head.split(separator: Self.unitSeparator, omittingEmptySubsequences: false)[...]
        let kind = parts.popFirst().map { String(decoding: $0, as: UTF8.self) } ?? ""
        self.init(
            kind, id: id,
            fields: parts.map { part in
                let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
                return Field(
                    String(decoding: part[..<equals], as: UTF8.self),
                    String(decoding: part[equals...].dropFirst(), as: UTF8.self))
            }, body: Array(frame[(Self.headerSize + length)...]))
    }

    private static let unitSeparator: UInt8 = 0x1F

    private static func append(_ text: String, to buffer: inout [UInt8]) {
        for byte in text.utf8 { buffer.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte) }
    }

    private static func put(_ value: UInt32, at place: Int, in buffer: inout [UInt8]) {
        for index in 0..<4 { buffer[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index))) }
    }
}
