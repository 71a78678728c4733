import ArgumentParser
import DeviceProfile
import Foundation
import Intake
import Logging
import Synchronization

/// `hilum demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A demo hospital: three simulated analysers, a CT, a gateway and an EMR on this machine.",
        discussion: """
            A Roche cobas c 311 on a serial line (a pseudo-terminal), a Sysmex XN-1000 on TCP and a Mindray CL-1000i by
            HL7 send invented results, a CT sends studies with their dose reports by DICOM; the gateway normalises, stores
            and posts them; what was posted lies in the folder. Ctrl-C stops it; the next run goes on from the same state.

            EXAMPLES
              hilum demo
              hilum demo --folder /tmp/hospital --interval 500ms
              hilum results --config demo/hilum.yaml --follow     in another terminal
              hilum studies --config demo/hilum.yaml
            """)

    @Option(help: ArgumentHelp("Where everything is kept.", valueName: "folder"), completion: .directory)
    var folder = "demo"

    @Option(help: "Pause of each analyser between messages.")
    var interval = DurationArgument(.seconds(3))

    @Option(help: "Pause of the CT between studies.")
    var studyInterval = DurationArgument(.seconds(20))

    @Option(help: ArgumentHelp("Stop by itself after this time.", valueName: "duration"))
    var stopAfter: DurationArgument?

    func run() async throws {
        let site = DemoSite(
            folder: URL(filePath: folder).standardizedFileURL,
            ports: DemoSite.Ports(
                haematology: FreePort.near(15001), chemistry: FreePort.near(15011), mllp: FreePort.near(12575),
                fhir: FreePort.near(18080), dicom: FreePort.near(11112), web: FreePort.near(18042)))
        try site.prepare()
        let check = SiteCheck.run(file: site.configurationFile.path)
        guard !check.hasErrors, let configuration = check.configuration else {
            for fault in check.faults { Stream.error(fault.text(terminal: .error) + "\n") }
            throw ExitStatus.wrong
        }
        let view = DemoView(terminal: .output)
        let log = ServeCommand.logger(level: .warning, timezone: configuration.site.timezone)
        let service = try ServeCommand.open(configuration, check, IntakeObserver(), log)
        let emr = try await DemoEMR.start(ports: site.ports, clock: service.clock, view: view)
        view.begin(site)
        service.store.onStored { view.stored($0) }
        // First the analysers: the serial line is there before it is opened.
        let devices = try startAnalysers(site, check.library, view)
        try? await Task.sleep(for: .milliseconds(100))
        try await service.start()
        let control = try await service.openControl()
        // The CT calls: its port is open now.
        let ct = SimulatedModality(site.modality(every: studyInterval.duration, library: check.library)) {
            view.simulated($0)
        }
        Thread.detachNewThread { _ = ct.run() }
        await untilStopped()
        Stream.output("\n")
        for device in devices { device.stop() }
        ct.stop()
        await control.stop()
        await service.stop()
        await emr.stop()
        view.end(site)
    }

    /// Each on a thread of its own, for ever.
    private func startAnalysers(_ site: DemoSite, _ library: ProfileLibrary, _ view: DemoView) throws
        -> [SimulatedDevice]
    {
        try site.analysers.enumerated().map { index, analyser in
            guard let file = site.capture(of: analyser, library: library), let data = try? Data(contentsOf: file),
                let capture = Capture([UInt8](data)), let address = LineAddress(analyser.address)
            else {
                throw CommandFailure(.ours, "the profile \(analyser.profile) has no capture to play")
            }
            var plan = SimulationPlan(capture: capture, address: address)
            plan.name = analyser.id
            plan.count = nil
            plan.interval = interval.duration
            // Each run has fresh specimens; in a run they count on.
            plan.rewriter = IdentityRewriter(seed: UInt64(Date.now.timeIntervalSince1970) &* 10 &+ UInt64(index))
            plan.movesTimes = true
            plan.attempts = nil
            let device = SimulatedDevice(plan) { view.simulated(analyser.id, $0) }
            Thread.detachNewThread { _ = try? device.run() }
            return device
        }
    }

    private func untilStopped() async {
        let requests = Signals.requests()
        let limit = stopAfter?.duration
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { for await request in requests where request == .stop { return } }
            if let limit { tasks.addTask { try? await Task.sleep(for: limit) } }
            await tasks.next()
            tasks.cancelAll()
        }
    }
}
