import DriverKit
import DriverWire
import JSONText
import LIS01
import Testing

@testable import LISDriver

struct OrderTests {
    static let query = ["H|@^\\|Q1||GX^1", "Q|1|PAT^S7^^2||^^^GLU@^^^K||||||||O", "L|1|N"]

    /// Answers every ENQ and frame with ACK until EOT; returns the text of the frames.
    static func drain(_ bench: inout Bench) -> String {
        var text: [UInt8] = []
        for _ in 0..<100 {
            let sent = bench.transmitted()
            if sent.isEmpty || sent == [eot] { break }
            if sent.first == ControlCharacter.stx { text += sent.dropFirst(2).dropLast(5) }
            if sent.last == eot { break }
            bench.receive([ack])
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test("a query becomes an event; the answer repeats what the device wants back")
    func query() throws {
        var bench = try Bench(
            #"{"query": {"specimen": "Q.3.2", "patient": "Q.3.1"}, "order": {"echo": {"O.4": "Q.3.4"}, "answer_report_type": "Q"}}"#
        )
        bench.receive(session(Self.query))
        let question = try #require(bench.replay.queries.first?.queries.first)
        #expect(question.specimenID == "S7" && question.patientID == "PAT" && question.tests == ["GLU", "K"])
        #expect(question.status == "O")
        _ = bench.transmitted()
        var order = JSONObject()
        order["specimen_id"] = .string("S7")
        order["patient"] = .object([
            "id": .string("P9"), "name": .string("A^B@C"), "birth_date": .string("1980-01-02"), "sex": .string("F"),
        ])
        order["tests"] = .strings(["GLU", "K"])
        order["token"] = .string(question.token)
        #expect(try bench.submit(JSONValue.object(order).text()) == .accepted)
        let text = Self.drain(&bench)
        // The delimiters are the query's own; the name's parts are components, and escaped for them.
        #expect(
            text == "H|@^\\|||HILUM|||||||P|LIS2-A2|20240318200000\rP|1|P9|||A^B\\R\\C||19800102|F\r"
                + "O|1|S7|2|^^^GLU@^^^K|||||||N||||||||||||||Q\rL|1|F\r")
        #expect(bench.replay.orders.first?.orders.first?.action == "accepted")
        #expect(bench.driver.isIdle)
    }

    @Test("an unknown specimen is answered as the profile says")
    func unknown() throws {
        let cases: [(String, String)] = [
            (#""L|1|I""#, "H|@^\\|||HILUM|||||||P|LIS2-A2|20240318200000\rL|1|I\r"),
            (
                #""O.26 Y""#,
                "H|@^\\|||HILUM|||||||P|LIS2-A2|20240318200000\rP|1\rO|1|S7|||||||||||||||||||||||Y\rL|1|F\r"
            ),
            (
                #""O.26 Z""#,
                "H|@^\\|||HILUM|||||||P|LIS2-A2|20240318200000\rP|1\rO|1|S7|||||||||||||||||||||||Z\rL|1|F\r"
            ),
            (
                #""Q.13 X""#,
                "H|@^\\|||HILUM|||||||P|LIS2-A2|20240318200000\rQ|1|PAT^S7^^2||^^^GLU@^^^K||||||||X\rL|1|N\r"
            ),
            (#""none""#, ""),
        ]
        for (option, expected) in cases {
            var bench = try Bench(#"{"order": {"unknown": \#(option)}}"#)
            bench.receive(session(Self.query))
            _ = bench.transmitted()
            let token = bench.replay.queries[0].queries[0].token
            var order = JSONObject()
            order["specimen_id"] = .string("S7")
            order["token"] = .string(token)
            #expect(try bench.submit(JSONValue.object(order).text()) == .accepted)
            #expect(Self.drain(&bench) == expected)
        }
    }

    private static func answer(_ bench: inout Bench, _ json: String) throws -> String {
        #expect(try bench.submit(json) == .accepted)
        return drain(&bench)
    }

    @Test("several specimens in one question are answered in one message; unknown ones are left out of it or named")
    func together() throws {
        for (options, expected) in [
            ("{}", "P|1\rO|1|V1||^^^A|||||||N||||||||||||||Q\rP|2\rO|1|V3||^^^B|||||||N||||||||||||||Q\rL|1|F\r"),
            (
                #"{"order": {"unknown": "O.26 Y"}}"#,
                "P|1\rO|1|V1||^^^A|||||||N||||||||||||||Q\rP|2\rO|1|V2|||||||||||||||||||||||Y\r"
                    + "P|3\rO|1|V3||^^^B|||||||N||||||||||||||Q\rL|1|F\r"
            ),
        ] {
            var bench = try Bench(options)
            bench.receive(session(["H|\\^&", "Q|1|V1||ALL", "Q|2|V2||ALL", "Q|3|V3||ALL", "L|1"]))
            _ = bench.transmitted()
            let tokens = bench.replay.queries[0].queries.map { JSONValue.string($0.token).text() }
            let (first, second) = (
                #"{"specimen_id": "V1", "tests": ["A"], "token": \#(tokens[0]), "more": true}"#,
                #"{"specimen_id": "V2", "tests": [], "token": \#(tokens[1]), "more": true}"#
            )
            #expect(try bench.submit(first) == .accepted)
            #expect(try bench.submit(second) == .accepted)
            #expect(bench.transmitted().isEmpty && !bench.driver.isIdle)
            let text = try Self.answer(
                &bench, #"{"specimen_id": "V3", "tests": ["B"], "token": \#(tokens[2])}"#)
            #expect(text.hasSuffix("200000\r" + expected), "\(text)")
            #expect(bench.replay.orders.first?.orders.map(\.specimenID) == ["V1", "V3"])
            #expect(bench.driver.isIdle)
        }
    }

    @Test("a question that cannot be answered gets L|1|Q, or what the profile says")
    func error() throws {
        for (options, expected) in [
            ("{}", "L|1|Q\r"), (#"{"order": {"error": "unknown"}}"#, "L|1|I\r"),
            (#"{"order": {"error": "unknown", "unknown": "O.26 Y"}}"#, "|||Y\rL|1|F\r"),
        ] {
            var bench = try Bench(options)
            bench.receive(session(Self.query))
            _ = bench.transmitted()
            let token = JSONValue.string(bench.replay.queries[0].queries[0].token).text()
            let json = #"{"specimen_id": "S7", "tests": [], "known": false, "error": "why", "token": \#(token)}"#
            #expect(try Self.answer(&bench, json).hasSuffix(expected))
        }
    }

    @Test("ranges, ALL with and without a time, tubes without a code")
    func subjects() throws {
        var bench = try Bench()
        bench.receive(
            session(["H|\\^&", "Q|1|^A1|^A9|ALL", "Q|2|ALL||ALL||20240318|20240319", "Q|3|||ALL|||20240318", "L|1"]))
        _ = bench.transmitted()
        let queries = bench.replay.queries[0].queries
        #expect(queries.map(\.specimenID) == ["A1", "", ""] && queries.map(\.lastSpecimenID) == ["A9", "", ""])
        #expect(queries[1].from == "2024-03-18" && queries[1].to == "2024-03-19")
        // A tube that could not be read asks for no one's orders: answered here, the host is not asked.
        bench.receive(session(["H|\\^&", "Q|1|^^||ALL", "L|1"]))
        #expect(bench.replay.queries.count == 1)
        #expect(Self.drain(&bench).hasSuffix("L|1|I\r"))
        // A number that the device gave itself is no code of a tube.
        var numbered = try Bench(#"{"query": {"specimen": "Q.3.3", "unnamed": {"Q.3.4": "A"}}}"#)
        numbered.receive(session(["H|\\^&", "Q|1|2^1^       17^A", "L|1"]))
        #expect(numbered.replay.queries.isEmpty)
        _ = Self.drain(&numbered)
        numbered.receive([ack])
        numbered.receive(session(["H|\\^&", "Q|1|2^1^      017^B", "L|1"]))
        #expect(numbered.replay.queries.first?.queries.first?.specimenID == "017")
    }

    @Test(
        "an order that waits for the line is not sent beside an answer that holds it; a question taken back gets none")
    func superseded() throws {
        var bench = try Bench()
        bench.receive(session(Self.query, endsWithEOT: false))
        _ = bench.transmitted()
        #expect(try bench.submit(#"{"specimen_id": "S7", "tests": ["GLU"]}"#) == .accepted)
        #expect(try bench.submit(#"{"specimen_id": "S8", "tests": ["GLU"]}"#) == .accepted)
        let token = JSONValue.string(bench.replay.queries[0].queries[0].token).text()
        #expect(try bench.submit(#"{"specimen_id": "S7", "tests": ["GLU", "K"], "token": \#(token)}"#) == .accepted)
        bench.receive([eot])
        let text = Self.drain(&bench) + Self.drain(&bench)
        #expect(text.components(of: "O|1|S7") == 1 && text.components(of: "O|1|S8") == 1, "\(text)")
        bench.receive(session(Self.query, endsWithEOT: false))
        _ = bench.transmitted()
        #expect(try bench.submit(#"{"specimen_id": "S7", "tests": ["GLU"], "token": \#(token)}"#) == .accepted)
        bench.receive([eot])
        #expect(bench.transmitted() == [enq])
        // Contention: the device wins, and takes its question back.
        bench.receive([enq])
        bench.receive(session(["H|@^\\", "Q|1|PAT^S7||||||||||A", "L|1|N"]))
        #expect(bench.transmitted().allSatisfy { $0 == ack })
        #expect(bench.driver.isIdle)
    }

    @Test(
        "forms of O.5, fixed fields of answers and of what is sent unasked, echoes only where they are the specimen's")
    func forms() throws {
        var bench = try Bench(
            #"{"query": {"specimen": "Q.3.3"}, "order": {"test": "^^^*^0", "set": {"H.11": "TSDWN^REPLY"}, "set_unasked": {"H.11": "TSDWN^BATCH"}, "echo": {"O.3": "Q.3", "O.4": "Q.3.4"}}}"#
        )
        bench.receive(session(["H|\\^&|||c", "Q|1|^^   S1^50^7||ALL", "Q|2|ALL||ALL", "L|1"]))
        _ = bench.transmitted()
        let tokens = bench.replay.queries[0].queries.map { JSONValue.string($0.token).text() }
        let first = #"{"specimen_id": "S1", "tests": ["8", "9"], "token": \#(tokens[0]), "more": true}"#
        #expect(try bench.submit(first) == .accepted)
        let text = try Self.answer(&bench, #"{"specimen_id": "S2", "tests": ["8"], "token": \#(tokens[1])}"#)
        #expect(text.hasPrefix("H|\\^&|||HILUM||||||TSDWN^REPLY|P|"), "\(text)")
        #expect(text.contains("O|1|^^   S1^50^7|50|^^^8^0\\^^^9^0|") && text.contains("O|1|S2||^^^8^0|"), "\(text)")
        #expect(try Self.answer(&bench, #"{"specimen_id": "S3", "tests": ["8"]}"#).contains("|TSDWN^BATCH|"))
        for bad in [#"{"order": {"test": "^^^"}}"#, #"{"order": {"error": "L"}}"#, #"{"order": {"answers": "x"}}"#] {
            #expect(throws: OptionsFault.self) { _ = try Bench(bad) }
        }
    }

    @Test("an order that is not taken is sent again, then told with the reason")
    func retries() throws {
        var bench = try Bench(#"{"order": {"attempts": 2}}"#)
        #expect(try bench.submit(#"{"specimen_id": "S1", "tests": ["GLU"], "action": "A"}"#) == .accepted)
        #expect(bench.transmitted() == [enq])
        bench.receive([nak])
        #expect(bench.transmitted() == [])
        bench.timeout(after: 10)
        #expect(bench.transmitted() == [enq])
        bench.timeout(after: 15)
        #expect(bench.transmitted() == [eot])
        #expect(bench.replay.faults.map(\.severity) == [.notice, .lost])
        #expect(bench.replay.orders.first?.orders.first?.action == "refused")
        #expect(bench.driver.isIdle)
    }

    @Test("an order waits until the device has finished")
    func waits() throws {
        var bench = try Bench()
        bench.receive(session(LinkBehaviourTests.records, endsWithEOT: false))
        _ = bench.transmitted()
        #expect(try bench.submit(#"{"specimen_id": "S1", "tests": ["GLU"]}"#) == .accepted)
        #expect(bench.transmitted() == [])
        bench.receive([eot])
        #expect(bench.transmitted() == [enq])
    }

    @Test(
        "6.3.5: where the profile says so, a device that sends is asked for the line, and frames are taken all the same"
    )
    func interrupts() throws {
        var bench = try Bench(#"{"order": {"interrupts": true}}"#)
        let bytes = session(LinkBehaviourTests.records)
        let frames = LIS01Framing.frames(
            of: LinkBehaviourTests.raw, options: LIS01Options())
        bench.receive([enq] + frames[0])
        #expect(bench.transmitted() == [ack, ack])
        _ = try bench.submit(#"{"specimen_id": "S1", "tests": ["GLU"]}"#)
        bench.receive(frames[1])
        #expect(bench.transmitted() == [eot])
        bench.receive([eot])
        #expect(bench.transmitted() == [enq])
        bench.receive([ack])
        #expect(OrderTests.drain(&bench).contains("|S1|"))
        bench.receive(bytes)
        #expect(bench.replay.messages.count == 1)
    }

    @Test("several Q records in one message, ALL, and a device that takes no orders")
    func variants() throws {
        var bench = try Bench(#"{"order": false}"#)
        bench.receive(session(["H|\\^&", "Q|1|V1||ALL", "Q|2|V2||ALL", "Q|3|ALL||ALL", "L|1"]))
        #expect(bench.replay.queries.first?.queries.map(\.specimenID) == ["V1", "V2", ""])
        #expect(bench.replay.messages.isEmpty)
        #expect(try bench.submit(#"{"specimen_id": "S1"}"#) == .unsupported)
        var other = try Bench()
        guard case .refused = try other.submit(#"[]"#) else {
            Issue.record("an order that is none was taken")
            return
        }
        #expect(try other.submit(#"{"specimen_id": "S1", "tests": ["Ж"]}"#) == .accepted)
    }
}

extension String {
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
