import DriverKit
import DriverWire
import JSONText
import MLLP
import Testing

@testable import HL7AnalyserDriver

/// A driver with what it said so far.
struct Bench {
    let driver: HL7AnalyserDriver
    var events: [StreamDriverEvent] = []
    var now = DriverTime(monotonic: 0, unix: 1_710_736_680_000_000, utcOffset: 28800)

    init(_ options: String = "{}") throws {
        driver = try HL7AnalyserDriver(
            options: try JSONValue(parsing: options), now: DriverTime(monotonic: 0, unix: 0, utcOffset: 0))
    }

    mutating func receive(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { driver.receive($0, now: now, events: &events) }
    }

    mutating func receive(_ text: String) { receive(Array(text.utf8)) }

    /// A message as a block, line feeds for segment ends.
    mutating func block(_ text: String) { receive(MLLP.frame(text.replacing("\n", with: "\r").utf8)) }

    mutating func wait(milliseconds: Int64) {
        now.monotonic += milliseconds * 1000
        driver.timeout(now: now, events: &events)
    }

    mutating func submit(_ json: String) throws -> SubmitOutcome {
        driver.submit(try JSONValue(parsing: json), now: now, events: &events)
    }

    mutating func finish() { driver.finish(now: now, events: &events) }

    var messages: [DeviceMessage] {
        events.compactMap { if case .message(let message, _, _) = $0 { message } else { nil } }
    }

    var queries: [DeviceMessage] {
        events.compactMap { if case .query(let message, _, _) = $0 { message } else { nil } }
    }

    var orders: [DeviceMessage] {
        events.compactMap { if case .order(let message, _, _) = $0 { message } else { nil } }
    }

    /// What went out, frames off, CR as line feed.
    var sent: [String] {
        events.compactMap {
            guard case .transmit(let bytes, _) = $0 else { return nil }
            return String(decoding: bytes.filter { $0 != 0x0B && $0 != 0x1C }, as: UTF8.self).replacing(
                "\r", with: "\n")
        }
    }

    var faults: [(FaultSeverity, String)] {
        events.compactMap { if case .fault(let severity, let text, _, _) = $0 { (severity, text) } else { nil } }
    }

    var lastDeadline: Int64?? {
        events.reversed().lazy.compactMap { if case .deadline(let time) = $0 { Optional(time) } else { nil } }.first
    }
}

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Bytes cut at random places.
    mutating func pieces(of bytes: [UInt8], longest: Int = 40) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...min(rest.count, longest), using: &self)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}
