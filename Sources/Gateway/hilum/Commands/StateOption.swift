import ArgumentParser
import Contracts
import Foundation
import JSONText
import Logging
import Store
import Transport

/// The options by which a command finds the state folder.
struct StateOption: ParsableArguments {
    @OptionGroup var source: ConfigurationOption

    // `--state` of `hilum results` is the state of a report.
    @Option(
        help: ArgumentHelp("The state folder, instead of the one in the configuration.", valueName: "folder"),
        completion: .directory)
    var stateFolder: String?

    /// The state folder with what the configuration says about times and names.
    func open() throws -> StateAccess {
        let file = source.config
        let configuration = GatewayConfiguration.read(file: file).configuration
        guard let folder = stateFolder ?? configuration?.state, !folder.isEmpty else {
            throw CommandFailure(
                .wrong, "\(file) is not there or names no state folder",
                cure: "name one with --config FILE or --state-folder FOLDER")
        }
        return StateAccess(
            folder: folder, time: LocalTime(named: configuration?.site.timezone ?? ""), configuration: configuration)
    }
}

/// A state folder as commands see it: read while the gateway runs; acted on through the gateway, or directly when none runs.
struct StateAccess: Sendable {
    /// The folder.
    let folder: String
    /// How times are shown.
    let time: LocalTime
    /// The configuration, as far as it can be read.
    let configuration: GatewayConfiguration?

    /// Reads beside a running gateway.
    func reader() throws -> StoreReader {
        do {
            return try StoreReader(folder: folder)
        } catch {
            throw Self.failure(error)
        }
    }

    /// Has the running gateway carry out a request, or does so itself when none runs.
    ///
    /// - Returns: what came of it.
    func carry(_ request: ControlRequest) async throws -> JSONObject {
        if let result = try ControlClient(state: folder).ask(request) { return result }
        let zone = time.zone
        let clock = SystemClock { Int32(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0)))) }
        let store: Store
        guard FileManager.default.fileExists(atPath: StoreConfiguration.database(in: folder)) else {
            throw CommandFailure(
                .wrong, "no gateway has run with the state folder \(folder) yet", cure: "check --config")
        }
        do {
            store = try Store(
                StoreConfiguration(folder: folder, clock: clock),
                log: Logger(label: "hilum") { _ in SwiftLogNoOpLogHandler() })
        } catch {
            throw Self.failure(error)
        }
        let outcome = await StoreActions.carry(request, store: store)
        await store.close()
        switch outcome {
        case .success(let result): return result
        case .failure(let fault): throw CommandFailure(.wrong, fault.problem, cure: fault.cure)
        }
    }

    /// A store's fault as a command's.
    static func failure(_ fault: StoreFault) -> CommandFailure {
        // `.internal` is what the reader says where there is no database.
        CommandFailure(fault.code == .internal || fault.code == .locked ? .wrong : .ours, fault.text)
    }
}

/// Runs a query and turns the store's faults into a command's.
func asking<Value>(_ query: () async throws -> Value) async throws -> Value {
    do {
        return try await query()
    } catch let fault as StoreFault {
        throw StateAccess.failure(fault)
    }
}
