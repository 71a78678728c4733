import Contracts
import ResultModel

extension WriteSession {
    /// Bytes of one commit in one row at most: SQLite's own limit is a thousand million.
    static let mostBytes = 256 << 20
    /// Destinations of one report at most: its items are numbered in 8 bits, and resends take numbers as well.
    static let mostDestinations = 200

    /// Writes a unit.
    func write(_ unit: CommitUnit, now: Instant) throws -> CommitReceipt {
        let device = try device(unit.device)
        var state = try conversation(unit.conversation)
        let unix = unit.journal.first?.unix ?? now.unix
        if !unit.journal.isEmpty || (unit.isIdle && !state.isIdle) {
            let body = JournalBody.encode(unit.journal)
            guard body.count <= Self.mostBytes else {
                throw StoreFault(
                    .internal,
                    "\(unit.device): a commit of \(body.count) bytes, more than \(Self.mostBytes) in one piece")
            }
            try statements.journal.bind(nextJournal).bind(unit.conversation).bind(unix)
                .bind(Int64(clamping: state.received)).bind(unit.isIdle ? 1 : 0).bind(body).run()
            nextJournal += 1
            state.received &+= JournalBody.received(unit.journal)
            state.isIdle = unit.isIdle
            conversations[unit.conversation] = state
        }
        counters.seen(device, at: unit.journal.last?.unix ?? now.unix)
        for fault in unit.faults { try write(fault, unit.conversation, device, now) }
        if !unit.orders.isEmpty { try write(unit.orders, device, now: now.unix) }
        var receipt = CommitReceipt(reports: [])
        for draft in unit.messages {
            let received = unit.journal.last?.unix ?? now.unix
            try write(draft, unit.conversation, device, received: received, now, &receipt)
        }
        return receipt
    }

    private func conversation(_ id: Int64) throws -> ConversationState {
        if let state = conversations[id] { return state }
        guard try statements.conversation.bind(id).first({ _ in true }) != nil else {
            throw StoreFault(.internal, "conversation \(id) was never opened")
        }
        let state = try lastState(of: id)
        conversations[id] = state
        return state
    }

    private func write(_ fault: DriverFault, _ conversation: Int64, _ device: Int64, _ now: Instant) throws {
        counters.fault(device)
        // Notices are counted only: a noisy line must not fill the disk.
        guard fault.severity != .notice else { return }
        try statements.fault.bind(nextFault).bind(conversation).bind(now.unix).bind(Int64(fault.severity.rawValue))
            .bind(Int64(clamping: fault.start)).bind(Int64(clamping: fault.end)).bind(fault.text.bounded).run()
        nextFault += 1
    }

    private func write(
        _ draft: MessageDraft, _ conversation: Int64, _ device: Int64, received: Int64, _ now: Instant,
        _ receipt: inout CommitReceipt
    ) throws {
        let message = nextMessage
        let received = draft.reports.first.map(\.report.receivedAt).flatMap { $0 > 0 ? $0 : nil } ?? received
        let needsDigest =
            draft.contentDigest != 0
            && draft.reports.contains {
                $0.report.specimen.id.isEmpty || $0.report.specimen.isRunningNumber || $0.report.observations.isEmpty
            }
        let digest = needsDigest ? Int64(bitPattern: draft.contentDigest) : nil
        let firsts = try digest.map { try firstReports(of: $0, device, since: received) } ?? []
        try statements.message.bind(message).bind(conversation).bind(nextJournal - 1).bind(received)
            .bind(try word(draft.kind)).bind(try word(draft.protocolName))
            .bind(draft.controlID.isEmpty ? nil : draft.controlID).bind(draft.isComplete ? nil : 1)
            .bind(Int64(clamping: draft.start)).bind(Int64(clamping: draft.end &- min(draft.start, draft.end)))
            .bind(nextReport).bind(draft.reports.count).bind(digest).run()
        nextMessage += 1
        counters.message(device)
        for (place, (report, destinations)) in draft.reports.enumerated() {
            let first = firsts.count == draft.reports.count ? firsts[place] : nil
            receipt.reports.append(
                try write(report, destinations, message, device, received: received, first: first, now))
        }
    }

    private func firstReports(of digest: Int64, _ device: Int64, since: Int64) throws -> [(
        id: Int64, state: ReportState
    )] {
        var (message, reports): (Int64?, [(id: Int64, state: ReportState)]) = (nil, [])
        let start = since &- configuration.resendWindow.seconds &* 1_000_000
        try statements.sameDigest.bind(digest).bind(device).bind(start).rows { row in
            let of = row.integer(0)
            guard message == nil || message == of else { return false }
            message = of
            reports.append((row.integer(1), ReportState(rawValue: row.integer(2)) ?? .stored))
            return true
        }
        return reports
    }

    // MARK: Reports

    private func write(
        _ draft: Report, _ destinations: [String], _ message: Int64, _ device: Int64, received: Int64,
        first: (id: Int64, state: ReportState)?, _ now: Instant
    ) throws -> ReportFate {
        var report = draft
        report.id = nextReport
        if report.receivedAt == 0 { report.receivedAt = received }
        let isHeld = !report.holds.isEmpty
        counters.report(report, device)
        var finding = Lineage.Finding()
        if let first, first.state != .held || isHeld {
            finding.repeats = first.id
        } else if !report.specimen.id.isEmpty {
            let earlier = try earlier(than: report, device, now)
            if !earlier.isEmpty { finding = Lineage.compare(&report, isHeld: isHeld, with: earlier) }
        }
        let state = Self.state(of: report, finding)
        let own = Lane.of(report)
        let lane = finding.lane ?? own
        try insert(report, message, device, state, finding, lane: lane == own ? nil : lane, destinations)
        for id in finding.supersedes {
            try database.execute(sql: "UPDATE report SET state = 6 WHERE id = ?", arguments: [id])
        }
        for id in finding.correctedWhole {
            try database.execute(
                sql:
                    "UPDATE outbox SET state = 4, settled = ?, note = ? WHERE id BETWEEN ? AND ? AND +state = 2",
                arguments: [now.unix, "corrected by report \(report.id)", id << 8, id << 8 | 255])
        }
        if state == .stored {
            for (place, destination) in destinations.enumerated() {
                try post(report, omitted: finding.omitted, lane, to: destination, number: place, createdAt: nil)
            }
        }
        if state == .stored || state == .held { try markResulted(report, device, now: now.unix) }
        effects.stored.append(StoredReport(report: report, state: state, repeats: finding.repeats))
        return ReportFate(
            id: report.id, repeats: finding.repeats, corrects: finding.repeats == nil && finding.corrects,
            isHeld: state == .held)
    }

    private static func state(of report: Report, _ finding: Lineage.Finding) -> ReportState {
        if finding.repeats != nil { return .repeat }
        if report.isQC { return .qc }
        if !report.holds.isEmpty { return .held }
        return finding.isLate ? .late : .stored
    }

    func insert(
        _ report: Report, _ message: Int64, _ device: Int64, _ state: ReportState, _ finding: Lineage.Finding,
        lane: UInt32?, _ destinations: [String]
    ) throws {
        guard destinations.count <= Self.mostDestinations else {
            throw StoreFault(
                .internal,
                "a report of \(report.device) has \(destinations.count) destinations, \(Self.mostDestinations) at most")
        }
        let body = codec.encode(report, templates: &templates)
        for entry in templates.entries(after: writtenTemplates) {
            try statements.template.bind(entry.number).bind(entry.bytes).run()
            writtenTemplates = entry.number
        }
        let patient = report.patient?.id ?? ""
        let routes = state == .held ? destinations.joined(separator: "\n") : ""
        let omitted = finding.omitted.map(String.init).joined(separator: " ")
        try statements.report.bind(report.id).bind(message).bind(device)
            .bind(report.specimen.id.isEmpty ? nil : report.specimen.id).bind(patient.isEmpty ? nil : patient)
            .bind(report.receivedAt).bind(state.rawValue).bind(finding.repeats).bind(lane.map(Int64.init))
            .bind(routes.isEmpty ? nil : routes).bind(omitted.isEmpty ? nil : omitted).bind(body).run()
        nextReport += 1
    }

    /// Puts a report into the queue of a destination.
    func post(
        _ report: Report, omitted: [Int], _ lane: UInt32, to destination: String, number: Int, createdAt: Int64?
    ) throws {
        let id = report.id << 8 | Int64(number)
        try statements.outbox.bind(id).bind(try self.destination(destination)).bind(Int64(lane)).bind(createdAt).run()
        effects.queued.append(
            (
                destination,
                ReadyQueue.Item(
                    id: id, lane: lane, attempts: 0, due: 0, createdAt: createdAt ?? report.receivedAt,
                    resident: [report.omitting(omitted)])
            ))
    }

    // MARK: Earlier reports

    /// What the same device said about the same specimen in the window, newest first.
    func earlier(than report: Report, _ device: Int64, _ now: Instant) throws -> [Lineage.Earlier] {
        // A study is known by its UID for ever: a document may be corrected months later.
        let start =
            report.imagingStudy == nil ? report.receivedAt &- configuration.resendWindow.seconds &* 1_000_000 : 0
        return try related(to: report, device, since: start, now).filter { $0.id < report.id }
    }

    /// Reports of the device about the specimen, newest first. A running number names a specimen for a day.
    func related(to report: Report, _ device: Int64, since start: Int64, _ now: Instant) throws -> [Lineage.Earlier] {
        var related: [Lineage.Earlier] = []
        let day = Self.day(report.receivedAt, now)
        try statements.earlier.bind(report.specimen.id).bind(device).bind(start).rows { row in
            let received = row.integer(2)
            if report.specimen.isRunningNumber, Self.day(received, now) != day { return false }
            // One that cannot be read cannot be compared; it is shown where reports are listed.
            guard let earlier = try? stored(row.bytes(4), id: row.integer(0), receivedAt: received) else { return true }
            let lane = row.optionalInteger(3).flatMap { UInt32(exactly: $0) } ?? Lane.of(earlier)
            related.append(
                Lineage.Earlier(
                    id: earlier.id, state: ReportState(rawValue: row.integer(1)) ?? .stored, lane: lane, report: earlier
                ))
            return true
        }
        return related
    }

    private static func day(_ unix: Int64, _ now: Instant) -> Int64 {
        let local = unix &+ Int64(now.utcOffset) &* 1_000_000
        return local / 86_400_000_000 - (local % 86_400_000_000 < 0 ? 1 : 0)
    }

    func stored(_ body: [UInt8], id: Int64, receivedAt: Int64) throws -> Report {
        do throws(ReportCodecFault) {
            return try ReportCodec.decode(body, id: id, receivedAt: receivedAt, templates: templates)
        } catch { throw StoreFault(.corrupt, "report \(id): \(error). Restore the last backup.") }
    }
}

extension Report {
    /// Without the observations at these places.
    func omitting(_ places: [Int]) -> Report {
        guard !places.isEmpty else { return self }
        var report = self
        report.observations = observations.enumerated().filter { !places.contains($0.offset) }.map(\.element)
        let isOpen = report.observations.contains { $0.status == .preliminary || $0.status == .registered }
        if status == .preliminary || status == .registered, !isOpen { report.status = .final }
        return report
    }
}

/// Texts of the outside, for people, as they are kept.
public enum StoredText {
    /// Bytes of one at most: as much as one reads.
    public static let most = 2_000
}

extension String {
    /// As much as is kept.
    var bounded: String {
        utf8.count <= StoredText.most ? self : String(decoding: utf8.prefix(StoredText.most), as: UTF8.self)
    }
}

/// A report as it was just stored, for whoever watches.
public struct StoredReport: Sendable {
    /// The report, with its number.
    public var report: Report
    /// What became of it.
    public var state: ReportState
    /// The report that it repeats.
    public var repeats: Int64?
}
