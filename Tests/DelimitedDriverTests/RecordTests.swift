import DriverKit
import DriverWire
import Testing

@testable import DelimitedDriver

@Suite("Records")
struct RecordTests {
    @Test("a column a test, flags beside, empty cells, marks for nothing, rules")
    func columns() throws {
        var bench = try Bench(
            #"""
            {"head":["ID","WBC"],"specimen":"ID","tests":{"names":["*"],"except":["ID","*/M","Type"],"followed_by":"*/M","flag":1},
             "empty":["."],"qc":[{"Type":["QC*"]},{"@code":"CTRL"}],"skip":[{"ID":["","Mean"]}],
             "rows":[{"when":{"@code":"T"},"role":"info"},{"when":{"@value":"----"},"absent":"not measured"},{"when":{"@code":"X"},"role":"none"}]}
            """#)
        bench.receive("ID,Type,WBC,WBC/M,T,T/M,X,X/M,CTRL,CTRL/M,Other\n")
        bench.receive("S1,,7.1,+,36,,5,,,,9\nS2,QC 1,----,,.,,,,3,,\nMean,,7,,,,,,,,\n")
        let rows = bench.messages.flatMap(\.results)
        #expect(rows.map(\.code) == ["WBC", "T", "WBC", "CTRL"])
        #expect(rows[0].flags == ["+"] && rows[1].role == .info && rows[0].role == .result)
        #expect(!rows[2].isUsable && rows[2].absentReason == "not measured" && rows[2].isQC && rows[3].isQC)
        #expect(!rows[0].isQC && bench.messages.count == 2)
    }

    @Test("groups of columns: as many as the record says, refused if it holds fewer")
    func groups() throws {
        let options =
            #"{"specimen":2,"time":3,"groups":{"first":5,"size":3,"count":4,"code":1,"value":2,"comparator":3},"date_order":"dmy"}"#
        var bench = try Bench(options)
        bench.receive("R,0007,18-03-2024,02,GLU,5.4,=,K,9.0,>,check\n")
        #expect(bench.rows == ["0007 GLU 5.4 ", "0007 K >9.0 "])
        #expect(bench.messages[0].results.map(\.time) == ["2024-03-18", "2024-03-18"])
        bench.receive(
            "R,0008,18-03-2024,03,GLU,5.4,=,K,9.0,>\nR,0009,18-03-2024,,GLU,5.4,=\nR,0010,18-03-2024,1,GLU,5,?\n")
        #expect(bench.messages.count == 1 && bench.faults.map(\.severity) == [.lost, .lost, .lost])
        // A record without a line end is whole when all its groups are.
        bench.receive("R,0011,18-03-2024,1,GLU,5.4,=,")
        bench.wait(milliseconds: 10_000)
        #expect(bench.rows.last == "0011 GLU 5.4 ")
        bench.receive("R,0012,18-03-2024,1,GLU,5.4,")
        bench.wait(milliseconds: 10_000)
        #expect(bench.messages.count == 2 && bench.faults.count == 4 && bench.driver.isIdle)
    }

    @Test("groups of fixed width: the last column of its full width is whole without an end")
    func lastWidth() throws {
        let options =
            #"{"specimen":1,"groups":{"first":3,"size":3,"count":2,"last_width":5,"code":1,"value":2,"flags":3}}"#
        for (text, count) in [
            ("S1,1,GLU,5.4,     ", 1), ("S1,1,GLU,5.4,    ", 0), ("S1,1,GLU,5.4,H    ", 1), ("S1,1,GLU,5", 0),
        ] {
            var bench = try Bench(options)
            bench.receive(text)
            bench.finish()
            #expect(bench.messages.count == count && bench.faults.count == 1 - count, "\(text)")
        }
    }

    @Test("groups of fixed width: a check character, the next record, or more groups than promised behind the last")
    func behindLastGroup() throws {
        let options =
            #"{"specimen":2,"groups":{"first":4,"size":3,"count":3,"last_width":5,"code":1,"value":2,"flags":3}}"#
        for (text, flags) in [
            ("R,S1,1,GLU,5.4,H    7\n", [["H"]]), ("R,S1,1,GLU,5.4,H    ,5A\n", [["H"]]),
            ("R,S1,1,GLU,5.4,H    R,S2,1,GLU,6.1,     \n", [["H"], []]),
            ("R,S1,1,GLU,5.4,     xR,S2,1,GLU,6.1,L    y\n", [[], ["L"]]),
        ] {
            var bench = try Bench(options)
            bench.receive(text)
            bench.finish()
            #expect(bench.messages.flatMap(\.results).map(\.flags) == flags, "\(text)")
            #expect(bench.messages.flatMap(\.orders).map(\.specimenID) == flags.indices.map { "S\($0 + 1)" })
            #expect(bench.faults.isEmpty)
        }
        var more = try Bench(options)
        more.receive("R,S1,1,GLU,5.4,     ,UREA,6.1,     \n")
        more.finish()
        #expect(more.messages.isEmpty && more.faults.count == 1)
    }

    @Test("blocks: refused as a whole, answered after they were handed over")
    func blocks() throws {
        var bench = try Bench(
            #"{"specimen":1,"code":2,"value":3,"blocks":{"start":"02","end":"03"},"answer":{"accept":"06","refuse":"15"}}"#
        )
        bench.receive("noise\u{02}S1,GLU,5.4\r\nS1,K,4\r\nS2,K,5\u{03}\r\n")
        #expect(bench.messages.count == 1 && bench.messages[0].orders.map(\.specimenID) == ["S1", "S2"])
        #expect(bench.rows.count == 3 && bench.transmitted == [[6]] && bench.spans == [5..<33])
        bench.receive("\u{02}S1,GLU,5.4\r\nS1\u{03}")
        #expect(bench.messages.count == 1 && bench.transmitted == [[6], [0x15]])
        #expect(bench.faults.map(\.severity) == [.notice, .refused])
        bench.receive("\u{02}S1,GLU\u{02}S3,GLU,1\u{03}")
        #expect(bench.rows.last == "S3 GLU 1 " && bench.faults.last?.severity == .lost && bench.transmitted.count == 3)
        bench.receive("\u{02}S4,GLU,1")
        bench.wait(milliseconds: 10_000)
        #expect(bench.driver.isIdle && bench.messages.count == 2)
    }

    @Test("rows of one specimen in one message: ended by another, a blank row, silence, the end")
    func grouping() throws {
        var bench = try Bench(table: #""message":"specimen""#)
        bench.receive("Sample,Test,Result\nS1,A,1\nS1,B,2\nS2,A,3\n")
        #expect(bench.messages.map { $0.results.count } == [2] && bench.lastDeadline == 2_000_000)
        bench.receive("\nS2,B,4\n")
        bench.wait(milliseconds: 2000)
        #expect(bench.messages.map { $0.results.count } == [2, 1, 1])
        bench.receive("S3,A,5\n")
        bench.finish()
        #expect(bench.messages.count == 4 && bench.messages.allSatisfy { $0.orders.count == 1 })
        bench = try Bench(table: #""message":"all","patient":"Patient""#)
        bench.receive("Sample,Patient,Test,Result\nS1,P1,A,1\nS1,P1,B,2\nS1,P2,A,3\nS2,,A,4\n")
        bench.finish()
        let message = try #require(bench.messages.first)
        #expect(bench.messages.count == 1 && message.orders.map(\.specimenID) == ["S1", "S1", "S2"])
        #expect(message.orders.map(\.patient) == [0, 1, nil] && message.results.map(\.order) == [0, 0, 1, 2])
        #expect(message.patients.map(\.id) == ["P1", "P2"])
    }

    @Test("a report that has to end with a row: its absence is told, and the message is marked")
    func endRow() throws {
        var bench = try Bench(table: #""message":"all","ends_with":"END*""#)
        bench.receive("Sample,Test,Result\nS1,A,1\nEND OF REPORT\n")
        #expect(bench.messages.map(\.isComplete) == [true])
        bench.receive("S1,A,2\n")
        bench.finish()
        #expect(bench.messages.map(\.isComplete) == [true, false] && bench.faults.map(\.severity) == [.lost])
    }

    @Test("places: joined, without a prefix, a word, none, mapped, constant")
    func places() throws {
        var bench = try Bench(
            #"""
            {"specimen":{"first":1,"strip_prefix":"ID:","word":1,"none":["-"]},"patient":{"first":2,"trim":"*"},"code":{"join":[3,4],"with":"/"},
             "value":5,"unit":{"constant":"mmol/L"},"flags":6,"flag_separators":" ,","status":{"first":7,"map":{"ok":"F","*":"P"}}}
            """#)
        bench.receive("ID:007 again,**P1*,GLU,,5,H  L,ok\n-,P2,A,B,6,,\n")
        let rows = bench.messages.flatMap(\.results)
        #expect(bench.messages.map { $0.orders[0].specimenID } == ["007", ""])
        #expect(bench.messages.map { $0.patients[0].id } == ["P1", "P2"] && rows.map(\.code) == ["GLU", "A/B"])
        #expect(
            rows[0].flags == ["H", "L"] && rows[0].status == "F" && rows[1].status == "P" && rows[0].unit == "mmol/L")
    }

    @Test("a value that is not there is no value, never nought")
    func noValue() throws {
        var bench = try Bench()
        bench.receive("Sample,Test,Result\nS1,A,\n")
        #expect(bench.messages.first?.results.first?.isUsable == false)
    }

    @Test(
        "options that cannot be used are refused with words",
        arguments: [
            "[]", #"{"x":1}"#, "{}", #"{"specimen":1}"#, #"{"specimen":"Sample","code":1,"value":2}"#,
            #"{"specimen":0,"code":1,"value":2}"#, #"{"specimen":1,"code":2,"value":3,"separator":"ab"}"#,
            #"{"specimen":1,"code":2,"value":3,"separator":"auto"}"#,
            #"{"specimen":1,"code":2,"value":3,"charset":"klingon"}"#,
            #"{"specimen":1,"tests":{"names":["*"]}}"#,
            #"{"specimen":1,"code":2,"value":3,"blocks":{"start":"02","end":"02"}}"#,
            #"{"specimen":1,"code":2,"value":3,"answer":{"accept":"6"}}"#,
            #"{"specimen":1,"code":2,"value":3,"months":["a"]}"#,
            #"{"form":"fixed","specimen":1,"code":2,"value":3}"#, #"{"specimen":1,"groups":{"first":2,"size":2}}"#,
            #"{"specimen":1,"code":2,"value":3,"qc":[{}]}"#,
            #"{"specimen":1,"code":2,"value":3,"skip":[{"@code":"A"}]}"#,
        ])
    func badOptions(_ options: String) { #expect(throws: OptionsFault.self) { try Bench(options) } }
}

@Suite("Times")
struct DateFormTests {
    @Test(
        "what is certain, in any form",
        arguments: [
            ("", "2024-03-18", "2024-03-18"), ("", "2024/3/8 9:05", "2024-03-08T09:05"), ("", "20240318", "2024-03-18"),
            ("", "20240318 17:41", "2024-03-18T17:41"), ("", "20240318174105", "2024-03-18T17:41:05"),
            ("", "2024-03-18T09:41:02+08:00", "2024-03-18T09:41:02+08:00"),
            ("", "2024-03-18T09:41:02.123Z", "2024-03-18T09:41:02+00:00"),
            ("", "2020-05-18 09:51:46 AM PDT", "2020-05-18T09:51:46-07:00"),
            ("", "2020-05-18 12:18 PM UTC", "2020-05-18T12:18+00:00"),
            ("", "18-Mar-24 09:00:00", "2024-03-18T09:00:00"), ("", "Mon 18 March 2024", "2024-03-18"),
            ("", "2024.03.18 09.41.02", "2024-03-18T09:41:02"), ("", "29/Feb/2024", "2024-02-29"),
            ("dmy", "18/03/2024 15:34:32", "2024-03-18T15:34:32"), ("dmy", "18.03.24", "2024-03-18"),
            ("dmy", "180324", "2024-03-18"),
            ("mdy", "3/8/2024 12:05 AM", "2024-03-08T00:05"), ("mdy", "03-08-2024 12:05:09 pm", "2024-03-08T12:05:09"),
            ("ymd", "24/03/18 0941", "2024-03-18T09:41"), ("ymd", "240318", "2024-03-18"),
            ("dmy", "01/02/69", "2069-02-01"),
        ])
    func certain(_ order: String, _ text: String, _ expected: String) throws {
        #expect(try form(order).iso8601(text) == expected)
    }

    @Test(
        "nothing is guessed",
        arguments: [
            ("", "03/04/2024"), ("", "240318"), ("", "30/02/2024"), ("dmy", "30/02/2024"), ("dmy", "31.04.2024 10:00"),
            ("", "2023-02-29"), ("", "2024-13-01"), ("", "2024-03-18 25:00"), ("", "2024-03-18 10"),
            ("", "2024-03-18 13:00 PM"), ("", "2024-03-18 09:51 AM CST"), ("", "2024-03-18 09:51 Z PDT"),
            ("", "yesterday"), ("", "2024"), ("", "2024-03-18 10:00 XX"), ("mdy", "18/03/2024"), ("dmy", "18/03/124"),
        ])
    func uncertain(_ order: String, _ text: String) throws { #expect(try form(order).iso8601(text) == nil) }

    private func form(_ order: String) throws -> DateForm {
        try Bench(table: order.isEmpty ? #""date_order":null"# : #""date_order":"\#(order)""#).driver.options.dates
    }
}
