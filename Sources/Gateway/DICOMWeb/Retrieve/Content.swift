import NIOPosix

/// The body of one part: bytes at hand and bytes of files.
struct Content: Sendable {
    /// A piece.
    enum Piece: Sendable {
        /// Bytes at hand.
        case bytes([UInt8])
        /// Bytes of a file.
        case file(any ByteSource, Range<Int>)
        /// Bits of a file, from bit `first` of the value at byte `value`, the lowest bit of a byte first (PS3.5 8.1.1).
        case bits(any ByteSource, value: Int, first: Int, count: Int)

        /// Size in bytes.
        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .file(_, let range): range.count
            case .bits(_, _, _, let count): (count + 7) / 8
            }
        }
    }

    /// Media type with parameters.
    var mediaType: String
    /// URL of the resource itself, for Content-Location; empty: none.
    var location = ""
    /// Pieces in order.
    var pieces: [Piece]

    /// Size in bytes.
    var count: Int { pieces.reduce(0) { $0 + $1.count } }

    /// Bytes read from a file at a time: what a request holds in memory.
    static let chunk = 256 << 10

    /// Sends it.
    func write(to sink: inout any ChunkSink) async throws {
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): try await sink.write(bytes)
            case .file(let source, let range):
                var position = range.lowerBound
                while position < range.upperBound {
                    let start = position
                    let wanted = min(Content.chunk, range.upperBound - position)
                    let bytes = try await blocking { try source.read(at: start, count: wanted) }
                    guard bytes.count == wanted else {
                        throw WebFault.internalError("a file became shorter while it was read")
                    }
                    try await sink.write(bytes)
                    position += wanted
                }
            case .bits(let source, let value, let first, let count):
                try await sink.write(
                    try await blocking { try Content.bits(source, value: value, first: first, count: count) })
            }
        }
    }

    private static func bits(_ source: any ByteSource, value: Int, first: Int, count: Int) throws(WebFault) -> [UInt8] {
        let shift = first % 8
        let bytes = try source.read(at: value + first / 8, count: (shift + count + 7) / 8)
        var out = [UInt8](repeating: 0, count: (count + 7) / 8)
        for place in out.indices {
            let low = place < bytes.count ? UInt16(bytes[place]) : 0
            let high = place + 1 < bytes.count ? UInt16(bytes[place + 1]) : 0
            out[place] = UInt8(truncatingIfNeeded: (high << 8 | low) >> UInt16(shift))
        }
        if count % 8 != 0, let last = out.indices.last { out[last] &= UInt8(1 << (count % 8)) - 1 }
        return out
    }
}

/// Runs what waits for a disk on threads that may wait.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(work)
}
