import Contracts
import DICOM
import DriverWire
import Logging

/// Asks one archive for storage commitment (PS3.4 J) of what it was sent, one study at a time. Its report comes on the same
/// association or later on another one; without one within a while it is asked again.
actor CommitmentRequester {
    private let destination: String
    private let spec: DICOMDestinationSpec
    private let commitment: DICOMDestinationSpec.Commitment
    private let service: DICOMSenderService
    private let queue: any ForwardQueue
    private let alarms: any AlarmSink
    private let clock: any Clock
    private let logger: Logger
    private var loop: Task<Void, Never>?
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    /// When something was delivered last (microseconds, monotonic).
    private var deliveredAt: Int64?
    /// Failures in a row, for the pause.
    private var failures = 0
    private let retry: RetryPolicy
    private var isRefused = false
    /// Of a request for which the archive could not be reached: these are asked for first when it is tried again.
    private var unreached: [ForwardItem] = []

    init(
        destination: DestinationSpec, spec: DICOMDestinationSpec, commitment: DICOMDestinationSpec.Commitment,
        service: DICOMSenderService, queue: any ForwardQueue, alarms: any AlarmSink, clock: any Clock, logger: Logger
    ) {
        self.destination = destination.id
        self.spec = spec
        self.commitment = commitment
        self.service = service
        self.queue = queue
        self.alarms = alarms
        self.clock = clock
        self.logger = logger
        retry = destination.retry
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Starts; what an earlier run left unasked or unanswered is asked for first.
    func start() {
        guard loop == nil else { return }
        loop = Task { await self.run() }
    }

    /// Ends. A request under way is asked again by the next run.
    func stop() {
        wake.finish()
        loop?.cancel()
    }

    /// Something was delivered.
    func delivered() {
        deliveredAt = clock.now().monotonic
        wake.yield()
    }

    /// Something may have become due.
    func woken() { wake.yield() }

    private func run() async {
        while !Task.isCancelled {
            await settleDown()
            if Task.isCancelled { return }
            let pause: Duration
            switch await askForOne() {
            case .asked:
                failures = 0
                continue
            case .nothing: pause = min(.seconds(60), max(.milliseconds(10), commitment.again / 2))
            case .failed:
                failures = min(failures + 1, 1000)
                pause = .microseconds(retry.delay(afterFailures: failures, jitter: Double.random(in: 0...1)))
            }
            // After a failure deliveries do not hasten the next request.
            await rest(pause, wakes: failures == 0)
        }
    }

    /// Waits for the quiet time after the last delivery.
    private func settleDown() async {
        while let deliveredAt, !Task.isCancelled {
            let left = deliveredAt &+ commitment.delay.microseconds &- clock.now().monotonic
            guard left > 0 else {
                self.deliveredAt = nil
                return
            }
            try? await Task.sleep(for: .microseconds(min(left, 1_000_000)))
        }
    }

    private func rest(_ pause: Duration, wakes canWake: Bool) async {
        let wake = wake
        let alarm = Task {
            try? await Task.sleep(for: pause)
            if !Task.isCancelled { wake.yield() }
        }
        if canWake {
            for await _ in wakes { break }
        } else {
            await alarm.value
        }
        alarm.cancel()
    }

    private enum Asked { case asked, nothing, failed }

    private func askForOne() async -> Asked {
        let now = clock.now().unix
        do {
            var items = unreached
            if items.isEmpty {
                items = try await queue.imagesToCommit(
                    destination: destination, again: commitment.again.microseconds, now: now)
            }
            guard !items.isEmpty else { return .nothing }
            let transaction = TransactionUID.make()
            // Recorded first: the report may be faster than the answer to the request.
            try await queue.commitmentRequested(transaction: transaction, items: items.map(\.id), now: now)
            let outcome = await ask(transaction, items)
            unreached = outcome == .unreached ? items : []
            return outcome == .taken ? .asked : .failed
        } catch {
            logger.error(
                "storage commitment not recorded", metadata: ["destination": "\(destination)", "error": "\(error)"])
            return .failed
        }
    }

    private enum Request { case taken, refused, unreached }

    private func ask(_ transaction: String, _ items: [ForwardItem]) async -> Request {
        var message = spec.request("request-commit")
        let wait = max(0, commitment.wait.microseconds / 1_000_000)
        message.fields += [.init("transaction", transaction), .init("wait_seconds", "\(wait)")]
        message.body = CommitmentRequester.actionInformation(transaction, items)
        guard let (id, events) = service.request(message) else { return .unreached }
        let limit = spec.answerTimeout * 3 + commitment.wait + .seconds(60)
        let watch = SilenceWatch(limit: limit) { [service] in service.forget(id) }
        defer {
            watch.end()
            service.forget(id)
        }
        for await event in events {
            guard case .message(let result) = event else { return .unreached }
            guard result.kind == "result" else { continue }
            return await take(result)
        }
        return .unreached
    }

    private func take(_ result: ServiceMessage) async -> Request {
        if result["outcome"] == "done" {
            if let report = CommitmentReport(result.body) {
                let now = clock.now().unix
                _ = await CommitmentRequester.record(report, in: queue, now: now, logger: logger)
            }
            if isRefused {
                isRefused = false
                alarms.clear(
                    subject: destination, kind: AlarmKind.storageCommitment, text: "takes requests for commitment again"
                )
            }
            return .taken
        }
        let reason = spec.reason(result)
        logger.warning(
            "storage commitment not taken", metadata: ["destination": "\(destination)", "reason": "\(reason)"])
        // That it cannot be reached is the queue's alarm.
        if SendFailure(kind: result["kind"]) == .noAssociation { return .unreached }
        isRefused = true
        alarms.raise(
            subject: destination, kind: AlarmKind.storageCommitment,
            text: "\(reason); what it was sent counts as not committed and is kept")
        return .refused
    }

    /// Records a report, whichever destination it came from. False: its transaction is not known, or it could not be recorded.
    static func record(
        _ report: CommitmentReport, in queue: any ForwardQueue, now: Int64, logger: Logger
    ) async -> Bool {
        do {
            return try await queue.commitmentReported(
                transaction: report.transaction, committed: report.committed,
                failed: report.failed.map { ($0.sopInstance, $0.reason) }, now: now)
        } catch {
            logger.error(
                "report of storage commitment not recorded",
                metadata: ["transaction": "\(report.transaction)", "error": "\(error)"])
            return false
        }
    }

    /// Action information of the request (PS3.4 J.3.2).
    static func actionInformation(_ transaction: String, _ items: [ForwardItem]) -> [UInt8] {
        var dataSet = DataSet()
        dataSet.set(.transactionUID, .UI, text: transaction)
        let references = items.map { item in
            var reference = DataSet()
            reference.set(.referencedSOPClassUID, .UI, text: item.sopClass)
            reference.set(.referencedSOPInstanceUID, .UI, text: item.sopInstance)
            return reference
        }
        dataSet.set(.referencedSOPSequence, items: references)
        return dataSet.encoded(as: .explicitLittleEndian)
    }
}

/// UIDs of our own, by a random UUID (PS3.5 B.2).
enum TransactionUID {
    /// `2.25.` and the decimal number of a UUID of version 4.
    static func make() -> String {
        let random = SystemRandomNumberGenerator.bits()
        var value = random & ~(UInt128(0xF) << 76) | (UInt128(4) << 76)
        value = value & ~(UInt128(3) << 62) | (UInt128(2) << 62)
        return "2.25.\(value)"
    }
}

extension SystemRandomNumberGenerator {
    fileprivate static func bits() -> UInt128 {
        var generator = SystemRandomNumberGenerator()
        return UInt128(generator.next()) << 64 | UInt128(generator.next())
    }
}
