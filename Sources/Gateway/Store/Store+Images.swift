import Contracts
import GRDB
import ImagingModel
import Synchronization

extension Store {
    /// Makes an instance durable; `completion` is called once, after the fsync.
    public func keep(
        _ draft: InstanceDraft, completion: @escaping @Sendable (Result<InstanceFate, StoreFault>) -> Void
    ) {
        let box = FateBox()
        writer.submit(
            GroupWriter.Job(
                work: { session, _ in box.set(try session.imaging.keep(draft)) },
                finish: { fault in
                    if let fault { return completion(.failure(fault)) }
                    completion(box.fate.map { .success($0) } ?? .failure(StoreFault(.internal, "no fate was given")))
                }, size: 1_024), here: true)
    }

    /// Keeps a file beside.
    public func setAside(_ entry: SetAside) async throws {
        try await perform { session, _ in
            let number = try session.imaging.next("set_aside")
            try session.database.execute(
                sql: """
                    INSERT INTO set_aside (id, kind, uid, sop_class, study, syntax, path, size, device, calling, address,
                    received, status, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    number, entry.kind.rawValue, entry.sopInstance.bounded, entry.sopClass.bounded, entry.study.bounded,
                    entry.transferSyntax, session.relative(entry.path), entry.size, entry.device,
                    entry.callingAE.bounded, entry.address, entry.receivedAt, entry.status, entry.reason.bounded,
                ])
            guard entry.kind == .duplicate else { return }
            try session.imaging.flush()
            try session.database.execute(
                sql: "UPDATE study SET duplicates = duplicates + 1 WHERE uid = ?", arguments: [entry.study])
        }
    }

    /// An instance came again with the same bytes.
    public func repeated(_ file: ArchivedFile, at unix: Int64) async throws {
        try await perform { session, _ in
            try session.database.execute(
                sql: "UPDATE study SET repeats = repeats + 1 WHERE uid = ?", arguments: [file.study])
        }
    }

    /// Which of these paths belong to an instance or a file set aside.
    public func knownPaths(_ paths: [String]) async throws -> Set<String> { try await reader.knownPaths(paths) }
}

extension StoreReader {
    func knownPaths(_ paths: [String]) async throws(StoreFault) -> Set<String> {
        let prefix = folder + "/"
        return try await read { snapshot in
            let statement = try SQLStatement(
                snapshot.database.cachedStatement(
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM instance WHERE path = ?1)
                        OR EXISTS (SELECT 1 FROM set_aside WHERE path = ?1)
                        """), snapshot.database)
            var known = Set<String>()
            for path in paths {
                let kept = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
                if try statement.bind(kept).first({ $0.integer(0) }) == 1 { known.insert(path) }
            }
            return known
        }
    }
}

/// What became of an instance, from the writer to its caller.
private final class FateBox: Sendable {
    private let content = Mutex<InstanceFate?>(nil)
    func set(_ fate: InstanceFate) { content.withLock { $0 = fate } }
    var fate: InstanceFate? { content.withLock { $0 } }
}
