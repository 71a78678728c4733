import Contracts
import Synchronization

/// Keeps every link event, and lets a test wait for what it expects.
final class RecordingSink: LinkEventSink {
    enum Seen: Sendable, Equatable {
        case up(String)
        case received(String, [UInt8])
        case ended(String)
        case down(String, String)
        case trouble(String, String, String)
    }
    struct State {
        var events: [Seen] = []
        var links: [any Link] = []
        var bytes: [String: Int] = [:]
        var pieces = 0
    }
    let state = Mutex(State())
    /// Told of each event after it is kept: an intake in small.
    let react: @Sendable (LinkEvent) -> Void
    /// Keep what is received (off for tests with gigabytes).
    let keepsBytes: Bool

    init(
        keepsBytes: Bool = true,
        react: @escaping @Sendable (LinkEvent) -> Void = { if case .ended(let link) = $0 { link.finished() } }
    ) {
        self.keepsBytes = keepsBytes
        self.react = react
    }

    func handle(_ event: LinkEvent) {
        state.withLock { state in
            switch event {
            case .up(let link):
                state.events.append(.up(link.device))
                state.links.append(link)
            case .received(let link, let bytes, _):
                state.bytes[link.device, default: 0] += bytes.count
                state.pieces += 1
                if keepsBytes { state.events.append(.received(link.device, bytes)) }
            case .ended(let link): state.events.append(.ended(link.device))
            case .down(let link, let reason):
                state.events.append(.down(link.device, reason))
                state.links.removeAll { $0 === link }
            case .trouble(let device, let problem, let cure): state.events.append(.trouble(device, problem, cure))
            }
        }
        react(event)
    }

    var events: [Seen] { state.withLock { $0.events } }
    var links: [any Link] { state.withLock { $0.links } }
    func link(_ device: String) -> (any Link)? { links.last { $0.device == device } }
    func bytes(_ device: String) -> [UInt8] {
        events.flatMap { event -> [UInt8] in
            if case .received(device, let bytes) = event { return bytes }
            return []
        }
    }
    func byteCount(_ device: String) -> Int { state.withLock { $0.bytes[device] ?? 0 } }
    func troubles(_ device: String) -> [String] {
        events.compactMap {
            if case .trouble(device, let problem, let cure) = $0 { "\(problem) | \(cure)" } else { nil }
        }
    }
    func downs(_ device: String) -> [String] {
        events.compactMap { if case .down(device, let reason) = $0 { reason } else { nil } }
    }
    func ups(_ device: String) -> Int { events.count { $0 == .up(device) } }
}

/// Waits until something holds; false when it does not within the time.
func eventually(
    within seconds: Double = 30, _ holds: @Sendable () -> Bool
) async -> Bool {
    let clock = ContinuousClock()
    let limit = clock.now + .seconds(seconds)
    while clock.now < limit {
        if holds() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return holds()
}
