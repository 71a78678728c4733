import DriverHost
import JSONText
import Logging
import NIOPosix

extension ControlServer {
    /// Opens the control socket of a running gateway.
    ///
    /// - Throws: `CommandFailure` when the socket cannot be made.
    static func start(service: GatewayService, log: Logger) async throws -> ControlServer {
        do {
            return try await ControlServer(
                state: service.configuration.state, group: MultiThreadedEventLoopGroup.singleton
            ) { request, user in
                log.notice("asked", metadata: ["command": "\(request.command)", "user": "\(user)"])
                switch request {
                case .status: return .success(await status(service))
                case .reload:
                    let changes = service.reloadProfiles()
                    return .success([
                        "added": .strings(changes.added), "changed": .strings(changes.changed),
                        "removed": .strings(changes.removed), "broken": .strings(changes.broken),
                    ])
                case .resend, .discard, .release, .drop:
                    return await StoreActions.carry(request.by(user), store: service.store)
                }
            }
        } catch {
            throw CommandFailure(.ours, "control socket: \(error.problem)", cure: error.cure)
        }
    }

    /// Driver processes and codes that no rule knew, which only the running gateway has.
    private static func status(_ service: GatewayService) async -> JSONObject {
        let processes = await service.drivers.processes().map { process in
            JSONValue.object([
                "driver": .string(process.driver), "device": process.device.map { .string($0) } ?? .null,
                "process": .number(process.process), "resident": .number(process.resident),
                "instances": .number(process.instances), "restarts": .number(process.restarts),
            ])
        }
        return ["processes": .array(processes)]
    }
}

extension ControlRequest {
    /// The request with the user whom the kernel named, where the person gave another name: `anna (uid root)`.
    func by(_ user: String) -> ControlRequest {
        func checked(_ person: Person) -> Person {
            if person.who.isEmpty { return Person(who: user, note: person.note) }
            if person.who == user || user.isEmpty { return person }
            return Person(who: "\(person.who) (as \(user))", note: person.note)
        }
        switch self {
        case .status, .reload: return self
        case .resend(let item, let person): return .resend(item: item, checked(person))
        case .discard(let item, let person): return .discard(item: item, checked(person))
        case .release(let report, let person): return .release(report: report, checked(person))
        case .drop(let report, let person): return .drop(report: report, checked(person))
        }
    }
}
