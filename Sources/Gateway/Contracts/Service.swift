import DriverWire

/// A running service driver, in a child process. Made by DriverHost.
public protocol ServiceInstance: Sendable {
    /// Sends a message. Never blocks. What was not answered when the process ends is never answered: `onRestart` tells.
    func send(_ message: ServiceMessage)
    /// Ends the service and its process.
    func stop() async
}

/// Starts service drivers. A process that dies is started again with the same options, after a pause that grows.
public protocol ServiceHosting: Sendable {
    /// Starts an instance of the module `driver`.
    ///
    /// Throws `DriverOpenFault` when the module or the options cannot be used.
    ///
    /// - Parameters:
    ///   - name: of this instance, for logs and the process list: `dicom-node`, `dicom-sender`.
    ///   - options: a JSON object.
    ///   - onMessage: what the driver says, in order, from one caller at a time; must not block.
    ///   - onRestart: the process has died and another one runs: everything not answered is void. Comes before the first
    ///     message of the new process.
    func startService(
        driver: String, name: String, options: [UInt8],
        onMessage: @escaping @Sendable (ServiceMessage) -> Void,
        onRestart: @escaping @Sendable (_ reason: String) -> Void
    ) async throws -> any ServiceInstance
}
