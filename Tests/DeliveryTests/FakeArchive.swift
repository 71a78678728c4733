import Contracts
import DICOM
import DriverWire
import Synchronization

@testable import Delivery

/// The sender's process and the archive behind it: answers `send` and `request-commit` as Sources/Drivers/dicom/README.md says.
final class FakeArchive: ServiceInstance {
    /// What the archive does to an instance.
    enum Deed: Sendable {
        /// Answers with a status.
        case answer(String, comment: String = "")
        /// Breaks the association off while the instance is on its way.
        case abort
        /// Our process ends while the instance is on its way.
        case endProcess
        /// Says nothing any more.
        case silence
    }
    struct Log {
        /// Requests in the order in which they came.
        var requests: [ServiceMessage] = []
        /// SOP Instance UIDs that reached the archive.
        var instances: [String] = []
        var studiesUnderWay: [String: Int] = [:]
        var mostAtOnce = 0
        var hasOverlap = false
        var isUp = true
        var answers: [ServiceMessage] = []
    }
    let log = Mutex(Log())
    let service = DICOMSenderService()
    let deed: @Sendable (_ sopInstance: String, _ count: Int) -> Deed
    let commit: @Sendable (ServiceMessage) -> ServiceMessage
    /// Milliseconds that an instance takes.
    let pace: Int

    init(
        pace: Int = 0, _ deed: @escaping @Sendable (String, Int) -> Deed = { _, _ in .answer("0000") },
        commit: @escaping @Sendable (ServiceMessage) -> ServiceMessage = { FakeArchive.done($0, []) }
    ) {
        self.pace = pace
        self.deed = deed
        self.commit = commit
        service.attach(self)
    }

    func send(_ message: ServiceMessage) {
        if message.kind == "answer" { return log.withLock { $0.answers.append(message) } }
        log.withLock { $0.requests.append(message) }
        Task {
            if message.kind == "send" { await self.store(message) }
            if message.kind == "echo" {
                service.receive(
                    isUp
                        ? FakeArchive.done(message, [])
                        : FakeArchive.failure(message, "127.0.0.1:11112: refused", kind: 7))
            }
            if message.kind == "request-commit" {
                let answer = isUp ? commit(message) : FakeArchive.failure(message, "no connection", kind: 7)
                service.receive(answer)
            }
        }
    }

    func stop() async {}

    var isUp: Bool {
        get { log.withLock { $0.isUp } }
        set { log.withLock { $0.isUp = newValue } }
    }
    var instances: [String] { log.withLock { $0.instances } }
    func requests(_ kind: String) -> [ServiceMessage] { log.withLock { $0.requests.filter { $0.kind == kind } } }

    private func store(_ request: ServiceMessage) async {
        let study = String(
            request.all("sop_instance").first?.split(separator: ".").dropLast().joined(separator: ".") ?? "")
        guard isUp else {
            return service.receive(FakeArchive.failure(request, "connection refused", kind: 7))
        }
        log.withLock { log in
            if log.studiesUnderWay[study, default: 0] > 0 { log.hasOverlap = true }
            log.studiesUnderWay[study, default: 0] += 1
            log.mostAtOnce = max(log.mostAtOnce, log.studiesUnderWay.values.reduce(0, +))
        }
        let end = await storeAll(request)
        log.withLock { $0.studiesUnderWay[study, default: 1] -= 1 }
        if let end { service.receive(end) }
    }

    private func storeAll(_ request: ServiceMessage) async -> ServiceMessage? {
        for uid in request.all("sop_instance") {
            if pace > 0 { try? await Task.sleep(for: .milliseconds(pace)) }
            let count = log.withLock { log in
                log.instances.append(uid)
                return log.instances.count { $0 == uid }
            }
            switch deed(uid, count) {
            case .answer(let status, let comment):
                service.receive(
                    ServiceMessage(
                        "sent", id: request.id,
                        fields: [.init("sop_instance", uid), .init("status", status), .init("comment", comment)]))
            case .abort: return FakeArchive.failure(request, "the peer aborted the association", kind: 2)
            case .endProcess:
                service.restarted("it crashed (signal 11)")
                return nil
            case .silence: return nil
            }
        }
        return ServiceMessage("result", id: request.id, fields: [.init("outcome", "done")])
    }

    // MARK: Messages

    static func failure(_ request: ServiceMessage, _ reason: String, kind: Int) -> ServiceMessage {
        ServiceMessage(
            "result", id: request.id,
            fields: [
                .init("outcome", "failed"), .init("reason", reason), .init("cure", "look there"),
                .init("kind", "\(kind)"),
            ])
    }

    static func done(_ request: ServiceMessage, _ body: [UInt8]) -> ServiceMessage {
        ServiceMessage("result", id: request.id, fields: [.init("outcome", "done")], body: body)
    }

    /// The event information for a request: committed but for those that `fails` names.
    static func report(_ request: ServiceMessage, fails: (String) -> Bool = { _ in false }) -> [UInt8] {
        guard let asked = try? DataSet.parse(request.body) else { return [] }
        var report = DataSet()
        report.set(.transactionUID, .UI, text: asked.string(.transactionUID) ?? "")
        let references = asked.items(.referencedSOPSequence)
        report.set(
            .referencedSOPSequence,
            items: references.filter { !fails($0.string(.referencedSOPInstanceUID) ?? "") })
        let failed = references.filter { fails($0.string(.referencedSOPInstanceUID) ?? "") }.map { item in
            var item = item
            item.set(.failureReason, .US, integer: 0x0112)
            return item
        }
        if !failed.isEmpty { report.set(.failedSOPSequence, items: failed) }
        return report.encoded()
    }
}
