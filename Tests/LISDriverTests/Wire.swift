import DriverKit
import JSONText
import LIS01

@testable import LISDriver

let enq = ControlCharacter.enq
let eot = ControlCharacter.eot
let ack = ControlCharacter.ack
let nak = ControlCharacter.nak

/// A LIS01 session of these records, one a frame.
func session(_ records: [String], endsWithEOT: Bool = true) -> [UInt8] {
    let text = Array(records.map { $0 + "\r" }.joined().utf8)
    return [enq] + LIS01Framing.frames(of: text, options: LIS01Options()).flatMap { $0 } + (endsWithEOT ? [eot] : [])
}

/// A driver with what it said, in simulated time.
struct Bench {
    let driver: LISDriver
    var replay = Replay()
    var now = DriverTime(monotonic: 0, unix: 1_710_763_200_000_000, utcOffset: 28800)

    init(_ options: String = "{}") throws {
        driver = try LISDriver(options: try JSONValue(parsing: options), now: now)
    }

    mutating func receive(_ bytes: [UInt8]) { replay.receive(bytes, driver, now: now) }

    mutating func timeout(after seconds: Int64) {
        now.monotonic += seconds * 1_000_000
        var events: [StreamDriverEvent] = []
        driver.timeout(now: now, events: &events)
        replay.take(events)
    }

    mutating func finish() {
        var events: [StreamDriverEvent] = []
        driver.finish(now: now, events: &events)
        replay.take(events)
    }

    mutating func submit(_ order: String) throws -> SubmitOutcome {
        var events: [StreamDriverEvent] = []
        let outcome = driver.submit(try JSONValue(parsing: order), now: now, events: &events)
        replay.take(events)
        return outcome
    }

    /// What was transmitted since the last call.
    mutating func transmitted() -> [UInt8] {
        defer { replay.transmitted = [] }
        return replay.transmitted
    }
}
