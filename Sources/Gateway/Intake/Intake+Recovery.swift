import Contracts
import DriverWire
import Logging
import Synchronization

extension Intake {
    /// What is noted of a conversation that a crash cut in mid-message.
    public static let stoppedInMessage =
        "the gateway stopped in the middle of a message; the device was not told that it is safe and sends it again"

    /// After a crash: reads the tails of conversations that were received but not understood, before any link opens.
    ///
    /// What comes out is stored like any message; the device, which was not answered, will send it again and is then
    /// recognised. What remains unfinished is noted as a fault of the conversation: nothing of it was acknowledged.
    public func recover() async throws {
        for conversation in try await services.journal.unfinishedConversations() {
            let device = state.withLock { $0.devices[conversation.device] }
            guard let device else {
                services.alarms.raise(
                    subject: conversation.device, kind: "recovery",
                    text: """
                        \(conversation.tail.count) pieces of a conversation with \(conversation.device) were not yet read \
                        when the gateway stopped, and the device is no longer configured. Configure it again and restart.
                        """)
                continue
            }
            do {
                try await replay(conversation, of: device)
            } catch let crash as ReplayEnd {
                if case .quarantined(let bytes, let reason) = crash.end {
                    // Otherwise it would crash the driver again at each start.
                    try await services.journal.quarantine(
                        device: device.id, conversation: conversation.id, bytes: bytes, reason: reason)
                    try await services.journal.closeConversation(conversation.id, at: services.clock.now().unix)
                }
                services.alarms.raise(subject: device.id, kind: "recovery", text: crash.description)
            } catch {
                services.alarms.raise(
                    subject: device.id, kind: "recovery", text: "the tail of a conversation could not be read: \(error)"
                )
            }
        }
    }

    private func replay(_ conversation: UnfinishedConversation, of device: IntakeDevice) async throws {
        let (batches, feed) = AsyncThrowingStream.makeStream(of: DriverBatch.self)
        let now = services.clock.now()
        let instance = try await services.drivers.open(
            driver: device.driver, device: device.id, options: device.options, at: now,
            onBatch: { feed.yield($0) }, onEnd: { feed.finish(throwing: ReplayEnd(end: $0)) }, onRestart: { _ in })
        defer { instance.close() }
        var calls: UInt64 = 0
        var lastReceived = now.unix
        for entry in conversation.tail where entry.direction == .received {
            calls += 1
            lastReceived = entry.unix
            instance.receive(
                entry.bytes, at: Instant(unix: entry.unix, monotonic: now.monotonic, utcOffset: now.utcOffset))
        }
        var unit = CommitUnit(device: device.id, conversation: conversation.id)
        unit.isIdle = true
        var isIdle = true
        if calls > 0 {
            for try await batch in batches {
                collect(batch, conversation, device, lastReceived, into: &unit)
                isIdle = batch.isIdle
                if batch.input >= calls { break }
            }
        }
        if !isIdle {
            unit.faults.append(
                DriverFault(
                    .refused, Self.stoppedInMessage,
                    start: conversation.offset, end: conversation.offset))
        }
        let receipt = try await services.journal.commit(unit)
        services.log.notice(
            "conversation recovered",
            metadata: [
                "device": "\(device.id)", "messages": "\(unit.messages.count)", "reports": "\(receipt.reports.count)",
            ])
        try await services.journal.closeConversation(conversation.id, at: now.unix)
    }

    private func collect(
        _ batch: DriverBatch, _ conversation: UnfinishedConversation, _ device: IntakeDevice, _ receivedAt: Int64,
        into unit: inout CommitUnit
    ) {
        for event in batch.events {
            switch event {
            case .message(let message, let start, let end):
                let understood = device.understand(message, receivedAt)
                unit.messages.append(
                    MessageDraft(
                        kind: message.kind.rawValue, protocolName: message.protocolName, controlID: message.controlID,
                        isComplete: message.isComplete, start: conversation.offset &+ start,
                        end: conversation.offset &+ end, contentDigest: understood.contentDigest,
                        reports: understood.reports))
            case .fault(let fault):
                unit.faults.append(
                    DriverFault(
                        fault.severity, fault.text, start: conversation.offset &+ fault.start,
                        end: conversation.offset &+ fault.end))
            case .transmit, .query, .order, .deadline, .acknowledge: break
            }
        }
    }
}

/// A driver that ended while a tail was replayed.
struct ReplayEnd: Error, CustomStringConvertible {
    let end: DriverEnd
    var description: String {
        switch end {
        case .optionsRefused(let text): "the driver refuses the profile's options: \(text)"
        case .moduleUnusable(let text): "the driver cannot be loaded: \(text)"
        case .quarantined(let bytes, let reason): "\(bytes.count) bytes crash the driver: \(reason)"
        }
    }
}

extension Journal {
    /// `commit` for callers that wait.
    func commit(_ unit: CommitUnit) async throws(StoreFault) -> CommitReceipt {
        let result: Result<CommitReceipt, StoreFault> = await withCheckedContinuation { continuation in
            commit(unit) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}
