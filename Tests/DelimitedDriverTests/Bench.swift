import DriverKit
import DriverWire
import JSONText

@testable import DelimitedDriver

/// A driver with what it said so far, in simulated time.
struct Bench {
    let driver: DelimitedDriver
    var events: [StreamDriverEvent] = []
    var now = DriverTime(monotonic: 0, unix: 1_710_744_600_000_000, utcOffset: 28800)

    /// Options of a table with the columns Sample, Test, Result, Unit.
    static let table =
        #"{"head":["Sample","Test","Result"],"specimen":"Sample","code":"Test","value":"Result","unit":"Unit""#

    init(_ options: String = table + "}") throws {
        driver = try DelimitedDriver(
            options: try JSONValue(parsing: options), now: DriverTime(monotonic: 0, unix: 0, utcOffset: 0))
    }

    /// The table with further options.
    init(table more: String) throws { try self.init("\(Bench.table),\(more)}") }

    mutating func receive(_ bytes: some Collection<UInt8>) {
        Array(bytes).withUnsafeBytes { driver.receive($0, now: now, events: &events) }
    }

    mutating func receive(_ text: String) { receive(Array(text.utf8)) }

    mutating func wait(milliseconds: Int64) {
        now.monotonic += milliseconds * 1000
        driver.timeout(now: now, events: &events)
    }

    mutating func finish() { driver.finish(now: now, events: &events) }

    var messages: [DeviceMessage] {
        events.compactMap { if case .message(let message, _, _) = $0 { message } else { nil } }
    }

    var spans: [Range<UInt64>] {
        events.compactMap { if case .message(_, let start, let end) = $0 { start..<end } else { nil } }
    }

    /// `specimen code value unit` of every result.
    var rows: [String] {
        messages.flatMap { message in
            message.results.map { result in
                let specimen = result.order.map { message.orders[$0].specimenID } ?? ""
                return "\(specimen) \(result.code) \(result.value) \(result.unit)"
            }
        }
    }

    var transmitted: [[UInt8]] {
        events.compactMap { if case .transmit(let bytes, _) = $0 { bytes } else { nil } }
    }

    var faults: [(severity: FaultSeverity, text: String, start: UInt64)] {
        events.compactMap {
            if case .fault(let severity, let text, let start, _) = $0 { (severity, text, start) } else { nil }
        }
    }

    var lastDeadline: Int64?? {
        events.reversed().lazy.compactMap { if case .deadline(let time) = $0 { Optional(time) } else { nil } }.first
    }
}
