import Contracts
import DriverWire
import Foundation
import Synchronization

/// Plays the `dicom` driver: says what a test wants, keeps what the node says.
final class FakeDriver: ServiceHosting, ServiceInstance {
    private struct State {
        var options: [[UInt8]] = []
        var said: [ServiceMessage] = []
        var next: UInt64 = 1
        var onMessage: (@Sendable (ServiceMessage) -> Void)?
        var onRestart: (@Sendable (String) -> Void)?
        /// What a request of the node is answered.
        var answers: [String: @Sendable (ServiceMessage) -> ServiceMessage] = [:]
    }
    private let state = Mutex(State())
    private let order = NSLock()

    func startService(
        driver: String, name: String, options: [UInt8], onMessage: @escaping @Sendable (ServiceMessage) -> Void,
        onRestart: @escaping @Sendable (String) -> Void
    ) async throws -> any ServiceInstance {
        state.withLock { state in
            state.options.append(options)
            state.onMessage = onMessage
            state.onRestart = onRestart
        }
        return self
    }

    func stop() async {}

    func send(_ message: ServiceMessage) {
        let answer = state.withLock { state -> (@Sendable (ServiceMessage) -> Void, ServiceMessage)? in
            state.said.append(message)
            guard let make = state.answers[message.kind], let tell = state.onMessage else { return nil }
            var answer = make(message)
            answer.id = message.id
            return (tell, answer)
        }
        if let (tell, answer) = answer { Task { tell(answer) } }
    }

    /// Answers every request of a kind.
    func answering(_ kind: String, _ answer: @escaping @Sendable (ServiceMessage) -> ServiceMessage) {
        state.withLock { $0.answers[kind] = answer }
    }

    /// Everything that the node has said.
    var said: [ServiceMessage] { state.withLock { $0.said } }
    var options: [UInt8] { state.withLock { $0.options.last ?? [] } }

    /// Says something that wants no answer.
    func say(_ kind: String, _ fields: [String: String] = [:]) {
        let tell = state.withLock { $0.onMessage }
        tell?(Self.message(kind, 0, fields, []))
    }

    /// Says something and waits for the answer.
    func ask(
        _ kind: String, _ fields: [String: String] = [:], body: [UInt8] = []
    ) async throws -> (answer: ServiceMessage, matches: [ServiceMessage]) {
        let (id, tell) = state.withLock { state in
            defer { state.next += 1 }
            return (state.next, state.onMessage)
        }
        tell?(Self.message(kind, id, fields, body))
        return try await answer(to: id)
    }

    /// Says something and does not wait; its id.
    func tell(_ kind: String, _ fields: [String: String] = [:], body: [UInt8] = []) -> UInt64 {
        let (id, tell) = state.withLock { state in
            defer { state.next += 1 }
            return (state.next, state.onMessage)
        }
        tell?(Self.message(kind, id, fields, body))
        return id
    }

    func answer(to id: UInt64) async throws -> (answer: ServiceMessage, matches: [ServiceMessage]) {
        let all = try await eventually { [self] in
            let about = said.filter { $0.id == id && ($0.kind == "answer" || $0.kind == "match") }
            return about.contains { $0.kind == "answer" } ? about : nil
        }
        guard let answer = all.first(where: { $0.kind == "answer" }) else { throw NothingHappened() }
        return (answer, all.filter { $0.kind == "match" })
    }

    /// The process dies and another one starts, which counts from 1 again.
    func die() {
        let restarted = state.withLock { state in
            state.next = 1
            return state.onRestart
        }
        restarted?("signal 11")
    }

    private static func message(
        _ kind: String, _ id: UInt64, _ fields: [String: String], _ body: [UInt8]
    ) -> ServiceMessage {
        var all = ["association": "1", "device": "ct-1", "calling": "CT1", "called": "HILUM", "address": "10.0.0.9"]
        all.merge(fields) { $1 }
        return ServiceMessage(
            kind, id: id, fields: all.sorted { $0.key < $1.key }.map { ServiceMessage.Field($0.key, $0.value) },
            body: body)
    }
}

struct NothingHappened: Error {}

/// Asks until there is an answer; a limit for what never comes.
func eventually<Value>(
    _ limit: Duration = .seconds(60), _ ask: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while clock.now < end {
        if let value = try await ask() { return value }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw NothingHappened()
}
