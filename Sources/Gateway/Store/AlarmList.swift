import Contracts
import GRDB
import Logging
import Synchronization

/// Alarms: told once at the start and once at recovery, counted in between. Told (logged) at once, whatever the disk does;
/// written with the next transaction, and again if that fails.
final class AlarmList: Sendable {
    struct Alarm: Sendable {
        var id: Int64
        var subject: String
        var kind: String
        var text: String
        var started: Int64
        var last: Int64
        var count: Int64
        var ended: Int64?
        var recovery: String?
        var isDirty = false
    }

    private struct State {
        var open: [[String]: Alarm]
        var ended: [Alarm] = []
        var next: Int64
        var isWritePlanned = false
        var writer: GroupWriter?
    }

    /// Ended alarms that wait to be written at most, while the disk refuses.
    private static let mostEnded = 1_000

    private let state: Mutex<State>
    private let clock: any Clock
    private let log: Logger

    init(_ database: Database, clock: any Clock, log: Logger) throws {
        var open: [[String]: Alarm] = [:]
        let sql = "SELECT id, subject, kind, text, started, last, count FROM alarm WHERE ended IS NULL"
        for row in try Row.fetchAll(database, sql: sql) {
            open[[row[1], row[2]]] = Alarm(
                id: row[0], subject: row[1], kind: row[2], text: row[3], started: row[4], last: row[5], count: row[6])
        }
        let highest = try Int64.fetchOne(database, sql: "SELECT max(id) FROM alarm") ?? 0
        state = Mutex(State(open: open, next: highest + 1))
        self.clock = clock
        self.log = log
    }

    func connect(_ writer: GroupWriter) { state.withLock { $0.writer = writer } }

    /// The store closes: what is not written yet goes with the last transaction.
    func settle(_ writer: GroupWriter) {
        let isDirty = state.withLock { state in
            // One that is planned may have read its alarms already.
            state.isWritePlanned = false
            return !state.ended.isEmpty || state.open.values.contains(where: \.isDirty)
        }
        if isDirty { plan() }
        state.withLock { $0.writer = nil }
    }

    func raise(subject: String, kind: String, text: String) {
        let now = clock.now().unix
        let isNew = state.withLock { state in
            if var alarm = state.open[[subject, kind]] {
                alarm.count += 1
                alarm.last = now
                alarm.text = text.bounded
                alarm.isDirty = true
                state.open[[subject, kind]] = alarm
                return false
            }
            state.open[[subject, kind]] = Alarm(
                id: state.next, subject: subject, kind: kind, text: text.bounded, started: now, last: now, count: 1,
                isDirty: true)
            state.next += 1
            return true
        }
        if isNew { log.warning("alarm", metadata: ["subject": "\(subject)", "kind": "\(kind)", "text": "\(text)"]) }
        plan()
    }

    func clear(subject: String, kind: String, text: String) {
        let now = clock.now().unix
        let wasOpen = state.withLock { state in
            guard var alarm = state.open.removeValue(forKey: [subject, kind]) else { return false }
            alarm.ended = now
            alarm.recovery = text.bounded
            alarm.isDirty = true
            if state.ended.count < Self.mostEnded { state.ended.append(alarm) }
            return true
        }
        guard wasOpen else { return }
        log.notice("alarm ended", metadata: ["subject": "\(subject)", "kind": "\(kind)", "text": "\(text)"])
        plan()
    }

    /// The store's own alarm: the writer fails, or works again.
    func store(_ fault: StoreFault?) {
        if let fault {
            raise(subject: "store", kind: "disk", text: fault.description)
        } else {
            clear(subject: "store", kind: "disk", text: "results are stored again")
        }
    }

    // MARK: Writing

    private func plan() {
        let writer = state.withLock { state -> GroupWriter? in
            guard !state.isWritePlanned, let writer = state.writer else { return nil }
            state.isWritePlanned = true
            return writer
        }
        let batch = AlarmBatch()
        writer?.submit(
            GroupWriter.Job(
                work: { [self] session, _ in
                    let dirty = state.withLock { state in state.ended + state.open.values.filter(\.isDirty) }
                    batch.set(dirty)
                    for alarm in dirty { try Self.write(alarm, session.database) }
                },
                finish: { [self] fault in
                    let isMoreToWrite = state.withLock { state in
                        state.isWritePlanned = false
                        // After a failure the store's own alarm ends some time, and writes them all.
                        guard fault == nil else { return false }
                        for alarm in batch.alarms {
                            if alarm.ended != nil { state.ended.removeAll { $0.id == alarm.id } }
                            let key = [alarm.subject, alarm.kind]
                            if let open = state.open[key], open.id == alarm.id, open.count == alarm.count {
                                state.open[key]?.isDirty = false
                            }
                        }
                        // What came after the transaction had read its alarms found a write planned already.
                        return !state.ended.isEmpty || state.open.values.contains(where: \.isDirty)
                    }
                    if isMoreToWrite { plan() }
                }, size: 256))
    }

    private static func write(_ alarm: Alarm, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO alarm (id, subject, kind, text, started, last, count, ended, recovery)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET text = excluded.text, last = excluded.last, count = excluded.count,
                ended = excluded.ended, recovery = excluded.recovery
                """,
            arguments: [
                alarm.id, alarm.subject, alarm.kind, alarm.text, alarm.started, alarm.last, alarm.count, alarm.ended,
                alarm.recovery,
            ])
    }
}

/// The alarms that one transaction writes.
private final class AlarmBatch: Sendable {
    private let content = Mutex<[AlarmList.Alarm]>([])
    func set(_ alarms: [AlarmList.Alarm]) { content.withLock { $0 = alarms } }
    var alarms: [AlarmList.Alarm] { content.withLock { $0 } }
}
