import Contracts
import Foundation
import Synchronization

/// Holds the state folder for one gateway. The lock is the kernel's (`flock`): it goes with the process, however that ends.
/// The file's text says who holds it, for people.
final class StateLock: Sendable {
    private let descriptor: Mutex<Int32>

    init(folder: String) throws(StoreFault) {
        let path = StoreConfiguration.lock(in: folder)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreFault(
                errno == ENOSPC ? .diskFull : .ioError,
                "cannot open \(path): \(String(cString: strerror(errno))). Give the gateway's user write access to it.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var text = [UInt8](repeating: 0, count: 64)
            let count = max(0, read(descriptor, &text, text.count))
            close(descriptor)
            let holder = String(decoding: text.prefix(count).prefix { $0 != 10 }, as: UTF8.self)
            throw StoreFault(
                .locked,
                """
                another gateway\(holder.isEmpty ? "" : " (process \(holder))") uses the state folder \(folder). \
                Stop it first, or give this one another `state` folder.
                """)
        }
        ftruncate(descriptor, 0)
        let text = Array("\(getpid())\n".utf8)
        // Only for people: a full disk does not matter here.
        _ = pwrite(descriptor, text, text.count, 0)
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Gives the folder free.
    func release() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }
}
