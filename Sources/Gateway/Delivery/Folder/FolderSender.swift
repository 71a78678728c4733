import Contracts
import Glibc
import NIOPosix

/// Writes each item to a file: under another name first, synced, renamed, the folder synced. The name is made of gateway
/// and item, so that a repeat writes the same file again.
final class FolderSender: Sender {
    private enum Form {
        case hl7(ORUBuilder)
        case fhir(FHIRMapper)
    }
    private let path: String
    private let form: Form

    /// - Throws: `ORUFault` when the settings cannot be used.
    init(spec: FolderDestinationSpec, utcOffset: @escaping @Sendable (Int64) -> Int32) throws(ORUFault) {
        path = spec.path
        form =
            switch spec.form {
            case .hl7(let profile): .hl7(try ORUBuilder(profile: profile, utcOffset: utcOffset))
            case .fhir(let mapping): .fhir(FHIRMapper(spec: mapping, utcOffset: utcOffset))
            }
    }

    func onOddity(_ tell: @escaping @Sendable (Oddity) -> Void) {}
    func close() async {}

    func deliver(_ item: OutboxItem, lane: Int) async -> Attempt {
        let files: [(name: String, bytes: [UInt8])]
        do { files = try self.files(for: item) } catch { return .refused(reason: error.description) }
        let path = path
        do {
            try await NIOThreadPool.singleton.runIfActive { try FolderSender.write(files, to: path) }
        } catch {
            let reason = (error as? FolderFault)?.description ?? "\(path): \(error)"
            return .unreachable(reason: reason, isSent: false, retryAfter: nil)
        }
        return .delivered(note: files.map(\.name).joined(separator: " "))
    }

    private func files(for item: OutboxItem) throws(ORUFault) -> [(name: String, bytes: [UInt8])] {
        switch form {
        case .hl7(let builder):
            return try builder.messages(for: item).map { ("\($0.controlID).hl7", $0.bytes) }
        case .fhir(let mapper):
            let bytes = try mapper.bundle(for: item).json().serialized(pretty: true)
            return [("\(ORUBuilder.controlID(item, part: nil)).json", bytes)]
        }
    }

    private static func write(_ files: [(name: String, bytes: [UInt8])], to path: String) throws(FolderFault) {
        for file in files {
            let temporary = path + "/." + file.name + ".tmp"
            try write(file.bytes, to: temporary)
            let target = path + "/" + file.name
            guard rename(temporary, target) == 0 else { throw FolderFault("rename to", target, errno) }
        }
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw FolderFault("open", path, errno) }
        defer { _ = Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw FolderFault("sync", path, errno) }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(FolderFault) {
        // Only the gateway's own group may read patients' results.
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard file >= 0 else { throw FolderFault("write", path, errno) }
        defer { _ = Glibc.close(file) }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                unlink(path)
                throw FolderFault("write", path, code)
            }
            done += count
        }
        guard fsync(file) == 0 else { throw FolderFault("sync", path, errno) }
    }
}

/// A file cannot be written.
struct FolderFault: Error, CustomStringConvertible {
    /// What, where, why, and what to do.
    let description: String

    init(_ action: String, _ path: String, _ code: CInt) {
        let cure =
            switch code {
            case ENOENT: "; make the folder"
            case EACCES, EPERM, EROFS: "; give the gateway's user the right to write there"
            case ENOSPC, EDQUOT: "; free space on that disk"
            default: ""
            }
        description = "cannot \(action) \(path): \(IOErrorText.text(code))\(cure)"
    }
}
