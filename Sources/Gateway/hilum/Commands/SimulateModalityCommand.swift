import ArgumentParser
import DICOM
import Dispatch
import Foundation
import Glibc
import Synchronization

/// `hilum simulate modality`
struct SimulateModalityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modality",
        abstract: "Play a modality: send made-up studies, or given DICOM files, and wait for every answer.",
        discussion: """
            Patients are invented, every other one with a Chinese name; the same seed gives the same studies. Given files get
            fresh UIDs in each round unless --keep-uids is given. An association that is lost is opened again, and what was
            not acknowledged is sent again.

            EXAMPLES
              hilum simulate modality --to 127.0.0.1:11112 --calling CT1 --studies 10 --instances 200
              hilum simulate modality --to gateway:11112 --calling CT1 --worklist --mpps --commit
              hilum simulate modality --to 127.0.0.1:11112 --calling US1 report.dcm clip.dcm
              hilum simulate modality --to 127.0.0.1:11112 --studies 0 --associations 4 --rate 100 --log acks.tsv
              hilum simulate modality --modality MR --instances 1 --rows 16 --seed 7 --write made

            Exit status: 0 every instance was taken, 1 something was not.
            """)

    @Argument(help: "DICOM files to send instead of made-up studies.", completion: .file())
    var files: [String] = []
    @Option(help: "HOST:PORT of the gateway.")
    var to: String?
    @Option(help: "AE title of the modality.")
    var calling = "CT1"
    @Option(help: "AE title of the gateway.")
    var called = "HILUM"
    @Option(help: "CT, MR, US, DX, XA.")
    var modality = SyntheticForm.Modality.ct
    @Option(help: "Studies, or rounds of given files; 0: until stopped.")
    var studies = 1
    @Option(help: "Series in a study.")
    var series = 1
    @Option(help: "Instances in a series.")
    var instances = 50
    @Option(help: "Rows and columns of an image.")
    var rows: Int?
    @Option(help: ArgumentHelp("Size of an image instead of --rows: 512KB.", valueName: "size"))
    var size: String?
    @Option(
        help: ArgumentHelp("A document sent at the end of each made-up study: a dose report.", valueName: "file"),
        completion: .file())
    var document: [String] = []
    @Flag(help: "Take patients from the gateway's worklist.")
    var worklist = false
    @Flag(help: "Tell the performed procedure step.")
    var mpps = false
    @Flag(help: "Ask for storage commitment.")
    var commit = false
    @Option(help: "Instances a second in all, at most.")
    var rate: Double?
    @Option(help: "Associations at a time; each sends whole studies.")
    var associations = 1
    @Option(help: "Pause between studies of one association: 500ms, 20s.")
    var interval: DurationArgument?
    @Option(help: "How long to wait for an answer.")
    var answerLimit = DurationArgument(.seconds(60))
    @Option(help: "Sends of one instance before it is given up; 0: never.")
    var attempts = 3
    @Flag(help: "Given files keep their UIDs.")
    var keepUids = false
    @Option(help: "Seed of patients, UIDs and pixels; without it each run has its own.")
    var seed: UInt64?
    @Option(help: ArgumentHelp("Append a line for each acknowledged instance, synced to disk.", valueName: "file"))
    var log: String?
    @Option(help: ArgumentHelp("Write the studies into this folder instead of sending them.", valueName: "folder"))
    var write: String?
    @Flag(help: "Only verify the connection (C-ECHO).")
    var echo = false
    @Flag(help: "Print nothing but the totals.")
    var quiet = false
    @OptionGroup var output: FormatOption

    func validate() throws {
        guard to != nil || write != nil else { throw ValidationError("give --to HOST:PORT") }
        if let to, HostAndPort(to) == nil { throw ValidationError("--to \(to) is not HOST:PORT") }
        for title in [calling, called] {
            if let problem = ApplicationEntityTitle.problem(title) { throw ValidationError("AE title \(problem)") }
        }
        guard studies >= 0, (1...10_000).contains(series), (1...100_000).contains(instances) else {
            throw ValidationError("--studies is 0 or more, --series and --instances 1 or more")
        }
        if let rows, !(1...8192).contains(rows) { throw ValidationError("--rows is 1 to 8192") }
        if let size, ByteCount.read(size) == nil { throw ValidationError("--size \(size): write 512KB or 2MiB") }
        if rows != nil, size != nil { throw ValidationError("give --rows or --size, not both") }
        guard (1...128).contains(associations) else { throw ValidationError("--associations is 1 to 128") }
        if let rate, !(rate > 0 && rate <= 1_000_000) { throw ValidationError("--rate is more than 0") }
        guard attempts >= 0 else { throw ValidationError("--attempts is 0 or more") }
        if write != nil, !files.isEmpty { throw ValidationError("--write is for made-up studies") }
    }

    func run() async throws {
        if let write { return try writeStudies(to: write) }
        let plan = try plan()
        if echo { return try verify(plan.peer) }
        let log = try log.map { try AcknowledgementLog(path: $0) }
        let total = studies == 0 ? nil : studies * (files.isEmpty ? series * instances + document.count : files.count)
        let printer = ModalityPrinter(
            calling: calling, log: log, isQuiet: quiet || output.format == .json, total: total)
        let device = SimulatedModality(plan) { printer.take($0) }
        let totals = await Self.untilInterrupted(device)
        printer.finish()
        Stream.output(Self.summary(totals).rendered(output.format, terminal: .output))
        if totals.failed > 0 || (totals.stored == 0 && studies > 0) { throw ExitStatus.wrong }
    }

    private var form: SyntheticForm {
        var form = SyntheticForm()
        form.modality = modality
        form.series = series
        form.instances = instances
        if let size = size.flatMap({ ByteCount.read($0) }) {
            let pixels = max(1, size / (modality == .us ? 1 : 2))
            form.rows = min(8192, max(1, Int(Double(pixels).squareRoot())))
        } else {
            form.rows = rows ?? 512
        }
        form.columns = form.rows
        form.station = calling
        return form
    }

    private func plan() throws -> ModalityPlan {
        guard let place = to.flatMap({ HostAndPort($0) }) else {
            throw CommandFailure(.usage, "--to is missing", cure: "give --to HOST:PORT")
        }
        let peer = SimulatedAssociation.Peer(
            place: place, calling: ApplicationEntityTitle.trimmed(calling),
            called: ApplicationEntityTitle.trimmed(called), limit: answerLimit.duration)
        var plan = ModalityPlan(peer: peer, now: { Self.now() })
        plan.form = form
        plan.files = try files.map { try Self.file($0) }
        plan.documents = try document.map { try Self.file($0) }
        plan.renamesFiles = !keepUids
        plan.studies = studies == 0 ? nil : studies
        plan.associations = associations
        plan.interval = interval?.duration ?? .zero
        plan.rate = rate
        plan.usesWorklist = worklist
        plan.tellsStep = mpps
        plan.asksCommitment = commit
        plan.attempts = attempts == 0 ? nil : attempts
        plan.seed = seed ?? UInt64(truncatingIfNeeded: LocalTime.now)
        return plan
    }

    private func verify(_ peer: SimulatedAssociation.Peer) throws {
        do {
            let association = try SimulatedAssociation(
                peer, proposed: [(ServiceClass.verification, ServiceClass.plainTransfers)])
            try association.echo()
            association.release()
        } catch {
            throw CommandFailure(
                .wrong, "\(peer.place.description): \(error)", cure: "see hilum associations at the gateway")
        }
        Stream.output(output.said("\(peer.called) at \(peer.place.description) answers", ["answers": .bool(true)]))
    }

    /// Local time, `YYYYMMDDHHMMSS`.
    static func now() -> String { String(decoding: CaptureTime.written(CaptureTime.localNow()), as: UTF8.self) }

    /// A file as it is sent.
    static func file(_ path: String) throws -> ModalityFile {
        let bytes = try CaptureFile.bytes(path)
        let file: DICOMFile
        do {
            file = try DICOMFile.read(bytes)
        } catch {
            throw CommandFailure(.wrong, "\(path): \(error)", cure: "give DICOM files (PS3.10)")
        }
        func uid(_ tag: Tag) -> String { file.dataSet.string(tag) ?? "" }
        let coding = TransferSyntax(file.transferSyntax)
        // What was inflated or turned round is sent as it is now.
        let transfer =
            coding.isDeflated || file.transferSyntax == TransferSyntax.explicitBigEndian
            ? TransferSyntax.explicitLittleEndian : file.transferSyntax
        return ModalityFile(
            path: path,
            instance: OutgoingInstance(
                sopClass: uid(.sopClassUID), sopInstance: uid(.sopInstanceUID), series: uid(.seriesInstanceUID),
                study: uid(.studyInstanceUID), transferSyntax: transfer, dataSet: file.dataSet))
    }

    private func writeStudies(to folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.wrong, "\(folder): \(error.localizedDescription)", cure: "name another --write")
        }
        let first = seed ?? UInt64(truncatingIfNeeded: LocalTime.now)
        var written = 0
        for number in 0..<max(1, studies) {
            let study = SyntheticStudy(
                form, seed: first &+ UInt64(number) &* 0x9E37_79B9, now: seed == nil ? Self.now() : "20260318091500")
            for series in 0..<form.series {
                for instance in 0..<form.instances {
                    let made = study.instance(series, instance)
                    let file = DICOMFile(dataSet: made.dataSet, transferSyntax: made.transferSyntax)
                    let path = "\(folder)/\(number + 1)-\(series + 1)-\(instance + 1).dcm"
                    guard FileManager.default.createFile(atPath: path, contents: Data(file.encoded())) else {
                        throw CommandFailure(.wrong, "\(path) cannot be written", cure: "check the folder and its disk")
                    }
                    written += 1
                }
            }
        }
        Stream.output(output.said("\(written) files in \(folder)", ["files": .number(written)]))
    }

    /// Runs a modality on threads of its own; the first Ctrl-C ends it after the instances under way.
    static func untilInterrupted(_ device: SimulatedModality) async -> ModalityTotals {
        signal(SIGINT, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        let interrupt = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interrupt.setEventHandler { device.stop() }
        interrupt.resume()
        defer { interrupt.cancel() }
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: device.run()) }
        }
    }

    /// The totals as a listing of one row.
    static func summary(_ totals: ModalityTotals) -> Listing {
        func milliseconds(_ value: Int64?) -> Cell {
            guard let value else { return Cell(.null, "") }
            return Cell(.number(value), "\(Double(value / 10) / 100) ms")
        }
        let rate = totals.span > .zero ? Double(totals.stored) / totals.span.seconds : 0
        let rounded = (rate * 10).rounded() / 10
        var listing = Listing(columns: [
            Column("studies", "STUDIES", .right), Column("stored", "TAKEN", .right),
            Column("failed", "FAILED", .right), Column("committed", "COMMITTED", .right),
            Column("lost", "ASSOCIATIONS LOST", .right), Column("bytes", "BYTES", .right),
            Column("per_second", "A SECOND", .right), Column("p50_us", "P50", .right), Column("p99_us", "P99", .right),
        ])
        listing.rows = [
            [
                .number(totals.studies), .number(totals.stored, .good),
                .number(totals.failed, totals.failed > 0 ? .bad : .plain), .number(totals.committed),
                .number(totals.troubles, totals.troubles > 0 ? .warning : .plain),
                Cell(.number(totals.bytes), ByteCount.readable(Int64(totals.bytes))),
                Cell(.number("\(rounded)"), "\(rounded)"), milliseconds(totals.latency(0.5)),
                milliseconds(totals.latency(0.99)),
            ]
        ]
        return listing
    }
}

extension SyntheticForm.Modality: ExpressibleByArgument {
    init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}

/// Shows how far a simulated modality is, says on standard error what happens to it, and keeps its log.
final class ModalityPrinter: Sendable {
    private let calling: String
    private let log: AcknowledgementLog?
    private let isQuiet: Bool
    private let total: Int?
    private let progress: Mutex<(bar: ProgressBar, done: Int)>
    /// What was told last of what went wrong: told once until something else happens.
    private let lastTrouble = Mutex("")

    init(calling: String, log: AcknowledgementLog?, isQuiet: Bool, total: Int?) {
        self.calling = calling
        self.log = log
        self.isQuiet = isQuiet
        self.total = total
        progress = Mutex((ProgressBar("instances"), 0))
    }

    func take(_ event: ModalityEvent) {
        if case .stored(let study, let instance, let status, _) = event {
            log?.append([calling, study, instance, String(status, radix: 16)])
        }
        switch event {
        case .stored, .failed: step()
        case .began, .did, .trouble, .ended: break
        }
        guard !isQuiet, isNews(event), let line = Self.line(event, terminal: .error) else { return }
        progress.withLock { progress in
            progress.bar.finish()
            Stream.error("\(calling): \(line)\n")
        }
    }

    private func isNews(_ event: ModalityEvent) -> Bool {
        lastTrouble.withLock { last in
            switch event {
            case .trouble(let reason):
                defer { last = reason }
                return reason != last
            case .stored: last = ""
            case .began, .failed, .did, .ended: break
            }
            return true
        }
    }

    func finish() { progress.withLock { $0.bar.finish() } }

    private func step() {
        guard let total, !isQuiet else { return }
        progress.withLock { progress in
            progress.done += 1
            progress.bar.update(done: progress.done, of: total)
        }
    }

    /// One line about an event; nil: it is only counted.
    static func line(_ event: ModalityEvent, terminal: Terminal) -> String? {
        switch event {
        case .began(let study, let patient, let instances):
            return VisibleText.of("study \(study) of \(patient), \(instances) instances")
        case .stored: return nil
        case .failed(_, let instance, let status, let reason):
            let code = String(status, radix: 16, uppercase: true)
            return terminal.styled("failed", .bad) + VisibleText.of(" \(instance): \(code) \(reason)")
        case .did(let what): return VisibleText.of(what)
        case .trouble(let reason): return terminal.styled("trouble", .warning) + ": " + VisibleText.of(reason)
        case .ended(let study): return terminal.styled("sent", .good) + " study \(study)"
        }
    }
}
