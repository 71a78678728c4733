import DriverKit
import DriverWire
import JSONText

/// A small generator with a seed (SplitMix64).
public struct SplitMix64: RandomNumberGenerator {
    /// The seed, then the state.
    public var state: UInt64
    /// A generator with a seed.
    public init(state: UInt64) { self.state = state }
    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A driver in simulated time, and all it said.
public struct Replay {
    /// How bytes come.
    public enum Pieces: Sendable {
        case whole
        case fixed(Int)
        case random(UInt64)
    }
    /// A fault told.
    public struct Fault: Equatable, Sendable {
        /// Who has to look.
        public var severity: FaultSeverity
        /// For people.
        public var text: String
        /// Offsets.
        public var start: UInt64
        /// One past the end.
        public var end: UInt64
    }

    /// The driver.
    public let driver: any StreamDriver
    /// Time of the next call.
    public var now = DriverTime(monotonic: 0, unix: 1_710_000_000_000_000, utcOffset: 0)
    /// Messages of kind results and event.
    public private(set) var messages: [DeviceMessage] = []
    /// Where each came from.
    public private(set) var spans: [Range<UInt64>] = []
    /// Queries.
    public private(set) var queries: [DeviceMessage] = []
    /// What became of orders.
    public private(set) var orders: [DeviceMessage] = []
    /// Faults.
    public private(set) var faults: [Fault] = []
    /// All that was put on the wire.
    public private(set) var transmitted: [UInt8] = []
    /// How often received data was said to be taken without an answer on the wire.
    public private(set) var acknowledged = 0
    /// The kinds of events in their order: `message`, `held`, `now`, `acknowledge`, `query`, `order`.
    public private(set) var kinds: [String] = []
    /// The deadline asked for last.
    public private(set) var deadline: Int64?

    /// Opens an instance.
    public init(_ type: any StreamDriver.Type, _ options: String = "{}") throws {
        driver = try type.init(
            options: try JSONValue(parsing: options), now: DriverTime(monotonic: 0, unix: 0, utcOffset: 0))
    }

    /// Runs a capture through a fresh instance.
    public static func run(
        _ type: any StreamDriver.Type, _ options: String, _ bytes: [UInt8], pieces: Pieces = .whole, ends: Bool = true
    ) throws -> Replay {
        var replay = try Replay(type, options)
        replay.feed(bytes, pieces: pieces)
        if ends { replay.finish() }
        return replay
    }

    /// Bytes come, a millisecond a piece.
    public mutating func feed(_ bytes: [UInt8], pieces: Pieces = .whole) {
        var generator = SplitMix64(state: 0)
        if case .random(let seed) = pieces { generator.state = seed }
        var index = 0
        while index < bytes.count {
            let count =
                switch pieces {
                case .whole: bytes.count
                case .fixed(let count): count
                case .random: Int.random(in: 1...40, using: &generator)
                }
            let end = min(bytes.count, index + count)
            var events: [StreamDriverEvent] = []
            bytes[index..<end].withUnsafeBytes { driver.receive($0, now: now, events: &events) }
            take(events)
            now.monotonic += 1000
            index = end
        }
    }

    /// Text comes.
    public mutating func feed(_ text: String) { feed(Array(text.utf8)) }

    /// Nothing comes: every deadline that is asked for within an hour is met. Returns how many.
    @discardableResult
    public mutating func silence() -> Int {
        let start = now.monotonic
        var met = 0
        while let time = deadline, time < start + 3_600_000_000, met < 2000 {
            now.monotonic = max(now.monotonic, time)
            deadline = nil
            var events: [StreamDriverEvent] = []
            driver.timeout(now: now, events: &events)
            take(events)
            met += 1
        }
        return met
    }

    /// The link ends.
    public mutating func finish() {
        var events: [StreamDriverEvent] = []
        driver.finish(now: now, events: &events)
        take(events)
    }

    /// An order is handed over.
    @discardableResult
    public mutating func submit(_ order: String) throws -> SubmitOutcome {
        var events: [StreamDriverEvent] = []
        let outcome = driver.submit(try JSONValue(parsing: order), now: now, events: &events)
        take(events)
        return outcome
    }

    private mutating func take(_ events: [StreamDriverEvent]) {
        for event in events {
            switch event {
            case .transmit(let bytes, let isImmediate):
                transmitted += bytes
                kinds.append(isImmediate ? "now" : "held")
            case .message(let message, let start, let end):
                messages.append(message)
                spans.append(start..<max(start, end))
                kinds.append("message")
            case .query(let message, _, _):
                queries.append(message)
                kinds.append("query")
            case .order(let message, _, _):
                orders.append(message)
                kinds.append("order")
            case .deadline(let time): deadline = time
            case .fault(let severity, let text, let start, let end):
                faults.append(Fault(severity: severity, text: text, start: start, end: end))
            case .acknowledge:
                acknowledged += 1
                kinds.append("acknowledge")
            }
        }
    }

    /// Results as the corpus compares them: attachments are none.
    public var rows: [Comparison.Row] {
        messages.flatMap { message in
            message.results.filter { $0.role != .attachment }.map { Comparison.Row(message: message, result: $0) }
        }
    }

    /// Texts of the faults of a severity.
    public func faults(_ severity: FaultSeverity) -> [String] {
        faults.filter { $0.severity == severity }.map(\.text)
    }
}
