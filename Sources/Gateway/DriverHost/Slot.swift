/// A place for a process: one of a module, or one of a device. Processes come and go, the slot stays.
final class Slot {
    /// What tells slots apart.
    struct Key: Hashable {
        var driver: String
        /// Nil: shared by all devices that have none of their own.
        var device: String?
    }

    let key: Key
    /// Path of the module.
    let module: String
    var child: Child?
    /// Instances that wait for a process.
    var waiting: [HostedInstance] = []
    /// Starts after the first.
    var restarts = 0
    /// Processes in a row that ended before the module was loaded.
    var failedStarts = 0
    /// When processes ended that no call had crashed (microseconds, monotonic), the last ten seconds of them.
    var unexplainedEnds: [Int64] = []
    /// When to start a process again; nil: nothing is planned.
    var startAt: Int64?
    /// Since when a device's own process has held no instance.
    var emptySince: Int64?

    var driver: String { key.driver }

    init(key: Key, module: String) {
        self.key = key
        self.module = module
    }
}
