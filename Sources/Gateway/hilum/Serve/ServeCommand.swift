import ArgumentParser
import Contracts
import Foundation
import Intake
import Logging
import Store

/// `hilum serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "The gateway.",
        discussion: """
            Checks the configuration, opens the store, reads what a crash left, then opens queues and links. Logs to
            standard error. Ctrl-C or SIGTERM stops it in order; SIGHUP reads the profiles again (they are also taken up
            by themselves when their files change).

            EXAMPLES
              hilum serve --config /etc/hilum/hilum.yaml
              hilum serve --log-level debug

            Exit status: 0 stopped as asked, 1 the configuration is wrong, 3 a fault of ours or of the machine.
            """)

    @OptionGroup var file: ConfigurationOption

    @Option(help: "trace, debug, info, notice, warning, error.")
    var logLevel: Logger.Level = .notice

    func run() async throws {
        let check = SiteCheck.run(file: file.config)
        for fault in check.faults { Stream.error(fault.text(terminal: .error) + "\n") }
        guard !check.hasErrors, let configuration = check.configuration else {
            Stream.error(check.summary(terminal: .error) + "\n")
            throw ExitStatus.wrong
        }
        let log = Self.logger(level: logLevel, timezone: configuration.site.timezone)
        let service = try Self.open(configuration, check, IntakeObserver(), log)
        try await service.start()
        let control = try await service.openControl()
        Stream.error(
            "hilum is ready: \(configuration.devices.count) devices, \(configuration.destinations.count) destinations\n"
        )
        ServiceManager.notify("READY=1")
        await Self.untilStopped(service)
        ServiceManager.notify("STOPPING=1")
        await control.stop()
        await service.stop()
        log.notice("stopped")
    }

    static func logger(level: Logger.Level, timezone: String) -> Logger {
        let zone = SystemZone(timezone)?.zone ?? .gmt
        var log = Logger(label: "hilum") { _ in SiteLogHandler(level: level, zone: zone) }
        log.logLevel = level
        return log
    }

    static func open(
        _ configuration: GatewayConfiguration, _ check: SiteCheck, _ observer: IntakeObserver, _ log: Logger
    ) throws -> GatewayService {
        do {
            return try GatewayService(configuration, library: check.library, observer: observer, log: log)
        } catch let fault as StoreFault {
            throw CommandFailure(.ours, "the store in \(configuration.state) cannot be opened: \(fault.text)")
        }
    }

    /// Returns when asked to stop. Reloads profiles when asked to, or when a file of theirs has changed; tells when the disk
    /// fills up.
    static func untilStopped(_ service: GatewayService) async {
        let watch = Task {
            var watch = ProfileWatch()
            var disk = FreeDiskWatch(
                folder: service.configuration.state, least: service.configuration.limits.freeDisk)
            while !Task.isCancelled {
                if watch.hasChanged(folders: service.profileFolders) { _ = service.reloadProfiles() }
                disk.check(service.store)
                try? await Task.sleep(for: .seconds(2))
            }
        }
        defer { watch.cancel() }
        for await request in Signals.requests() {
            switch request {
            case .stop: return
            case .reload: _ = service.reloadProfiles()
            }
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
