import ArgumentParser
import Dispatch
import Foundation
import Glibc
import Synchronization

/// `hilum capture`
struct CaptureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Stand between an analyser and its present host, pass everything on, and record both sides.",
        discussion: """
            The analyser is told to dial this machine; each of its connections is passed on to the host by a connection of its own.
            Bytes go on at once and as they are; an end of one side ends the other, a reset resets it. Where the file cannot be
            written, the line goes on and the gap is told. A host that does not answer is seen by the analyser as a connection that
            is accepted and then reset. The file is text, one event a line, whole at every moment; hilum decode, simulate and
            profile draft read what the device said from it. Serial lines cannot be recorded yet.

            EXAMPLES
              hilum capture --device listen:0.0.0.0:5001 --host tcp:10.1.2.3:5000 --output vega.capture
              hilum decode --profile generic-lis vega.capture

            Exit status after Ctrl-C: 0 everything is in the file, 1 something is not.
            """)

    @Option(help: "Where the analyser dials: listen:[ADDRESS:]PORT.")
    var device: LineAddress
    @Option(help: "Its present host: tcp:HOST:PORT.")
    var host: LineAddress
    @Option(help: ArgumentHelp("The file to write; it must not be there yet.", valueName: "file"), completion: .file())
    var output: String
    @Option(help: "table: aligned columns; json: one JSON object a line.")
    var format = OutputFormat.table

    func validate() throws {
        guard case .listen = device else {
            throw ValidationError("--device is listen:[ADDRESS:]PORT: serial lines cannot be recorded yet")
        }
        guard case .connect = host else {
            throw ValidationError("--host is tcp:HOST:PORT: serial lines cannot be recorded yet")
        }
    }

    func run() async throws {
        guard case .listen(let place) = device else { return }
        let listener: ListeningSocket
        let recorder: CaptureRecorder
        do {
            listener = try ListeningSocket(place)
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
        Stream.error("recording \(device) to \(host) into \(output); Ctrl-C ends it\n")
        let host = host
        let connections = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: Self.accept(listener, host: host, recorder: recorder, isStopped: isStopped))
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
