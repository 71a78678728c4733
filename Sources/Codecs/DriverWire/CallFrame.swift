/// A call on a driver instance, from the gateway to a driver's process.
///
/// Body, little endian: kind u8, 3 bytes 0, instance u32, input u64, monotonic i64, unix i64, UTC offset i32, 4 bytes 0,
/// then the bytes of the call. Gateway and process are of one build; the format carries no version.
public struct CallFrame: Sendable, Equatable {
    /// Which call.
    public enum Kind: UInt8, Sendable {
        /// Bytes: the options.
        case open = 1
        /// Bytes: as received from the device.
        case receive = 2
        /// No bytes.
        case timeout = 3
        /// Bytes: the order, JSON.
        case submit = 4
        /// No bytes.
        case finish = 5
        /// No bytes, no answer.
        case close = 6
    }

    /// Which call.
    public var kind: Kind
    /// Number of the instance in this process; never 0.
    public var instance: UInt32
    /// Number of the call, counted by the gateway.
    public var input: UInt64
    /// Microseconds on the clock that never goes backwards.
    public var monotonic: Int64
    /// Microseconds since 1970, UTC.
    public var unix: Int64
    /// Seconds east of UTC.
    public var utcOffset: Int32

    /// A call from its parts.
    public init(
        _ kind: Kind, instance: UInt32, input: UInt64 = 0, monotonic: Int64 = 0, unix: Int64 = 0, utcOffset: Int32 = 0
    ) {
        self.kind = kind
        self.instance = instance
        self.input = input
        self.monotonic = monotonic
        self.unix = unix
        self.utcOffset = utcOffset
    }

    /// Bytes before those of the call.
    public static let headerSize = 40
    /// Longest body that a driver's process accepts.
    public static let longest = 256 << 20

    /// Appends the frame with its length.
    public func encode(_ bytes: some Collection<UInt8>, into buffer: inout [UInt8]) {
        let length = CallFrame.headerSize + bytes.count
        buffer.appendLittleEndian(UInt32(truncatingIfNeeded: length))
        buffer.appendLittleEndian(UInt32(kind.rawValue))
        buffer.appendLittleEndian(instance)
        buffer.appendLittleEndian(input)
        buffer.appendLittleEndian(monotonic)
        buffer.appendLittleEndian(unix)
        buffer.appendLittleEndian(utcOffset)
        buffer.appendLittleEndian(UInt32(0))
        buffer.append(contentsOf: bytes)
    }

    /// Reads a body; nil: it is not one. The bytes of the call follow at `headerSize`.
    public init?(body: UnsafeRawBufferPointer) {
        guard body.count >= CallFrame.headerSize, let kind = Kind(rawValue: body[0]) else { return nil }
        self.kind = kind
        instance = body.littleEndian(at: 4)
        input = body.littleEndian(at: 8)
        monotonic = body.littleEndian(at: 16)
        unix = body.littleEndian(at: 24)
        utcOffset = body.littleEndian(at: 32)
    }
}
