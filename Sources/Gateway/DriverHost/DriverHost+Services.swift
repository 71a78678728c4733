import Contracts
import DriverWire

extension DriverHost: ServiceHosting {
    /// Starts a service in a process of its own; see `ServiceHosting`. Returns when the module has taken the options.
    ///
    /// Numbers of the owner's messages are below 2^47; those of the driver's questions tell its processes apart, so that an
    /// answer to one that has ended never reaches the next. `onMessage` and `onRestart` are called on the thread of this service; what it says before `startService` has returned
    /// is told too.
    public func startService(
        driver: String, name: String, options: [UInt8],
        onMessage: @escaping @Sendable (ServiceMessage) -> Void,
        onRestart: @escaping @Sendable (_ reason: String) -> Void
    ) async throws -> any ServiceInstance {
        let module = try ModuleSearch(folders: settings.moduleFolders).path(of: driver)
        let service: HostedService
        do {
            service = try HostedService(
                driver: driver, name: name, module: module, options: options, settings: settings, log: log,
                listener: HostedService.Listener(onMessage: onMessage, onRestart: onRestart))
        } catch {
            throw DriverOpenFault(.moduleUnusable(error.text))
        }
        services.withLock { $0.append(service) }
        do {
            try await service.start()
        } catch {
            services.withLock { $0.removeAll { $0 === service } }
            throw error
        }
        return service
    }

    func stopServices() async {
        let ending = services.withLock { services in
            defer { services = [] }
            return services
        }
        await withTaskGroup(of: Void.self) { tasks in
            for service in ending { tasks.addTask { await service.stop() } }
        }
    }
}
