import Contracts
import DriverWire
import Synchronization

/// The way to a service driver and back: answers go to the process that asked, results find whoever waits for them.
final class DriverLink: Sendable {
    private struct State {
        var instance: (any ServiceInstance)?
        /// Counts the processes: an answer to one that died must not reach the next one, which counts from 1 again.
        var generation = 0
        var nextID: UInt64 = 1
        var waiting: [UInt64: @Sendable (ServiceMessage) -> Void] = [:]
        /// Said before the instance was known.
        var early: [ServiceMessage] = []
    }

    private let state = Mutex(State())

    /// The service was started.
    func connect(_ instance: any ServiceInstance) {
        state.withLock { state in
            state.instance = instance
            for message in state.early { instance.send(message) }
            state.early.removeAll()
        }
    }

    /// Gives the instance back, to be stopped.
    func disconnect() -> (any ServiceInstance)? {
        let (instance, waiting) = state.withLock { state in
            defer {
                state.instance = nil
                state.waiting.removeAll()
            }
            return (state.instance, Array(state.waiting.values))
        }
        for resume in waiting { resume(Self.void("the service was stopped")) }
        return instance
    }

    /// The process has died and another one runs.
    func restarted(_ reason: String) {
        let waiting = state.withLock { state in
            state.generation += 1
            state.early.removeAll()
            defer { state.waiting.removeAll() }
            return Array(state.waiting.values)
        }
        for resume in waiting { resume(Self.void(reason)) }
    }

    /// The process that runs.
    var generation: Int { state.withLock { $0.generation } }

    /// Says something, to a process of this generation only where one is given.
    func send(_ message: ServiceMessage, generation: Int? = nil) {
        state.withLock { state in
            if let generation, generation != state.generation { return }
            if let instance = state.instance {
                instance.send(message)
            } else if state.early.count < 1_000 {
                state.early.append(message)
            }
        }
    }

    /// Asks for something; `done` is called once with the `result`.
    func request(_ message: ServiceMessage, done: @escaping @Sendable (ServiceMessage) -> Void) {
        state.withLock { state in
            var message = message
            message.id = state.nextID
            state.nextID += 1
            state.waiting[message.id] = done
            if let instance = state.instance { instance.send(message) } else { state.early.append(message) }
        }
    }

    /// Asks for something and waits for the `result`.
    func request(_ message: ServiceMessage) async -> ServiceMessage {
        await withCheckedContinuation { continuation in request(message) { continuation.resume(returning: $0) } }
    }

    /// A `result` came.
    func result(_ message: ServiceMessage) {
        let done = state.withLock { $0.waiting.removeValue(forKey: message.id) }
        done?(message)
    }

    private static func void(_ reason: String) -> ServiceMessage {
        ServiceMessage(
            "result", fields: [ServiceMessage.Field("outcome", "failed"), ServiceMessage.Field("reason", reason)])
    }
}

/// A message of the driver that wants an answer.
struct Call: Sendable {
    let message: ServiceMessage
    let link: DriverLink
    let generation: Int

    var device: String { message["device"] ?? "" }
    var calling: String { message["calling"] ?? "" }
    var called: String { message["called"] ?? "" }
    var address: String { message["address"] ?? "" }
    var association: String { message["association"] ?? "" }

    /// Ends the call with a DIMSE status (PS3.7 C). Error Comment (0000,0902) has 64 characters at most.
    func answer(_ status: UInt16, _ comment: String = "", fields: [ServiceMessage.Field] = []) {
        var all = [ServiceMessage.Field("status", status.hexadecimal)]
        if !comment.isEmpty { all.append(ServiceMessage.Field("comment", String(comment.prefix(64)))) }
        link.send(ServiceMessage("answer", id: message.id, fields: all + fields), generation: generation)
    }

    /// One pending response of a C-FIND.
    func match(_ identifier: [UInt8]) {
        link.send(ServiceMessage("match", id: message.id, body: identifier), generation: generation)
    }
}

extension UInt16 {
    /// Four hexadecimal digits.
    var hexadecimal: String {
        let digits = String(self, radix: 16, uppercase: true)
        return String(repeating: "0", count: Swift.max(0, 4 - digits.utf8.count)) + digits
    }
}
