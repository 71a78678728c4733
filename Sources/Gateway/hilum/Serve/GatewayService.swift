import Contracts
import Delivery
import DeviceProfile
import DriverHost
import Foundation
import Intake
import Logging
import Store
import Synchronization
import Transport

/// The gateway: store, delivery, drivers, intake and transport, made from a configuration and wired together.
///
/// Start: store first, then the tails of conversations that a crash left, then delivery, then links: nothing is received
/// before it can be kept. Stop: links first, store last.
final class GatewayService: Sendable {
    let configuration: GatewayConfiguration
    let store: Store
    let drivers: DriverHost
    let intake: Intake
    let delivery: Delivery
    let transport: Transport
    /// Nil: the site has no `dicom:`.
    let imaging: ImagingService?
    let clock: SystemClock
    let unknownCodes = UnknownCodes()
    private let factory: DeviceRuntimeFactory
    private let log: Logger
    private let library: Mutex<ProfileLibrary>

    /// Opens the store and makes everything; nothing is received or sent yet.
    ///
    /// - Throws: `StoreFault`, `DriverHostFault`.
    init(_ configuration: GatewayConfiguration, library: ProfileLibrary, observer: IntakeObserver, log: Logger) throws {
        self.configuration = configuration
        self.log = log
        let zone = SystemZone(configuration.site.timezone) ?? SystemZone.utc
        self.library = Mutex(library)
        clock = SystemClock { zone.utcOffset(at: $0 * 1_000_000) }
        var storeSettings = StoreConfiguration(folder: configuration.state, clock: clock)
        storeSettings.resendWindow.seconds = configuration.retention.resendWindow.components.seconds
        storeSettings.retention = StoreConfiguration.Retention(
            rawBytes: configuration.retention.raw?.components.seconds,
            results: configuration.retention.results?.components.seconds,
            images: configuration.retention.images?.components.seconds)
        store = try Store(storeSettings, log: log)
        factory = DeviceRuntimeFactory(
            configuration, zone: zone, unknown: unknownCodes, orders: store, alarms: store)
        var driverSettings = DriverHostSettings(
            moduleFolders: Installation.driverFolders(configuration.drivers.folders.map(\.path)),
            executable: Installation.driverHost)
        driverSettings.largestData = UInt64(configuration.drivers.memory)
        driverSettings.answerLimit = Int(configuration.drivers.answerWithin / .milliseconds(1))
        driverSettings.ownProcess = Set(configuration.devices.filter { $0.process == .own }.map(\.id))
        drivers = try DriverHost(settings: driverSettings, log: log)
        intake = Intake(
            drivers: drivers, journal: store, alarms: store, clock: clock, observer: observer, log: log)
        imaging = ImagingService(
            configuration, library: library, drivers: drivers, store: store, clock: clock, log: log)
        delivery = Delivery(
            destinations: configuration.destinations.filter(\.isEnabled).map { $0.spec(configuration.site) },
            outbox: store, alarms: store, clock: clock, utcOffset: { zone.utcOffset(at: $0) }, logger: log,
            images: store, sender: imaging?.sender)
        let runtimes = factory.runtimes(library)
        for runtime in runtimes { intake.update(runtime.intake) }
        transport = Transport(
            devices: runtimes.filter(\.entry.isEnabled).map(\.link), sink: intake, clock: clock,
            stateFolder: configuration.state, log: log)
        store.onOrders { [intake] in intake.ordersChanged() }
    }

    /// Reads what a crash left, then opens queues and links.
    func start() async throws {
        try await intake.recover()
        await imaging?.startSender()
        await delivery.start()
        await transport.start()
        await imaging?.start()
        await untilListening()
    }

    /// Ready means that devices can connect: waits for listeners to be bound or to have told why not, 3 s at most.
    private func untilListening() async {
        var waiting = configuration.devices.filter { device in
            if case .listen = device.link { device.isEnabled } else { false }
        }.map(\.id)
        for _ in 0..<600 where !waiting.isEmpty {
            let troubled = Set(transport.status().filter { $0.trouble != nil }.map(\.device))
            waiting.removeAll { troubled.contains($0) || transport.localPort(of: $0) != nil }
            if !waiting.isEmpty { try? await Task.sleep(for: .milliseconds(5)) }
        }
    }

    /// Closes links, lets what is on its way arrive (a few seconds at most), closes the store.
    func stop() async {
        await imaging?.stop()
        await transport.stop()
        await intake.stop()
        await delivery.stop()
        await drivers.stop()
        await store.close()
    }

    /// Reads the profiles again. Devices whose profile changed use the new one from their next message; links stay.
    func reloadProfiles() -> ProfileChanges {
        let (next, changes) = library.withLock { $0 }.reloaded()
        for issue in next.errors {
            log.error("profile not taken up", metadata: ["issue": "\(issue.description)"])
        }
        guard !changes.isEmpty else { return changes }
        library.withLock { $0 = next }
        imaging?.update(next)
        let changed = Set(changes.changed + changes.added)
        for runtime in factory.runtimes(next) where changed.contains(runtime.profile.id) {
            intake.update(runtime.intake)
            log.notice(
                "profile taken up", metadata: ["device": "\(runtime.entry.id)", "profile": "\(runtime.profile.id)"])
        }
        return changes
    }

    /// Folders whose files make up the profiles in use.
    var profileFolders: [String] {
        let library = library.withLock { $0 }
        return library.ids.compactMap { library[$0]?.folder }.filter { !$0.isEmpty }
    }
}
