import Contracts
import DriverHost
import DriverWire
import Store

/// Reads one stored conversation again, segment by segment.
///
/// A new driver begins where the bytes begin, or behind a row after which the driver of then needed nothing: also where rows
/// between were freed. Rows that no driver can be sure about are counted, not read.
struct ConversationReplay {
    let drivers: DriverHost
    let reader: StoreReader
    let reading: DeviceReading
    let conversation: ConversationRow

    /// What could not be read.
    struct Left {
        /// Bytes of messages whose beginning was freed.
        var partBytes: UInt64 = 0
        /// Bytes behind the last idle point of a conversation that goes on.
        var openBytes: UInt64 = 0
        /// Why the driver ended, where it did: for people.
        var crashes: [String] = []
    }

    private struct State {
        var line: ReplayLine?
        /// Where the driver's offsets begin.
        var base: UInt64 = 0
        var segment: ReplaySegment?
        /// The last row was idle: as soon as the driver is, the segment ends.
        var isBoundary = false
        /// A driver may begin with the next row.
        var isSound: Bool
        /// Bytes received before the next row; nil: not known.
        var position: UInt64?
        /// Number of the last row that was fed.
        var lastRow: Int64 = 0
        /// The device has asked for orders, or spoken about some.
        var hasAsked = false
        var left = Left()
    }

    /// Reads from a row on.
    ///
    /// - Parameters:
    ///   - row: number of an idle row, or 0: from the beginning.
    ///   - isEnough: asked before a segment begins, with its first row.
    ///   - take: is given each segment as it is whole.
    func run(
        after row: Int64, until isEnough: (JournalRow) -> Bool, take: (ReplaySegment) async throws -> Void
    ) async throws -> Left {
        var state = State(isSound: true, position: row == 0 ? 0 : nil)
        // The idle row itself tells where the next one begins.
        var last = max(0, row - 1)
        pages: while true {
            let page = try await asking { try await reader.journal(of: conversation.id, after: last) }
            if page.isEmpty { break }
            for next in page {
                last = next.id
                if next.id == row {
                    state.position = next.end
                    continue
                }
                try await beforeRow(next, &state, take)
                if state.segment == nil, isEnough(next) { return state.left }
                guard state.isSound else {
                    state.left.partBytes += next.end - next.start
                    state.isSound = next.isIdle
                    state.position = next.end
                    continue
                }
                try await feed(next, &state)
                if state.isBoundary, state.line?.isIdle ?? true { try await emit(&state, take) }
            }
        }
        try await end(&state, take)
        return state.left
    }

    /// Lets the time pass up to a row, and sees whether it follows the last one.
    private func beforeRow(
        _ row: JournalRow, _ state: inout State, _ take: (ReplaySegment) async throws -> Void
    ) async throws {
        if state.segment != nil, let line = state.line {
            await keep(&state) { state in
                try collect(try await line.advance(to: row.unix), row.id, isOfEnd: false, &state)
            }
            if state.isBoundary, line.isIdle { try await emit(&state, take) }
        }
        guard let position = state.position, position == row.start else {
            // Rows between are gone, or the first ones are.
            if let segment = state.segment { state.left.partBytes += segment.end - segment.start }
            state.segment = nil
            state.line = nil
            state.isSound = row.start == 0
            return
        }
    }

    private func feed(_ row: JournalRow, _ state: inout State) async throws {
        let segment =
            state.segment ?? ReplaySegment(start: row.start, end: row.start, rows: row.id...row.id, unix: row.unix)
        state.segment = segment
        state.segment?.end = row.end
        state.segment?.rows = segment.rows.lowerBound...row.id
        state.position = row.end
        state.lastRow = row.id
        state.isBoundary = row.isIdle
        if segment.hasCrashed { return }
        let line: ReplayLine
        if let open = state.line {
            line = open
        } else {
            do { line = try await ReplayLine(drivers, reading: reading, at: row.unix) } catch {
                throw CommandFailure(
                    .wrong, "\(reading.device): \(error)",
                    cure: "check the options of the profile \(reading.profile.id), and the driver's README")
            }
            state.line = line
            state.base = row.start
        }
        await keep(&state) { state in
            for entry in row.entries where entry.direction == .received {
                try collect(
                    try await line.receive(entry.bytes, at: entry.unix), row.id, isOfEnd: false, &state)
            }
        }
    }

    /// The end of what is stored: of a closed conversation the driver is told so, as it was then.
    private func end(_ state: inout State, _ take: (ReplaySegment) async throws -> Void) async throws {
        guard let line = state.line else { return try await emit(&state, take) }
        let wasOpen = state.segment != nil
        guard let closed = conversation.closedAt else {
            await keep(&state) { state in
                try collect(
                    try await line.advance(to: LocalTime.now), state.lastRow, isOfEnd: false, &state)
            }
            if let segment = state.segment, !(state.isBoundary && line.isIdle) {
                state.left.openBytes += segment.end - segment.start
                return
            }
            return try await emit(&state, take)
        }
        if !wasOpen, let position = state.position {
            // What is said only at the end stands in a stretch without bytes.
            state.segment = ReplaySegment(
                start: position, end: position, rows: state.lastRow...state.lastRow, unix: closed)
        }
        // An order that was still to be sent is given up at the end, and told: it is not there now.
        if state.hasAsked { state.segment?.hasDialogue = true }
        await keep(&state) { state in
            try collect(try await line.advance(to: closed), state.lastRow, isOfEnd: !wasOpen, &state)
            try collect(try await line.finish(at: closed), state.lastRow, isOfEnd: true, &state)
        }
        try await emit(&state, take)
    }

    private func emit(_ state: inout State, _ take: (ReplaySegment) async throws -> Void) async throws {
        guard let segment = state.segment else { return }
        state.segment = nil
        state.isBoundary = false
        try await take(segment)
    }

    /// Runs calls on the driver; where it ends by itself, that is a fault of the segment, and the next one gets a new driver.
    private func keep(_ state: inout State, _ work: (inout State) async throws -> Void) async {
        do { try await work(&state) } catch {
            state.line = nil
            state.segment?.hasCrashed = true
            state.left.crashes.append("conversation \(conversation.id), byte \(state.segment?.start ?? 0): \(error)")
        }
    }

    private func collect(_ said: [ReplayLine.Said], _ row: Int64, isOfEnd: Bool, _ state: inout State) throws {
        for one in said {
            switch one.event {
            case .message(let message, let start, let end):
                let reports =
                    message.kind == .results ? reading.normalize(message, receivedAt: one.unix).reports : []
                state.segment?.messages.append(
                    ReplayedMessage(
                        kind: message.kind.rawValue, isComplete: message.isComplete, start: state.base &+ start,
                        end: state.base &+ end, unix: one.unix, row: row, reports: reports, isOfEnd: isOfEnd))
            case .query, .order:
                state.segment?.hasDialogue = true
                state.hasAsked = true
            case .fault(let fault) where fault.severity != .notice:
                // As the store keeps it.
                let text = String(decoding: fault.text.utf8.prefix(StoredText.most), as: UTF8.self)
                state.segment?.faults.append(
                    ReplayedFault(start: state.base &+ fault.start, text: text, isOfEnd: isOfEnd))
            case .fault, .transmit, .deadline, .acknowledge: break
            }
        }
    }
}
