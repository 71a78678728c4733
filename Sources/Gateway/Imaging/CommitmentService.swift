import Contracts
import DICOM
import DriverWire
import ImagingModel
import Synchronization

/// Storage commitment as its provider (PS3.4 J.3): the request is durable before it is answered; the report is sent over the
/// association of the request while it lives, else over a new one, again and again until it is taken.
final class CommitmentService: Sendable {
    /// After so long without a word from the PACS what it has not committed is reported as failed: a week.
    private static let longestWait: Int64 = 7 * 86_400 * 1_000_000
    /// A report that nobody takes is given up after a day.
    private static let longestRetry: Int64 = 86_400 * 1_000_000
    private static let second: Int64 = 1_000_000

    private let site: ImagingSite
    private let link: DriverLink
    private struct State {
        /// Associations that live, of this generation of the driver.
        var associations: Set<String> = []
        /// The association of a request, while the gateway runs.
        var requests: [Int64: String] = [:]
        var isBusy: Set<Int64> = []
        var wake: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())

    init(_ site: ImagingSite, _ link: DriverLink) {
        self.site = site
        self.link = link
    }

    func onWork(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }
    func associated(_ message: ServiceMessage) {
        guard let association = message["association"] else { return }
        state.withLock { _ = $0.associations.insert(association) }
    }
    func ended(_ message: ServiceMessage) {
        guard let association = message["association"] else { return }
        state.withLock { _ = $0.associations.remove(association) }
    }
    func restarted() {
        state.withLock { state in
            state.associations.removeAll()
            state.requests.removeAll()
        }
    }

    /// A `commit`: N-ACTION of a modality.
    func request(_ call: Call) async {
        let set = try? DataSet.parse(call.message.body, .explicitLittleEndian)
        let transaction = set?.string(.transactionUID) ?? ""
        guard let set, UIDText.isPossible(transaction), !set.items(.referencedSOPSequence).isEmpty else {
            site.record("failed", call.message, reason: "a storage commitment request without transaction or instances")
            // PS3.7 C.4.3: 0115, invalid argument value.
            return call.answer(0x0115, "Transaction UID or Referenced SOP Sequence is missing")
        }
        var report = CommitmentReport()
        report.transaction = transaction
        report.device = call.device
        report.calling = call.calling
        report.called = call.called
        report.request = call.message.body
        (report.createdAt, report.due) = (site.now, site.now)
        do {
            report.number = try await site.store.put(report: report)
        } catch {
            return call.answer(0x0110, "the request cannot be kept")
        }
        state.withLock { $0.requests[report.number] = call.association }
        call.answer(0x0000)
        state.withLock { $0.wake }?()
    }

    /// A `commit-report`: N-EVENT-REPORT of an archive to which we forward.
    func reported(_ call: Call) async {
        guard let set = try? DataSet.parse(call.message.body, .explicitLittleEndian),
            let transaction = set.string(.transactionUID)
        else {
            // PS3.7 C.4.3: 0115, invalid argument value.
            return call.answer(0x0115, "Transaction UID is missing")
        }
        do {
            let isOurs = try await report(transaction, set)
            if !isOurs {
                site.record(
                    "failed", call.message,
                    reason: "a storage commitment report of an unknown transaction \(transaction)")
            }
            // One that is not known (any more) is taken all the same: the archive would send it for ever.
            call.answer(0x0000)
        } catch { call.answer(0x0110, "the report cannot be kept") }
    }

    /// What an archive reported, wherever it came from.
    func report(_ transaction: String, _ set: DataSet) async throws -> Bool {
        let committed = set.items(.referencedSOPSequence).compactMap { $0.string(.referencedSOPInstanceUID) }
        let failed = set.items(.failedSOPSequence).compactMap { item in
            item.string(.referencedSOPInstanceUID).map { uid in
                (sopInstance: uid, reason: UInt16(truncatingIfNeeded: item.integer(.failureReason) ?? 0x0110))
            }
        }
        let isOurs = try await site.store.commitmentReported(
            transaction: transaction, committed: committed, failed: failed, now: site.now)
        state.withLock { $0.wake }?()
        return isOurs
    }

    /// Sends what is due.
    ///
    /// - Returns: when the next one is; nil: none waits.
    func run() async throws -> Int64? {
        let (reports, nextDue) = try await site.store.dueReports(now: site.now, limit: 50)
        for report in reports where state.withLock({ $0.isBusy.insert(report.number).inserted }) {
            Task { [self] in
                do { try await handle(report) } catch {
                    site.log.error("storage commitment", metadata: ["fault": "\(error)"])
                }
                state.withLock { _ = $0.isBusy.remove(report.number) }
            }
        }
        return reports.isEmpty ? nextDue : site.now &+ Self.second
    }

    // MARK: One report

    private func handle(_ stored: CommitmentReport) async throws {
        var report = stored
        guard let request = try? DataSet.parse(report.request, .explicitLittleEndian) else {
            return try await site.store.settle(report: report.number, as: nil)
        }
        guard let information = try await information(&report, request) else {
            // The PACS has not spoken yet.
            report.due = site.now &+ 30 * Self.second
            return try await site.store.settle(report: report.number, as: report)
        }
        guard let message = message(report, information) else {
            return try await giveUp(report, "the association is gone and the device does not listen itself")
        }
        let result = await link.request(message)
        if result["outcome"] == "done" {
            state.withLock { _ = $0.requests.removeValue(forKey: report.number) }
            return try await site.store.settle(report: report.number, as: nil)
        }
        state.withLock { _ = $0.requests.removeValue(forKey: report.number) }
        report.attempts += 1
        guard site.now &- report.createdAt < Self.longestRetry else {
            return try await giveUp(report, result["reason"] ?? "not taken")
        }
        let pause = min(900, 5 << min(report.attempts, 10))
        report.due = site.now &+ Int64(report.attempts == 1 ? 1 : pause) &* Self.second
        try await site.store.settle(report: report.number, as: report)
    }

    /// Event information (PS3.4 J.3.3.1); nil: not decided yet.
    private func information(_ report: inout CommitmentReport, _ request: DataSet) async throws -> DataSet? {
        let wanted = request.items(.referencedSOPSequence).map {
            (sopClass: $0.string(.referencedSOPClassUID) ?? "", uid: $0.string(.referencedSOPInstanceUID) ?? "")
        }
        let states = try await site.store.commitmentState(
            sopInstances: wanted.map(\.uid), destinations: site.settings.commitmentWaitsFor)
        let isLate = site.now &- report.createdAt > Self.longestWait
        var (done, failed): ([DataSet], [DataSet]) = ([], [])
        for (item, state) in zip(wanted, states) {
            var reference = DataSet()
            reference.set(.referencedSOPClassUID, .UI, text: item.sopClass)
            reference.set(.referencedSOPInstanceUID, .UI, text: item.uid)
            var reason: Int?
            if state.sopClass.isEmpty {
                // PS3.3 C.14.1.1: no such object instance.
                reason = 0x0112
            } else if !item.sopClass.isEmpty, state.sopClass != item.sopClass {
                // Class and instance conflict.
                reason = 0x0119
            } else if !state.waitsFor.isEmpty {
                guard isLate else { return nil }
                reason = 0x0110
            }
            if let reason {
                reference.set(.failureReason, .US, integer: reason)
                failed.append(reference)
            } else {
                done.append(reference)
            }
        }
        report.event = failed.isEmpty ? 1 : 2
        var information = DataSet()
        information.set(.transactionUID, .UI, text: report.transaction)
        if !done.isEmpty { information.set(.referencedSOPSequence, items: done) }
        if !failed.isEmpty { information.set(.failedSOPSequence, items: failed) }
        return information
    }

    private func message(_ report: CommitmentReport, _ information: DataSet) -> ServiceMessage? {
        var message = ServiceMessage(
            "report-commit", fields: [ServiceMessage.Field("event", String(report.event))],
            body: information.encoded(as: .explicitLittleEndian))
        let association = state.withLock { state in
            state.requests[report.number].flatMap { state.associations.contains($0) ? $0 : nil }
        }
        // The driver takes the other way where the association has just gone.
        if let association { message["association"] = association }
        guard let device = site.device(report.device), !device.host.isEmpty, device.port > 0 else {
            return association == nil ? nil : message
        }
        message["host"] = device.host
        message["port"] = String(device.port)
        message["called"] = report.calling
        message["calling"] = report.called
        message["tls"] = device.usesTLS ? "1" : "0"
        return message
    }

    private func giveUp(_ report: CommitmentReport, _ reason: String) async throws {
        var message = ServiceMessage("commit")
        message["device"] = report.device
        message["calling"] = report.calling
        message["called"] = report.called
        site.record(
            "failed", message, reason: "storage commitment report \(report.transaction) was not delivered: \(reason)",
            cure: "give the device `host` and `port`, so that it can be called")
        try await site.store.settle(report: report.number, as: nil)
    }
}
