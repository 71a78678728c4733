import DriverKit
import DriverWire
import Testing

@testable import HL7AnalyserDriver

@Suite("Acknowledgements")
struct AcknowledgementTests {
    private let result = "PID|1||P1\nOBR|1||S1\nOBX|1|NM|WBC||5.1|10*3/uL|||||F\n"

    private func header(_ type: String, _ accept: String = "", _ application: String = "", version: String = "2.3.1")
        -> String
    {
        "MSH|^~\\&|DEV|LAB|||20240318120000||\(type)|41|P|\(version)|||\(accept)|\(application)\n"
    }

    @Test("the message first, then its answer, which must wait for the commit")
    func order() throws {
        var bench = try Bench()
        bench.block(header("ORU^R01") + result)
        #expect(bench.events.count == 2)
        guard case .message(let message, let start, let end) = bench.events.first else {
            Issue.record("no message")
            return
        }
        #expect(message.results.count == 1)
        #expect(start == 0 && end > 100)
        guard case .transmit(let bytes, let isImmediate) = bench.events.last else {
            Issue.record("no answer")
            return
        }
        #expect(!isImmediate)
        #expect(bytes.first == 0x0B && bytes.suffix(2) == [0x1C, 0x0D])
        #expect(bench.sent.first?.contains("MSA|AA|41\n") == true)
        #expect(bench.sent.first?.contains("|ACK^R01|") == true)
        #expect(bench.driver.isIdle)
    }

    @Test(
        "original and enhanced mode",
        arguments: [
            ("", "", "auto", ["AA"]), ("AL", "NE", "auto", ["CA"]), ("NE", "AL", "auto", ["AA"]),
            ("AL", "AL", "auto", ["CA", "AA"]), ("NE", "NE", "auto", []), ("ER", "SU", "auto", ["AA"]),
            ("", "0", "auto", ["AA"]), ("AL", "AL", "original", ["AA"]), ("", "", "enhanced", ["CA"]),
            ("AL", "AL", "none", []), ("", "", "none", []),
        ])
    func modes(_ sample: (accept: String, application: String, mode: String, codes: [String])) throws {
        var bench = try Bench(#"{"acknowledgement":{"mode":"\#(sample.mode)"}}"#)
        bench.block(header("ORU^R01", sample.accept, sample.application) + result)
        #expect(bench.sent.map { String($0.split(separator: "MSA|").last?.prefix(2) ?? "") } == sample.codes)
        #expect(bench.messages.count == 1)
    }

    @Test("refusals: unknown event AR, no type AE; told to the device and to people; nothing stored")
    func refusals() throws {
        var bench = try Bench()
        bench.block(header("ADT^A01") + "PID|1\n")
        bench.block(header("") + "PID|1\n")
        bench.block(header("ADT^A01", "ER", "ER") + "PID|1\n")
        bench.block(header("ADT^A01", "AL", "NE") + "PID|1\n")
        #expect(bench.messages.isEmpty)
        let codes = bench.sent.map { String($0.split(separator: "MSA|").last?.prefix(2) ?? "") }
        #expect(codes == ["AR", "AE", "CR", "AR", "CR"])
        #expect(bench.faults.map(\.0) == [.refused, .refused, .refused, .refused])
        #expect(bench.sent.first?.contains("ADT^A01 is not taken here") == false, "delimiters are escaped")
        #expect(bench.sent.first?.contains("ADT\\S\\A01 is not taken here") == true)
        #expect(bench.sent.first?.contains("ERR|^^^201&") == true)
    }

    @Test("events are kept and accepted; more of them by option")
    func deviceEvents() throws {
        var bench = try Bench(#"{"event_messages":["ZEV^Z01"],"result_messages":["ORU","ZRU"]}"#)
        bench.block(header("ESU^U01") + "EQU|1\n")
        bench.block(header("ZEV^Z01") + "ZZZ|1\n")
        bench.block(header("ZRU^Z09") + result)
        #expect(bench.messages.map(\.kind) == [.event, .event, .results])
        #expect(bench.messages.first?.others.first?.raw == "EQU|1")
        #expect(bench.sent.count == 3 && bench.sent.allSatisfy { $0.contains("MSA|AA|41") })
    }

    @Test("the shape the device wants: event, version, sender, control id, fixed fields; not beside bad news")
    func shape() throws {
        let options = #"""
            {"acknowledgement":{"event":"none","version":"2.4","sending_application":"LIS","control_id":"theirs",
             "zone":false,"set":{"MSA-3":"Message accepted","MSA-6":"0","MSH-16":"0"}}}
            """#
        var bench = try Bench(options)
        bench.block(header("ORU^R01") + result)
        #expect(
            bench.sent == [
                "MSH|^~\\&|LIS||DEV|LAB|20240318123800||ACK|41|P|2.4||||0\nMSA|AA|41|Message accepted|||0\n\n"
            ])
        bench.block(header("ADT^A01"))
        #expect(bench.sent.last?.contains("Message accepted") == false)
    }

    @Test("our control ids differ from message to message")
    func controlIDs() throws {
        var bench = try Bench()
        for _ in 0..<3 { bench.block(header("ORU^R01") + result) }
        let ids = Set(bench.sent.map { $0.split(separator: "|", omittingEmptySubsequences: false)[9] })
        #expect(ids.count == 3)
    }

    @Test("a block that holds no message, a broken one, one without end: faults with places, the line goes on")
    func unreadable() throws {
        var bench = try Bench(#"{"max_message":1024}"#)
        bench.receive("\u{B}hello\u{1C}\r")
        bench.receive("\u{B}MSH|^~\\&|broken\r\u{B}" + String(repeating: "x", count: 2000) + "\u{1C}\r")
        bench.block(header("ORU^R01") + result)
        #expect(bench.faults.map(\.0) == [.lost, .lost, .lost])
        #expect(bench.messages.count == 1)
        #expect(bench.sent.count == 1)
        guard case .fault(_, _, let start, let end) = bench.events.first else {
            Issue.record("no fault")
            return
        }
        #expect(start == 0 && end == 7)
    }

    @Test("a message that cannot be read as a whole is refused by its header, in bounded memory")
    func tooManySegments() throws {
        var bench = try Bench()
        bench.block(header("ORU^R01") + String(repeating: "OBX\n", count: 60_000))
        #expect(bench.messages.isEmpty)
        #expect(bench.faults.map(\.0) == [.refused])
        #expect(bench.sent.first?.contains("MSA|AE|41|") == true)
        #expect(bench.driver.isIdle)
    }

    @Test("several messages in one block are answered one by one")
    func batch() throws {
        var bench = try Bench()
        bench.block("FHS|^~\\&\n" + header("ORU^R01") + result + header("ORU^R01") + result + "FTS|2\n")
        #expect(bench.messages.count == 2)
        #expect(bench.sent.count == 2)
    }

    @Test("an unframed message is complete after silence; the deadline is told and taken back")
    func unframed() throws {
        var bench = try Bench()
        bench.receive((header("ORU^R01") + result).replacing("\n", with: "\r"))
        #expect(bench.messages.isEmpty)
        #expect(bench.lastDeadline == 2_000_000)
        #expect(!bench.driver.isIdle)
        bench.wait(milliseconds: 1999)
        #expect(bench.messages.isEmpty)
        bench.wait(milliseconds: 1)
        #expect(bench.messages.count == 1)
        #expect(bench.lastDeadline == .some(nil))
        #expect(bench.driver.isIdle)
        #expect(bench.sent.count == 1)
    }

    @Test("at the end of a file everything is taken; what was broken off is told")
    func end() throws {
        var bench = try Bench()
        bench.receive((header("ORU^R01") + result).replacing("\n", with: "\r\n"))
        bench.finish()
        #expect(bench.messages.count == 1)
        #expect(bench.events.contains(.acknowledge))
        var broken = try Bench()
        broken.receive("\u{B}MSH|^~\\&|")
        broken.finish()
        #expect(broken.faults.map(\.0) == [.lost])
    }

    @Test(
        "options that cannot be used say what to write",
        arguments: [
            #"{"speciman":"SPM-2"}"#, #"{"specimen":"O.3"}"#, #"{"charset":"x"}"#, #"{"framing":"serial"}"#,
            #"{"rows":[{"role":"info"}]}"#, #"{"rows":[{"when":{"OBX-2":"IS"},"role":"x"}]}"#,
            #"{"acknowledgement":{"mode":"sometimes"}}"#, #"{"acknowledgement":{"set":{"PID-3":"x"}}}"#,
            #"{"split":{"names":"OBX-4"}}"#, #"{"record_results":[{"when":{"MSH-16":"2"}}]}"#, #"[]"#,
            #"{"query":{"dialect":"sql"}}"#, #"{"max_message":1}"#, #"{"no_value":["****"]}"#,
        ])
    func badOptions(_ options: String) {
        let fault = #expect(throws: OptionsFault.self) { try Bench(options) }
        #expect(fault?.text.contains("options") == true)
    }
}
