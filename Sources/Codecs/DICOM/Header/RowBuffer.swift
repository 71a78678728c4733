/// Bytes of rows: grows, and is appended to without a check a byte after one reservation a row.
///
/// Owns its memory; a value can be moved, not copied. Not for two threads at once.
public struct RowBuffer: ~Copyable, @unchecked Sendable {
    /// First byte. Never nil: a buffer has at least `slack` bytes.
    var base: UnsafeMutableRawPointer
    /// Bytes in it.
    public private(set) var count = 0
    /// Bytes that fit before it grows.
    public private(set) var capacity: Int

    /// Bytes behind `capacity` that may be written to and mean nothing: writers store 8 or 16 bytes at a time.
    static let slack = 64

    /// An empty buffer.
    public init(capacity: Int = 1 << 16) {
        self.capacity = max(capacity, 64)
        base = UnsafeMutableRawPointer.allocate(byteCount: self.capacity + RowBuffer.slack, alignment: 16)
    }

    deinit { base.deallocate() }

    /// True without bytes.
    public var isEmpty: Bool { count == 0 }

    /// Makes room for more bytes behind those that are there.
    @inline(__always) public mutating func reserve(_ more: Int) {
        if capacity &- count < more { grow(more) }
    }

    @inline(never) private mutating func grow(_ more: Int) {
        let needed = max(capacity * 2, count + more)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: needed + RowBuffer.slack, alignment: 16)
        grown.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = grown
        capacity = needed
    }

    /// Where the next byte goes; room for it was reserved.
    var end: UnsafeMutableRawPointer { base + count }

    /// Behind the last byte that there is room for.
    var room: UnsafeMutableRawPointer { base + capacity }

    /// Takes bytes as written that lie behind the last one, up to `end` (at most as many as were reserved).
    @inline(__always) mutating func finish(at end: UnsafeMutableRawPointer) {
        count = end - base
    }

    /// Appends bytes.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: start, byteCount: bytes.count)
        count &+= bytes.count
    }

    /// Appends bytes.
    public mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    /// Appends text in UTF-8.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends one byte.
    @inline(__always) public mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    /// The bytes, valid in `body`.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Takes away all bytes but the first; keeps the memory.
    public mutating func truncate(to first: Int) { count = max(0, min(first, count)) }

    /// Takes away all bytes; keeps the memory.
    public mutating func removeAll() { count = 0 }
}
