import DelimitedDriver
import DriverKit
import DriverWire
import JSONText

/// First byte: options and size of the pieces; the rest is the stream. What was found must not depend on the pieces.
func fuzzDelimited(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let stream = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    let options = [
        #"{"specimen":1,"code":2,"value":{"first":3,"at":1,"width":4},"time":4,"date_order":"dmy","separator":"|"}"#,
        #"{"head":["*a*"],"separator":"auto","specimen":"*","tests":{"names":["*"],"flag":1,"comment":-1},"message":"specimen"}"#,
        #"{"specimen":2,"quote":false,"blocks":{"start":"02","end":"03"},"groups":{"first":3,"size":2,"count":1,"code":1,"value":2}}"#,
        #"{"form":"fixed","specimen":{"at":0,"width":3},"code":{"at":3,"width":2},"value":{"at":5},"message":"all","ends_with":"E*","max_row":256}"#,
    ]
    guard let json = try? JSONValue(parsing: options[Int(first & 3)]) else { return }
    func replay(inPiecesOf step: Int) -> [DeviceMessage] {
        var now = DriverTime(monotonic: 0, unix: 0, utcOffset: 0)
        guard let driver = try? DelimitedDriver(options: json, now: now) else { return [] }
        var events: [StreamDriverEvent] = []
        for start in stride(from: 0, to: stream.count, by: step) {
            let end = min(stream.count, start + step)
            driver.receive(UnsafeRawBufferPointer(rebasing: stream[start..<end]), now: now, events: &events)
        }
        now.monotonic = 3_600_000_000
        driver.timeout(now: now, events: &events)
        driver.finish(now: now, events: &events)
        precondition(driver.isIdle)
        return events.compactMap { if case .message(let message, _, _) = $0 { message } else { nil } }
    }
    let whole = replay(inPiecesOf: max(1, stream.count))
    precondition(whole == replay(inPiecesOf: max(1, Int(first >> 2))))
    for message in whole {
        for result in message.results { precondition(result.order.map { $0 < message.orders.count } ?? true) }
        for order in message.orders { precondition(order.patient.map { $0 < message.patients.count } ?? true) }
    }
}
