/// How driver processes are found, started and limited.
public struct DriverHostSettings: Sendable {
    /// Folders that hold `libhilum-driver-NAME.so`; the first that has it counts.
    public var moduleFolders: [String]
    /// Path of `hilum-driver-host`.
    public var executable: String
    /// Most bytes of data that one process may have (RLIMIT_DATA); 0: no limit.
    public var largestData: UInt64 = 512 << 20
    /// The same for the process of a service driver, whose threads and data sets need more; 0: no limit.
    public var largestServiceData: UInt64 = 2 << 30
    /// Milliseconds that a service may leave messages of the gateway unread.
    public var serviceReadLimit = 30_000
    /// Bytes of messages that may wait for a service to read them.
    public var serviceBacklogLimit = 512 << 20
    /// Milliseconds before a service whose process has ended is started again: doubled each time up to the longest, and
    /// the first one again once a process has lived for a minute.
    public var serviceRestartPause = (first: 100, longest: 5000)
    /// Milliseconds that a service has to end by itself, then those after a SIGTERM.
    public var serviceStopLimit = (asked: 3000, terminated: 2000)
    /// Milliseconds that a process may go without getting on while calls wait.
    public var answerLimit = 2000
    /// Milliseconds from the start of a process to the module being loaded.
    public var startLimit = 10_000
    /// Bytes kept for each instance since its last idle point, to be fed again after a crash. Beyond it the oldest are
    /// dropped: a crash then ends the instance (`DriverEnd.quarantined`); its raw bytes are in the journal all the same.
    public var replayLimit = 64 << 20
    /// Crashes by the same inputs after which these are given up.
    public var crashesBeforeQuarantine = 3
    /// Devices that have a process of their own from the start.
    public var ownProcess: Set<String> = []

    /// Settings with the usual limits.
    public init(moduleFolders: [String], executable: String) {
        self.moduleFolders = moduleFolders
        self.executable = executable
    }
}

/// A driver process, for `hilum devices`.
public struct DriverProcess: Sendable, Equatable {
    /// Name of the module.
    public var driver: String
    /// The device whose own process it is; nil: shared.
    public var device: String?
    /// Name of the service that it is; nil: it holds instances of a stream driver.
    public var service: String?
    /// Process id.
    public var process: Int32
    /// Resident memory in bytes; 0 when it cannot be read.
    public var resident: Int
    /// Instances in it.
    public var instances: Int
    /// How often it was started again.
    public var restarts: Int
}
