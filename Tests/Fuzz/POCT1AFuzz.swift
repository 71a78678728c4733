import DriverKit
import DriverWire
import JSONText
import MLLP
import POCT1A
import POCT1ADriver

/// First byte: options and size of the pieces; the rest is the stream. What was found must not depend on the pieces, and a
/// document that is read must read again as it was.
func fuzzPOCT1A(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let stream = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    let options = [
        "{}", #"{"request":"always","afterwards":"continuous","framing":"mllp"}"#,
        #"{"specimen":"ORD.order_id","max_document":1024,"note_flags":"~"}"#, #"{"afterwards":"none","events":false}"#,
    ]
    guard let json = try? JSONValue(parsing: options[Int(first & 3)]) else { return }
    func replay(inPiecesOf step: Int) -> (messages: [DeviceMessage], sent: [[UInt8]]) {
        var now = DriverTime(monotonic: 0, unix: 0, utcOffset: 0)
        guard let driver = try? POCT1ADriver(options: json, now: now) else { return ([], []) }
        var events: [StreamDriverEvent] = []
        for start in stride(from: 0, to: stream.count, by: step) {
            let end = min(stream.count, start + step)
            driver.receive(UnsafeRawBufferPointer(rebasing: stream[start..<end]), now: now, events: &events)
        }
        now.monotonic = 3_600_000_000
        driver.timeout(now: now, events: &events)
        driver.finish(now: now, events: &events)
        precondition(driver.isIdle)
        return (
            events.compactMap { if case .message(let message, _, _) = $0 { message } else { nil } },
            events.compactMap { if case .transmit(let bytes, _) = $0 { bytes } else { nil } }
        )
    }
    let whole = replay(inPiecesOf: max(1, stream.count))
    let other = replay(inPiecesOf: max(1, Int(first >> 2)))
    precondition(whole.messages == other.messages && whole.sent == other.sent)
    for message in whole.messages {
        for result in message.results { precondition(result.order.map { $0 < message.orders.count } ?? true) }
    }
    for sent in whole.sent {
        let document = sent.filter { $0 != MLLP.startOfBlock && $0 != MLLP.endOfBlock }
        precondition((try? XMLReader.read(document)) != nil, "what is written must be readable")
    }
}
