import BeckmanAUDriver
import DriverBench
import DriverKit
import Testing

/// Inquiry and answer.
struct BeckmanAUOrderTests {
    static let options = #"""
        {"bcc": "none", "widths": {"sex": 1, "years": 3, "months": 2, "information": 20, "test": 3}}
        """#
    static let inquiry = "R 000301N0007" + String(repeating: " ", count: 11) + "240318044"
    static let identity = "000301 0007" + String(repeating: " ", count: 11) + "240318044"

    static func frame(_ text: String) -> [UInt8] { [0x02] + Array(text.utf8) + [0x03] }

    static func asked(_ options: String = options) throws -> (Replay, String) {
        var replay = try Replay(BeckmanAUDriver.self, options)
        replay.feed(frame("RB") + frame(inquiry))
        return (replay, replay.queries.first?.queries.first?.token ?? "")
    }

    static func order(_ tests: String, _ token: String, _ more: String = "") -> String {
        #"{"specimen_id": "240318044", "tests": [\#(tests)], "token": "\#(token)"\#(more)}"#
    }

    @Test("the inquiry is acknowledged and asked on; the answer repeats who it is about, and has the tests behind it")
    func answered() throws {
        var (replay, token) = try Self.asked()
        #expect(replay.transmitted == [6, 6] && replay.queries.first?.queries.first?.specimenID == "240318044")
        let patient = #", "patient": {"sex": "F", "name": "Doe^Jane"}"#
        #expect(try replay.submit(Self.order(#""99", "012""#, token, patient)) == .accepted)
        let expected = "S " + Self.identity + "    E" + "F00000" + String(repeating: " ", count: 20) + "099012"
        #expect(replay.transmitted == [6, 6] + Self.frame(expected))
        #expect(!replay.driver.isIdle && replay.orders.isEmpty)
        replay.feed([0x06])
        #expect(replay.orders.map { $0.orders[0].action } == ["accepted"])
        replay.silence()
        #expect(replay.driver.isIdle)
    }

    @Test("with a check character where the inquiry has one, and the name where the profile says so")
    func checkAndName() throws {
        let options = #"{"send_name": true, "widths": {"information": 6}}"#
        var replay = try Replay(BeckmanAUDriver.self, options)
        let body = Array(Self.inquiry.utf8) + [0x03]
        replay.feed([0x02] + body + [body.reduce(0, ^)])
        let token = try #require(replay.queries.first?.queries.first?.token)
        try replay.submit(Self.order(#""1""#, token, #", "patient": {"name": "Zoë Doe-Smith"}"#))
        let text = Array(("S " + Self.identity + "    E" + "Zo  Do" + "01").utf8) + [0x03]
        #expect(replay.transmitted == [6, 0x02] + text + [text.reduce(0, ^)])
    }

    @Test("NAK or silence: again, three times in all, then told and given up")
    func refusedByDevice() throws {
        var (replay, token) = try Self.asked()
        try replay.submit(Self.order(#""012""#, token))
        let sent = replay.transmitted.count - 2
        replay.feed([0x15])
        #expect(replay.transmitted.count == 2 + 2 * sent)
        replay.silence()
        #expect(replay.transmitted.count == 2 + 3 * sent)
        #expect(replay.orders.map { $0.orders[0].action } == ["refused"])
        #expect(replay.faults(.lost).count == 1 && replay.driver.isIdle)
    }

    @Test("nobody knows the sample: as the profile says")
    func unknown() throws {
        let nothing = #"{"specimen_id": "240318044", "tests": [], "token": "TOKEN"}"#
        for (word, text) in [
            ("header", "S " + Self.identity + "    E" + "000000" + String(repeating: " ", count: 20)), ("end", "SE"),
            ("none", ""),
        ] {
            var (replay, token) = try Self.asked(Self.options.dropLast(2) + #"}, "unknown": "\#(word)"}"#)
            #expect(try replay.submit(nothing.replacing("TOKEN", with: token)) == .accepted)
            #expect(replay.transmitted == [6, 6] + (text.isEmpty ? [] : Self.frame(text)), "\(word)")
        }
    }

    @Test("an inquiry without id is not asked on as if the day's number were one, unless the profile says that it is")
    func withoutID() throws {
        let inquiry = "R 000301N0007" + String(repeating: " ", count: 20)
        var replay = try Replay(BeckmanAUDriver.self, Self.options)
        replay.feed(Self.frame(inquiry))
        #expect(replay.queries.isEmpty && replay.faults(.notice).count == 1)
        #expect(String(decoding: replay.transmitted, as: UTF8.self).contains("S 000301 0007"))
        replay = try Replay(BeckmanAUDriver.self, Self.options.dropLast(1) + #", "ask_by_number": true}"#)
        replay.feed(Self.frame(inquiry))
        #expect(replay.queries.first?.queries.first?.specimenID == "0007")
    }

    @Test("an order that cannot be expressed, or that the analyser did not ask for, is refused and nothing is sent")
    func refusedByUs() throws {
        var (replay, token) = try Self.asked()
        let orders =
            [#""GLU""#, #""1234""#, #""""#].map { Self.order($0, token) }
            + [Self.order(#""1""#, ""), Self.order(#""1""#, "+R 1"), "[]"]
        for order in orders {
            let outcome = try replay.submit(order)
            guard case .refused = outcome else {
                Issue.record("\(order): \(outcome)")
                continue
            }
        }
        #expect(replay.transmitted == [6, 6])
        let (off, _) = try Self.asked(#"{"orders": false, "bcc": "none"}"#)
        #expect(off.queries.isEmpty && off.faults(.notice).count == 1)
    }

    @Test("the link ends before the answer is acknowledged: told")
    func closed() throws {
        var (replay, token) = try Self.asked()
        try replay.submit(Self.order(#""012""#, token))
        replay.finish()
        #expect(replay.orders.map { $0.orders[0].action } == ["refused"] && replay.driver.isIdle)
    }
}
