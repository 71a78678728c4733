import DriverKit
import DriverWire
import JSONText

@testable import LISDriver

/// A small generator with a seed (SplitMix64).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Runs a driver over bytes in simulated time.
struct Replay {
    enum Pieces {
        case whole
        case fixed(Int)
        case random(UInt64)
    }
    struct Fault: Equatable {
        var severity: FaultSeverity
        var text: String
        var start: UInt64
        var end: UInt64
    }

    var messages: [DeviceMessage] = []
    var spans: [Range<UInt64>] = []
    var queries: [DeviceMessage] = []
    var orders: [DeviceMessage] = []
    var faults: [Fault] = []
    var transmitted: [UInt8] = []
    var held: [UInt8] = []
    var deadline: Int64?

    mutating func take(_ events: [StreamDriverEvent]) {
        for event in events {
            switch event {
            case .transmit(let bytes, let isImmediate):
                transmitted += bytes
                if !isImmediate { held += bytes }
            case .message(let message, let start, let end):
                messages.append(message)
                spans.append(start..<max(start, end))
            case .query(let message, _, _): queries.append(message)
            case .order(let message, _, _): orders.append(message)
            case .deadline(let time): deadline = time
            case .fault(let severity, let text, let start, let end):
                faults.append(Fault(severity: severity, text: text, start: start, end: end))
            case .acknowledge: break
            }
        }
    }

    static func run(_ bytes: [UInt8], options: JSONValue, pieces: Pieces, finishes: Bool = true) throws -> Replay {
        var replay = Replay()
        var time = DriverTime(monotonic: 0, unix: 0, utcOffset: 0)
        let driver = try LISDriver(options: options, now: time)
        var generator = SplitMix64(state: 0)
        if case .random(let seed) = pieces { generator.state = seed }
        var index = 0
        while index < bytes.count {
            let count =
                switch pieces {
                case .whole: bytes.count
                case .fixed(let count): count
                case .random: Int.random(in: 1...300, using: &generator)
                }
            let end = min(bytes.count, index + count)
            time.monotonic += 1000
            replay.receive(bytes[index..<end], driver, now: time)
            index = end
        }
        if finishes {
            var events: [StreamDriverEvent] = []
            driver.finish(now: time, events: &events)
            replay.take(events)
        }
        return replay
    }

    mutating func receive(_ bytes: some Collection<UInt8>, _ driver: LISDriver, now: DriverTime) {
        var events: [StreamDriverEvent] = []
        Array(bytes).withUnsafeBytes { driver.receive($0, now: now, events: &events) }
        take(events)
    }

    /// Results as the corpus compares them: attachments are none.
    var rows: [Comparison.Row] {
        messages.flatMap { message in
            message.results.filter { $0.role != .attachment }.map { Comparison.Row(message: message, result: $0) }
        }
    }
}
