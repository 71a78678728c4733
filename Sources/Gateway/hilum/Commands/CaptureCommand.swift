import ArgumentParser
import Dispatch
import Foundation
import Glibc
import Synchronization
import Transport

/// `hilum capture`
struct CaptureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Stand between an analyser and its present host, pass everything on, and record both sides.",
        discussion: """
            Both ways are recorded with their times, byte for byte. The file is text, one event a line,
            whole at every moment; hilum decode, simulate, replay of a profile's captures and profile draft
            read what the device said from it. Where the file cannot be written, the line goes on and the
            gap is told.

            TCP: the analyser is told to dial this machine; each of its connections is passed on to the host
            by a connection of its own. An end of one side ends the other, a reset resets it. A host that
            does not answer is seen by the analyser as a connection that is accepted and then reset.

            Serial: this machine stands between with two ports, or with one port and a TCP host. Signals
            like RTS and CTS are not passed on: --flow is what this machine does with each side by itself.
            With --listen-only nothing is ever written: one port hears one wire, two ports hear both
            (docs/links.md says how to wire it).

            EXAMPLES
              hilum capture --device listen:0.0.0.0:5001 --host tcp:10.1.2.3:5000 --output vega.capture
              hilum capture --device serial:/dev/ttyUSB0 --host serial:/dev/ttyUSB1 --baud 4800 --parity even --output au.capture
              hilum capture --device serial:/dev/ttyUSB0 --host tcp:10.1.2.3:4001 --output au.capture
              hilum capture --listen-only --device serial:/dev/ttyUSB0 --output heard.capture
              hilum decode --profile generic-lis vega.capture

            Exit status after Ctrl-C: 0 everything is in the file, 1 something is not.
            """)

    @Option(help: "The analyser: listen:[ADDRESS:]PORT, where it dials; serial:PATH; tcp:HOST:PORT, where it waits.")
    var device: LineAddress
    @Option(help: "Its present host: tcp:HOST:PORT or serial:PATH; with --listen-only, the port that hears the host.")
    var host: LineAddress?
    @Flag(help: "Never write to a port: only hear.") var listenOnly = false
    @OptionGroup(title: "SERIAL LINES") var serial: SerialLineOptions
    @Option(help: ArgumentHelp("The file to write; it must not be there yet.", valueName: "file"), completion: .file())
    var output: String
    @Option(help: "table: aligned columns; json: one JSON object a line.")
    var format = OutputFormat.table

    func validate() throws {
        func isSerial(_ address: LineAddress?) -> Bool { if case .serial? = address { true } else { false } }
        for case .pseudoTerminal? in [device, host] {
            throw ValidationError("pty: is no line to tap; write serial:PATH")
        }
        if listenOnly {
            guard isSerial(device), host == nil || isSerial(host) else {
                throw ValidationError(
                    "--listen-only hears serial lines: --device serial:PATH, perhaps --host serial:PATH")
            }
            return
        }
        guard let host else { throw ValidationError("--host is missing; to hear only, add --listen-only") }
        if case .listen = host { throw ValidationError("--host is tcp:HOST:PORT or serial:PATH") }
        if case .connect = device, !isSerial(host) {
            throw ValidationError("between two TCP ends the device dials: --device listen:[ADDRESS:]PORT")
        }
        if device == host { throw ValidationError("--device and --host are the same line") }
    }

    func run() async throws {
        let listener: ListeningSocket?
        let recorder: CaptureRecorder
        do {
            if case .listen(let place) = device { listener = try ListeningSocket(place) } else { listener = nil }
            recorder = try CaptureRecorder(path: output)
        } catch {
            throw CommandFailure(.wrong, "\(error)", cure: "check the port, and that the file is not there yet")
        }
        let isStopped = StopFlag()
        // A limit on file sizes is a full disk like any other.
        signal(SIGXFSZ, SIG_IGN)
        var sources: [any DispatchSourceSignal] = []
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { isStopped.set() }
            source.resume()
            sources.append(source)
        }
        let far = self.host.map { "\(self.device) \(listenOnly ? "and" : "to") \($0)" } ?? "\(self.device)"
        Stream.error("recording \(far) into \(output); Ctrl-C ends it\n")
        let (host, device, isListenOnly, form) = (host, device, listenOnly, serial)
        let connections = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                if let listener, case .connect? = host, let host {
                    let count = Self.accept(listener, host: host, recorder: recorder, isStopped: isStopped)
                    return continuation.resume(returning: count)
                }
                let tap = LineTap(
                    device: ("the device", Self.opening(device, form, listener)),
                    host: host.map { ("the host", Self.opening($0, form, nil)) }, isListenOnly: isListenOnly,
                    recorder: recorder, say: { Stream.error(VisibleText.of($0) + "\n") })
                tap.run(until: isStopped)
                continuation.resume(returning: tap.connections)
            }
        }
        for source in sources { source.cancel() }
        recorder.note("the recording was ended", connection: 0)
        recorder.finish()
        let totals = recorder.totals
        var listing = Listing(columns: [
            Column("file", "FILE", flexible: true), Column("connections", "CONNECTIONS", .right),
            Column("device_bytes", "FROM DEVICE", .right), Column("host_bytes", "FROM HOST", .right),
            Column("lost_bytes", "NOT RECORDED", .right),
        ])
        listing.rows = [
            [
                .text(output), .number(connections), .number(totals.device), .number(totals.host),
                .number(totals.lost, totals.lost > 0 ? .bad : .plain),
            ]
        ]
        Stream.output(listing.rendered(format, terminal: .output))
        if totals.lost > 0 { throw ExitStatus.wrong }
    }

    /// How a side is opened, again where it was lost.
    private static func opening(
        _ address: LineAddress, _ form: SerialLineOptions, _ listener: ListeningSocket?
    ) -> LineTap.Opening {
        let settings: SerialSettings? = if case .serial(let path) = address { form.settings(path) } else { nil }
        return {
            if let settings { return LineTap.SentEndpoint(endpoint: TapEndpoint(try SerialPort.open(settings))) }
            let line = try DeviceLine.open(address, form: DeviceLine.SerialForm(), listener: listener)
            return line.map { LineTap.SentEndpoint(endpoint: TapEndpoint(socket: $0.detach())) }
        }
    }

    /// Takes connections until it is stopped; each is passed on by threads of its own.
    private static func accept(
        _ listener: ListeningSocket, host: LineAddress, recorder: CaptureRecorder, isStopped: StopFlag
    ) -> Int {
        var connections = 0
        while !isStopped.isSet {
            guard let device = try? listener.accept(limit: .milliseconds(200))?.detach() else { continue }
            connections += 1
            let number = connections
            // A host that takes its time must not keep other devices waiting.
            Thread.detachNewThread {
                do {
                    guard let line = try DeviceLine.open(host, form: DeviceLine.SerialForm(), listener: nil) else {
                        return
                    }
                    recorder.note("connected", connection: number)
                    TCPTap(device: device, host: line.detach(), number: number, recorder: recorder).start()
                } catch {
                    recorder.note("the host cannot be reached: \(error)", connection: number)
                    TCPTap.willReset(device)
                    _ = Glibc.close(device)
                }
            }
        }
        return connections
    }
}

/// Set once, from a signal.
final class StopFlag: Sendable {
    private let flag = Mutex(false)
    /// Whether it is set.
    var isSet: Bool { flag.withLock { $0 } }
    /// Sets it.
    func set() { flag.withLock { $0 = true } }
}
