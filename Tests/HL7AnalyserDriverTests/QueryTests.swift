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

    @Test(
        "QRY^Q02: nothing known is QCK NF; silence of the host, or an error, is QCK AE",
        arguments: [#""tests":[],"report_type":"Y""#, #""tests":[],"error":"two patients""#, nil])
    func nothing(_ told: String?) throws {
        var bench = try Bench()
        bench.block(display)
        if let told {
            let token = try #require(bench.queries.first?.queries.first?.token)
            #expect(try bench.submit(#"{"token":"\#(token)",\#(told)}"#) == .accepted)
        } else {
            bench.wait(milliseconds: 1499)
            #expect(bench.sent.isEmpty)
            bench.wait(milliseconds: 1)
            #expect(bench.faults.map(\.0) == [.notice])
        }
        #expect(bench.sent.count == 1)
        let status = told?.contains("report_type") == true ? "NF" : "AE"
        #expect(bench.sent.first?.contains("QAK|SR|\(status)\n") == true)
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

    @Test(
        "a group: one QCK, then a DSR for each sample with its number in DSC, each after the device's word on the last")
    func group() throws {
        var bench = try Bench()
        let query = """
            MSH|^~\\&|Mindray|BS|||20240318120000||QRY^Q02|9|P|2.3.1||||||ASCII
            QRD|20240318120000|R|D|1|||RD||OTH|||T|
            QRF|BS|20240318000000|20240318235959|1|12|RCT|COR|ALL||

            """
        bench.block(query)
        let asked = try #require(bench.queries.first?.queries.first)
        #expect(asked.specimenID == "1" && asked.lastSpecimenID == "12" && asked.to == "2024-03-18T23:59:59")
        func tell(_ specimen: String, _ rest: String) throws {
            #expect(
                try bench.submit(#"{"token":"\#(asked.token)","specimen_id":"\#(specimen)",\#(rest)}"#) == .accepted)
        }
        try tell("3", #""tests":["GLU"],"more":true"#)
        try tell("4", #""tests":[],"known":false,"more":true"#)
        try tell("7", #""tests":["K"],"more":true"#)
        try tell("9", #""tests":["NA"]"#)
        #expect(bench.sent.count == 2)
        #expect(bench.sent[0].contains("QAK|SR|OK") && bench.sent[1].contains("DSP|29||GLU\nDSC|1\n"))
        func control(_ index: Int) -> Substring {
            bench.sent[index].split(separator: "|", omittingEmptySubsequences: false)[9]
        }
        bench.block("MSH|^~\\&|||||||ACK^Q03|8|P|2.3.1\nMSA|AE|\(control(1))||||204\n")
        #expect(bench.orders.last?.orders.first?.action == "AE")
        #expect(bench.orders.last?.comments.first?.text.contains("error 204, unknown key") == true)
        #expect(bench.sent.count == 3 && bench.sent[2].contains("DSP|21||7\n") && bench.sent[2].contains("\nDSC|2\n"))
        #expect(!bench.driver.isIdle)
        bench.block("MSH|^~\\&|||||||ACK^Q03|8|P|2.3.1\nMSA|AA|\(control(2))\n")
        #expect(bench.sent.count == 4 && bench.sent[3].contains("DSP|29||NA\nDSC|3\n"))
        #expect(bench.driver.isIdle)
    }

    @Test("a group whose sample the device does not acknowledge: the rest is not sent, and told as such")
    func brokenGroup() throws {
        var bench = try Bench()
        bench.block(display.replacing("|BC0099|", with: "||"))
        let token = try #require(bench.queries.first?.queries.first?.token)
        #expect(try bench.submit(#"{"token":"\#(token)","specimen_id":"1","tests":["A"],"more":true}"#) == .accepted)
        #expect(try bench.submit(#"{"token":"\#(token)","specimen_id":"2","tests":["A"]}"#) == .accepted)
        bench.wait(milliseconds: 10_000)
        #expect(bench.sent.count == 2)
        #expect(bench.orders.first?.orders.map(\.action) == ["unsent"])
        // The next question is not held up.
        bench.block(display)
        let next = try #require(bench.queries.last?.queries.first?.token)
        #expect(try bench.submit(#"{"token":"\#(next)","specimen_id":"BC0099","tests":["A"]}"#) == .accepted)
        #expect(bench.sent.count == 4 && bench.sent[3].contains("\nDSC\n"))
    }

    @Test("a tube without a code is answered that nothing is ordered; the host is not asked for all")
    func unnamed() throws {
        var bench = try Bench()
        bench.block(display.replacing("|BC0099|", with: "||").replacing("|20240318000000|20240318235959|", with: "|||"))
        #expect(bench.queries.isEmpty && bench.sent.count == 1 && bench.sent[0].contains("QAK|SR|NF\n"))
        var workflow = try Bench()
        workflow.block(law.replacing("|S100", with: "|"))
        #expect(workflow.queries.isEmpty && workflow.sent.last?.contains("\nORC|DC|") == true)
    }

    @Test("ORM^O01 that asks: ORR^O02 with the modes, AR for a sample nobody knows; the order is sent, no word comes")
    func orderResponse() throws {
        let options = #"""
            {"query": {"test_row": "08003^Test Mode^99MRC", "rows": {"08002^Blood Mode^99MRC": "W"}, "sex": {"F": "Female"},
             "service": "00001^Automated Count^99MRC"}}
            """#
        var bench = try Bench(options)
        let ask = "MSH|^~\\&|||||20190504060725||ORM^O01|389|P|2.3.1||||||UNICODE\nORC|RF||S-01||IP\n"
        bench.block(ask)
        let query = try #require(bench.queries.first?.queries.first)
        #expect(query.specimenID == "S-01")
        let order = #"""
            {"token":"\#(query.token)","specimen_id":"S-01","tests":["CBC","CBC+DIFF"],
             "patient":{"id":"P1","name":"Doe^Jane","birth_date":"1980-02-29","sex":"F"}}
            """#
        #expect(try bench.submit(order) == .accepted)
        let lines = bench.sent[0].split(separator: "\n").map(String.init)
        #expect(lines[0].contains("||ORR^O02|"))
        for line in [
            "MSA|AA|389", "PID|1||P1^^^^MR||Doe^Jane||19800229|Female", "ORC|AF|S-01",
            "OBR|1|S-01||00001^Automated Count^99MRC", "OBX|1|IS|08002^Blood Mode^99MRC||W||||||F",
            "OBX|2|IS|08003^Test Mode^99MRC||CBC+DIFF||||||F",
        ] { #expect(lines.contains(line), "\(line)") }
        #expect(bench.orders.map { $0.orders[0].action } == ["sent"] && bench.driver.isIdle)
        bench.block(ask)
        let again = try #require(bench.queries.last?.queries.first?.token)
        #expect(try bench.submit(#"{"token":"\#(again)","specimen_id":"S-01","tests":[]}"#) == .accepted)
        #expect(bench.sent[1].contains("ORR^O02") && bench.sent[1].contains("\nMSA|AR|389\n"))
        // Without code no one's order, and an order that does not ask is none of ours.
        bench.block(ask.replacing("S-01", with: ""))
        #expect(bench.sent[2].contains("\nMSA|AR|389\n") && bench.queries.count == 2)
        bench.block(ask.replacing("|RF|", with: "|NW|"))
        #expect(bench.sent[3].contains("MSA|AR|389") && bench.faults.last?.0 == .refused)
    }

    @Test("IHE LAW: tests carry their coding system")
    func coding() {
        #expect(HL7AnalyserDriver.coded("2951-2") == "2951-2^^LN")
        for (code, expected) in [
            ("2951-3", "2951-3^^L"), ("GLU", "GLU^^L"), ("A^^99X", "A^^99X"), ("-", "-^^L"), ("1-", "1-^^L"),
        ] {
            #expect(HL7AnalyserDriver.coded(code) == expected)
        }
    }

    @Test("IHE LAW: a test that is taken back goes by the number that it was ordered under")
    func lawCancellation() throws {
        var bench = try Bench(#"{"query":{"dialect":"law"}}"#)
        let new = #"{"specimen_id":"S1","tests":["GLU","K"],"test_numbers":["11","12"],"placer_id":"PL1"}"#
        #expect(try bench.submit(new) == .accepted)
        let cancel = #"{"specimen_id":"S1","tests":["K"],"test_numbers":["12"],"placer_id":"PL1","action":"C"}"#
        #expect(try bench.submit(cancel) == .accepted)
        #expect(bench.sent[0].contains("ORC|NW|S1-11|") && bench.sent[0].contains("ORC|NW|S1-12|"))
        #expect(bench.sent[1].contains("ORC|CA|S1-12|") && !bench.sent[1].contains("S1-11"))
        let control = bench.sent[1].split(separator: "|", omittingEmptySubsequences: false)[9]
        bench.block(
            "MSH|^~\\&|||||||ORL^O34^ORL_O42|8|P|2.5.1\nMSA|AA|\(control)\nSPM|1|S1\nORC|UC|S1-12||||\n")
        #expect(bench.orders.first?.orders.map(\.action) == ["UC"] && bench.orders.first?.orders.first?.tests == ["K"])
    }

    @Test("IHE LAW: nothing to do is one specimen with ORC-1 DC; what nobody could say is not said")
    func nothingToDo() throws {
        var bench = try Bench()
        bench.block(law)
        bench.wait(milliseconds: 1500)
        #expect(bench.sent.count == 1)
        bench.block(law)
        let token = try #require(bench.queries.last?.queries.first?.token)
        #expect(try bench.submit(#"{"token":"\#(token)","specimen_id":"S100","tests":[]}"#) == .accepted)
        #expect(bench.sent.count == 3)
        #expect(bench.sent[2].contains("SPM|1|S100|||||||||U^^HL70369\nSAC|||S100\nORC|DC|"))
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
        #expect(bench.sent.last?.contains("|RSP^Z03|") == true && bench.sent.last?.contains("QAK|T9|AE\n") == true)
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
