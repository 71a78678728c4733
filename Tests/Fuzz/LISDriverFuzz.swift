import DriverKit
import JSONText
import LISDriver

/// The driver lis under several profiles' options: any bytes, in pieces, with time-outs. It may not trap, and it must be
/// deterministic: the host replays inputs after a crash and relies on getting the same events.
func fuzzLISDriver(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let options = [
        "{}", #"{"framing": "lis01", "terminator": "optional"}"#, #"{"framing": "bare"}"#, #"{"framing": "soh-eot"}"#,
        #"{"framing": "records", "charset": "GB18030"}"#,
        #"{"checksum": "none", "rows": [{"when": {"R.3.*": "*a*b*"}, "role": "raw"}], "quantities": [{"value": "R.4.1"}]}"#,
        #"{"specimen": {"join": ["O.3.1", "O.3.2"], "trim": " 0", "word": 1}, "qc": [{"O.12": ["Q", "?R*"]}]}"#,
        #"{"record_results": [{"record": "M", "when": {"M.3": "*"}, "code": "M.4", "data": "M.5", "role": "attachment"}]}"#,
    ]
    guard let json = try? JSONValue(parsing: options[Int(first & 7)]) else { return }
    func run() -> [StreamDriverEvent] {
        var now = DriverTime(monotonic: 0, unix: 1_700_000_000_000_000, utcOffset: 3600)
        var events: [StreamDriverEvent] = []
        guard let driver = try? LISDriver(options: json, now: now) else { preconditionFailure("options refused") }
        var index = 1
        while index < bytes.count {
            let size = min(Int(bytes[index] & 63) + 1, bytes.count - index)
            driver.receive(UnsafeRawBufferPointer(rebasing: bytes[index..<index + size]), now: now, events: &events)
            if bytes[index] >= 0xC0 {
                now.monotonic += 16_000_000
                driver.timeout(now: now, events: &events)
            }
            if bytes[index] == 0x51 {
                let order: JSONValue = .object([
                    "specimen_id": .string("S"), "tests": .strings(["A"]), "token": .string("H|@^\\\rQ|1|S"),
                ])
                _ = driver.submit(order, now: now, events: &events)
            }
            index += size
        }
        driver.finish(now: now, events: &events)
        precondition(driver.isIdle, "something is still held after the end")
        return events
    }
    let events = run()
    precondition(events == run(), "not deterministic")
}
