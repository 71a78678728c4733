import Contracts
import DICOMWeb
import DriverWire
import Synchronization

/// Makes pictures of instances through the `dicom` driver in the role `renderer`: a process of its own, started with the
/// first picture asked for, because most sites ask for none.
final class PictureService: Sendable {
    private struct State {
        var service: (any ServiceInstance)?
        var starting: Task<any ServiceInstance, any Error>?
        var lastID: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<ServiceMessage, any Error>] = [:]
    }
    /// A picture takes longer only where something is wrong.
    private static let limit = Duration.seconds(30)
    private let hosting: any ServiceHosting
    private let state = Mutex(State())

    init(_ hosting: any ServiceHosting) { self.hosting = hosting }

    func picture(_ request: RenderRequest) async throws -> RenderedPicture {
        let service: any ServiceInstance
        do { service = try await started() } catch {
            throw RenderFault(.unavailable, "the process that makes pictures does not start: \(error)")
        }
        var fields: [ServiceMessage.Field] = [
            .init("path", request.path), .init("frame", "\(request.frame)"), .init("format", request.format.rawValue),
        ]
        if let width = request.width { fields.append(.init("width", "\(width)")) }
        if let height = request.height { fields.append(.init("height", "\(height)")) }
        if let window = request.window { fields.append(.init("window", "\(window.center)/\(window.width)")) }
        let result = try await result(of: ServiceMessage("render", fields: fields), by: service)
        guard result["outcome"] == "done", !result.body.isEmpty else {
            throw RenderFault(.impossible, result["reason"] ?? "no picture can be made of it")
        }
        return RenderedPicture(contentType: result["content_type"] ?? request.format.mediaType, bytes: result.body)
    }

    func stop() async {
        let service = state.withLock { state in
            defer { state.service = nil }
            return state.service
        }
        fail(RenderFault(.unavailable, "the gateway stops"))
        await service?.stop()
    }

    private func started() async throws -> any ServiceInstance {
        let task = state.withLock { state -> Task<any ServiceInstance, any Error> in
            if let service = state.service { return Task { service } }
            if let starting = state.starting { return starting }
            let task = Task { [self] in
                let service = try await hosting.startService(
                    driver: "dicom", name: "dicom-renderer", options: Array(#"{"role": "renderer"}"#.utf8),
                    onMessage: { [self] in received($0) },
                    onRestart: { [self] reason in
                        fail(RenderFault(.impossible, "making it ended the process: \(reason)"))
                    })
                return service as any ServiceInstance
            }
            state.starting = task
            return task
        }
        let outcome = await task.result
        return try state.withLock { state in
            state.starting = nil
            let service = try outcome.get()
            if state.service == nil { state.service = service }
            return service
        }
    }

    private func result(of message: ServiceMessage, by service: any ServiceInstance) async throws -> ServiceMessage {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let limit = Task { [self] in
            try await Task.sleep(for: Self.limit)
            take(id)?.resume(throwing: RenderFault(.unavailable, "no picture within \(Self.limit)"))
        }
        defer { limit.cancel() }
        return try await withCheckedThrowingContinuation { continuation in
            state.withLock { $0.waiting[id] = continuation }
            var message = message
            message.id = id
            service.send(message)
        }
    }

    private func received(_ message: ServiceMessage) {
        if message.kind == "result" { take(message.id)?.resume(returning: message) }
    }

    private func take(_ id: UInt64) -> CheckedContinuation<ServiceMessage, any Error>? {
        state.withLock { $0.waiting.removeValue(forKey: id) }
    }

    private func fail(_ fault: RenderFault) {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(throwing: fault) }
    }
}
