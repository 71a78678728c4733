/// Small reads at rising places of a source, served from a window of it.
struct ByteWindow: Sendable {
    private let source: any ByteSource
    private var window: [UInt8] = []
    private var start = 0

    /// Bytes read at a time.
    static let size = 65_536

    /// A window on a source.
    init(_ source: any ByteSource) { self.source = source }

    /// Size of the source.
    var count: Int { source.count }

    /// Exactly `count` bytes, at most `ByteWindow.size`; nil: the source ends before.
    mutating func bytes(at offset: Int, count: Int) throws(WebFault) -> ArraySlice<UInt8>? {
        guard offset >= 0, count >= 0, count <= ByteWindow.size, offset <= source.count - count else { return nil }
        if offset < start || offset + count > start + window.count {
            window = try source.read(at: offset, count: ByteWindow.size)
            start = offset
        }
        let first = offset - start
        guard first + count <= window.count else { return nil }
        return window[first..<first + count]
    }

    /// A little endian number of two bytes.
    mutating func uint16(at offset: Int) throws(WebFault) -> UInt16? {
        guard let bytes = try bytes(at: offset, count: 2) else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt16($1) }
    }

    /// A little endian number of four bytes.
    mutating func uint32(at offset: Int) throws(WebFault) -> UInt32? {
        guard let bytes = try bytes(at: offset, count: 4) else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
