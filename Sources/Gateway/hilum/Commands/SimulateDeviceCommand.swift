import ArgumentParser
import DeviceProfile
import Dispatch
import Foundation
import Glibc

/// `hilum simulate [device]`
struct SimulateDeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device",
        abstract: "Play a capture as the device would, waiting for its acknowledgements.",
        discussion: """
            The framing is seen from the bytes: LIS01 frames (ENQ, ACK or NAK after every frame, EOT), MLLP
            blocks (an acknowledgement whose MSA-2 is the message's MSH-10), records or messages kept
            without framing (framed here). A message that was refused, not answered or broken off is sent
            again, as devices do. With a profile of another protocol (POCT1-A, blocks of a vendor) the bytes
            are sent as captured.

            --timed plays a recording of hilum capture with its pauses (10 s at most), after the host has
            said as much as it said then.

            EXAMPLES
              hilum simulate --capture day.bin --to tcp:127.0.0.1:5000
              hilum simulate --capture vega.capture --timed --to tcp:127.0.0.1:5000
              hilum simulate --capture day.bin --to pty:/tmp/xn --profile sysmex-xn1000 --count 0 --interval 2s
              hilum simulate --capture day.bin --to tcp:127.0.0.1:5000 --count 1000 --rate 50 --rewrite-ids --log acks.tsv

            Exit status: 0 everything was acknowledged, 1 something was not.
            """)

    @Option(help: ArgumentHelp("The capture to play.", valueName: "file"), completion: .file())
    var capture: String

    @Option(help: "tcp:HOST:PORT, listen:[ADDRESS:]PORT, serial:PATH, pty:LINK (makes a pseudo-terminal).")
    var to: LineAddress

    @Option(help: ArgumentHelp("Profile, for its serial line and its protocol.", valueName: "id"))
    var profile: String?

    @Option(help: "Name in the log.")
    var name = "device"

    @Option(help: "How often the capture is played; 0: until stopped.")
    var count = 1

    @Option(help: "Pause between messages: 500ms, 2s.")
    var interval: DurationArgument?

    @Option(help: "Messages a second, at most.")
    var rate: Double?

    @Flag(help: "Fresh specimen ids, message ids and times, with checksums put right.")
    var rewriteIds = false

    @Option(help: "Send random pieces of 1 to this many bytes.")
    var pieces: Int?

    @Option(help: "Seed of random pieces and fresh ids.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Append a line for each acknowledged message, synced to disk.", valueName: "file"))
    var log: String?

    @Option(help: "How long to wait for an answer.")
    var answerLimit = DurationArgument(.seconds(15))

    @Option(help: "Sends of one message before it is given up; 0: never.")
    var attempts = 6

    @Flag(help: "A recording of hilum capture: keep its pauses and turns.")
    var timed = false

    @Flag(help: "HL7: do not wait for acknowledgements.")
    var oneWay = false

    @Flag(help: "Print nothing but the totals.")
    var quiet = false

    @OptionGroup var output: FormatOption

    func validate() throws {
        guard count >= 0 else { throw ValidationError("--count is 0 or more") }
        guard attempts >= 0 else { throw ValidationError("--attempts is 0 or more") }
        if let pieces, !(1...65_536).contains(pieces) { throw ValidationError("--pieces is 1 to 65536") }
        if let rate, !(rate > 0 && rate <= 1_000_000) { throw ValidationError("--rate is more than 0") }
        if timed, rewriteIds { throw ValidationError("--timed plays what was recorded: without --rewrite-ids") }
        if rate != nil, interval != nil { throw ValidationError("give --rate or --interval, not both") }
    }

    func run() async throws {
        let plan = try plan()
        let log = try log.map { try AcknowledgementLog(path: $0) }
        let printer = SimulationPrinter(device: name, log: log, isQuiet: quiet || output.format == .json)
        let device = SimulatedDevice(plan) { printer.take($0) }
        let totals = try await Self.untilInterrupted(device)
        Stream.output(Self.summary(totals).rendered(output.format, terminal: .output))
        if totals.refused > 0 || (totals.acknowledged == 0 && count > 0) { throw ExitStatus.wrong }
    }

    private func plan() throws -> SimulationPlan {
        let bytes = try CaptureFile.bytes(capture)
        let isKnown = try profile.map { try Self.isPlayed(by: $0, bytes) } ?? true
        let recorded = timed ? Capture(recorded: try CaptureFile.contents(capture)) : nil
        if timed, recorded == nil {
            throw CommandFailure(
                .wrong, "\(capture) is no recording in which a device speaks",
                cure: "leave --timed out, or record one with hilum capture")
        }
        guard let read = recorded ?? (isKnown ? Capture(bytes) : Capture(asCaptured: bytes)) else {
            throw CommandFailure(
                .wrong, "\(capture): neither frames, blocks nor records in it",
                cure: "give bytes as a device sends them by LIS01 or HL7")
        }
        var plan = SimulationPlan(capture: read, address: to)
        plan.name = name
        plan.count = count == 0 ? nil : count
        plan.interval = interval?.duration ?? rate.map { .microseconds(Int64(1_000_000 / $0)) } ?? .zero
        if rewriteIds {
            plan.rewriter = IdentityRewriter(seed: seed)
            plan.movesTimes = true
        }
        plan.pieces = pieces
        plan.seed = seed
        plan.answerLimit = answerLimit.duration
        plan.attempts = attempts == 0 ? nil : attempts
        plan.isOneWay = oneWay
        if let profile { plan.form = try Self.form(of: profile) }
        return plan
    }

    /// Whether the capture is of a protocol whose answers are waited for here.
    private static func isPlayed(by id: String, _ capture: [UInt8]) throws -> Bool {
        let profile = try ProfileLookup.profile(id)
        let driver = (profile.variant(matching: capture)?.profile ?? profile).driver
        return ["lis", "hl7-analyser"].contains(driver)
    }

    private static func form(of id: String) throws -> DeviceLine.SerialForm {
        let profile = try ProfileLookup.profile(id)
        let usual = profile.link.serial ?? LinkDefaults.Serial()
        return DeviceLine.SerialForm(
            baud: usual.baud, dataBits: usual.dataBits, parity: usual.parity.rawValue, stopBits: usual.stopBits)
    }

    /// Runs a device on a thread of its own; the first Ctrl-C ends it after the message under way.
    static func untilInterrupted(_ device: SimulatedDevice) async throws -> SimulationTotals {
        signal(SIGINT, SIG_IGN)
        let interrupt = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interrupt.setEventHandler { device.stop() }
        interrupt.resume()
        defer { interrupt.cancel() }
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    continuation.resume(returning: try device.run())
                } catch {
                    continuation.resume(
                        throwing: CommandFailure(
                            .wrong, "\(error)", cure: "check --to, and that nobody else has it open"))
                }
            }
        }
    }

    /// The totals as a listing of one row.
    static func summary(_ totals: SimulationTotals) -> Listing {
        func milliseconds(_ value: Int64?) -> Cell {
            guard let value else { return Cell(.null, "") }
            return Cell(.number(value), "\(Double(value / 10) / 100) ms")
        }
        var listing = Listing(columns: [
            Column("acknowledged", "ACKNOWLEDGED", .right), Column("refused", "REFUSED", .right),
            Column("repeated", "SENT AGAIN", .right), Column("p50_us", "ACK P50", .right),
            Column("p99_us", "ACK P99", .right),
        ])
        listing.rows = [
            [
                .number(totals.acknowledged, .good), .number(totals.refused, totals.refused > 0 ? .bad : .plain),
                .number(totals.repeated, totals.repeated > 0 ? .warning : .plain),
                milliseconds(totals.latency(0.5)), milliseconds(totals.latency(0.99)),
            ]
        ]
        return listing
    }
}

/// Says on standard error what happens to a simulated device, and keeps its log.
final class SimulationPrinter: Sendable {
    private let device: String
    private let isQuiet: Bool
    private let log: AcknowledgementLog?

    init(device: String, log: AcknowledgementLog?, isQuiet: Bool) {
        self.device = device
        self.isQuiet = isQuiet
        self.log = log
    }

    func take(_ event: SimulationEvent) {
        if case .acknowledged(let message, _) = event { log?.append(message, device: device) }
        guard !isQuiet else { return }
        Stream.error(Self.line(event, device: device, terminal: .error) + "\n")
    }

    /// One line about an event.
    static func line(_ event: SimulationEvent, device: String, terminal: Terminal) -> String {
        func named(_ message: SimulatedMessage) -> String {
            let more = message.specimens.count > 3 ? ["and \(message.specimens.count - 3) more"] : []
            let words = ["message \(message.repetition + 1).\(message.index + 1)"] + message.specimens.prefix(3) + more
            return words.joined(separator: " ")
        }
        let text =
            switch event {
            case .connected: terminal.styled("connected", .good)
            case .disconnected(let reason): terminal.styled("no line", .warning) + ": \(VisibleText.of(reason))"
            case .acknowledged(let message, let span):
                terminal.styled("acknowledged", .good) + " \(VisibleText.of(named(message))) in \(span.milliseconds) ms"
            case .refused(let message, let reason):
                terminal.styled("refused", .bad) + " \(VisibleText.of("\(named(message)): \(reason)"))"
            case .repeated(let message, let reason):
                terminal.styled("again", .warning) + " \(VisibleText.of("\(named(message)): \(reason)"))"
            }
        return "\(device): \(text)"
    }
}
