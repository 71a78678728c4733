import ProfileAuthoring
import ResultModel
import Store

/// What a replay could have sent as corrections, and what a person has to look at.
struct ReplayProposals {
    /// A report that is to replace one that was given out.
    struct Correction {
        /// What was given out.
        var stored: ReportRow
        /// What is right.
        var report: Report
    }

    /// Longest stored form of a report that goes over the control socket, in bytes.
    static let longest = 1 << 20

    /// In the order found.
    private(set) var corrections: [Correction] = []
    /// Reports that a person has to look at, and why.
    private(set) var refused: [(report: Int64, why: String)] = []

    /// Looks whether a report whose results differ can be corrected.
    mutating func consider(_ row: ReportRow, in replayed: [Report], _ reader: StoreReader) async throws {
        let id = row.report.id
        switch row.state {
        case .stored: break
        // What says nothing new was not given out.
        case .repeat, .superseded, .qc, .discarded: return
        case .held, .late: return refused.append((id, "it was not given out: it is \(row.state)"))
        }
        guard !row.deliveries.isEmpty else { return refused.append((id, "it went to no destination")) }
        switch ReplayCorrection.of(row.report, in: replayed) {
        case .failure(let obstacle): refused.append((id, obstacle.text))
        case .success(let report):
            if try await isReplaced(row.report, reader) {
                return refused.append((id, "a later report has replaced it"))
            }
            guard ControlRequest.StoredForm(report).body.utf8.count <= 2 * Self.longest else {
                return refused.append((id, "it is too large to be sent by this command"))
            }
            corrections.append(Correction(stored: row, report: report))
        }
    }

    /// True when a later report of the same specimen gave out one of its results. The store looks again when it acts.
    private func isReplaced(_ report: Report, _ reader: StoreReader) async throws -> Bool {
        var filter = ReportFilter()
        (filter.device, filter.specimen, filter.after) = (report.device, report.specimen.id, report.id)
        filter.states = [.stored]
        filter.limit = 1000
        let later = filter
        let codes = Set(report.observations.map { [$0.asSent.code, $0.run] })
        return try await asking { try await reader.results(later) }.contains { row in
            // A running number names another specimen tomorrow: only what is near counts, the store knows the day.
            !report.specimen.isRunningNumber
                && row.report.observations.contains { codes.contains([$0.asSent.code, $0.run]) }
        }
    }

    /// Messages with the corrections that went out after earlier replays in the place of what they corrected, and of its
    /// repeats.
    ///
    /// - Parameter corrections: by number of the report corrected.
    static func corrected(_ stored: [MessageReports], by corrections: [Int64: ReportRow]) -> [MessageReports] {
        guard !corrections.isEmpty else { return stored }
        return stored.map { message in
            var result = message
            for (place, row) in message.reports.enumerated() {
                var next = corrections[row.state == .repeat ? row.repeats ?? 0 : row.report.id]
                // A correction may be corrected again; its number is always higher.
                while let row = next {
                    result.reports[place].report = row.report
                    result.reports[place].deliveries = row.deliveries
                    next = corrections[row.report.id].flatMap { $0.report.id > row.report.id ? $0 : nil }
                }
            }
            return result
        }
    }
}
