import Synchronization

/// Carries an instance out of the closure that makes it.
final class InstanceHolder: Sendable {
    private let held = Mutex<HostedInstance?>(nil)

    var instance: HostedInstance? { held.withLock { $0 } }

    func hold(_ instance: HostedInstance) { held.withLock { $0 = instance } }
}
