import Contracts
import Logging
import Synchronization

/// The way of a result from the link to the store (DESIGN.md section 2): for each link one `Conversation`, which feeds
/// the driver, has its messages understood, hands everything to the journal, and puts the driver's answers on the wire
/// only after the commit they follow.
public final class Intake: LinkEventSink {
    struct Services: Sendable {
        let drivers: any DriverHosting
        let journal: any Journal
        let alarms: any AlarmSink
        let clock: any Clock
        let observer: IntakeObserver
        let log: Logger
    }

    struct State {
        var devices: [String: IntakeDevice] = [:]
        var conversations: [ObjectIdentifier: Conversation] = [:]
        /// Their links are gone, what they received is still on its way into the journal.
        var ending: [ObjectIdentifier: Conversation] = [:]
        var isStopping = false
    }

    let services: Services
    let state = Mutex(State())

    /// An intake without devices; add them before the transport starts.
    public init(
        drivers: any DriverHosting, journal: any Journal, alarms: any AlarmSink, clock: any Clock,
        observer: IntakeObserver = IntakeObserver(), log: Logger
    ) {
        services = Services(
            drivers: drivers, journal: journal, alarms: alarms, clock: clock, observer: observer, log: log)
    }

    /// Adds a device or changes what is made of its messages. Open links stay open: a new `understand` counts from the
    /// next message, new driver options from the next moment in which the line is idle.
    public func update(_ device: IntakeDevice) {
        let open = state.withLock { state in
            state.devices[device.id] = device
            return state.conversations.values.filter { $0.device == device.id }
        }
        for conversation in open { conversation.update(device) }
    }

    /// Orders were taken up or cancelled: devices that are sent orders unasked get them as soon as their line is idle.
    public func ordersChanged() {
        for conversation in state.withLock({ Array($0.conversations.values) }) { conversation.ordersChanged() }
    }

    /// Forgets a device. Its links are closed by Transport.
    public func remove(_ id: String) {
        state.withLock { _ = $0.devices.removeValue(forKey: id) }
    }

    /// Called by Transport; returns at once.
    public func handle(_ event: LinkEvent) {
        switch event {
        case .up(let link):
            begin(link)
        case .received(let link, let bytes, let time):
            conversation(of: link)?.received(bytes, at: time)
        case .ended(let link):
            conversation(of: link)?.ended()
        case .down(let link, let reason):
            let conversation = state.withLock { state -> Conversation? in
                let conversation = state.conversations.removeValue(forKey: ObjectIdentifier(link))
                if let conversation { state.ending[ObjectIdentifier(conversation)] = conversation }
                return conversation
            }
            conversation?.down(reason)
            services.observer.link(link.device, nil)
        case .trouble(let device, let problem, let cure):
            services.alarms.raise(subject: device, kind: "link", text: cure.isEmpty ? problem : "\(problem). \(cure)")
        }
    }

    /// Ends all conversations: what was received is committed, drivers are closed.
    ///
    /// Returns after five seconds at most: a driver that hangs may not hold up the stop. What is not understood by then is
    /// in the journal and is read by `recover` at the next start.
    public func stop() async {
        let open = state.withLock { state in
            state.isStopping = true
            defer { state.conversations.removeAll() }
            return Array(state.conversations.values) + Array(state.ending.values)
        }
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        Task {
            await withTaskGroup(of: Void.self) { tasks in
                for conversation in open { tasks.addTask { await conversation.stop() } }
            }
            end.finish()
        }
        let limit = Task {
            try? await Task.sleep(for: Self.longestStop)
            end.finish()
        }
        for await _ in ended {}
        limit.cancel()
    }

    private static let longestStop = Duration.seconds(5)

    private func begin(_ link: any Link) {
        let device = state.withLock { $0.isStopping ? nil : $0.devices[link.device] }
        guard let device else {
            link.close(reason: "no device \(link.device) is configured")
            return
        }
        let conversation = Conversation(device: device, link: link, services: services) { [weak self] ended in
            self?.state.withLock { _ = $0.ending.removeValue(forKey: ObjectIdentifier(ended)) }
        }
        state.withLock { $0.conversations[ObjectIdentifier(link)] = conversation }
        services.alarms.clear(subject: device.id, kind: "link", text: "connected: \(link.peer)")
        services.observer.link(device.id, link.peer)
        conversation.begin()
    }

    private func conversation(of link: any Link) -> Conversation? {
        state.withLock { $0.conversations[ObjectIdentifier(link)] }
    }
}
