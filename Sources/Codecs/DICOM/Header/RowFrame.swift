/// What stands between the cells of every row, ready to be copied by 32 bytes at a time.
final class RowFrame: @unchecked Sendable {
    /// Where the bytes of a piece are.
    struct Piece {
        var offset: UInt32
        var count: UInt32
    }

    let pieces: UnsafeMutablePointer<Piece>
    private let bytes: UnsafeMutableRawPointer
    /// Bytes of all pieces, and what is overwritten behind the last one.
    let most: Int

    init(_ all: [[UInt8]]) {
        pieces = UnsafeMutablePointer<Piece>.allocate(capacity: max(1, all.count))
        let count = all.reduce(0) { $0 + $1.count }
        most = count + 64
        bytes = UnsafeMutableRawPointer.allocate(byteCount: most, alignment: 16)
        var offset = 0
        for (place, piece) in all.enumerated() {
            pieces[place] = Piece(
                offset: UInt32(truncatingIfNeeded: offset), count: UInt32(truncatingIfNeeded: piece.count))
            piece.withUnsafeBytes { source in
                if let base = source.baseAddress { (bytes + offset).copyMemory(from: base, byteCount: piece.count) }
            }
            offset += piece.count
        }
        (bytes + count).initializeMemory(as: UInt8.self, repeating: 0, count: 64)
    }

    deinit {
        pieces.deallocate()
        bytes.deallocate()
    }

    /// Copies a piece. Up to 31 bytes behind it are overwritten.
    @inline(__always) func put(_ piece: Piece, to output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let source = bytes + Int(piece.offset)
        let count = Int(piece.count)
        var place = 0
        repeat {
            typealias Chunk = SIMD16<UInt8>
            output.storeBytes(
                of: source.loadUnaligned(fromByteOffset: place, as: Chunk.self), toByteOffset: place, as: Chunk.self)
            output.storeBytes(
                of: source.loadUnaligned(fromByteOffset: place &+ 16, as: Chunk.self), toByteOffset: place &+ 16,
                as: Chunk.self)
            place &+= 32
        } while place < count
        return output + count
    }
}
