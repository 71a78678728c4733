import Contracts
import DriverHost
import DriverWire
import Foundation
import Synchronization
import Testing

/// What a service said, in order: messages, and `restarted` where its process was started again.
final class ServiceRecorder: Sendable {
    private struct Said {
        var messages: [ServiceMessage] = []
        var restarts: [String] = []
        var instance: (any ServiceInstance)?
    }
    private let said = Mutex(Said())
    /// Seconds that each message takes to be handled.
    let delay: Double

    init(delay: Double = 0) { self.delay = delay }

    static func start(
        _ fixture: HostFixture, driver: String = "service", name: String = "s", options: String = "{}",
        delay: Double = 0
    ) async throws -> ServiceRecorder {
        let recorder = ServiceRecorder(delay: delay)
        let instance = try await fixture.host.startService(
            driver: driver, name: name, options: Array(options.utf8), onMessage: { recorder.take($0) },
            onRestart: { recorder.restarted($0) })
        recorder.said.withLock { $0.instance = instance }
        return recorder
    }

    func take(_ message: ServiceMessage) {
        if delay > 0 { usleep(UInt32(delay * 1e6)) }
        said.withLock { $0.messages.append(message) }
    }

    func restarted(_ reason: String) {
        said.withLock {
            $0.restarts.append(reason)
            $0.messages.append(ServiceMessage("restarted"))
        }
    }

    func send(_ message: ServiceMessage) { said.withLock { $0.instance }?.send(message) }
    func stop() async { await said.withLock { $0.instance }?.stop() }

    var messages: [ServiceMessage] { said.withLock { $0.messages } }
    var kinds: [String] { messages.map(\.kind) }
    var restarts: [String] { said.withLock { $0.restarts } }
    var count: Int { said.withLock { $0.messages.count } }

    /// Waits until something holds, at most a minute.
    func wait(_ what: String, until isSo: (ServiceRecorder) -> Bool) async throws {
        for _ in 0..<12_000 {
            if isSo(self) { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("waited in vain for: \(what); \(count) messages, last \(String(describing: messages.last?.kind))")
    }
}
