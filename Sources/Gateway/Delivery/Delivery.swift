import Contracts
import Logging
import NIOCore
import NIOPosix

/// The way out: a queue for each destination, worked off independently of the others.
///
/// Call `start`, then `update` when the configuration changes, at last `stop`.
public actor Delivery {
    private let outbox: any Outbox
    private let alarms: any AlarmSink
    private let clock: any Clock
    private let logger: Logger
    private let group: any EventLoopGroup
    private let utcOffset: @Sendable (Int64) -> Int32
    private var specs: [DestinationSpec]
    private var runners: [String: any QueueRunner] = [:]
    private let images: (any ForwardQueue)?
    private let imageService: DICOMSenderService?
    private var isRunning = false
    /// Destinations whose settings could not be used.
    private var unusable: Set<String> = []

    /// A delivery.
    ///
    /// - Parameters:
    ///   - destinations: with distinct ids.
    ///   - utcOffset: seconds east of UTC of the site at an instant (microseconds since 1970), for MSH-7 and OBR-22. Must
    ///     give the same answer for the same instant, so that a retry sends the same bytes.
    ///   - group: event loops; NIO's own when nil.
    ///   - images: the queue of images, for destinations that take them.
    ///   - sender: the process that sends images to destinations of kind `dicom`.
    public init(
        destinations: [DestinationSpec], outbox: any Outbox, alarms: any AlarmSink, clock: any Clock,
        utcOffset: @escaping @Sendable (Int64) -> Int32 = { _ in 0 }, logger: Logger = Logger(label: "delivery"),
        group: (any EventLoopGroup)? = nil, images: (any ForwardQueue)? = nil, sender: DICOMSenderService? = nil
    ) {
        self.images = images
        imageService = sender
        specs = destinations
        self.outbox = outbox
        self.alarms = alarms
        self.clock = clock
        self.utcOffset = utcOffset
        self.logger = logger
        self.group = group ?? MultiThreadedEventLoopGroup.singleton
    }

    /// Starts every destination. One whose settings cannot be used raises an alarm; its queue waits.
    public func start() async {
        isRunning = true
        if let images, let imageService {
            imageService.onReport { [clock, logger] report in
                await CommitmentRequester.record(report, in: images, now: clock.now().unix, logger: logger)
            }
        }
        for spec in specs { await start(spec) }
    }

    /// Ends attempts under way, for 5 s at most. What is not delivered stays in the queues.
    public func stop() async {
        isRunning = false
        let ending = runners.values
        runners = [:]
        await withTaskGroup(of: Void.self) { tasks in
            for runner in ending { tasks.addTask { await runner.stop() } }
        }
    }

    /// Takes a new configuration: destinations that did not change go on undisturbed.
    public func update(_ destinations: [DestinationSpec]) async {
        let before = Dictionary(specs.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        specs = destinations
        guard isRunning else { return }
        let now = Dictionary(destinations.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        for (id, runner) in runners where now[id] != before[id] {
            runners[id] = nil
            await runner.stop()
        }
        for id in unusable where now[id] == nil {
            unusable.remove(id)
            alarms.clear(subject: id, kind: AlarmKind.settings, text: "it was removed")
        }
        for spec in destinations where runners[spec.id] == nil { await start(spec) }
    }

    private func start(_ spec: DestinationSpec) async {
        guard runners[spec.id] == nil else { return }
        let runner: any QueueRunner
        do { runner = try makeRunner(spec) } catch {
            let text = "its settings cannot be used: \("\(error)".printable)"
            logger.error("destination not started", metadata: ["destination": "\(spec.id)", "reason": "\(text)"])
            unusable.insert(spec.id)
            alarms.raise(subject: spec.id, kind: AlarmKind.settings, text: text)
            return
        }
        if unusable.remove(spec.id) != nil {
            alarms.clear(subject: spec.id, kind: AlarmKind.settings, text: "its settings are in use")
        }
        runners[spec.id] = runner
        await runner.start()
    }

    private func makeRunner(_ spec: DestinationSpec) throws -> any QueueRunner {
        guard spec.takesImages else {
            return DestinationRunner(
                spec: spec, sender: try makeSender(spec), outbox: outbox, alarms: alarms, clock: clock, logger: logger)
        }
        guard let images else { throw ORUFault(description: "images are not forwarded by this gateway") }
        let (sender, commitment) = try makeImageSender(spec, images)
        return ImageRunner(
            spec: spec, sender: sender, queue: images, alarms: alarms, clock: clock, logger: logger,
            commitment: commitment)
    }

    private func makeImageSender(
        _ spec: DestinationSpec, _ images: any ForwardQueue
    ) throws -> (any ImageSender, CommitmentRequester?) {
        if case .stow(let stow) = spec.kind {
            return (try STOWImageSender(spec: stow, lanes: spec.lanes, group: group, clock: clock), nil)
        }
        guard case .dicom(let dicom) = spec.kind else { throw ORUFault(description: "it takes reports, not images") }
        if let problem = dicom.problem { throw ORUFault(description: problem) }
        guard let imageService else { throw ORUFault(description: "no process that sends images was started") }
        let commitment = dicom.commitment.map {
            CommitmentRequester(
                destination: spec, spec: dicom, commitment: $0, service: imageService, queue: images, alarms: alarms,
                clock: clock, logger: logger)
        }
        return (DICOMImageSender(spec: dicom, service: imageService), commitment)
    }

    private func makeSender(_ spec: DestinationSpec) throws -> any Sender {
        switch spec.kind {
        case .hl7(let hl7):
            return try MLLPSender(spec: hl7, lanes: spec.lanes, clock: clock, group: group, utcOffset: utcOffset)
        case .fhir(let fhir):
            return try FHIRSender(
                spec: fhir, lanes: spec.lanes, group: group, utcOffset: utcOffset, clock: clock)
        case .folder(let folder): return try FolderSender(spec: folder, utcOffset: utcOffset)
        case .dicom, .stow: throw ORUFault(description: "it takes images, not reports")
        }
    }

    /// What is wrong with a destination's settings, in words that name the setting and the cure; empty when it can be used.
    /// Files of certificates are read; nothing is connected.
    public static func problems(of spec: DestinationSpec) -> [String] {
        do {
            switch spec.kind {
            case .hl7(let hl7):
                _ = try ORUBuilder(profile: hl7.profile, utcOffset: { _ in 0 })
                _ = try hl7.tls?.configuration()
            case .fhir(let fhir):
                try FHIRSender.check(fhir)
                _ = try fhir.tls?.configuration()
            case .folder(let folder):
                if case .hl7(let profile) = folder.form { _ = try ORUBuilder(profile: profile, utcOffset: { _ in 0 }) }
            case .dicom(let dicom):
                if let problem = dicom.problem { return [problem] }
            case .stow(let stow):
                try STOWImageSender.check(stow)
                _ = try stow.tls?.configuration()
            }
            return []
        } catch {
            return ["\(error)".printable]
        }
    }
}
