import DriverKit
import DriverWire
import JSONText

@testable import POCT1ADriver

/// A driver with what it said so far, in simulated time.
struct Bench {
    let driver: POCT1ADriver
    var events: [StreamDriverEvent] = []
    var now = DriverTime(monotonic: 0, unix: 1_710_744_600_000_000, utcOffset: 28800)

    init(_ options: String = "{}") throws {
        driver = try POCT1ADriver(
            options: try JSONValue(parsing: options), now: DriverTime(monotonic: 0, unix: 0, utcOffset: 0))
    }

    mutating func receive(_ bytes: some Collection<UInt8>) {
        Array(bytes).withUnsafeBytes { driver.receive($0, now: now, events: &events) }
    }

    mutating func receive(_ text: String) { receive(Array(text.utf8)) }

    /// A document of the device: `("OBS.R01", 3, "<SVC>…</SVC>")`.
    mutating func document(_ root: String, _ number: Int, _ body: String = "") {
        receive(
            "<?xml version=\"1.0\"?><\(root)><HDR><HDR.control_id V=\"\(number)\"/></HDR>\(body)</\(root)>")
    }

    mutating func wait(seconds: Int64) {
        now.monotonic += seconds * 1_000_000
        driver.timeout(now: now, events: &events)
    }

    mutating func finish() { driver.finish(now: now, events: &events) }

    var messages: [DeviceMessage] {
        events.compactMap { if case .message(let message, _, _) = $0 { message } else { nil } }
    }

    /// Roots of what was sent, and the code in it: `ACK.R01 AA 3`, `REQ.R01 ROBS`.
    var sent: [String] {
        transmitted.map { text in
            let names = [
                "ACK.type_cd", "ACK.ack_control_id", "REQ.request_cd", "DTV.command_cd", "TRM.reason_cd",
                "ESC.esc_control_id",
            ]
            let root = text.split(separator: "><").first { !$0.hasPrefix("<?") && !$0.hasPrefix("\u{0B}") } ?? ""
            let values = names.compactMap { name -> Substring? in
                let parts = text.split(separator: "<\(name) V=\"", maxSplits: 1)
                return parts.count == 2 ? parts[1].prefix { $0 != "\"" } : nil
            }
            return ([root] + values).joined(separator: " ")
        }
    }

    var transmitted: [String] {
        events.compactMap {
            if case .transmit(let bytes, _) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
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
