import Contracts
import DriverHost
import JSONText
import NIOPosix

extension GatewayService {
    /// Opens the control socket of the state folder, through which the command line acts on the running gateway.
    func openControl() async throws -> ControlServer {
        try await ControlServer(state: configuration.state, group: MultiThreadedEventLoopGroup.singleton) {
            [self] request, user in
            do { return .success(try await carry(request, user: user)) } catch let fault as ControlFault {
                return .failure(fault)
            } catch let fault as StoreFault {
                return .failure(ControlFault(fault.text))
            } catch { return .failure(ControlFault("\(error)")) }
        }
    }

    private func carry(_ request: ControlRequest, user: String) async throws -> JSONObject {
        /// The system's name of who asked stands beside the name given: one cannot act as somebody else.
        func name(_ person: ControlRequest.Person) -> String {
            person.who.isEmpty || person.who == user || user.isEmpty
                ? (user.isEmpty ? person.who : user) : "\(person.who) (\(user))"
        }
        switch request {
        case .status: return await status()
        case .reload:
            let changes = reloadProfiles()
            return [
                "added": .strings(changes.added), "changed": .strings(changes.changed),
                "removed": .strings(changes.removed), "broken": .strings(changes.broken),
            ]
        default:
            switch await StoreActions.carry(request.by(name), store: store) {
            case .success(let result): return result
            case .failure(let fault): throw fault
            }
        }
    }

    /// Links, driver processes, and codes that no rule knew, as they are now.
    private func status() async -> JSONObject {
        let links = transport.status().map { link -> JSONValue in
            var object: JSONObject = [
                "device": .string(link.device), "way": .string(link.way), "peers": .strings(link.peers),
                "refused_connections": .number(link.refusedConnections),
            ]
            if let trouble = link.trouble { object["trouble"] = .string(trouble.description) }
            object["unknown_codes"] = .array(
                unknownCodes.codes(of: link.device).prefix(50).map {
                    .object(["code": .string($0.code), "count": .number($0.count)])
                })
            return .object(object)
        }
        let processes = await drivers.processes().map { process -> JSONValue in
            .object([
                "driver": .string(process.driver), "service": process.service.map { .string($0) } ?? .null,
                "device": process.device.map { .string($0) } ?? .null,
                "process": .number(process.process), "resident": .number(process.resident),
                "instances": .number(process.instances), "restarts": .number(process.restarts),
            ])
        }
        return ["links": .array(links), "drivers": .array(processes), "gateway": .string(store.gateway)]
    }
}
