import Glibc
import Synchronization

/// A secret that stands in a file or in the environment, read again at least every 30 s.
final class Credential: Sendable {
    private struct Cached {
        var value = ""
        var readAt: Int64?
    }
    private let reference: SecretReference
    private let cached = Mutex(Cached())

    /// Microseconds.
    private static let age: Int64 = 30_000_000

    init(_ reference: SecretReference) { self.reference = reference }

    /// The secret.
    ///
    /// - Throws: `ORUFault` that names the file or variable, never the secret.
    func value(monotonic now: Int64) throws(ORUFault) -> String {
        let fresh = cached.withLock { cached -> String? in
            guard let readAt = cached.readAt, now &- readAt < Credential.age, now >= readAt else { return nil }
            return cached.value
        }
        if let fresh { return fresh }
        let value = try read()
        cached.withLock { $0 = Cached(value: value, readAt: now) }
        return value
    }

    /// Read again at the next use: the server refused it.
    func forget() { cached.withLock { $0.readAt = nil } }

    private func read() throws(ORUFault) -> String {
        let value: String
        let source: String
        switch reference {
        case .environment(let name):
            source = "environment variable \(name)"
            guard let pointer = getenv(name) else {
                throw ORUFault(description: "\(source) is not set; set it where the gateway is started")
            }
            value = String(cString: pointer).trimmed
        case .file(let path):
            source = path
            value = try Credential.contents(path).trimmed
        }
        if value.isEmpty { throw ORUFault(description: "\(source) holds no credential") }
        if value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw ORUFault(
                description: "\(source) holds more than one line; it must hold the credential and nothing else")
        }
        return value
    }

    private static func contents(_ path: String) throws(ORUFault) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ORUFault(
                description: "\(path) cannot be read: \(IOErrorText.text(errno)); check path and permissions")
        }
        defer { _ = Glibc.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw ORUFault(description: "\(path) cannot be read: \(IOErrorText.text(errno))") }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
