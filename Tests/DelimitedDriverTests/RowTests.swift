import DriverKit
import DriverWire
import Testing

@testable import DelimitedDriver

@Suite("Rows and columns")
struct RowTests {
    @Test("line ends of every kind, blank lines, a missing end", arguments: ["\n", "\r", "\r\n", "\n\n"])
    func lineEnds(_ end: String) throws {
        var bench = try Bench()
        bench.receive(["Sample,Test,Result,Unit", "S1,GLU,5.4,mmol/L", "S2,K,4.1,mmol/L", ""].joined(separator: end))
        #expect(bench.rows == ["S1 GLU 5.4 mmol/L", "S2 K 4.1 mmol/L"])
        bench.finish()
        #expect(bench.faults.isEmpty && bench.driver.isIdle)
    }

    @Test("quotes: separators, line ends and quotes within; blanks around")
    func quotes() throws {
        var bench = try Bench()
        bench.receive("Sample,Test,Result,Unit\n\"S,\n1\",\"a \"\"b\"\"\", \"5.4\" ,\"\"\n5\" tube,K,4\",x\n")
        #expect(bench.rows == ["S,\n1 a \"b\" 5.4 ", "5\" tube K 4\" x"])
        #expect(bench.faults.isEmpty)
    }

    @Test(
        "a row that cannot be certain is told and not taken; the next one is read",
        arguments: [
            "S1,GLU,\"5.4\"1,mmol/L\n", "S1,GLU, fasting,5.4,mmol/L\n", "S1,GLU\n",
        ])
    func uncertain(_ row: String) throws {
        var bench = try Bench()
        bench.receive("Sample,Test,Result,Unit\n\(row)S2,K,4.1,mmol/L\n")
        #expect(bench.rows == ["S2 K 4.1 mmol/L"] && bench.faults.map(\.severity) == [.lost])
        #expect(bench.faults.allSatisfy { $0.start >= 24 && $0.start < 24 + UInt64(row.utf8.count) })
    }

    @Test("the last row without an end: taken only if nothing of what is read can be missing")
    func lastRow() throws {
        for (text, expected) in [
            ("S1,GLU,5.4,mm", []), ("S1,GLU,5", []), ("S1,GLU,5.4,mmol/L", []),
            ("\"S1\",\"GLU\",\"5.4\",\"mmol/L\"", ["S1 GLU 5.4 mmol/L"]),
            ("S1,GLU,5.4,mmol/L,", ["S1 GLU 5.4 mmol/L"]), ("S1,GLU,5.4,\"mmol", []),
        ] {
            var bench = try Bench()
            bench.receive("Sample,Test,Result,Unit\n\(text)")
            #expect(!bench.driver.isIdle)
            bench.finish()
            #expect(bench.rows == expected && bench.faults.isEmpty == !expected.isEmpty, "\(text)")
        }
    }

    @Test("the separator is told by the head row", arguments: [",", ";", "\t", "|"])
    func separators(_ sign: String) throws {
        var bench = try Bench(table: #""separator":"auto""#)
        bench.receive("Sample,Test,Result,Unit\nA,B,1,c\n".replacing(",", with: sign))
        #expect(bench.rows == ["A B 1 c"])
    }

    @Test("GB 18030 with | in a character, Latin-1, UTF-16 either way, UTF-8 with a mark")
    func characterSets() throws {
        let head = Array("Sample|Test|Result|Unit\n".utf8)
        var bench = try Bench(table: #""separator":"|","charset":"GB18030""#)
        // 8B 7C is one character whose second byte is the separator.
        bench.receive(head + [0x8B, 0x7C] + Array("|K|4.1|\n".utf8))
        #expect(bench.rows == ["媩 K 4.1 "] || bench.rows.first?.hasSuffix(" K 4.1 ") == true)
        #expect(bench.rows.count == 1 && bench.faults.isEmpty)
        bench = try Bench(table: #""charset":"ISO-8859-1""#)
        bench.receive(Array("Sample,Test,Result,Unit\nS,CRP,3,".utf8) + [0xB5] + Array("g/L\n".utf8))
        #expect(bench.rows == ["S CRP 3 µg/L"])
        let text = "Sample,Test,Result,Unit\n血🩸,K,4.1,x\n"
        for isBigEndian in [true, false] {
            let units = ([0xFEFF] + Array(text.utf16)).flatMap { unit -> [UInt8] in
                let pair = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
                return isBigEndian ? pair : pair.reversed()
            }
            bench = try Bench()
            for byte in units { bench.receive([byte]) }
            #expect(bench.rows == ["血🩸 K 4.1 x"])
            #expect(bench.spans.first.map { $0.upperBound } == UInt64(units.count))
            bench.finish()
            #expect(bench.driver.isIdle)
        }
        bench = try Bench()
        bench.receive([0xEF, 0xBB, 0xBF] + Array(text.utf8))
        #expect(bench.rows == ["血🩸 K 4.1 x"])
    }

    @Test("lines before the head are kept and can be pointed at; a second head begins anew")
    func preamble() throws {
        var bench = try Bench(
            #"{"head":["Sample","Test","Result"],"specimen":"Sample","code":"Test","value":"Result","sender":{"preamble":"Instrument*"},"time":{"preamble":"Run End"}}"#
        )
        bench.receive("# Instrument Type: Q5\nRun End,2024-03-18 09:41\nnote\n\nSample,Test,Result\nS1,GLU,5.4\n")
        let message = try #require(bench.messages.first)
        #expect(message.sender == "Q5" && message.results[0].time == "2024-03-18T09:41")
        bench.receive("Result,Sample,Test\n9,S2,K\n")
        #expect(bench.rows.last == "S2 K 9 ")
    }

    @Test("no head, or one without a column that is needed: nothing is read, and it is told")
    func noHead() throws {
        var bench = try Bench()
        bench.receive("a,b\nc,d\n")
        bench.finish()
        #expect(bench.messages.isEmpty && bench.faults.map(\.severity) == [.lost] && bench.driver.isIdle)
        bench = try Bench(#"{"head":["Sample"],"specimen":"Sample","code":"Test","value":"Result"}"#)
        bench.receive("Sample,Test\nS1,GLU\n")
        #expect(bench.faults.first?.text.contains("\"Result\"") == true && bench.messages.isEmpty)
    }

    @Test("columns by number, without a head: idle between rows")
    func numbers() throws {
        var bench = try Bench(#"{"specimen":1,"code":3,"value":{"first":[5,4]},"columns":5,"separator":";"}"#)
        bench.receive("001;x;GLU;5.4;\n")
        #expect(bench.driver.isIdle && bench.rows == ["001 GLU 5.4 "])
        bench.receive("001;x;GLU;5.4\n001;x;GLU;;6;7\n")
        #expect(bench.rows.count == 1 && bench.faults.map(\.severity) == [.lost, .lost])
    }

    @Test("fixed columns count bytes, whatever a character takes")
    func fixed() throws {
        var bench = try Bench(
            #"{"form":"fixed","charset":"GB18030","specimen":{"at":0,"width":6},"code":{"at":6,"width":4},"value":{"at":10,"width":5},"unit":{"at":15}}"#
        )
        bench.receive(Array("00012 GLU   5.4mmol/L\r\n".utf8))
        bench.receive([0xD1, 0xAA] + Array("01  K     4.1\r\n".utf8))
        #expect(bench.rows == ["00012 GLU 5.4 mmol/L", "血01 K 4.1 "])
        bench.receive("00013 GLU   5")
        bench.finish()
        #expect(bench.rows.count == 2 && bench.faults.map(\.severity) == [.lost])
    }

    @Test("garbage without end is bounded in what is told and kept")
    func garbage() throws {
        var bench = try Bench(#"{"specimen":1,"code":2,"value":3,"max_row":256}"#)
        bench.receive(String(repeating: "x\n", count: 5000))
        #expect(bench.faults.count == 20)
        bench.receive(String(repeating: "y", count: 5000) + "\nS,K,1\n")
        #expect(bench.rows == ["S K 1 "])
        bench = try Bench()
        bench.receive(String(repeating: "key,value\n", count: 5000))
        #expect(bench.driver.preamble.count == 200 && bench.faults.isEmpty)
    }
}
