import CFileRing
import Glibc

/// A folder that is being read: getdents64 into a buffer of its own.
final class WalkLevel {
    /// `d_type` of what is read, entered, followed and looked at.
    static let file = UInt8(DT_REG)
    static let subfolder = UInt8(DT_DIR)
    static let link = UInt8(DT_LNK)
    static let unknown = UInt8(DT_UNKNOWN)

    enum Step {
        /// A name, NUL behind it, and its `d_type`; valid until the next step.
        case entry(UnsafeRawBufferPointer, UInt8)
        case end
        case failed(Int32)
    }

    let folder: Folder
    private static let size = 1 << 15
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: WalkLevel.size, alignment: 16)
    private var place = 0
    private var filled = 0

    init(_ folder: Folder) { self.folder = folder }

    deinit { bytes.deallocate() }

    /// The next name, without `.` and `..`.
    func next() -> Step {
        while true {
            if place >= filled {
                let count = hilum_folder_entries(folder.descriptor, bytes, Self.size)
                if count <= 0 { return count == 0 ? .end : .failed(Int32(clamping: -count)) }
                filled = count
                place = 0
            }
            // struct linux_dirent64: inode, offset (8 bytes each), length of the record (2), type (1), name.
            let record = bytes + place
            let length = Int(record.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
            guard length > 19, length <= filled - place else { return .failed(EIO) }
            place += length
            let name = record + 19
            let count = strnlen(name.assumingMemoryBound(to: CChar.self), length - 19)
            let first = name.load(as: UInt8.self)
            if first == UInt8(ascii: "."), count == 1 { continue }
            if first == UInt8(ascii: "."), count == 2, name.load(fromByteOffset: 1, as: UInt8.self) == first {
                continue
            }
            guard count > 0, count < length - 19 else { return .failed(EIO) }
            let type = record.load(fromByteOffset: 18, as: UInt8.self)
            return .entry(UnsafeRawBufferPointer(start: name, count: count), type)
        }
    }
}
