import CFileRing
import Glibc

/// The beginnings of the files of a batch, and the way they are read: by a ring while it works, else plainly. For one
/// thread, which makes it, too.
final class HeadBuffers {
    /// Bytes of the beginning of each file: nearly every header of a single frame fits.
    static let size = 1 << 13
    /// Up to so many when headers turn out to be longer: some makers put 30 KB and more of their own before the geometry.
    static let largest = 1 << 16
    /// Batches after which fewer bytes are tried again.
    private static let patience = 32

    let heads = UnsafeMutablePointer<hilum_file_head>.allocate(capacity: Batch.capacity)
    private var bytes: UnsafeMutableRawPointer
    /// Bytes of the beginning that are read now.
    private(set) var headSize = HeadBuffers.size
    private var untilSmaller = 0
    private var ring: OpaquePointer?

    init(usesRing: Bool) {
        heads.initialize(repeating: hilum_file_head(), count: Batch.capacity)
        bytes = Self.allocate(headSize)
        if usesRing { ring = hilum_file_ring_create(UInt32(Batch.capacity)) }
    }

    deinit {
        hilum_file_ring_destroy(ring)
        heads.deallocate()
        bytes.deallocate()
    }

    /// Files are read by a ring.
    var isRing: Bool { ring != nil }

    private static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer.allocate(byteCount: Batch.capacity * size, alignment: 4096)
    }

    /// Sets the file that is read to a place.
    func set(_ place: Int, folder: Int32, name: UnsafePointer<CChar>) {
        heads[place] = hilum_file_head(
            folder: folder, result: 0, name: name, bytes: bytes + place * headSize, capacity: UInt32(headSize),
            failed_open: 0)
    }

    /// Reads the first places.
    func read(_ count: Int) {
        if let ring {
            if hilum_file_heads(ring, heads, UInt32(count)) == 0 { return }
            // The kernel may still write to the buffers: they are left to it, once a thread.
            hilum_file_ring_destroy(ring)
            self.ring = nil
            bytes = Self.allocate(headSize)
            for place in 0..<count { heads[place].bytes = bytes + place * headSize }
        }
        hilum_file_heads_plain(heads, UInt32(count))
    }

    /// Takes more of each file when most headers of a batch did not fit, and less again after a while: reading on costs
    /// another opening, and copying what is not needed costs as well. The beginnings at hand are no more.
    func adapt(_ count: Int, tooShort: Int) {
        if tooShort * 2 > count, headSize < Self.largest {
            resize(headSize * 2)
        } else if headSize > Self.size {
            untilSmaller -= 1
            if untilSmaller <= 0 { resize(headSize / 2) }
        }
    }

    private func resize(_ size: Int) {
        bytes.deallocate()
        headSize = size
        bytes = Self.allocate(size)
        untilSmaller = Self.patience
    }
}
