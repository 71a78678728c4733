import Contracts
import DriverWire
import Synchronization

/// The process that opens associations to archives (the `dicom` driver in the role `sender`), shared by all destinations.
///
/// Make it, start the service with `receive` and `restarted` as its listeners, then `attach`:
///
///     let sender = DICOMSenderService()
///     let service = try await hosting.startService(
///         driver: "dicom", name: "dicom-sender", options: options,
///         onMessage: { sender.receive($0) }, onRestart: { sender.restarted($0) })
///     sender.attach(service)
public final class DICOMSenderService: Sendable {
    /// What happens to a request.
    enum Event: Sendable {
        case message(ServiceMessage)
        /// The process has ended: nothing more will come.
        case lost(reason: String)
    }

    private struct State {
        var service: (any ServiceInstance)?
        var lastID: UInt64 = 0
        var requests: [UInt64: AsyncStream<Event>.Continuation] = [:]
        var onReport: (@Sendable (CommitmentReport) async -> Bool)?
    }
    private let state = Mutex(State())

    /// A sender without a process yet: requests fail until `attach`.
    public init() {}

    /// The service runs.
    public func attach(_ service: any ServiceInstance) { state.withLock { $0.service = service } }

    /// A message of the service.
    public func receive(_ message: ServiceMessage) {
        if message.kind == "commit-report" { return takeReport(message) }
        let request = state.withLock { state in
            message.kind == "result" ? state.requests.removeValue(forKey: message.id) : state.requests[message.id]
        }
        request?.yield(.message(message))
        if message.kind == "result" { request?.finish() }
    }

    /// The process has ended and another one runs: what was under way is void.
    public func restarted(_ reason: String) {
        let lost = state.withLock { state in
            defer { state.requests = [:] }
            return state.requests.values
        }
        for request in lost {
            request.yield(.lost(reason: reason))
            request.finish()
        }
    }

    // MARK: Requests

    /// Asks an archive whether it is there (C-ECHO, PS3.4 A): for a person who sets it up.
    ///
    /// - Returns: nil when it is, else why not and what to do.
    public func echo(_ spec: DICOMDestinationSpec) async -> String? {
        if let problem = spec.problem { return problem }
        guard let (id, events) = request(spec.request("echo")) else {
            return "the process that sends images does not run"
        }
        let watch = SilenceWatch(limit: spec.answerTimeout * 3 + .seconds(10)) { self.forget(id) }
        defer { watch.end() }
        for await event in events {
            switch event {
            case .message(let result) where result.kind == "result":
                return result["outcome"] == "done" ? nil : spec.reason(result)
            case .message: continue
            case .lost(let reason): return "the process that sends images ended: \(reason)"
            }
        }
        return "\(spec.receiver) gave no answer; check that it is not stuck"
    }

    /// Sends a request. Its messages come in order; the last one is its `result`, or `lost`.
    ///
    /// - Returns: nil when no process runs. The id ends it by `forget`.
    func request(_ message: ServiceMessage) -> (id: UInt64, events: AsyncStream<Event>)? {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let (service, id) = state.withLock { state in
            guard state.service != nil else { return (nil as (any ServiceInstance)?, UInt64(0)) }
            // The driver host keeps numbers below 2^47 apart; counting does not get there.
            state.lastID += 1
            state.requests[state.lastID] = continuation
            return (state.service, state.lastID)
        }
        guard let service else { return nil }
        var message = message
        message.id = id
        service.send(message)
        return (id, events)
    }

    /// Nothing more is wanted of a request; its events end.
    func forget(_ id: UInt64) { state.withLock { $0.requests.removeValue(forKey: id) }?.finish() }

    // MARK: Reports

    /// Takes reports of storage commitment that come on associations of the sender. `take` returns whether the transaction is
    /// known.
    func onReport(_ take: @escaping @Sendable (CommitmentReport) async -> Bool) {
        state.withLock { $0.onReport = take }
    }

    private func takeReport(_ message: ServiceMessage) {
        let (service, take) = state.withLock { ($0.service, $0.onReport) }
        Task {
            var status = "0110"
            if let report = CommitmentReport(message.body), let take { status = await take(report) ? "0000" : "0110" }
            guard message.id != 0 else { return }
            service?.send(ServiceMessage("answer", id: message.id, fields: [.init("status", status)]))
        }
    }
}
