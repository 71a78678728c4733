import DriverWire
import Testing

@testable import POCT1ADriver

@Suite("Observations")
struct ObservationTests {
    private func read(_ body: String, root: String = "OBS.R01", options: String = "{}") throws -> Bench {
        var bench = try Bench(options)
        bench.document(root, 1, body)
        return bench
    }

    @Test("patient, order, specimen, operator, reagent, notes")
    func everything() throws {
        let bench = try read(
            """
            <SVC><SVC.role_cd V="OBS"/><SVC.observation_dttm V="2024-03-18T14:50:00.00+08:00"/><SVC.sequence_nbr V="12"/>
             <PT><PT.patient_id V=" 00P1 "/><PT.location V="MGH^ICU"/><PT.name V="x"><FAM V="Doe"/><GIV V="Jane"/></PT.name>
              <PT.birth_date V="1980-02-29"/><PT.gender_cd V="F"/>
              <OBS><OBS.observation_id V="4548-4" SN="LN" DN="HbA1c"/><OBS.value V="7.1" U="%"/><OBS.method_cd V="M"/>
               <OBS.status_cd V="A"/><OBS.interpretation_cd V="H"/><OBS.normal_lo-hi_limit V="[4.0;6.0]"/>
               <NTE><NTE.text V="~"/></NTE><NTE><NTE.text V="slope 1.0"/></NTE></OBS>
              <OBS><OBS.observation_id V="T"/><OBS.value V="37.0" U="Cel"/><OBS.method_cd V="I"/></OBS></PT>
             <OPR><OPR.operator_id V="nurse7"/></OPR><ORD><ORD.order_id V="A-9"/><ORD.universal_service_id V="CHEM"/></ORD>
             <SPC><SPC.specimen_dttm V="2024-03-18T14:40:00+08:00"/><SPC.type_cd V="BLD"/></SPC>
             <RGT><RGT.name V="Strip"/><RGT.lot_number V="L5"/></RGT><NTE><NTE.text V="TGC FLAG">1</NTE.text></NTE></SVC>
            """, options: #"{"note_flags":["~"]}"#)
        let message = try #require(bench.messages.first)
        #expect(bench.faults.isEmpty && message.protocolName == "POCT1-A" && message.results.count == 2)
        let order = try #require(message.orders.first)
        #expect(order.specimenID == "00P1" && order.specimenKind == "number" && order.placerID == "A-9")
        #expect(order.collectedAt == "2024-03-18T14:40:00+08:00" && order.specimenType == "BLD")
        #expect(order.tests == ["CHEM"] && !order.isQC)
        let patient = try #require(message.patients.first)
        #expect(patient.id == "00P1" && patient.name == "Doe^Jane" && patient.birthDate == "1980-02-29")
        #expect(patient.sex == "F" && patient.location == "MGH^ICU")
        let row = message.results[0]
        #expect(row.code == "4548-4" && row.name == "HbA1c" && row.value == "7.1" && row.unit == "%")
        #expect(row.range == "4.0-6.0" && row.flags == ["H", "~"] && row.status == "A" && row.operatorID == "nurse7")
        #expect(row.time == "2024-03-18T14:50:00+08:00" && row.comments.map(\.text) == ["slope 1.0"])
        #expect(message.results[1].role == .info)
        #expect(message.others.map(\.raw) == ["role_cd=OBS sequence_nbr=12", "name=Strip lot_number=L5"])
        #expect(message.comments.map(\.text) == ["TGC FLAG: 1"])
    }

    @Test("an order's number can be the specimen: then it is one")
    func specimenOfOrder() throws {
        let body =
            "<SVC><PT><PT.patient_id V=\"P\"/><ORD><ORD.order_id V=\"0077\"/></ORD><OBS><OBS.observation_id V=\"G\"/>"
            + "<OBS.value V=\"1\"/></OBS></PT></SVC>"
        let bench = try read(body, options: #"{"specimen":["ORD.order_id","PT.patient_id"]}"#)
        #expect(bench.messages.first?.orders.first?.specimenID == "0077")
        #expect(bench.messages.first?.orders.first?.specimenKind == "")
    }

    @Test("control material never has a patient or specimen: by document, by role, by object", arguments: 0..<4)
    func controls(_ kind: Int) throws {
        let observation = "<OBS><OBS.observation_id V=\"GLU\"/><OBS.value V=\"15.1\" U=\"mmol/L\"/></OBS>"
        let group = ["CTC", "CTC", "PT", "CTC"][kind]
        let role = ["LQC", "OBS", "EQC", "CVR"][kind]
        let body = "<SVC><SVC.role_cd V=\"\(role)\"/><\(group)><CTC.name V=\"Level 2\"/>\(observation)</\(group)></SVC>"
        let message = try #require(try read(body, root: kind == 0 ? "OBS.R02" : "OBS.R01").messages.first)
        #expect(message.orders.allSatisfy(\.isQC) && message.results.map(\.isQC) == [true])
        #expect(message.orders.map(\.specimenID) == [""])
    }

    @Test("words, both, neither, discarded")
    func values() throws {
        func observation(_ code: String, _ body: String) -> String {
            "<OBS><OBS.observation_id V=\"\(code)\"/>\(body)</OBS>"
        }
        let body =
            "<SVC><PT><PT.patient_id V=\"P\"/>"
            + observation("A", "<OBS.qualitative_value V=\"POS\" DN=\"positive\"/>")
            + observation("B", "<OBS.value V=\"25\" U=\"/uL\"/><OBS.qualitative_value V=\"1+\"/>")
            + observation("C", "<OBS.value NULL=\"NI\" U=\"mg/dL\"/>") + observation("D", "")
            + observation("E", "<OBS.value V=\"9\"/><OBS.status_cd V=\"D\"/>")
            + observation("F", "<OBS.qualitative_value V=\"\" DN=\"trace\"/>")
            + "<OBS><OBS.value V=\"3\"/></OBS></PT></SVC>"
        let bench = try read(body)
        let rows = try #require(bench.messages.first).results
        #expect(rows.map(\.value) == ["POS", "25", "", "", "9", "trace"])
        #expect(rows.map(\.isUsable) == [true, true, false, false, false, true])
        #expect(rows[1].comments.map(\.text) == ["1+"] && rows[2].absentReason.hasSuffix("(NI)"))
        #expect(bench.faults.map(\.severity) == [.lost], "an observation without a name is told")
    }

    @Test("two readings of one patient are two results: the time is the run")
    func readings() throws {
        func service(_ time: String, _ rest: String) -> String {
            "<SVC><SVC.observation_dttm V=\"\(time)\"/><PT><PT.patient_id V=\"P1\"/><OBS><OBS.observation_id V=\"GLU\"/>"
                + "<OBS.value V=\"5\"/></OBS></PT>\(rest)</SVC>"
        }
        let body =
            service("2024-03-18T08:00:00+08:00", "") + service("2024-03-18T12:00:00+08:00", "")
            + service("2024-03-18T13:00:00+08:00", "<SPC><SPC.specimen_id V=\"S1\"/></SPC>")
        let message = try #require(try read(body).messages.first)
        #expect(message.orders.map(\.specimenID) == ["P1", "P1", "S1"])
        #expect(message.orders.map(\.specimenKind) == ["number", "number", ""])
        #expect(message.results.map(\.run) == ["20240318080000", "20240318120000", ""])
    }

    @Test("two patients in one service: an order beside them is given to neither")
    func twoPatients() throws {
        let patient = "<PT><PT.patient_id V=\"P1\"/><OBS><OBS.observation_id V=\"G\"/><OBS.value V=\"1\"/></OBS></PT>"
        let body = "<SVC>\(patient)\(patient.replacing("P1", with: "P2"))<ORD><ORD.order_id V=\"7\"/></ORD></SVC>"
        let message = try #require(try read(body).messages.first)
        #expect(message.patients.map(\.id) == ["P1", "P2"] && message.orders.map(\.placerID) == ["", ""])
        #expect(message.orders.map(\.patient) == [0, 1] && message.results.map(\.order) == [0, 1])
    }

    @Test("a time that is none is left out and told")
    func oddTime() throws {
        let bench = try read(
            "<SVC><SVC.observation_dttm V=\"yesterday\"/><OBS><OBS.observation_id V=\"G\"/><OBS.value V=\"1\"/></OBS></SVC>"
        )
        #expect(bench.messages.first?.results.first?.time == "" && bench.faults.map(\.severity) == [.notice])
    }
}
