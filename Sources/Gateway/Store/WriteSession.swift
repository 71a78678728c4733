import Contracts
import Foundation
import GRDB
import ResultModel

/// What one transaction writes, and what the store knows without asking the database. Used on the writer's connection only.
///
/// Everything kept here can be thrown away and read again (`reload`): that is what a rollback does.
final class WriteSession {
    let database: Database
    let configuration: StoreConfiguration
    let statements: Statements
    var gateway = ""

    // Numbers to give next. Kept above what was ever given (`meta`), so that retention does not bring one back.
    var nextJournal: Int64 = 1
    var nextMessage: Int64 = 1
    var nextReport: Int64 = 1
    var nextConversation: Int64 = 1
    var nextFault: Int64 = 1

    var templates = ReportTemplates()
    /// Templates that are durable, and those written in this transaction.
    var storedTemplates = 0
    var writtenTemplates = 0
    var codec = ReportCodec()
    private var devices: [String: Int64] = [:]
    private var words: [String: Int64] = [:]
    private var destinations: [String: Int64] = [:]
    var conversations: [Int64: ConversationState] = [:]
    var counters = DeviceCounters()
    /// What is known of the studies that are coming in.
    private(set) lazy var imaging = ImagingSession(self)
    /// What the memory of the store learns when the transaction is durable.
    var effects = Effects()

    /// What is known of an open conversation.
    struct ConversationState {
        /// Bytes received so far.
        var received: UInt64
        /// The last row says that the driver needs nothing before it.
        var isIdle: Bool
    }

    /// Consequences of a transaction.
    struct Effects {
        var queued: [(destination: String, item: ReadyQueue.Item)] = []
        var settled: [(item: Int64, outcome: ReadyQueue.Outcome)] = []
        var withdrawn: [Int64] = []
        var hastened: [(destination: String, item: Int64)] = []
        var stored: [StoredReport] = []
        var images: [ImageEffect] = []
    }

    init(_ database: Database, _ configuration: StoreConfiguration) throws {
        self.database = database
        self.configuration = configuration
        statements = try Statements(database)
        try reload()
    }

    /// Reads everything again, after a rollback or at the start.
    func reload() throws {
        effects = Effects()
        try statements.renewTransaction(database)
        conversations.removeAll(keepingCapacity: true)
        devices.removeAll(keepingCapacity: true)
        words.removeAll(keepingCapacity: true)
        destinations.removeAll(keepingCapacity: true)
        writtenTemplates = storedTemplates
        counters.rollback()
        imaging.reload()
        templates.truncate(to: storedTemplates)
        nextJournal = try next("journal")
        nextMessage = try next("message")
        nextReport = try next("report")
        nextConversation = try next("conversation")
        nextFault = try next("fault")
        for row in try Row.fetchAll(database, sql: "SELECT id, name FROM device") { devices[row[1]] = row[0] }
        for row in try Row.fetchAll(database, sql: "SELECT id, name FROM destination") { destinations[row[1]] = row[0] }
        for row in try Row.fetchAll(database, sql: "SELECT id, text FROM word") { words[row[1]] = row[0] }
    }

    /// Templates are read once; they are only added to.
    func loadTemplates() throws {
        try Self.load(&templates, database)
        storedTemplates = templates.count
        writtenTemplates = templates.count
    }

    static func load(_ templates: inout ReportTemplates, _ database: Database) throws {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, body FROM template WHERE id > ? ORDER BY id", arguments: [templates.count])
        while let row = try rows.next() {
            let bytes = Array(row[1] as Data)
            do throws(ReportCodecFault) {
                try templates.load(ReportTemplates.Entry(number: row[0], bytes: bytes))
            } catch {
                throw StoreFault(.corrupt, "template \(row[0] as Int): \(error). Restore the last backup.")
            }
        }
    }

    /// The transaction is durable.
    func committed() {
        storedTemplates = writtenTemplates
        counters.commit()
        effects = Effects()
    }

    /// Keeps the numbers that retention may free from being given again.
    func keepNumbers() throws {
        for (name, next) in [
            ("journal", nextJournal), ("message", nextMessage), ("report", nextReport),
            ("conversation", nextConversation), ("fault", nextFault),
        ] {
            try database.execute(
                sql: "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", arguments: ["next." + name, next])
        }
    }

    private func next(_ table: String) throws -> Int64 {
        let highest = try Int64.fetchOne(database, sql: "SELECT max(id) FROM \(table)") ?? 0
        let kept = try Int64.fetchOne(
            database, sql: "SELECT value FROM meta WHERE name = ?", arguments: ["next." + table])
        return max(highest + 1, kept ?? 1)
    }

    // MARK: Interned texts

    func device(_ name: String) throws -> Int64 {
        if let id = devices[name] { return id }
        let id = Int64(devices.count) + 1
        try database.execute(sql: "INSERT INTO device (id, name) VALUES (?, ?)", arguments: [id, name])
        devices[name] = id
        return id
    }

    func destination(_ name: String) throws -> Int64 {
        if let id = destinations[name] { return id }
        let id = Int64(destinations.count) + 1
        try database.execute(sql: "INSERT INTO destination (id, name) VALUES (?, ?)", arguments: [id, name])
        destinations[name] = id
        return id
    }

    func word(_ text: String) throws -> Int64 {
        if let id = words[text] { return id }
        // Words come from drivers and the configuration; a driver that invents new ones for ever gets the last one.
        guard words.count < 4_096 else { return words["other"] ?? 1 }
        let id = Int64(words.count) + 1
        try database.execute(sql: "INSERT INTO word (id, text) VALUES (?, ?)", arguments: [id, text])
        words[text] = id
        return id
    }
}
