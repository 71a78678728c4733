import Contracts
import DriverHost
import Intake
import ProfileAuthoring
import ResultModel
import Store

/// What a replay found in one place.
enum ReplayFinding {
    /// A result that would be read otherwise.
    case result(ReplayDifference, ReplayPlace)
    /// A fault that would be found as well, or no longer.
    case fault(text: String, start: UInt64, isNew: Bool, ReplayPlace)
}

/// Where it was found.
struct ReplayPlace {
    /// Device.
    var device: String
    /// Number of the conversation.
    var conversation: Int64
    /// Number of the stored message; nil: none is stored.
    var message: Int64?
    /// When it was received: microseconds since 1970, UTC.
    var unix: Int64
    /// What became of the stored report of a result; nil: none is stored.
    var state: ReportState?
}

/// How far a replay came.
struct ReplayTotals: Equatable {
    /// Messages with results that were asked for and are stored.
    var asked = 0
    /// Of these, those that were read again.
    var replayed = 0
    /// Results in them that are the same.
    var same = 0
    /// Messages that the replay reads where the store has freed what was made of them.
    var unknown = 0
    /// Messages in stretches in which the driver ended.
    var crashed = 0
    /// Bytes of conversations that go on.
    var openBytes: UInt64 = 0
    /// Stretches in which orders were asked for or answered to: their faults are not compared.
    var dialogues = 0
    /// Why drivers ended, for people.
    var crashes: [String] = []

    /// Messages whose bytes are not kept, or not from their beginning on.
    var withoutBytes: Int { max(0, asked - replayed - crashed) }
}

/// Compares what is stored with what a profile makes of the stored bytes. Reads only.
final class ReplayRun {
    let drivers: DriverHost
    let reader: StoreReader
    /// What is told as it is found.
    let found: (ReplayFinding) -> Void
    /// Told after each message.
    let progressed: (ReplayTotals) -> Void
    private(set) var totals: ReplayTotals
    /// What could go out as corrections, in the order found.
    private(set) var proposals = ReplayProposals()
    /// Corrections that went out after earlier replays, by number of the report corrected.
    private let corrections: [Int64: ReportRow]

    /// - Parameter asked: how many stored messages with results are asked for.
    init(
        drivers: DriverHost, reader: StoreReader, asked: Int, found: @escaping (ReplayFinding) -> Void,
        progressed: @escaping (ReplayTotals) -> Void = { _ in }
    ) async throws {
        self.drivers = drivers
        self.reader = reader
        self.found = found
        self.progressed = progressed
        totals = ReplayTotals(asked: asked)
        let kept = try await asking { try await reader.corrections() }.flatMap(\.reports)
        corrections = Dictionary(kept.map { ($0.repeats ?? 0, $0) }, uniquingKeysWith: { $1 })
    }

    /// Which part of a conversation counts.
    struct Part {
        /// The idle row behind which to begin; 0: the beginning.
        var after: Int64 = 0
        /// Received at or after.
        var since: Int64?
        /// Received before.
        var until: Int64?
        /// Only this stored message, and what is read in its bytes.
        var message: MessageRow?

        fileprivate func isEnough(_ row: JournalRow) -> Bool {
            if let message { return row.start >= UInt64(clamping: message.start &+ message.length) }
            return until.map { row.unix >= $0 } ?? false
        }

        fileprivate func holds(_ cluster: ReplayCluster) -> Bool {
            if let message { return cluster.stored.contains { $0.message.id == message.id } }
            let unix = cluster.unix
            return (since.map { unix >= $0 } ?? true) && (until.map { unix < $0 } ?? true)
        }
    }

    /// Reads a part of a conversation again.
    func replay(_ conversation: ConversationRow, part: Part, reading: DeviceReading) async throws {
        let replay = ConversationReplay(
            drivers: drivers, reader: reader, reading: reading, conversation: conversation)
        var segments: [ReplaySegment] = []
        let left = try await replay.run(after: part.after, until: part.isEnough) { segment in
            let stored = try await asking {
                try await reader.messages(of: conversation.id, rows: segment.rows)
            }.filter { $0.message.isIn(segment) && $0.message.kind != Store.correctionKind }
            let clusters = ReplayCluster.of(stored, segment.messages).filter(part.holds)
            if segment.hasCrashed {
                totals.crashed += clusters.reduce(0) { $0 + $1.stored.count { $0.message.kind == "results" } }
                return
            }
            for cluster in clusters {
                try await compare(cluster, conversation)
                progressed(totals)
            }
            // Faults are compared at the end: only they are kept of it.
            var light = segment
            light.messages = []
            light.hasDialogue = segment.hasDialogue || stored.contains { $0.message.kind != "results" }
            segments.append(light)
        }
        totals.openBytes += left.openBytes
        totals.crashes += left.crashes
        try await compareFaults(segments, conversation, part)
    }

    private func compare(_ cluster: ReplayCluster, _ conversation: ConversationRow) async throws {
        let stored = ReplayProposals.corrected(
            cluster.stored.filter { $0.message.kind == "results" }, by: corrections)
        totals.replayed += stored.count
        var replayed = cluster.replayed.filter { $0.kind == "results" }
        if stored.isEmpty {
            // A stop of the gateway in mid-message left nothing in the store either.
            replayed.removeAll { $0.isOfEnd && !$0.isComplete }
            guard let last = replayed.last else { return }
            if cluster.stored.isEmpty, try await asking({ try await reader.mayMissMessages(ofRow: last.row) }) {
                totals.unknown += 1
                return
            }
        }
        let before = stored.enumerated().flatMap { index, message in
            message.reports.flatMap { ReplayedRow.rows(of: $0.report, message: index) }
        }
        let after = replayed.enumerated().flatMap { index, message in
            message.reports.flatMap { ReplayedRow.rows(of: $0, message: index) }
        }
        let differences = ReplayComparison.differences(stored: before, replayed: after)
        totals.same += before.count - differences.count { $0.stored != nil }
        for difference in differences {
            let index = difference.stored?.message
            let message = index.map { stored[$0] } ?? stored.first
            let report = difference.stored.flatMap { row in
                message?.reports.first { $0.report.id == row.report }
            }
            found(
                .result(
                    difference,
                    ReplayPlace(
                        device: conversation.device, conversation: conversation.id, message: message?.message.id,
                        unix: message?.message.receivedAt ?? cluster.unix, state: report?.state)))
        }
        let concerned = Set(differences.compactMap { $0.stored?.report })
        let made = replayed.flatMap(\.reports)
        for row in stored.flatMap(\.reports) where concerned.contains(row.report.id) {
            try await proposals.consider(row, in: made, reader)
        }
    }

    private func compareFaults(_ segments: [ReplaySegment], _ conversation: ConversationRow, _ part: Part)
        async throws
    {
        totals.dialogues += segments.count(where: \.hasDialogue)
        // Of one message only what was found in its bytes is asked for.
        guard part.message == nil else { return }
        let compared = segments.filter { !$0.hasDialogue && part.isIn($0) }
        guard !compared.isEmpty else { return }
        let kept = try await asking { try await reader.faults(of: conversation.id) }
        // What became of an order is told where the question ended, which is where the next stretch begins.
        let answered = Set(segments.filter(\.hasDialogue).map(\.end))
        var rest: [ReplayedFault: [FaultRow]] = [:]
        for fault in kept where !fault.isOfRecovery {
            let start = UInt64(clamping: fault.start)
            guard compared.containsByte(start), !answered.contains(start) else { continue }
            rest[ReplayedFault(start: start, text: fault.text, isOfEnd: false), default: []].append(fault)
        }
        func tell(_ text: String, _ start: UInt64, _ unix: Int64, isNew: Bool) {
            let place = ReplayPlace(
                device: conversation.device, conversation: conversation.id, message: nil, unix: unix, state: nil)
            found(.fault(text: text, start: start, isNew: isNew, place))
        }
        for segment in compared {
            for fault in segment.faults {
                if rest[fault]?.popLast() != nil { continue }
                // How a conversation ended is not always what the driver was told.
                if !fault.isOfEnd { tell(fault.text, fault.start, segment.unix, isNew: true) }
            }
        }
        for fault in rest.values.flatMap({ $0 }).sorted(by: { $0.id < $1.id }) {
            tell(fault.text, UInt64(clamping: fault.start), fault.unix, isNew: false)
        }
    }
}

extension ReplayRun.Part {
    /// True when a stretch begins in the time asked for.
    fileprivate func isIn(_ segment: ReplaySegment) -> Bool {
        (since.map { segment.unix >= $0 } ?? true) && (until.map { segment.unix < $0 } ?? true)
    }
}

extension [ReplaySegment] {
    /// True when one of them, which stand in order, holds a byte or ends at it.
    fileprivate func containsByte(_ byte: UInt64) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].end < byte { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].start <= byte
    }
}

extension FaultRow {
    /// The gateway of then said it, not a driver.
    fileprivate var isOfRecovery: Bool { text == Intake.stoppedInMessage }
}

extension MessageRow {
    /// True when it ends in a stretch.
    fileprivate func isIn(_ segment: ReplaySegment) -> Bool {
        let end = UInt64(clamping: start &+ length)
        return end >= segment.start && end <= segment.end && UInt64(clamping: start) <= segment.end
            && (end > segment.start || length == 0)
    }
}

/// Stored messages and those of a replay that share bytes: what the one side calls one message may be two of the other.
struct ReplayCluster {
    /// As stored.
    var stored: [MessageReports] = []
    /// As the replay reads them.
    var replayed: [ReplayedMessage] = []

    /// When it was received.
    var unix: Int64 { stored.first?.message.receivedAt ?? replayed.first?.unix ?? 0 }

    static func of(_ stored: [MessageReports], _ replayed: [ReplayedMessage]) -> [ReplayCluster] {
        enum Member {
            case stored(MessageReports)
            case replayed(ReplayedMessage)
        }
        var members: [(start: UInt64, end: UInt64, member: Member)] = stored.map {
            let (start, end) = ($0.message.start, $0.message.start &+ $0.message.length)
            return (UInt64(clamping: start), UInt64(clamping: end), .stored($0))
        }
        members += replayed.map { ($0.start, $0.end, .replayed($0)) }
        members.sort { ($0.start, $0.end) < ($1.start, $1.end) }
        var (clusters, end): ([ReplayCluster], UInt64) = ([], 0)
        for member in members {
            // Messages that only touch each other are two; one without bytes belongs to what is there.
            let isNew =
                clusters.isEmpty || (member.start >= end && !(member.start == member.end && member.start == end))
            if isNew { clusters.append(ReplayCluster()) }
            end = isNew ? member.end : max(end, member.end)
            switch member.member {
            case .stored(let message): clusters[clusters.count - 1].stored.append(message)
            case .replayed(let message): clusters[clusters.count - 1].replayed.append(message)
            }
        }
        return clusters
    }
}
