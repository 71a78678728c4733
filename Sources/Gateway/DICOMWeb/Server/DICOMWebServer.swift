import Contracts
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// The gateway's DICOMweb service: QIDO-RS and WADO-RS (PS3.18 10.4, 10.6) on what the archive holds.
///
/// Call `start()`, then `stop()`; or `run()`, which does both and ends when its task is cancelled.
public final class DICOMWebServer: Sendable {
    private let settings: DICOMWebSettings
    private let responder: WebResponder
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var task: Task<Void, any Error>?
        var port: Int?
    }

    /// A service that is not yet running.
    ///
    /// - Parameters:
    ///   - settings: where it listens and who may ask.
    ///   - archive: what it reads from.
    ///   - logger: for faults.
    ///   - render: makes pictures; nil: rendered resources are answered with 501.
    public init(
        settings: DICOMWebSettings, archive: any ImageArchive, logger: Logger = Logger(label: "dicomweb"),
        render: PictureMaker? = nil
    ) {
        self.settings = settings
        self.logger = logger
        responder = WebResponder(
            settings: settings, archive: archive, render: render, access: WebAccess(settings), logger: logger)
    }

    /// The port it listens on; nil while it does not.
    public var port: Int? { state.withLock { $0.port } }

    /// Begins to listen. Returns when clients can connect.
    ///
    /// - Throws: `DICOMWebFault` when the settings leave it open to everyone, the port is taken, or a certificate cannot be
    ///   used.
    public func start() async throws {
        if let fault = settings.fault { throw fault }
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: responder, server: try server(),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.address, port: settings.port), serverName: "hilum",
                availableConnectionsDelegate: MaximumAvailableConnections(max(1, settings.connections))),
            onServerRunning: { channel in
                announce.yield(channel.localAddress?.port ?? 0)
                announce.finish()
            },
            logger: quiet)
        let task = Task {
            defer { announce.finish() }
            try await application.run()
        }
        var found: Int?
        for await port in ports { found = port }
        guard let found else {
            let address = "\(settings.address):\(settings.port)"
            do {
                try await task.value
            } catch {
                throw DICOMWebFault(
                    "DICOMweb cannot listen on \(address): \(error)",
                    cure: "free the port, or choose another one in dicom: web:")
            }
            throw DICOMWebFault("DICOMweb ended as it began on \(address)", cure: "see the log")
        }
        state.withLock { state in
            state.task = task
            state.port = found
        }
    }

    /// Ends it: connections are closed, answers that are under way are broken off.
    public func stop() async {
        let task = state.withLock { state in
            defer { state = State() }
            return state.task
        }
        task?.cancel()
        _ = await task?.result
    }

    /// Listens until the task is cancelled, or the server fails.
    public func run() async throws {
        try await start()
        let task = state.withLock { $0.task }
        try await withTaskCancellationHandler {
            try await task?.value
        } onCancel: {
            task?.cancel()
        }
        state.withLock { $0 = State() }
    }

    private func server() throws -> HTTPServerBuilder {
        let stall = TimeAmount(settings.stallTimeout)
        let plain = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [StalledClient(limit: stall)], idleTimeout: TimeAmount(settings.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100)))
        guard let tls = settings.tls else { return plain }
        return try secured(plain, tls)
    }

    /// What the server library says of every connection is not for the gateway's log.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = .critical
        return quiet
    }
}
