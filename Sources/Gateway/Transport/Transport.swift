import Contracts
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// All links of the gateway: opens them, keeps them open, and tells the sink what happens on them. Knows nothing of
/// protocols.
///
/// Order of calls: `start`, then any number of `apply`, `add`, `update`, `remove`, then `stop`. Changing one device never
/// touches the links of another.
public final class Transport: Sendable {
    private struct State {
        var specs: [DeviceLinkSpec]
        var isRunning = false
        var listeners: [ListenPlace: TCPListener] = [:]
        var connectors: [String: TCPConnector] = [:]
        var lines: [String: SerialEndpoint] = [:]
        var folders: [String: FolderEndpoint] = [:]
    }
    private struct ListenPlace: Hashable {
        var address: String
        var port: Int
    }

    private let hub: LinkHub
    private let group: any EventLoopGroup
    private let stateFolder: String
    private let state: Mutex<State>
    /// One change at a time.
    private let changes = AsyncGate()

    /// A transport that is not started yet.
    ///
    /// - Parameters:
    ///   - devices: how each device is reached. Ids must be unique; of two with one id the later counts.
    ///   - sink: told of everything, on the transport's own threads.
    ///   - clock: stamps received bytes.
    ///   - stateFolder: where watched folders keep what they have read (`folders/<device>.state`).
    ///   - log: nil: nothing is logged.
    ///   - group: event loops of the TCP links; the process-wide ones (a thread a core) by default.
    public init(
        devices: [DeviceLinkSpec], sink: any LinkEventSink, clock: any Clock, stateFolder: String,
        log: Logger? = nil,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        hub = LinkHub(sink: sink, clock: clock, log: log)
        self.group = group
        self.stateFolder = stateFolder
        state = Mutex(State(specs: Self.unique(devices)))
    }

    /// Begins to open all links. Returns at once; what cannot be opened is reported to the sink and tried again.
    public func start() async {
        let specs = state.withLock { state -> [DeviceLinkSpec] in
            state.isRunning = true
            return state.specs
        }
        await apply(specs)
    }

    /// Closes everything: what was to be sent is sent (2 s at most), descriptors are closed when it returns.
    public func stop() async {
        await change(to: []) { $0.isRunning = false }
    }

    /// Makes the links be those of `devices`: opens what is new, closes what is gone, reopens what is different.
    public func apply(_ devices: [DeviceLinkSpec]) async { await change(to: Self.unique(devices)) { _ in } }

    /// Adds a device, or changes how it is reached.
    public func add(_ device: DeviceLinkSpec) async { await update(device) }

    /// Changes how a device is reached; adds it if it is new.
    public func update(_ device: DeviceLinkSpec) async {
        await changes.withTurn {
            let specs = self.state.withLock { $0.specs.filter { $0.device != device.device } + [device] }
            await self.settle(specs) { _ in }
        }
    }

    /// Closes the links of a device and forgets it.
    public func remove(_ device: String) async {
        await changes.withTurn {
            let specs = self.state.withLock { $0.specs.filter { $0.device != device } }
            await self.settle(specs) { _ in }
        }
    }

    /// The local port of a listening device, once it listens (tests listen on port 0).
    public func localPort(of device: String) -> Int? {
        state.withLock { state in
            for listener in state.listeners.values where listener.state.withLock({ $0.has(device) }) {
                return listener.localPort
            }
            return nil
        }
    }

    /// How each device's link is, in the order of the specs.
    public func status() -> [LinkStatus] {
        let (specs, connectors, lines, folders, listeners) = state.withLock {
            ($0.specs, $0.connectors, $0.lines, $0.folders, $0.listeners)
        }
        return specs.map { spec in
            var peers: [String] = []
            var refused: UInt64 = 0
            switch spec.way {
            case .listen(let settings):
                let listener = listeners[ListenPlace(address: settings.address, port: settings.port)]
                listener?.state.withLock { state in
                    peers = (state.links[spec.device] ?? []).filter { $0.isUp.load(ordering: .relaxed) }.map(\.peer)
                    refused = state.refused.total
                }
            case .connect: peers = [connectors[spec.device]?.openLink?.peer].compactMap { $0 }
            case .serial: peers = [lines[spec.device]?.openLink?.peer].compactMap { $0 }
            case .folder: peers = [folders[spec.device]?.openLink?.peer].compactMap { $0 }
            }
            return LinkStatus(
                device: spec.device, way: spec.summary, peers: peers, refusedConnections: refused,
                trouble: hub.trouble(of: spec.device))
        }
    }

    // MARK: Changes

    private func change(to specs: [DeviceLinkSpec], _ also: @escaping @Sendable (inout sending State) -> Void) async {
        await changes.withTurn { await self.settle(specs, also) }
    }

    private func settle(
        _ specs: [DeviceLinkSpec], _ also: @Sendable (inout sending State) -> Void
    ) async {
        let isRunning = state.withLock { state -> Bool in
            let wasRunning = state.isRunning
            also(&state)
            // `stop` keeps the specs, so that `start` can follow.
            if state.isRunning || !wasRunning { state.specs = specs }
            return wasRunning
        }
        guard isRunning else { return }
        await settleListeners(specs)
        await settleEach(specs, \.connectors) { device, way in
            guard case .connect(let settings) = way else { return nil }
            return TCPConnector(device: device, settings: settings, hub: hub, loop: group.next())
        }
        await settleEach(specs, \.lines) { device, way in
            guard case .serial(let settings) = way else { return nil }
            return SerialEndpoint(device: device, settings: settings, hub: hub)
        }
        await settleEach(specs, \.folders) { device, way in
            guard case .folder(let settings) = way else { return nil }
            return FolderEndpoint(device: device, settings: settings, stateFolder: stateFolder, hub: hub)
        }
    }

    private func settleListeners(_ specs: [DeviceLinkSpec]) async {
        var wanted: [ListenPlace: [TCPListener.Device]] = [:]
        for spec in specs {
            guard case .listen(let settings) = spec.way else { continue }
            wanted[ListenPlace(address: settings.address, port: settings.port), default: []]
                .append(.init(id: spec.device, settings: settings))
        }
        let before = state.withLock { $0.listeners }
        let gone = before.filter { wanted[$0.key] == nil }
        state.withLock { state in for place in gone.keys { state.listeners.removeValue(forKey: place) } }
        await withTaskGroup(of: Void.self) { group in
            for listener in gone.values { group.addTask { await listener.stop() } }
        }
        for (place, devices) in wanted {
            if let listener = before[place] {
                listener.configure(devices)
            } else {
                let listener = TCPListener(address: place.address, port: place.port, hub: hub, group: group)
                state.withLock { $0.listeners[place] = listener }
                listener.configure(devices)
                listener.start()
            }
        }
    }

    private func settleEach<Endpoint: DeviceEndpoint>(
        _ specs: [DeviceLinkSpec], _ path: WritableKeyPath<State, [String: Endpoint]> & Sendable,
        make: (String, DeviceLinkSpec.Way) -> Endpoint?
    ) async {
        var wanted: [String: Endpoint] = [:]
        for spec in specs { wanted[spec.device] = make(spec.device, spec.way) }
        let before = state.withLock { $0[keyPath: path] }
        let gone = before.filter { wanted[$0.key]?.settings != $0.value.settings }
        state.withLock { state in for device in gone.keys { state[keyPath: path].removeValue(forKey: device) } }
        await withTaskGroup(of: Void.self) { group in
            for endpoint in gone.values { group.addTask { await endpoint.stop() } }
        }
        for device in gone.keys { hub.well(device) }
        for (device, endpoint) in wanted where before[device]?.settings != endpoint.settings {
            state.withLock { $0[keyPath: path][device] = endpoint }
            endpoint.start()
        }
    }

    private static func unique(_ specs: [DeviceLinkSpec]) -> [DeviceLinkSpec] {
        var byID: [String: Int] = [:]
        for (index, spec) in specs.enumerated() { byID[spec.device] = index }
        return specs.enumerated().filter { byID[$0.element.device] == $0.offset }.map(\.element)
    }
}

/// How a device's link is at the moment.
public struct LinkStatus: Sendable, Equatable {
    /// Id of the device.
    public var device: String
    /// How it is reached, in words.
    public var way: String
    /// Open links.
    public var peers: [String]
    /// Connections of strangers that its listener has turned away.
    public var refusedConnections: UInt64
    /// What is wrong, if anything is.
    public var trouble: LinkTrouble?
}

/// Something that keeps the links of one device open.
protocol DeviceEndpoint: AnyObject, Sendable {
    associatedtype Settings: Equatable
    var settings: Settings { get }
    func start()
    func stop() async
}

extension TCPConnector: DeviceEndpoint {}
extension SerialEndpoint: DeviceEndpoint {}
extension FolderEndpoint: DeviceEndpoint {}

extension TCPListener.State {
    func has(_ device: String) -> Bool { devices.contains { $0.id == device } }
}
