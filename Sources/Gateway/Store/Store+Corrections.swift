import Contracts
import Foundation
import GRDB
import ResultModel

extension Store {
    /// Kind of the messages under which corrections are kept: the bytes are those of the message corrected.
    public static let correctionKind = "correction"

    /// Posts a report as the correction of one that was given out, to where that one went. It keeps the names by which receivers
    /// know its results: device, specimen, code and place; so they replace.
    ///
    /// - Parameters:
    ///   - id: the report that is corrected.
    ///   - report: what is right, with the same owner and the same results in the same order.
    /// - Returns: the number of the correction.
    /// - Throws: `StoreRefusal` where anything but what is said about the results differs, where a later report has replaced
    ///   the one to be corrected, or where it went nowhere; `StoreFault`.
    @discardableResult
    public func correct(report id: Int64, with report: Report, who: String, note: String) async throws -> Int64 {
        try await perform { session, now in
            let earlier = try session.givenOut(id)
            guard try session.overtaken(earlier.report, now).isEmpty else {
                throw StoreRefusal("report \(id): a later report has replaced results of it; correct that one")
            }
            let correction = try CorrectedReport.of(earlier.report, as: report)
            return try session.write(correction, of: earlier, who: who, note: note, now)
        }
    }
}

/// A correction made of what was stored and what is right. Refuses what could reach another chart.
enum CorrectedReport {
    static func of(_ earlier: Report, as right: Report) throws -> Report {
        func refuse(_ why: String) -> StoreRefusal { StoreRefusal("report \(earlier.id) is not corrected: \(why)") }
        guard !earlier.specimen.id.isEmpty else { throw refuse("it names no specimen") }
        guard !earlier.isQC, !right.isQC, earlier.imagingStudy == nil, right.imagingStudy == nil else {
            throw refuse("only patients' laboratory results are")
        }
        guard right.holds.isEmpty else { throw refuse("what is right would be held") }
        guard right.device == earlier.device, right.specimen.id == earlier.specimen.id,
            right.specimen.isRunningNumber == earlier.specimen.isRunningNumber,
            (right.patient?.id ?? "") == (earlier.patient?.id ?? ""),
            (right.patient?.alternateIDs ?? []) == (earlier.patient?.alternateIDs ?? []),
            right.order.placerID == earlier.order.placerID, right.order.fillerID == earlier.order.fillerID
        else { throw refuse("specimen, patient or order are not the same; a person has to look") }
        guard right.observations.count == earlier.observations.count else {
            throw refuse("it has another number of results; a person has to look")
        }
        var correction = right
        // The day of a running number is that of the receipt where the device tells no time.
        correction.receivedAt = earlier.receivedAt
        var isDifferent = false
        for (index, old) in earlier.observations.enumerated() {
            let new = right.observations[index]
            guard new.asSent.code == old.asSent.code, new.run == old.run, new.role == old.role,
                new.loinc?.code == old.loinc?.code, new.localCode == old.localCode
            else { throw refuse("result \(index + 1) has another code; a person has to look") }
            if isSame(new, old) {
                correction.observations[index] = old
                continue
            }
            isDifferent = true
            guard old.status.isGivenAsFinal else { continue }
            guard new.status.isGivenAsFinal else {
                throw refuse("result \(index + 1) would go back from final to \(new.status)")
            }
            correction.observations[index].replacesEarlier = true
            if new.status == .final { correction.observations[index].status = .corrected }
        }
        guard isDifferent else { throw refuse("nothing differs") }
        if correction.status == .final, correction.observations.contains(where: \.replacesEarlier) {
            correction.status = .corrected
        }
        return correction
    }

    /// Equal but for what the store itself marks.
    private static func isSame(_ new: Observation, _ old: Observation) -> Bool {
        var plain = old
        if old.replacesEarlier, old.status == .corrected, new.status == .final { plain.status = .final }
        plain.replacesEarlier = new.replacesEarlier
        return plain == new
    }
}

extension WriteSession {
    /// A report that receivers may have.
    struct GivenOut {
        var report: Report
        var message: Int64
        var lane: UInt32
        var destinations: [String]
    }

    func givenOut(_ id: Int64) throws -> GivenOut {
        let row = try Row.fetchOne(
            database, sql: "SELECT state, body, received, lane, message FROM report WHERE id = ?", arguments: [id])
        guard let row else { throw StoreRefusal("there is no report \(id)") }
        guard row[0] == ReportState.stored.rawValue else {
            let state = ReportState(rawValue: row[0]).map { "\($0)" } ?? "unknown"
            throw StoreRefusal("report \(id) was not given out: it is \(state)")
        }
        let report = try stored(Array(row[1] as Data), id: id, receivedAt: row[2])
        // Where a person decided that it does not go, the correction does not go either.
        let destinations = try String.fetchAll(
            database,
            sql: """
                SELECT d.name FROM outbox o JOIN destination d ON d.id = o.destination WHERE o.id BETWEEN ? AND ?
                GROUP BY d.id HAVING max(o.state <> 3) ORDER BY min(o.id)
                """, arguments: [id << 8, id << 8 | 255])
        guard !destinations.isEmpty else {
            throw StoreRefusal("report \(id) went nowhere: there is nothing to correct")
        }
        let lane = (row[3] as Int64?).flatMap { UInt32(exactly: $0) } ?? Lane.of(report)
        return GivenOut(report: report, message: row[4], lane: lane, destinations: destinations)
    }

    func write(_ correction: Report, of earlier: GivenOut, who: String, note: String, _ now: Instant) throws -> Int64 {
        let device = try device(correction.device)
        var report = correction
        report.id = nextReport
        let id = earlier.report.id
        // Nothing below is refused: what a session remembers of its numbers is not rolled back with an action.
        let isKept = try Bool.fetchOne(
            database, sql: "SELECT EXISTS (SELECT 1 FROM message WHERE id = ?)", arguments: [earlier.message])
        guard isKept == true else { throw StoreRefusal("the message of report \(id) is no longer kept") }
        try self.note(now, who, "correct", "report", id, "\(note) (by report \(report.id))")
        // The message corrected, once more: its bytes are what the correction was read from.
        try database.execute(
            sql: """
                INSERT INTO message (id, conversation, journal, received, kind, protocol, control, broken, start, length,
                report, reports, digest) SELECT ?, conversation, ?, received, ?, protocol, control, broken, start, length, ?, 1,
                NULL FROM message WHERE id = ?
                """,
            arguments: [
                nextMessage, max(1, nextJournal - 1), try word(Store.correctionKind), report.id, earlier.message,
            ])
        let message = nextMessage
        nextMessage += 1
        counters.message(device)
        counters.report(report, device)
        let own = Lane.of(report)
        // What it corrects stands where a repeat says what it repeats; its state tells the two apart.
        var finding = Lineage.Finding()
        finding.repeats = id
        try insert(
            report, message, device, .stored, finding, lane: earlier.lane == own ? nil : earlier.lane,
            earlier.destinations)
        // What failed of it need not go any more.
        try database.execute(
            sql: "UPDATE outbox SET state = 4, settled = ?, note = ? WHERE id BETWEEN ? AND ? AND +state = 2",
            arguments: [now.unix, "corrected by report \(report.id)", id << 8, id << 8 | 255])
        for (place, destination) in earlier.destinations.enumerated() {
            try post(report, omitted: [], earlier.lane, to: destination, number: place, createdAt: now.unix)
        }
        effects.stored.append(StoredReport(report: report, state: .stored, repeats: nil))
        return report.id
    }
}

extension StoreReader {
    /// All messages that are corrections, oldest first.
    public func corrections() async throws(StoreFault) -> [MessageReports] {
        try await read { snapshot in
            let kind = try Int64.fetchOne(
                snapshot.database, sql: "SELECT id FROM word WHERE text = ?", arguments: [Store.correctionKind])
            guard let kind else { return [] }
            var query = Query(Snapshot.messageSelect)
            query.add("m.kind = ?", kind)
            return try snapshot.reports(of: snapshot.messages(query.end("ORDER BY m.id LIMIT ?", .max)))
        }
    }
}
