import GRDB
import ResultModel

/// What is counted for each device. Kept in memory and written every few seconds with other things; what a crash loses is
/// counted again at the start.
struct DeviceCounters {
    struct Delta {
        var messages: Int64 = 0
        var results: Int64 = 0
        var faults: Int64 = 0
        var lastSeen: Int64 = 0
        /// Unknown codes with how often they came.
        var unmapped: [String: Int64] = [:]
    }

    /// Unknown codes counted for a device between two writes; a device that invents codes must not fill the memory.
    static let mostCodes = 500

    /// In this transaction; durable but not yet written.
    private var pending: [Int64: Delta] = [:]
    private(set) var unwritten: [Int64: Delta] = [:]
    private var isWriting = false

    var isDirty: Bool { !unwritten.isEmpty || !pending.isEmpty }

    mutating func seen(_ device: Int64, at unix: Int64) { pending[device, default: Delta()].lastSeen = unix }

    mutating func message(_ device: Int64) { pending[device, default: Delta()].messages += 1 }

    mutating func fault(_ device: Int64) { pending[device, default: Delta()].faults += 1 }

    mutating func report(_ report: Report, _ device: Int64) {
        pending[device, default: Delta()].results += Int64(report.observations.count)
        for observation in report.observations where !observation.isMapped { unmapped(observation.asSent.code, device) }
    }

    private mutating func unmapped(_ code: String, _ device: Int64) {
        var codes = pending[device, default: Delta()].unmapped
        guard codes[code] != nil || codes.count < Self.mostCodes else { return }
        codes[code, default: 0] += 1
        pending[device, default: Delta()].unmapped = codes
    }

    mutating func rollback() {
        pending.removeAll(keepingCapacity: true)
        isWriting = false
    }

    mutating func commit() {
        if isWriting { unwritten.removeAll(keepingCapacity: true) } else { merge() }
        pending.removeAll(keepingCapacity: true)
        isWriting = false
    }

    private mutating func merge() {
        for (device, delta) in pending {
            var sum = unwritten[device, default: Delta()]
            sum.messages += delta.messages
            sum.results += delta.results
            sum.faults += delta.faults
            sum.lastSeen = max(sum.lastSeen, delta.lastSeen)
            for (code, count) in delta.unmapped where sum.unmapped[code] != nil || sum.unmapped.count < Self.mostCodes {
                sum.unmapped[code, default: 0] += count
            }
            unwritten[device] = sum
        }
    }

    /// Writes everything counted so far in the present transaction, with the message up to which it counts.
    mutating func write(_ database: Database, through message: Int64) throws {
        merge()
        pending.removeAll(keepingCapacity: true)
        for (device, delta) in unwritten {
            try database.execute(
                sql: """
                    UPDATE device SET messages = messages + ?, results = results + ?, faults = faults + ?,
                    last_seen = max(coalesce(last_seen, 0), ?) WHERE id = ?
                    """, arguments: [delta.messages, delta.results, delta.faults, delta.lastSeen, device])
            let known =
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM unmapped WHERE device = ?", arguments: [device]) ?? 0
            for (code, count) in delta.unmapped {
                try database.execute(
                    sql: """
                        INSERT INTO unmapped (device, code, count, last_seen) SELECT ?, ?, ?, ?
                        WHERE ? < 2000 OR EXISTS (SELECT 1 FROM unmapped WHERE device = ? AND code = ?)
                        ON CONFLICT DO UPDATE SET count = count + excluded.count, last_seen = excluded.last_seen
                        """, arguments: [device, code, count, delta.lastSeen, known, device, code])
            }
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO meta (name, value) VALUES ('counted', ?)", arguments: [message])
        isWriting = true
    }
}
