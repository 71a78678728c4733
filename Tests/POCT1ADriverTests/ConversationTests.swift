import DriverKit
import DriverWire
import Testing

@testable import POCT1ADriver

@Suite("Conversation")
struct ConversationTests {
    private let observation =
        "<SVC><SVC.role_cd V=\"OBS\"/><PT><PT.patient_id V=\"P1\"/><OBS><OBS.observation_id V=\"GLU\"/>"
        + "<OBS.value V=\"5.4\" U=\"mmol/L\"/></OBS></PT></SVC>"

    private func hello(_ directives: String = "") -> String {
        "<DEV><DCP><DCP.application_timeout V=\"30\"/></DCP><DSC>\(directives)</DSC></DEV>"
    }

    private let continuous = "<DSC.directives_supported_cd V=\"START_CONTINUOUS\"/>"

    private func status(_ observations: String, _ events: String = "0") -> String {
        "<DST><DST.new_observations_qty V=\"\(observations)\"/><DST.new_events_qty V=\"\(events)\"/></DST>"
    }

    @Test("hello, status, observations, end: each acknowledged, observations after they were handed over")
    func wholeConversation() throws {
        var bench = try Bench()
        bench.document("HEL.R01", 1, hello())
        #expect(!bench.driver.isIdle && bench.lastDeadline == 30_000_000)
        bench.document("DST.R01", 2, status("1"))
        #expect(bench.sent == ["ACK.R01 AA 1", "ACK.R01 AA 2", "REQ.R01 ROBS"])
        bench.events = []
        bench.document("OBS.R01", 3, observation)
        let order = bench.events.compactMap { event -> String? in
            switch event {
            case .message: "message"
            case .transmit(_, let isImmediate): isImmediate ? "at once" : "after"
            default: nil
            }
        }
        #expect(order == ["message", "after"])
        bench.document("EOT.R01", 4, "<EOT><EOT.topic_cd V=\"OBS\"/></EOT>")
        #expect(bench.sent == ["ACK.R01 AA 3", "ACK.R01 AA 4", "END.R01 NRM"])
        #expect(!bench.driver.isIdle)
        bench.document("ACK.R01", 5, "<ACK><ACK.type_cd V=\"AA\"/></ACK>")
        #expect(bench.driver.isIdle && bench.lastDeadline == .some(nil))
        #expect(bench.faults.isEmpty)
    }

    @Test("events are asked for after observations, then continuous mode where the device knows it")
    func eventsAndContinuousMode() throws {
        var bench = try Bench()
        bench.document("HEL.R01", 1, hello(continuous))
        bench.document("DST.R01", 2, status("2", "1"))
        bench.document("EOT.R01", 3)
        bench.document("EVS.R01", 4, "<EVT><EVT.description V=\"Lid open\"/><EVT.severity_cd V=\"W\"/></EVT>")
        bench.document("EOT.R01", 5)
        #expect(
            bench.sent.filter { !$0.hasPrefix("ACK") } == ["REQ.R01 ROBS", "REQ.R01 RDEV", "DTV.R01 START_CONTINUOUS"])
        #expect(bench.messages.map(\.kind) == [.event])
        #expect(bench.messages.first?.others.first?.raw == "description=Lid open severity_cd=W")
        // The device may agree with a warning: its word ends the waiting.
        bench.document("ACK.R01", 6, "<ACK><ACK.type_cd V=\"AA\"/><ACK.error_detail_cd V=\"300\"/></ACK>")
        #expect(bench.driver.isIdle)
        bench.document("OBS.R01", 7, observation)
        bench.document("KPA.R01", 8)
        #expect(bench.sent.suffix(2) == ["ACK.R01 AA 7", "ACK.R01 AA 8"] && bench.driver.isIdle)
        bench.document("END.R01", 9)
        #expect(bench.sent.last == "ACK.R01 AA 9")
    }

    @Test("nothing new: not asked, unless the profile says so")
    func nothingNew() throws {
        for (options, expected) in [
            ("{}", ["END.R01 NRM"]), (#"{"request":"always"}"#, ["REQ.R01 ROBS"]),
            (#"{"request":"none","afterwards":"none"}"#, []),
            (#"{"afterwards":"continuous"}"#, ["DTV.R01 START_CONTINUOUS"]),
        ] {
            var bench = try Bench(options)
            bench.document("HEL.R01", 1, hello())
            bench.document("DST.R01", 2, status("0"))
            #expect(bench.sent.filter { !$0.hasPrefix("ACK") } == expected)
            #expect(bench.driver.isIdle == expected.isEmpty)
        }
    }

    @Test("a device that cannot (ESC), refuses (AE) or falls silent does not stop us")
    func troubles() throws {
        var bench = try Bench()
        bench.document("HEL.R01", 1, hello())
        bench.document("DST.R01", 2, status("1", "1"))
        bench.document("ESC.R01", 3, "<ESC><ESC.esc_control_id V=\"22\"/><ESC.detail_cd V=\"OTH\"/></ESC>")
        #expect(bench.sent.last == "REQ.R01 RDEV")
        bench.document("ACK.R01", 4, "<ACK><ACK.type_cd V=\"AE\"/><ACK.note_txt V=\"busy\"/></ACK>")
        #expect(bench.sent.last == "END.R01 NRM" && bench.faults.map(\.severity) == [.notice, .notice])
        #expect(bench.faults.last?.text.contains("AE (busy)") == true)
        bench.wait(seconds: 29)
        #expect(!bench.driver.isIdle)
        bench.wait(seconds: 1)
        #expect(bench.driver.isIdle && bench.lastDeadline == .some(nil))
        #expect(bench.faults.last?.text.contains("30 s in the middle of a conversation (at its end)") == true)
    }

    @Test("a repeat, byte for byte, is acknowledged again and taken once; another number is another document")
    func repeats() throws {
        var bench = try Bench()
        bench.document("HEL.R01", 1, hello())
        bench.document("DST.R01", 2, status("1"))
        for number in [3, 3, 4] { bench.document("OBS.R01", number, observation) }
        #expect(bench.messages.count == 2 && bench.faults.map(\.severity) == [.notice])
        #expect(bench.sent.suffix(3) == ["ACK.R01 AA 3", "ACK.R01 AA 3", "ACK.R01 AA 4"])
    }

    @Test("what cannot be read is refused by its number, with the place; without a number it is lost")
    func unreadable() throws {
        var bench = try Bench()
        let beginning = "<OBS.R01><HDR><HDR.control_id V=\"77\"/></HDR><SVC>"
        bench.receive(beginning + "&nbsp;</SVC></OBS.R01>")
        #expect(bench.sent == ["ACK.R01 AE 77"] && bench.messages.isEmpty)
        #expect(bench.faults.map(\.severity) == [.refused] && bench.faults.first?.start == UInt64(beginning.utf8.count))
        bench.receive("<OBS.R01><SVC></OBS></OBS.R01>")
        #expect(bench.sent.count == 1 && bench.faults.last?.severity == .lost)
    }

    @Test("what is not served is answered by ESC; a patient's data are not given")
    func notServed() throws {
        var bench = try Bench()
        bench.document("REQ.R01", 5, "<REQ><REQ.request_cd V=\"RPAT\"/></REQ>")
        #expect(bench.sent == ["ESC.R01 5"] && bench.driver.isIdle && bench.faults.map(\.severity) == [.notice])
        bench.document("ACME.RESULTS", 6, observation)
        #expect(bench.sent.last == "ESC.R01 6" && bench.messages.isEmpty && bench.faults.last?.severity == .refused)
    }

    @Test("in MLLP blocks the answers are in blocks")
    func wrapped() throws {
        var bench = try Bench()
        bench.receive("\u{0B}<KPA.R01><HDR><HDR.control_id V=\"abc\"/></HDR></KPA.R01>\u{1C}\r")
        #expect(bench.transmitted.first?.first == "\u{0B}" && bench.transmitted.first?.hasSuffix("\u{1C}\r") == true)
        var never = try Bench(#"{"framing":"none"}"#)
        never.receive("\u{0B}<KPA.R01/>\u{1C}\r")
        #expect(never.transmitted.first?.first == "<")
    }

    @Test("a document broken off by silence, by the end of the link")
    func brokenOff() throws {
        var bench = try Bench()
        bench.receive("<OBS.R01><HDR><HDR.control_id V=\"1\"/>")
        #expect(bench.lastDeadline == 15_000_000)
        bench.wait(seconds: 15)
        #expect(bench.faults.map(\.severity) == [.lost] && bench.driver.isIdle)
        bench.receive("<OBS.R01><HDR><HDR.control_id V=\"1\"/>")
        bench.finish()
        #expect(bench.faults.map(\.severity) == [.lost, .lost] && bench.driver.isIdle)
        bench.document("OBS.R01", 2, observation)
        #expect(bench.messages.count == 1)
    }

    @Test("options that cannot be used are refused with words")
    func options() {
        for bad in [
            "[]", #"{"x":1}"#, #"{"request":"maybe"}"#, #"{"specimen":"PT"}"#, #"{"silence_ms":1}"#, #"{"framing":3}"#,
        ] {
            #expect(throws: OptionsFault.self) { try Bench(bad) }
        }
    }
}
