import BeckmanAUDriver
import BiomerieuxDriver
import DriverKit
import HitachiDriver
import ILDriver
import JSONText
import MiditronDriver
import SynchronDriver
import UrineTextDriver
import VitrosDriver
import XmodemDriver

/// A stream driver under one of several options: any bytes, in pieces, with time-outs and orders. It may not trap, it must be
/// deterministic (the host replays inputs after a crash), and it holds nothing after the end.
func fuzzStreamDriver(_ type: any StreamDriver.Type, _ options: [String], _ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first, !options.isEmpty,
        let json = try? JSONValue(parsing: options[Int(first) % options.count])
    else { return }
    func run() -> [StreamDriverEvent] {
        var now = DriverTime(monotonic: 0, unix: 1_700_000_000_000_000, utcOffset: 3600)
        var events: [StreamDriverEvent] = []
        guard let driver = try? type.init(options: json, now: now) else { preconditionFailure("options refused") }
        var index = 1
        while index < bytes.count {
            let size = min(Int(bytes[index] & 63) + 1, bytes.count - index)
            driver.receive(UnsafeRawBufferPointer(rebasing: bytes[index..<index + size]), now: now, events: &events)
            if bytes[index] >= 0xC0 {
                now.monotonic += 16_000_000
                driver.timeout(now: now, events: &events)
            }
            if bytes[index] == 0x51 {
                let order: JSONValue = .object(["specimen_id": .string("S1"), "tests": .strings(["1", "A"])])
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

func fuzzHitachi(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(
        HitachiDriver.self,
        ["{}", #"{"check": "none"}"#, #"{"format": "line"}"#, #"{"format": "packet"}"#, #"{"answers": false}"#], bytes)
}

func fuzzBeckmanAU(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(
        BeckmanAUDriver.self,
        [
            "{}", #"{"bcc": "required"}"#, #"{"detect": true, "bcc": "none", "widths": {"id": 7}}"#,
            #"{"start": ["SOH", "STX"], "end": ["ETX", "EOT"], "bcc": "none"}"#,
            #"{"widths": {"system": 2, "id": 0, "value": 9}}"#,
            #"{"start": "ENQ", "end": "EOT", "widths": {"id": 26, "sex": 1, "years": 3, "months": 2, "test": 3}}"#,
        ], bytes)
}

func fuzzSynchron(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(
        SynchronDriver.self,
        ["{}", #"{"format": "records"}"#, #"{"answer_after_xon": true}"#, #"{"answers": "none"}"#], bytes)
}

func fuzzIL(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(ILDriver.self, ["{}", #"{"answers": "none"}"#, #"{"repeat_window": 0}"#], bytes)
}

func fuzzXmodem(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(XmodemDriver.self, ["{}", #"{"answers": false}"#, #"{"repeat_window": 0}"#], bytes)
}

func fuzzVitros(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(VitrosDriver.self, ["{}", #"{"answers": false}"#, #"{"repeat_window": 0}"#], bytes)
}

func fuzzBiomerieux(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(
        BiomerieuxDriver.self, ["{}", #"{"check": "required"}"#, #"{"charset": "GB18030", "answers": "none"}"#], bytes)
}

func fuzzUrineText(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(
        UrineTextDriver.self,
        ["{}", #"{"format": "checked"}"#, #"{"format": "printout"}"#, #"{"answers": "ack-nak"}"#], bytes)
}

func fuzzMiditron(_ bytes: UnsafeRawBufferPointer) {
    fuzzStreamDriver(MiditronDriver.self, ["{}", #"{"answers": false}"#, #"{"repeat_window": 0}"#], bytes)
}
