/// What a driver's process tells the gateway.
///
/// Body, little endian: kind u8, idle u8, 2 bytes 0, instance u32, status i32, flags u32, code u32, 4 bytes 0, input u64,
/// start u64, end u64, deadline i64, then the bytes of the event.
public struct EventFrame: Sendable, Equatable {
    /// What is told. The first seven are the kinds of event of `hilum_driver.h`, by their numbers.
    public enum Kind: UInt8, Sendable {
        /// HILUM_EVENT_TRANSMIT
        case transmit = 1
        /// HILUM_EVENT_MESSAGE
        case message = 2
        /// HILUM_EVENT_QUERY
        case query = 3
        /// HILUM_EVENT_DEADLINE
        case deadline = 4
        /// HILUM_EVENT_FAULT
        case fault = 5
        /// HILUM_EVENT_ACKNOWLEDGE
        case acknowledge = 6
        /// HILUM_EVENT_ORDER
        case order = 7
        /// The module is loaded (status 0; bytes: name and version) or cannot be (status 1; bytes: why).
        case hello = 32
        /// Answer to `open`: status, bytes: why not. The events of opening come before it.
        case opened = 33
        /// A call has ended: all its events have been told; status, idle.
        case done = 34
    }

    /// What is told.
    public var kind: Kind
    /// `opened`, `done`: the driver needs nothing of what it received so far.
    public var isIdle = false
    /// Number of the instance.
    public var instance: UInt32
    /// HILUM_OK and so on.
    public var status: Int32 = 0
    /// HILUM_TRANSMIT_IMMEDIATE
    public var flags: UInt32 = 0
    /// HILUM_FAULT_
    public var code: UInt32 = 0
    /// Number of the call it answers.
    public var input: UInt64
    /// First byte concerned, since the instance was opened.
    public var start: UInt64 = 0
    /// One past the last.
    public var end: UInt64 = 0
    /// Microseconds on the monotonic clock; negative: none.
    public var deadline: Int64 = -1

    /// An event from its parts.
    public init(_ kind: Kind, instance: UInt32, input: UInt64) {
        self.kind = kind
        self.instance = instance
        self.input = input
    }

    /// Bytes before those of the event.
    public static let headerSize = 56
    /// Longest bytes of one event: what a driver says at once is never that long unless it has gone wrong.
    public static let longestBytes = 96 << 20

    /// Appends the frame with its length.
    public func encode(_ bytes: UnsafeRawBufferPointer, into buffer: inout [UInt8]) {
        buffer.appendLittleEndian(UInt32(truncatingIfNeeded: EventFrame.headerSize + bytes.count))
        buffer.appendLittleEndian(UInt32(kind.rawValue) | (isIdle ? 0x100 : 0))
        buffer.appendLittleEndian(instance)
        buffer.appendLittleEndian(status)
        buffer.appendLittleEndian(flags)
        buffer.appendLittleEndian(code)
        buffer.appendLittleEndian(UInt32(0))
        buffer.appendLittleEndian(input)
        buffer.appendLittleEndian(start)
        buffer.appendLittleEndian(end)
        buffer.appendLittleEndian(deadline)
        buffer.append(contentsOf: bytes)
    }

    /// Reads a body; nil: it is not one. The bytes of the event follow at `headerSize`.
    public init?(body: UnsafeRawBufferPointer) {
        guard body.count >= EventFrame.headerSize, let kind = Kind(rawValue: body[0]) else { return nil }
        self.kind = kind
        isIdle = body[1] != 0
        instance = body.littleEndian(at: 4)
        status = body.littleEndian(at: 8)
        flags = body.littleEndian(at: 12)
        code = body.littleEndian(at: 16)
        input = body.littleEndian(at: 24)
        start = body.littleEndian(at: 32)
        end = body.littleEndian(at: 40)
        deadline = body.littleEndian(at: 48)
    }
}

extension [UInt8] {
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    /// The integer at `offset`; 0 beyond the end.
    func littleEndian<Value: FixedWidthInteger>(at offset: Int) -> Value {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= count else { return 0 }
        return Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
