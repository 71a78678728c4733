import CFileRing
import Glibc

/// An open folder: kept open as long as a batch has files in it.
final class Folder: Sendable {
    /// Descriptor that names are relative to.
    let descriptor: Int32
    /// Path as it was asked for, with a slash at its end; empty for the working directory of whole paths.
    let path: [UInt8]
    /// What we write may be among its files.
    let holdsOurs: Bool

    init(descriptor: Int32, path: [UInt8], holdsOurs: Bool) {
        self.descriptor = descriptor
        self.path = path
        self.holdsOurs = holdsOurs
    }

    /// What whole paths are relative to.
    static let none = Folder(descriptor: AT_FDCWD, path: [], holdsOurs: false)

    /// The same without its descriptor.
    var closed: Folder { Folder(descriptor: -1, path: path, holdsOurs: holdsOurs) }

    deinit { if descriptor >= 0 { close(descriptor) } }
}

/// What tells a file or folder from all others.
struct FileIdentity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64

    init(_ stamp: hilum_stamp) {
        device = stamp.device
        inode = stamp.inode
    }
}

extension hilum_stamp {
    /// Of a name in a folder; negative errno on a fault.
    static func of(_ descriptor: Int32, _ name: UnsafePointer<CChar>, follows: Bool) -> (hilum_stamp, Int32) {
        var stamp = hilum_stamp()
        let code = hilum_stamp_of(descriptor, name, follows ? 1 : 0, &stamp)
        return (stamp, code)
    }
}
