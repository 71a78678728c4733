import ArgumentParser
import Delivery
import Dispatch
import Foundation
import Glibc
import JSONText
import Transport

/// `hilum simulate emr`
struct SimulateEMRCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emr",
        abstract: "Play an EMR: take ORU^R01 over MLLP and FHIR transactions over HTTP, print and keep what comes.",
        discussion: """
            EXAMPLES
              hilum simulate emr --mllp 2575 --fhir 8080 --dir received
              hilum simulate emr --mllp 2575 --refuse-every 5 --reject       every fifth message is refused for good
              hilum simulate emr --mllp 2575 --silent                        takes everything, answers nothing
            """)

    @Option(help: "Take HL7 v2 on this port, or ADDRESS:PORT. 127.0.0.1 unless an address is written.")
    var mllp: PlaceArgument?
    @Option(help: "Take FHIR on this port, or ADDRESS:PORT.")
    var fhir: PlaceArgument?
    @Option(help: "Keep what comes in this folder.", completion: .directory)
    var dir: String?
    @Option(help: "Refuse every nth message: AE, HTTP 503.")
    var refuseEvery = 0
    @Flag(help: "Refuse for good: AR, HTTP 422.")
    var reject = false
    @Option(help: "Wait before each answer: 500ms.")
    var delay: DurationArgument?
    @Option(help: "Name another message in every nth acknowledgement.")
    var wrongEvery = 0
    @Option(help: "Close the connection instead of answering every nth message.")
    var dropEvery = 0
    @Flag(help: "Close the connection after each answer.")
    var close = false
    @Flag(help: "Answer nothing.")
    var silent = false
    @Option(help: "Stop after so many messages; 0: Ctrl-C stops.")
    var count = 0
    @OptionGroup var output: FormatOption

    func validate() throws {
        if mllp == nil, fhir == nil { throw ValidationError("give --mllp, --fhir or both") }
        for value in [refuseEvery, wrongEvery, dropEvery, count] where value < 0 {
            throw ValidationError("a count is 0 or more")
        }
    }

    func run() async throws {
        if let dir {
            do {
                try FileManager.default.createDirectory(atPath: dir, withIntermediateDirectories: true)
            } catch {
                throw CommandFailure(
                    .wrong, "\(dir) cannot be made: \(error.localizedDescription)", cure: "name another --dir")
            }
        }
        let (events, feed) = AsyncStream.makeStream(of: EMRReceiver.Received.self)
        let receiver = EMRReceiver(
            mllp: mllp?.address, http: fhir?.address, behaviour: behaviour, clock: SystemClock()
        ) { [dir] received in
            // Kept before it is answered, as an EMR would.
            if let dir { Self.keep(received, in: dir) }
            feed.yield(received)
        }
        do {
            let ports = try await receiver.start()
            if let port = ports.mllp { Stream.error("HL7 v2 on port \(port)\n") }
            if let port = ports.http { Stream.error("FHIR R4 on port \(port)\n") }
        } catch {
            throw CommandFailure(.wrong, "cannot listen: \(error)", cure: "choose a port that is free")
        }
        signal(SIGINT, SIG_IGN)
        let interrupt = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interrupt.setEventHandler { feed.finish() }
        interrupt.resume()
        let listing = Self.listing
        if output.format == .table { Stream.output(listing.liveHeading(terminal: .output)) }
        var taken = 0
        for await received in events {
            let row = Self.row(received)
            Stream.output(output.format == .json ? listing.json(row) : listing.liveRow(row, terminal: .output))
            taken += 1
            if count > 0, taken >= count { break }
        }
        interrupt.cancel()
        // What was printed last is answered after it was told of.
        try await Task.sleep(for: .milliseconds(200))
        await receiver.stop()
    }

    private var behaviour: EMRReceiver.Behaviour {
        var behaviour = EMRReceiver.Behaviour()
        behaviour.refusesEvery = refuseEvery
        behaviour.refusal = reject ? .reject : .error
        behaviour.delay = delay?.duration ?? .zero
        behaviour.isWrongEvery = wrongEvery
        behaviour.dropsEvery = dropEvery
        behaviour.closesAfterEach = close
        behaviour.isSilent = silent
        return behaviour
    }

    private static func keep(_ received: EMRReceiver.Received, in folder: String) {
        let digits = String(received.number)
        let name = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        let path = "\(folder)/\(name).\(received.way == .mllp ? "hl7" : "json")"
        if !FileManager.default.createFile(atPath: path, contents: Data(received.bytes)) {
            Stream.error("\(path) cannot be written\n")
        }
    }

    private static var listing: Listing {
        Listing(columns: [
            Column("number", "NUMBER", .right, live: 8), Column("way", "WAY", live: 4),
            Column("peer", "FROM", live: 21),
            Column("id", "ID", live: 20), Column("about", "ABOUT", live: 20), Column("bytes", "BYTES", .right, live: 7),
            Column("answer", "ANSWER", live: 8),
        ])
    }

    /// What came, in a row: the message's id, and the specimen or the number of resources.
    static func row(_ received: EMRReceiver.Received) -> [Cell] {
        var (id, about) = ("", "")
        switch received.way {
        case .mllp:
            id = String(decoding: Capture.controlID(received.bytes[...]), as: UTF8.self)
            let specimen =
                Capture.field(received.bytes[...], segment: "SPM", number: 2)
                ?? Capture.field(received.bytes[...], segment: "OBR", number: 3)
            about = specimen.map { String(decoding: $0, as: UTF8.self) } ?? ""
        case .http:
            let json = try? JSONValue(parsing: received.bytes)
            id = json?["id"]?.string ?? ""
            about = "\(json?["entry"]?.array?.count ?? 0) resources"
        }
        return [
            .number(received.number), .text(received.way == .mllp ? "hl7" : "fhir"), .text(received.peer), .text(id),
            .text(about), .number(received.bytes.count), .text(received.answer),
        ]
    }
}

/// A place to listen on the command line: `2575`, `0.0.0.0:2575`.
struct PlaceArgument: ExpressibleByArgument, Sendable {
    /// The place.
    var address: EMRReceiver.Address

    init?(argument: String) {
        if let port = Int(argument), (0...65535).contains(port) {
            address = EMRReceiver.Address(port: port)
        } else if let place = HostAndPort(argument) {
            address = EMRReceiver.Address(host: place.host, port: place.port)
        } else {
            return nil
        }
    }
}
