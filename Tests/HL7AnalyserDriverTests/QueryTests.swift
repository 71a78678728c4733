import DriverKit
import DriverWire
import Testing

@testable import HL7AnalyserDriver

@Suite("Queries and orders")
struct QueryTests {
    private let display = """
        MSH|^~\\&|Mindray|BS|||20240318120000||QRY^Q02|7|P|2.3.1||||||ASCII
        QRD|20240318120000|R|D|1|||RD|BC0099|OTH|||T|
        QRF|BS|20240318000000|20240318235959|||RCT|COR|ALL||

        """
    private let law = """
        MSH|^~\\&|AN|LAB|LIS|LAB|20240318120000+0800||QBP^Q11^QBP_Q11|Q1|P|2.5.1|||NE|AL||UNICODE UTF-8|||LAB-27^IHE
        QPD|WOS^Work Order Step^IHE_LABTF|T1|S100
        RCP|I||R

        """

    @Test("QRY^Q02: asked, found: QCK OK then DSR with the tests; the device's word on it")
    func found() throws {
        var bench = try Bench()
        bench.block(display)
        let query = try #require(bench.queries.first?.queries.first)
        #expect(query.specimenID == "BC0099" && query.from == "2024-03-18T00:00:00")
        #expect(bench.sent.isEmpty)
        #expect(!bench.driver.isIdle)
        #expect(bench.lastDeadline == 1_500_000)
        let order = #"""
            {"token":"\#(query.token)","specimen_id":"BC0099","tests":["2","5^ALT"],"priority":"S","specimen_type":"serum",
             "patient":{"id":"P1","name":"Rakoto^Jao","birth_date":"1985-04-12","sex":"M"}}
            """#
        #expect(try bench.submit(order) == .accepted)
        #expect(bench.sent.count == 2)
        #expect(bench.sent[0].contains("|QCK^Q02|") && bench.sent[0].contains("MSA|AA|7\nERR|0\nQAK|SR|OK\n"))
        let lines = bench.sent[1].split(separator: "\n").map(String.init)
        #expect(lines.first?.contains("|DSR^Q03|") == true)
        #expect(lines.contains("QRD|20240318120000|R|D|1|||RD|BC0099|OTH|||T|"))
        for line in [
            "DSP|1||P1", "DSP|2", "DSP|3||Rakoto Jao", "DSP|4||19850412", "DSP|5||M", "DSP|21||BC0099", "DSP|24||Y",
            "DSP|26||serum", "DSP|29||2", "DSP|30||5^ALT", "DSC",
        ] { #expect(lines.contains(line), "\(line)") }
        #expect(bench.lastDeadline == .some(nil))
        #expect(bench.driver.isIdle)
        let sentID = lines[0].split(separator: "|", omittingEmptySubsequences: false)[9]
        bench.block("MSH|^~\\&|||||||ACK^Q03|8|P|2.3.1\nMSA|AA|\(sentID)\nERR|0\n")
        #expect(bench.orders.first?.orders.first?.action == "AA")
        #expect(bench.orders.first?.orders.first?.specimenID == "BC0099")
    }

    @Test("QRY^Q02: nothing known, told by the host or by silence: QCK NF", arguments: [true, false])
    func nothing(_ isTold: Bool) throws {
        var bench = try Bench()
        bench.block(display)
        if isTold {
            let token = try #require(bench.queries.first?.queries.first?.token)
            #expect(try bench.submit(#"{"token":"\#(token)","tests":[],"report_type":"Y"}"#) == .accepted)
        } else {
            bench.wait(milliseconds: 1499)
            #expect(bench.sent.isEmpty)
            bench.wait(milliseconds: 1)
            #expect(bench.faults.map(\.0) == [.notice])
        }
        #expect(bench.sent.count == 1)
        #expect(bench.sent.first?.contains("QAK|SR|NF\n") == true)
        #expect(
            try bench.submit(#"{"token":"7/0","tests":["1"]}"#) == .refused("the query it answers is no longer open"))
    }

    @Test("IHE LAW: the query is answered at once, the order follows as OML^O33, the device's word as ORL")
    func laboratoryAutomation() throws {
        var bench = try Bench()
        bench.block(law)
        #expect(bench.sent.count == 1)
        #expect(bench.sent[0].contains("|RSP^K11^RSP_K11|"))
        #expect(bench.sent[0].contains("MSA|AA|Q1\nQAK|T1|OK|WOS^Work Order Step^IHE_LABTF\n"))
        #expect(bench.sent[0].contains("QPD|WOS^Work Order Step^IHE_LABTF|T1|S100\n"))
        #expect(bench.queries.first?.queries.first?.specimenID == "S100")
        #expect(
            try bench.submit(#"{"specimen_id":"S100","tests":["2951-2^Sodium^LN"],"patient":{"id":"P1"}}"#) == .accepted
        )
        let lines = bench.sent[1].split(separator: "\n").map(String.init)
        #expect(lines[0].contains("|OML^O33^OML_O33|") && lines[0].hasSuffix("|LAB-28^IHE"))
        #expect(lines.contains("PID|||P1") && lines.contains("SPM|1|S100|||||||||P^^HL70369"))
        #expect(lines.contains("SAC|||S100"))
        #expect(lines.contains("OBR||S100-1||2951-2^Sodium^LN"))
        let sentID = lines[0].split(separator: "|", omittingEmptySubsequences: false)[9]
        bench.block("MSH|^~\\&|||||||ORL^O34^ORL_O42|8|P|2.5.1|||NE|NE\nMSA|AA|\(sentID)\nSPM|1|S100\nORC|OK|S100-1\n")
        #expect(bench.orders.first?.orders.first?.action == "OK")
    }

    @Test("IHE LAW: nothing to do is one specimen with ORC-1 DC")
    func nothingToDo() throws {
        var bench = try Bench()
        bench.block(law)
        bench.wait(milliseconds: 1500)
        #expect(bench.sent.count == 2)
        #expect(bench.sent[1].contains("SPM|1|S100|||||||||U^^HL70369\nSAC|||S100\nORC|DC|"))
    }

    @Test("another QBP gets RSP with NF; QCN takes the question back")
    func others() throws {
        var bench = try Bench(#"{"query":{"specimen":"QPD-4.1","patient":"QPD-3.1"}}"#)
        let query = """
            MSH|^~\\&|GX||LIS||20240318||QBP^Z03|5|P|2.5
            QPD|Z03^HOST QUERY|T9|P1|S7

            """
        bench.block(query)
        #expect(bench.queries.first?.queries.first?.specimenID == "S7")
        #expect(bench.queries.first?.queries.first?.patientID == "P1")
        bench.wait(milliseconds: 1500)
        #expect(bench.sent.last?.contains("|RSP^Z03|") == true && bench.sent.last?.contains("QAK|T9|NF\n") == true)
        bench.block(query)
        bench.block("MSH|^~\\&|GX||LIS||20240318||QCN^J01|6|P|2.5\nQID|T9|Z03\n")
        #expect(bench.sent.last?.contains("MSA|AA|6") == true)
        let count = bench.sent.count
        bench.wait(milliseconds: 5000)
        #expect(bench.sent.count == count)
        #expect(bench.driver.isIdle)
    }

    @Test("a device that must not ask is refused")
    func refused() throws {
        var bench = try Bench(#"{"query":{"dialect":"none"}}"#)
        bench.block(display)
        #expect(bench.queries.isEmpty)
        #expect(bench.sent.first?.contains("MSA|AR|7") == true)
    }

    @Test("orders without a query: sent to a LAW device, not to one that asks")
    func download() throws {
        var law = try Bench(#"{"query":{"dialect":"law"}}"#)
        #expect(try law.submit(#"{"specimen_id":"S1","tests":["A"],"action":"C"}"#) == .accepted)
        #expect(law.sent.first?.contains("ORC|CA|") == true)
        var other = try Bench()
        #expect(try other.submit(#"{"specimen_id":"S1","tests":["A"]}"#) == .unsupported)
        guard case .refused = try other.submit("[]") else {
            Issue.record("not refused")
            return
        }
    }

    @Test("a flood of queries keeps a bounded number")
    func flood() throws {
        var bench = try Bench()
        for _ in 0..<200 { bench.block(display) }
        #expect(bench.driver.queries.count == 32)
        #expect(bench.sent.count == 168)
    }
}
