import DICOM
import ResultModel
import Testing

@testable import StructuredReports

@Suite("The report of a study")
struct ReportTests {
    static let name = Tree.code("LN", "29436-3", "LVIDd")

    @Test("Facts of the study, whose rows tell one version from another")
    func facts() {
        var study = Sample.study()
        let report = Sample.report([], study: study)
        #expect(report.specimen.id == study.uid && report.imagingStudy?.uid == study.uid)
        #expect(report.order.fillerID == "ACC-0042" && report.status == .final)
        #expect(report.controlID == study.uid)
        #expect(report.observations.allSatisfy { $0.role == .info && $0.status == .final })
        #expect(report.observations.map(\.asSent.value) == [study.uid, "1", "3"])
        #expect(report.imagingStudy?.series.first?.bodySite?.system == SNOMED.system)
        study.instanceCount = 4
        study.version = 2
        study.isComplete = false
        let grown = Sample.report([], study: study)
        #expect(grown.observations.map(\.asSent.value) == [study.uid, "1", "4"])
        #expect(grown.status == .preliminary && grown.controlID == study.uid + ".2")
        #expect(grown.observations.map(\.run) == report.observations.map(\.run))
    }

    @Test(
        "Status by the flags of PS3.3 C.17.2",
        arguments: [
            ("COMPLETE", "VERIFIED", "", Observation.Status.final), ("COMPLETE", "UNVERIFIED", "", .preliminary),
            ("PARTIAL", "VERIFIED", "", .preliminary), ("PARTIAL", "UNVERIFIED", "", .preliminary),
            ("COMPLETE", "UNVERIFIED", "FINAL", .final), ("COMPLETE", "VERIFIED", "PRELIMINARY", .preliminary),
            ("", "", "", .preliminary),
        ])
    func status(completion: String, verification: String, preliminary: String, status: Observation.Status) {
        let document = Tree.document([Tree.number(Self.name, "4.8", "cm")], flags: (completion, verification)) {
            if !preliminary.isEmpty { $0.set(.preliminaryFlag, .CS, text: preliminary) }
        }
        #expect(Sample.rows(Sample.report([document])).map(\.status) == [status])
        var options = StudyReport.Options()
        options.trustsUnverified = true
        let trusted = Sample.rows(Sample.report([document], options: options)).map(\.status)
        #expect(trusted == [completion == "PARTIAL" || preliminary == "PRELIMINARY" ? .preliminary : .final])
    }

    @Test("Dose counts although nobody verified it; what a program detected does not")
    func kinds() {
        let rows = [Tree.number(Tree.code("DCM", "113813"), "512.3", "mGy.cm")]
        let dose = Tree.document(
            rows, sopClass: "1.2.840.10008.5.1.4.1.1.88.67", flags: ("COMPLETE", "UNVERIFIED"))
        #expect(Sample.rows(Sample.report([dose])).map(\.status) == [.final])
        let detection = Tree.document(rows, sopClass: "1.2.840.10008.5.1.4.1.1.88.50")
        #expect(Sample.rows(Sample.report([detection])).map(\.role) == [.raw])
        let planned = Tree.document(rows, sopClass: "1.2.840.10008.5.1.4.1.1.88.74")
        #expect(Sample.rows(Sample.report([planned])).isEmpty)
        #expect(!StudyDocument.isRead(sopClass: "1.2.840.10008.5.1.4.1.1.2") && !StudyDocument.isRead(sopClass: ""))
    }

    @Test("Dose in an Enhanced SR, as devices wrote it before dose had a class; settings of the machine are left out")
    func enhancedDose() {
        let event = Tree.item(
            "CONTAINER", Tree.code("DCM", "113819"), "CONTAINS",
            [
                Tree.coded(Tree.code("DCM", "123014"), Tree.code("SRT", "T-D4000", "Abdomen")),
                Tree.text(Tree.code("DCM", "113832"), "Tube A"), Tree.text(Tree.code("DCM", "121106"), "<Xml/>"),
                Tree.number(Tree.code("DCM", "113733", "KVP"), "120", "kV"),
                Tree.number(Tree.code("DCM", "113838", "DLP"), "265.1", "mGycm"),
            ])
        let document = Tree.document(
            [event, Tree.text(Tree.code("DCM", "121106"), "second scan repeated")],
            sopClass: "1.2.840.10008.5.1.4.1.1.88.22", title: Tree.code("DCM", "113701"),
            flags: ("COMPLETE", "UNVERIFIED"))
        let rows = Sample.rows(Sample.report([document]))
        #expect(rows.map(\.asSent.code) == ["DCM:113838", "DCM:121106"])
        #expect(rows.map(\.status) == [.final, .final] && rows.map(\.role) == [.result, .result])
        #expect(rows.first?.value == .quantity(Quantity(number: "265.1", unit: "mGycm", ucum: "mGy.cm")))
        #expect(rows.first?.imaging?.bodySite?.system == SNOMED.system)
        #expect(rows.first?.imaging?.qualifiers.map(\.value.display) == ["Tube A"])
    }

    @Test("A code that is no LOINC code is not passed off as one")
    func wrongLOINC() throws {
        let document = Tree.document([Tree.number(Tree.code("LN", "29436-9"), "4.8", "cm")])
        let row = try #require(Sample.rows(Sample.report([document])).first)
        #expect(row.loinc == nil && row.localCode == "LN:29436-9")
    }

    @Test("A row without a concept name, a number of nothing, an empty text")
    func nameless() {
        let document = Tree.document([
            Tree.item("TEXT"), Tree.text(Tree.code("DCM", "121071"), "  \r\n "), Tree.item("NUM", Self.name),
            Tree.item("CODE", Self.name), Tree.item("SCOORD"), Tree.item("NONSENSE"), DataSet(),
        ])
        let rows = Sample.rows(Sample.report([document]))
        #expect(rows.map(\.value) == [.absent(reason: .unknown, text: "")])
    }

    @Test("Modes and views are said as context of the acquisition; each makes a row of its own name")
    func acquisitionContext() {
        func number(_ value: String, _ mode: String) -> DataSet {
            let context = Tree.coded(Tree.code("SRT", "G-0373"), Tree.code("SRT", mode, mode), "HAS ACQ CONTEXT")
            return Tree.number(Self.name, value, "cm", "CONTAINS", [context])
        }
        let follicle = Tree.item(
            "CONTAINER", Tree.code("DCM", "125007", "Measurement Group"), "CONTAINS",
            [Tree.text(Tree.code("DCM", "125010"), "Follicle 2"), number("1.2", "G-03A2")])
        let rows = Sample.rows(
            Sample.report([Tree.document([number("4.8", "G-03A2"), number("4.7", "G-0394"), follicle])]))
        #expect(rows.map { $0.imaging?.qualifiers.map(\.value.display) } == [["G-03A2"], ["G-0394"], ["G-03A2"]])
        #expect(Set(rows.map(\.run)).count == 3)
        #expect(rows.last?.imaging?.group == "Measurement Group (Follicle 2)")
    }

    @Test("Normality and normal range")
    func normal() throws {
        let document = Tree.document([
            Tree.number(
                Self.name, "6.1", "cm", "CONTAINS",
                [
                    Tree.coded(Tree.code("DCM", "121402"), Tree.code("SCT", "371879000"), "HAS PROPERTIES"),
                    Tree.number(Tree.code("SRT", "R-10041"), "3.9", "cm", "HAS PROPERTIES"),
                    Tree.number(Tree.code("SCT", "371933006"), "5.3", "cm", "HAS PROPERTIES"),
                ])
        ])
        let rows = Sample.rows(Sample.report([document]))
        let row = try #require(rows.first)
        #expect(row.interpretation == ["H"])
        let low = SNOMED.concept(identifier: "R-10041")
        #expect(row.referenceRange == ReferenceRange(low: low == "385524004" ? "3.9" : "", high: "5.3", text: ""))
    }

    @Test("Times: of the item, of the event, of the document; with its zone, the document's, the study's")
    func times() throws {
        let started = Tree.item("DATETIME", Tree.code("DCM", "111526"), "CONTAINS")
        func effective(
            _ observed: String, _ event: String, _ offset: String, zone: Bool, study: ImagingStudy = Sample.study()
        ) throws -> ClinicalTime? {
            var number = Tree.number(Self.name, "1", "cm")
            if !observed.isEmpty { number.set(.observationDateTime, .DT, text: observed) }
            var began = started
            began.set(.dateTime, .DT, text: event)
            let group = Tree.item(
                "CONTAINER", Tree.code("99T", "G"), "CONTAINS", event.isEmpty ? [number] : [began, number])
            let document = Tree.document([group]) {
                if !offset.isEmpty { $0.set(.timezoneOffsetFromUTC, .SH, text: offset) }
            }
            var study = study
            if zone { study.started?.utcOffset = 28_800 }
            return try #require(Sample.rows(Sample.report([document], study: study)).first)
                .effective
        }
        let clock = "2026-03-18T09:30:00"
        #expect(try effective("", "", "", zone: false) == ClinicalTime(local: clock, utcOffset: 3_600), "the study's")
        #expect(try effective("", "", "", zone: false, study: ImagingStudy()) == ClinicalTime(local: clock))
        #expect(try effective("", "", "", zone: true) == ClinicalTime(local: clock, utcOffset: 28_800))
        #expect(try effective("", "", "-0500", zone: true) == ClinicalTime(local: clock, utcOffset: -18_000))
        #expect(
            try effective("", "20260317120000", "", zone: false)
                == ClinicalTime(local: "2026-03-17T12:00:00", utcOffset: 3_600))
        #expect(
            try effective("20260316+0200", "20260317120000", "", zone: false) == ClinicalTime(local: "2026-03-16"))
        #expect(
            try effective("20260316101500-0330", "", "+0100", zone: true)
                == ClinicalTime(local: "2026-03-16T10:15:00", utcOffset: -12_600))
    }

    @Test("Rows above the limit are told, and depth is bounded")
    func limits() {
        var options = StudyReport.Options()
        options.mostRows = 20
        let many = Tree.document((0..<50).map { Tree.number(Self.name, "\($0)", "cm") })
        let report = Sample.report([many], options: options)
        #expect(report.observations.count == 20)
        #expect(report.comments.contains { $0.contains("see the document") })
        var deep = Tree.number(Self.name, "1", "cm")
        for _ in 0..<60 { deep = Tree.item("CONTAINER", Tree.code("99T", "G"), "CONTAINS", [deep]) }
        let cut = Sample.report([Tree.document([deep])])
        #expect(Sample.rows(cut).isEmpty && cut.comments.contains { $0.contains("longer than this gateway reads") })
    }

    @Test("An encapsulated document: padded, without length, too large, empty")
    func encapsulated() throws {
        func report(_ bytes: [UInt8], _ length: Int?, largest: Int = 1_000) -> Report {
            var data = DataSet()
            data.set(.sopClassUID, .UI, text: "1.2.840.10008.5.1.4.1.1.104.2")
            data.set(.sopInstanceUID, .UI, text: "1.2.3")
            data.set(.documentTitle, .ST, text: "Discharge")
            data.set(.mimeTypeOfEncapsulatedDocument, .LO, text: "text/XML")
            data.set(.encapsulatedDocument, .OB, bytes: bytes)
            if let length { data.set(.encapsulatedDocumentLength, .UL, integer: length) }
            var options = StudyReport.Options()
            options.largestDocument = largest
            return Sample.report([StudyDocument(dataSet: data)], options: options)
        }
        func contents(_ report: Report) -> ResultModel.Attachment? {
            guard case .attachment(let found)? = Sample.rows(report).first?.value else { return nil }
            return found
        }
        #expect(
            contents(report([1, 2, 3], 3))
                == ResultModel.Attachment(contentType: "text/xml", title: "Discharge", data: [1, 2, 3]))
        #expect(contents(report([1, 2, 3], nil))?.data == [1, 2, 3, 0])
        #expect(contents(report([1, 2, 3, 4], 1))?.data.count == 4, "a length that cannot be is not believed")
        let large = report([UInt8](repeating: 1, count: 2_000), nil)
        #expect(contents(large) == nil && large.comments.contains { $0.contains("2000 bytes") })
        #expect(report([], nil).comments.contains { $0.contains("without contents") })
    }

    @Test("Taking images back is no finding")
    func rejection() {
        for (code, role) in [("113000", Observation.Role.result), ("113001", .info), ("113037", .info)] {
            let document = Tree.document(
                [], sopClass: "1.2.840.10008.5.1.4.1.1.88.59", title: Tree.code("DCM", code, "Note"))
            #expect(Sample.rows(Sample.report([document])).map(\.role) == [role], "\(code)")
        }
    }
}
