import Contracts
import Foundation
import GRDB
import ResultModel
import Synchronization

/// Reads a store, beside its writer or from another process. Never waits for the writer and never holds it up.
public final class StoreReader: Sendable {
    private let database: any DatabaseReader
    private let templates = Mutex(ReportTemplates())
    /// Path of the database.
    public let path: String

    /// The state folder.
    let folder: String

    init(_ database: any DatabaseReader, path: String) {
        self.database = database
        self.path = path
        folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// Opens the database of a state folder for reading only, while a gateway runs on it or not.
    public convenience init(folder: String) throws(StoreFault) {
        let path = StoreConfiguration.database(in: folder)
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreFault(.internal, "there is no \(path): no gateway has run with this state folder yet")
        }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do { self.init(try DatabaseQueue(path: path, configuration: configuration), path: path) } catch {
            throw StoreFault(reading: error, path: path)
        }
    }

    /// Ends the connection; a pool is closed by its owner.
    func disconnect() {
        if let queue = database as? DatabaseQueue { try? queue.close() }
    }

    /// Runs a query on a snapshot of the database.
    func read<Value: Sendable>(_ query: @escaping @Sendable (Snapshot) throws -> Value) async throws(StoreFault)
        -> Value
    {
        do {
            return try await database.read { [self] database in try query(Snapshot(database: database, reader: self)) }
        } catch { throw StoreFault(reading: error, path: path) }
    }

    /// Reports as they are posted: without what is not to be posted.
    func posted(_ ids: [Int64]) async throws(StoreFault) -> [Int64: Result<Report, StoreFault>] {
        try await read { snapshot in
            var reports: [Int64: Result<Report, StoreFault>] = [:]
            let statement = try SQLStatement(
                snapshot.database.cachedStatement(sql: "SELECT body, received, omitted FROM report WHERE id = ?"),
                snapshot.database)
            for id in ids {
                reports[id] = try statement.bind(id).first { row in
                    let (body, received, omitted) = (row.bytes(0), row.integer(1), row.text(2))
                    do {
                        let report = try snapshot.report(body, id: id, receivedAt: received)
                        return .success(report.omitting(Snapshot.places(omitted)))
                    } catch { return .failure(StoreFault(.corrupt, "\(error)")) }
                }
            }
            return reports
        }
    }

    fileprivate func decode(_ bytes: [UInt8], id: Int64, receivedAt: Int64, _ database: Database) throws -> Report {
        try templates.withLock { templates in
            do throws(ReportCodecFault) {
                return try ReportCodec.decode(bytes, id: id, receivedAt: receivedAt, templates: templates)
            } catch {
                guard case .unknownTemplate = error.code else { throw error }
            }
            try WriteSession.load(&templates, database)
            return try ReportCodec.decode(bytes, id: id, receivedAt: receivedAt, templates: templates)
        }
    }
}

/// One consistent view of the database.
struct Snapshot {
    let database: Database
    let reader: StoreReader

    func report(_ body: [UInt8], id: Int64, receivedAt: Int64) throws -> Report {
        try reader.decode(body, id: id, receivedAt: receivedAt, database)
    }

    func report(_ body: Data, id: Int64, receivedAt: Int64) throws -> Report {
        try reader.decode(Array(body), id: id, receivedAt: receivedAt, database)
    }

    /// Places of observations that are not posted, as the column `omitted` keeps them.
    static func places(_ text: String?) -> [Int] { text?.split(separator: " ").compactMap { Int($0) } ?? [] }
}
