import DriverKit
import DriverWire
import Testing

@testable import HL7AnalyserDriver

/// IHE LAW: the transactions LAB-27, LAB-28, LAB-29.
@Suite("IHE LAW")
struct WorkflowTests {
    private static let options =
        #"{"query":{"dialect":"law","timeout_ms":5000},"acknowledgement":{"event":"structure"}}"#

    private func query(_ qpd: String, id: String = "Q1") -> String {
        """
        MSH|^~\\&|AN|LAB|LIS|LAB|20240318120000+0800||QBP^Q11^QBP_Q11|\(id)|P|2.5.1|||NE|AL||UNICODE UTF-8|||LAB-27^IHE
        QPD|\(qpd)
        RCP|I||R

        """
    }

    private func answer(_ bench: Bench, _ code: String, _ rest: String) throws -> String {
        let sent = try #require(bench.sent.last { $0.contains("|OML^O33^") })
        let id = sent.split(separator: "|", omittingEmptySubsequences: false)[9]
        return
            "MSH|^~\\&|AN|LAB|LIS|LAB|20240318120001+0800||ORL^O34^ORL_O42|8|P|2.5.1||||||UNICODE UTF-8|||LAB-28^IHE\n"
            + "MSA|\(code)|\(id)\n\(rest)"
    }

    @Test(
        "query modes: what is asked about, and that the answer repeats the query",
        arguments: [
            ("WOS^Work Order Step^IHE_LABTF|T1|24&LAB", "24", "", ""),
            ("WOS_ALL^Work Order Step All^IHE_LABTF|T1", "", "", ""),
            ("WOS_BY_RACK^Work Order Step by Rack^IHE_LABTF|T1||R7|3", "", "R7", "3"),
            ("WOS_BY_TRAY^Work Order Step by Tray^IHE_LABTF|T1||||TR2|B4", "", "TR2", "B4"),
            ("WOS_BY_ISOLATE^Work Order Step by Isolate^IHE_LABTF|T1|ISO9", "ISO9", "", ""),
        ])
    func modes(_ qpd: String, _ specimen: String, _ rack: String, _ position: String) throws {
        var bench = try Bench(WorkflowTests.options)
        bench.block(query(qpd))
        let asked = try #require(bench.queries.first)
        #expect(asked.queries.map(\.specimenID) == [specimen])
        #expect(asked.orders.map(\.rack) == (rack.isEmpty ? [] : [rack]))
        #expect(asked.orders.map(\.position) == (rack.isEmpty ? [] : [position]))
        #expect(
            bench.sent.count == 1 && bench.sent[0].contains("|LAB-27^IHE\n") && bench.sent[0].contains("QPD|\(qpd)\n"))
        let name = qpd.prefix { $0 != "|" }
        #expect(bench.sent[0].contains("MSA|AA|Q1\nQAK|T1|OK|\(name)\n"))
        let token = try #require(asked.queries.first?.token)
        #expect(try bench.submit(#"{"token":"\#(token)","specimen_id":"\#(specimen)","tests":[]}"#) == .accepted)
        // Nothing known: one specimen with ORC-1 DC, with the place that was asked about.
        let sac = qpd.contains("RACK") ? "SAC||||||||||R7|3" : qpd.contains("TRAY") ? "SAC|||||||||||||TR2|B4" : "SAC"
        #expect(bench.sent[1].contains("|U^^HL70369\n\(sac)") && bench.sent[1].contains("\nORC|DC|"))
    }

    @Test("several specimens answer one query; each test has a number of its own")
    func severalSpecimens() throws {
        var bench = try Bench(WorkflowTests.options)
        bench.block(query("WOS_ALL^Work Order Step All^IHE_LABTF|T1"))
        let token = try #require(bench.queries.first?.queries.first?.token)
        for specimen in ["S1", "S2", "S3"] {
            let order =
                #"{"token":"\#(token)","specimen_id":"\#(specimen)","placer_id":"O-\#(specimen)","tests":["A^^99X","B"]}"#
            #expect(try bench.submit(order) == .accepted)
        }
        #expect(bench.sent.count == 4 && bench.driver.isIdle)
        #expect(bench.sent[2].contains("ORC|NW|O-S2-1||O-S2|") && bench.sent[2].contains("OBR||O-S2-1||A^^99X\n"))
        #expect(bench.sent[2].contains("OBR||O-S2-2||B^^L\n") && bench.sent[2].contains("TQ1|||||||||R^^HL70485\n"))
        #expect(
            try bench.submit(#"{"token":"\#(token)","tests":[]}"#) == .refused("the query it answers is no longer open")
        )
        #expect(try bench.submit(#"{"specimen_id":"S4","placer_id":"O4","tests":["A"],"priority":"S"}"#) == .accepted)
        #expect(bench.sent[4].contains("ORC|NW|O4|||||||") && bench.sent[4].contains("|S^^HL70485\n"))
    }

    @Test("the device takes some steps and refuses others: by number, by place, none named")
    func perOrderAnswers() throws {
        for isNamed in [true, false] {
            var bench = try Bench(WorkflowTests.options)
            #expect(try bench.submit(#"{"specimen_id":"S1","tests":["GLU","K"]}"#) == .accepted)
            let steps = isNamed ? "ORC|UA|S1-2|||CA\nORC|OK|S1-1|||SC\n" : "ORC|OK||||SC\nORC|UA||||CA\n"
            bench.block(try answer(bench, "AA", "SPM|1|S1\nSAC|||S1\n\(steps)"))
            let orders = try #require(bench.orders.first).orders.sorted { $0.placerID < $1.placerID }
            #expect(orders.map(\.tests) == [["GLU"], ["K"]] && orders.map(\.action) == ["OK", "UA"])
            #expect(orders.map(\.placerID) == ["S1-1", "S1-2"] && orders.map(\.reportType) == ["SC", "CA"])
            #expect(orders.allSatisfy { $0.specimenID == "S1" } && bench.orders.first?.comments == [])
        }
        var bench = try Bench(WorkflowTests.options)
        #expect(try bench.submit(#"{"specimen_id":"S1","tests":["GLU","K"]}"#) == .accepted)
        bench.block(
            try answer(bench, "AR", "ERR||SPM^1^2|204^Unknown key identifier^HL70357|E||||unknown container S1\n"))
        let message = try #require(bench.orders.first)
        #expect(message.orders.map(\.action) == ["AR"] && message.orders.map(\.tests) == [["GLU", "K"]])
        #expect(message.comments.map(\.text) == ["unknown container S1"])
    }

    @Test("fewer answers than steps, without numbers: nobody can tell which: no test is named")
    func uncertainAnswers() throws {
        var bench = try Bench(WorkflowTests.options)
        #expect(try bench.submit(#"{"specimen_id":"S1","tests":["GLU","K"]}"#) == .accepted)
        bench.block(try answer(bench, "AA", "SPM|1|S1\nORC|UA||||CA\n"))
        #expect(bench.orders.first?.orders.map(\.tests) == [[]] && bench.orders.first?.orders.map(\.action) == ["UA"])
    }

    @Test("orders on another connection: here only the word that the question came")
    func elsewhere() throws {
        let options = #"{"query":{"dialect":"law","orders":"elsewhere"}}"#
        var asking = try Bench(options)
        asking.block(query("WOS^Work Order Step^IHE_LABTF|T1|S9"))
        #expect(asking.sent.count == 1 && asking.driver.isIdle && asking.lastDeadline == nil)
        let token = try #require(asking.queries.first?.queries.first?.token)
        var taking = try Bench(options)
        #expect(try taking.submit(#"{"token":"\#(token)","specimen_id":"S9","tests":["A"]}"#) == .accepted)
        #expect(try taking.submit(#"{"token":"\#(token)","specimen_id":"S8","tests":[]}"#) == .accepted)
        #expect(taking.sent[0].contains("ORC|NW|S9-1") && taking.sent[1].contains("ORC|DC|"))
    }

    @Test(
        "results: acknowledged with the profile of the transaction; runs, reflex, control material, graphs, substances")
    func results() throws {
        var bench = try Bench(
            #"{"query":{"dialect":"law"},"acknowledgement":{"event":"structure"},"run":"OBX-4","parent":["OBR-29.1.1"],"operator":["OBX-16.1","OBR-34.1.1"]}"#
        )
        bench.block(
            """
            MSH|^~\\&|AN|LAB|LIS|LAB|20240318143000+0800||OUL^R22^OUL_R22|M1|P|2.5.1|||NE|AL||UNICODE UTF-8|||LAB-29^IHE
            SPM|1|24031811&LAB||SER^Serum^HL70487|||||||P^Patient^HL70369
            SAC|||24031811
            OBR|1|ORD-1||2951-2^Sodium^LN||||||||||||||||||||||||||||||TECH7&Doe
            ORC|OK|||||CM
            OBX|1|NM|2951-2^Sodium^LN|1|142|mmol/L^^UCUM||N|||F||||||||20240318142800+0800
            OBX|2|NM|2951-2^Sodium^LN|2|141|mmol/L^^UCUM||N|||C||||||||20240318142900+0800
            TCD|2951-2^Sodium^LN|1^:^5
            INV|REAG-77^Sodium electrode^99AN|OK^^HL70383|SR^^HL70384
            OBX|3|ED|48000-1^Curve^LN|1|AN^IM^PNG^Base64^iVBORw0=||||||F
            OBR|2|ORD-2||30522-7^CRP^LN|||||||G||||||||||||||||||ORD-1&LAB
            OBX|1|NM|30522-7^CRP^LN|1|5.5|mg/L^^UCUM||H|||F
            SPM|2|QC-7&LAB|||||||||Q^Control^HL70369
            OBR|1|||2951-2^Sodium^LN
            OBX|1|NM|2951-2^Sodium^LN|1|120|mmol/L^^UCUM||N|||F

            """)
        let message = try #require(bench.messages.first)
        #expect(
            bench.sent.count == 1 && bench.sent[0].contains("|ACK^R22^ACK|") && bench.sent[0].contains("|LAB-29^IHE\n"))
        #expect(bench.sent[0].contains("MSA|AA|M1\n"))
        #expect(message.orders.map(\.specimenID) == ["24031811", "24031811", "QC-7"])
        #expect(message.orders.map(\.isQC) == [false, false, true] && message.orders[1].action == "G")
        #expect(message.comments.map(\.code) == ["ORD-1"] && message.comments.map(\.order) == [1])
        let rows = message.results
        #expect(rows.map(\.run) == ["1", "2", "1", "1", "1"] && rows.map(\.status) == ["F", "C", "F", "F", "F"])
        #expect(rows[2].role == .attachment && rows[2].contentType == "image/png" && rows[0].operatorID == "TECH7")
        #expect(rows.map(\.isQC) == [false, false, false, false, true])
        #expect(message.others.map(\.tag) == ["TCD", "INV"])
    }

    @Test("what stands for nothing is nothing: two quotes, a coding system alone, an empty coded value")
    func nulls() throws {
        var bench = try Bench(#"{"operator":"OBX-16[1].1"}"#)
        bench.block(
            """
            MSH|^~\\&|AN||LIS||20240318143000||OUL^R22^OUL_R22|M1|P|2.5.1|||NE|AL
            SPM|1|""||""|||||||P
            SAC|||S7^BARCODE
            OBR||""||20490^^99X
            OBX|1|NM|20490^20490^99X^^^IHELAW|1|""|mg/L^^99X||""|||F|||||Adm~AUTO
            OBX|2|CE|20490^20490^99X^^^IHELAW|1|^^99X|||N|||F
            OBX|3|CE|A|1|POS^^99X|||""~H|||F
            OBX|4|CWE|B|1|""^Reactive^99X^R|||N|||F

            """)
        let message = try #require(bench.messages.first)
        #expect(message.orders.map(\.specimenID) == ["S7"] && message.orders.map(\.placerID) == [""])
        #expect(message.orders.map(\.specimenType) == [""])
        #expect(message.results.map(\.value) == ["", "", "POS", "Reactive"])
        #expect(message.results.map(\.flags) == [[], ["N"], ["H"], ["N"]] && message.results[0].operatorID == "Adm")
    }
}
