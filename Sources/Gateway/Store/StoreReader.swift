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

    init(_ database: any DatabaseReader, path: String) {
        self.database = database
        self.path = path
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
            throw StoreFault(error, path: path)
        }
    }

    /// Runs a query on a snapshot of the database.
    func read<Value: Sendable>(_ query: @escaping @Sendable (Snapshot) throws -> Value) async throws(StoreFault)
        -> Value
    {
        do {
            return try await database.read { [self] database in try query(Snapshot(database: database, reader: self)) }
        } catch { throw StoreFault(error, path: path) }
    }

    /// A report as it is posted: without what is not to be posted.
    func posted(_ id: Int64) async throws -> Report {
        try await read { snapshot in
            let row = try Row.fetchOne(
                snapshot.database, sql: "SELECT body, received, omitted FROM report WHERE id = ?", arguments: [id])
            guard let row else { throw StoreFault(.internal, "there is no report \(id)") }
            let report = try snapshot.report(row[0] as Data, id: id, receivedAt: row[1])
            return report.omitting(Snapshot.places(row[2]))
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

    func report(_ body: Data, id: Int64, receivedAt: Int64) throws -> Report {
        try reader.decode(Array(body), id: id, receivedAt: receivedAt, database)
    }

    /// Places of observations that are not posted, as the column `omitted` keeps them.
    static func places(_ text: String?) -> [Int] { text?.split(separator: " ").compactMap { Int($0) } ?? [] }
}
