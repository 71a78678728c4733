import CFileRing
import Glibc

/// The beginnings of the files of a batch, and the way they are read: by a ring while it works, else plainly. For one
/// thread, which makes it, too.
final class HeadBuffers {
    /// Bytes of the beginning of each file: nearly every header of a single frame fits.
    static let size = 1 << 13

    let heads = UnsafeMutablePointer<hilum_file_head>.allocate(capacity: Batch.capacity)
    private var bytes: UnsafeMutableRawPointer
    private var ring: OpaquePointer?

    init(usesRing: Bool) {
        heads.initialize(repeating: hilum_file_head(), count: Batch.capacity)
        bytes = Self.allocate()
        if usesRing { ring = hilum_file_ring_create(UInt32(Batch.capacity)) }
    }

    deinit {
        hilum_file_ring_destroy(ring)
        heads.deallocate()
        bytes.deallocate()
    }

    /// Files are read by a ring.
    var isRing: Bool { ring != nil }

    private static func allocate() -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer.allocate(byteCount: Batch.capacity * size, alignment: 4096)
    }

    /// Sets the file that is read to a place.
    func set(_ place: Int, folder: Int32, name: UnsafePointer<CChar>) {
        heads[place] = hilum_file_head(
            folder: folder, result: 0, name: name, bytes: bytes + place * Self.size, capacity: UInt32(Self.size),
            failed_open: 0)
    }

    /// Reads the first places.
    func read(_ count: Int) {
        if let ring {
            if hilum_file_heads(ring, heads, UInt32(count)) == 0 { return }
            // The kernel may still write to the buffers: they are left to it, once a thread.
            hilum_file_ring_destroy(ring)
            self.ring = nil
            bytes = Self.allocate()
            for place in 0..<count { heads[place].bytes = bytes + place * Self.size }
        }
        hilum_file_heads_plain(heads, UInt32(count))
    }
}
