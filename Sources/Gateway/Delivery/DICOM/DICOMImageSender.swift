import Contracts
import DriverWire
import Glibc
import Synchronization

/// Sends images by C-STORE: each batch over an association of its own, opened by the sender process.
final class DICOMImageSender: ImageSender {
    private let spec: DICOMDestinationSpec
    private let service: DICOMSenderService
    private let state = Mutex((isClosed: false, requests: Set<UInt64>()))
    /// Beyond the driver's own deadlines: it must have lost the request.
    private let patience: Duration

    /// - Parameters:
    ///   - patience: how long nothing may be heard of a request, beyond the time that its largest file takes on a slow line.
    init(spec: DICOMDestinationSpec, service: DICOMSenderService, patience: Duration? = nil) {
        self.spec = spec
        self.service = service
        self.patience = patience ?? spec.answerTimeout * 3 + .seconds(60)
    }

    var largestBatch: Int { max(1, spec.instancesAnAssociation) }

    func send(_ items: [ForwardItem], told: @escaping @Sendable (Int64, Attempt) -> Void) async {
        var waiting: [ForwardItem] = []
        for item in items {
            if access(item.path, R_OK) == 0 {
                waiting.append(item)
            } else {
                let why = IOErrorText.text(errno)
                told(item.id, .refused(reason: "its file \(item.path) cannot be read: \(why); restore it, then resend"))
            }
        }
        guard !waiting.isEmpty else { return }
        guard let (id, events) = service.request(message(waiting)) else {
            // Nothing is wrong with the archive.
            for item in waiting { told(item.id, .busy(reason: "the process that sends images does not run")) }
            return
        }
        let isOpen = state.withLock { state in
            if !state.isClosed { state.requests.insert(id) }
            return !state.isClosed
        }
        if !isOpen { service.forget(id) }
        await follow(events, id, waiting, told)
        state.withLock { _ = $0.requests.remove(id) }
    }

    private func message(_ items: [ForwardItem]) -> ServiceMessage {
        var message = spec.request("send")
        for item in items {
            message.fields += [
                .init("file", item.path), .init("sop_class", item.sopClass), .init("sop_instance", item.sopInstance),
                .init("transfer_syntax", item.transferSyntax),
            ]
        }
        for replacement in spec.coercion.set {
            message.fields.append(.init("set", "\(replacement.tag)=\(replacement.value)"))
        }
        for tag in spec.coercion.remove { message.fields.append(.init("remove", tag)) }
        return message
    }

    /// Reads what the driver says, until it has said all.
    private func follow(
        _ events: AsyncStream<DICOMSenderService.Event>, _ id: UInt64, _ items: [ForwardItem],
        _ told: @Sendable (Int64, Attempt) -> Void
    ) async {
        var waiting = items
        // The slowest line that is still a line: 64 KB/s.
        let largest = items.map(\.size).max() ?? 0
        let watch = SilenceWatch(limit: patience + .seconds(max(0, largest) / 65_536)) { [service] in service.forget(id)
        }
        defer { watch.end() }
        var end: DICOMSenderService.Event?
        for await event in events {
            watch.heard()
            guard case .message(let message) = event, message.kind == "sent" else {
                end = event
                if case .message(let message) = event, message.kind != "result" { continue }
                break
            }
            guard let place = waiting.firstIndex(where: { $0.sopInstance == message["sop_instance"] }) else { continue }
            let item = waiting.remove(at: place)
            told(item.id, attempt(message))
        }
        let hasSent = waiting.count < items.count
        for (index, item) in waiting.enumerated() {
            told(item.id, unsent(end, isFirst: index == 0, hasSent: hasSent, wasSilent: watch.hasFired))
        }
    }

    private func attempt(_ sent: ServiceMessage) -> Attempt {
        guard let status = UInt16(sent["status"] ?? "", radix: 16) else {
            return .failed(reason: "the sender gave no status for it", retryAfter: nil)
        }
        return StoreStatus(code: status, comment: (sent["comment"] ?? "").printable).attempt(receiver: spec.receiver)
    }

    /// What became of an item that was not told: the first of them was on its way.
    private func unsent(
        _ end: DICOMSenderService.Event?, isFirst: Bool, hasSent: Bool, wasSilent: Bool
    ) -> Attempt {
        switch end {
        case .lost(let reason):
            let text = "the process that sends images ended: \(reason)"
            return isFirst ? .interrupted(reason: text) : .busy(reason: text)
        case .message(let result) where result.kind == "result":
            if result["outcome"] == "done" {
                return .failed(reason: "the sender ended without a word about it", retryAfter: nil)
            }
            let failure = SendFailure(kind: result["kind"])
            let reason = spec.reason(result)
            if failure == .unsupported { return .refused(reason: reason) }
            // Without an association nothing of ours can have been the cause.
            let isSent = isFirst && (hasSent || failure == .inTransfer)
            return .unreachable(reason: reason, isSent: isSent, retryAfter: nil)
        case .message, nil:
            if wasSilent {
                return .unreachable(reason: "nothing was heard of sending it", isSent: isFirst, retryAfter: nil)
            }
            return .abandoned
        }
    }

    func close() async {
        let requests = state.withLock { state in
            state.isClosed = true
            return state.requests
        }
        for id in requests { service.forget(id) }
    }
}

/// Why an association of the sender failed: field `kind` of a `result`, by the numbers of `cdcmtk.h`.
enum SendFailure: Equatable {
    /// No connection, or the association was refused.
    case noAssociation
    /// The receiver takes none of it.
    case unsupported
    /// Aborted, lost, too slow, nonsense: after there was a connection.
    case inTransfer
    /// Not said.
    case unknown

    init(kind: String?) {
        switch kind.flatMap({ Int($0) }) {
        case 6, 7: self = .noAssociation
        case 10: self = .unsupported
        case .some(1...5): self = .inTransfer
        default: self = .unknown
        }
    }
}
