import DriverKit
import DriverWire
import HL7AnalyserDriver
import JSONText
import MLLP

/// First byte: options and size of the pieces; the rest is the stream. What was found must not depend on the pieces.
func fuzzHL7Driver(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let stream = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    let options = [
        "{}",
        #"{"framing":"mllp","charset":"GB18030","split":{"names":"OBX-4","values":"OBX-5"},"value_flags":{"↑":"H"}}"#,
        #"{"rows":[{"when":{"OBX-2":"IS"},"role":"info"}],"no_value":"-*","value_instead":"OBX-9","max_message":1024}"#,
        #"{"record_results":[{"when":{"MSH-16":"2"},"code":"OBR-2","value":"OBR-20"}],"query":{"dialect":"law"}}"#,
    ]
    guard let json = try? JSONValue(parsing: options[Int(first & 3)]) else { return }
    func messages(inPiecesOf step: Int) -> [DeviceMessage] {
        var now = DriverTime(monotonic: 0, unix: 0, utcOffset: 0)
        guard let driver = try? HL7AnalyserDriver(options: json, now: now) else { return [] }
        var events: [StreamDriverEvent] = []
        for start in stride(from: 0, to: stream.count, by: step) {
            let end = min(stream.count, start + step)
            driver.receive(UnsafeRawBufferPointer(rebasing: stream[start..<end]), now: now, events: &events)
        }
        now.monotonic = 10_000_000
        driver.timeout(now: now, events: &events)
        _ = driver.submit(.object(["specimen_id": .string("S"), "tests": .strings(["A"])]), now: now, events: &events)
        driver.finish(now: now, events: &events)
        precondition(driver.isIdle)
        return events.compactMap { if case .message(let message, _, _) = $0 { message } else { nil } }
    }
    let whole = messages(inPiecesOf: max(1, stream.count))
    precondition(whole == messages(inPiecesOf: max(1, Int(first >> 2))))
    for message in whole {
        for result in message.results { precondition(result.order.map { $0 < message.orders.count } ?? true) }
    }
}
