import CFileRing
import Glibc

/// Folders that were entered by a path of the request or by a symbolic link: each is walked once, and circles end.
///
/// Folders met on the way down are not kept: there can be millions. What a link leads to is left out when it lies in a folder
/// that was asked for or entered before, because it is met there in its own place.
struct EnteredFolders {
    private var identities: Set<FileIdentity> = []
    private var paths: Set<[UInt8]> = []

    /// Whether a folder met on the way down was entered from elsewhere.
    func isRoot(_ stamp: hilum_stamp) -> Bool { !identities.isEmpty && identities.contains(FileIdentity(stamp)) }

    /// Enters an open folder; false when its files are met elsewhere.
    mutating func enterByLink(_ descriptor: Int32, _ stamp: hilum_stamp) -> Bool {
        guard !identities.contains(FileIdentity(stamp)) else { return false }
        if let path = Self.path(of: descriptor) {
            var prefix = path
            while !prefix.isEmpty {
                if paths.contains(prefix) { return false }
                guard let slash = prefix.lastIndex(of: UInt8(ascii: "/")) else { break }
                prefix = slash == 0 && prefix.count > 1 ? [UInt8(ascii: "/")] : Array(prefix[..<slash])
            }
            paths.insert(path)
        }
        identities.insert(FileIdentity(stamp))
        return true
    }

    private static func path(of descriptor: Int32) -> [UInt8]? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4097) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let length = hilum_descriptor_path(descriptor, start, 4097)
            guard length > 0 else { return nil }
            return UnsafeRawBufferPointer(start: start, count: length).map { $0 }
        }
    }
}
