import Contracts
import ResultModel
import Testing

@testable import Delivery

@Suite("ORU^R01 of an imaging study")
struct ImagingORUTests {
    @Test("Segment by segment")
    func whole() throws {
        let lines = try ORUBuilderTests.lines(ReceiverProfile(), ImagingFixture.item())
        let expected = [
            #"MSH|^~\&|HILUM||||20260318183320.123+0800||ORU^R01^ORU_R01|AB1225|P|2.5.1||||||UNICODE UTF-8"#,
            "PID|1||HLM-0007^^^^PI||Sample^Synthetic|||F",
            "ORC|RE|PL-9|ACC-0042",
            #"OBR|1|PL-9|ACC-0042|18748-4^Diagnostic imaging study^LN^CT/SR^Thorax \T\ abdomen^L|||20260318091500+0100|||||||||^Referrer^Rita||||||20260318183320.123+0800||CT|F"#,
            "NTE|1|L|Measurements: verified by Ruth Reader",
            "OBX|1|ST|113014^DICOM Study^DCM||1.2.826.0.1.3680043.8.498.77||||||F|||||||ct-1",
            "OBX|2|NM|SeriesCount^SeriesCount^L||2||||||F|||||||ct-1",
            "OBX|3|NM|InstanceCount^InstanceCount^L||4||||||F|||||||ct-1",
            "OBX|4|NM|29436-3^LVIDd^LN|ab12.cd34|4.80|cm^cm^UCUM||N|||F|||20260318093000+0100||Sam Sonographer|125206^Cube^DCM|ct-1",
            "NTE|1|L|Findings / Measurement Group; Lesion 1; site: Left Ventricle; side: Left; Image Mode: 2D mode; Channel: Lead I",
            "OBX|5|NM|113813^CT Dose Length Product Total^DCM|ab12|512.30|mGy.cm^mGy.cm^UCUM|||||F|||20260318093000+0100||||ct-1",
            "OBX|6|TX|121071^Finding^DCM|ab12|No effusion.~No mass.||||||F|||20260318093000+0100||||ct-1",
            "OBX|7|ST|121073^Impression^DCM|ab12|Follow up in 3 months.||||||F|||20260318093000+0100||||ct-1",
            "OBX|8|CWE|121073^Impression^DCM|ab12.2|27925004^Nodule^SCT||||||F|||20260318093000+0100||||ct-1",
            "OBX|9||N4^Not known^99LOCAL|ab12|||||||X|||20260318093000+0100||||ct-1",
            "NTE|1|L|No result (error): Measurement failure",
            "OBX|10|ED|18748-4^Diagnostic imaging study^LN|ab12|^AP^PDF^Base64^AQID||||||F|||20260318093000+0100||||ct-1",
        ]
        #expect(lines.count == expected.count)
        for (line, wanted) in zip(lines, expected) { #expect(line == wanted) }
    }

    @Test("The Study Instance UID in the form that the receiver asks for")
    func reference() throws {
        func line(_ form: ReceiverProfile.StudyReference, _ report: Report = ImagingFixture.report()) throws -> String?
        {
            var profile = ReceiverProfile()
            profile.studyReference = form
            return try ORUBuilderTests.lines(profile, ImagingFixture.item(report)).first { $0.contains("|113014^") }
        }
        let uid = ImagingFixture.study
        #expect(try line(.identifier)?.hasPrefix("OBX|1|HD|113014^DICOM Study^DCM||^\(uid)^ISO|") == true)
        #expect(
            try line(.pointer)?.hasPrefix(
                "OBX|1|RP|113014^DICOM Study^DCM||https://gw.example/dicom-web/studies/\(uid)^^IM^DICOM|") == true)
        var nowhere = ImagingFixture.report()
        nowhere.imagingStudy?.endpoints = []
        #expect(try line(.pointer, nowhere)?.hasPrefix("OBX|1|ST|113014^DICOM Study^DCM||\(uid)|") == true)
    }

    @Test("Rows of the study can be left out; a study with nothing else then has nothing to say")
    func facts() throws {
        var profile = ReceiverProfile()
        profile.sendsStudyFacts = false
        let lines = try ORUBuilderTests.lines(profile, ImagingFixture.item())
        #expect(!lines.contains { $0.contains("113014^") || $0.contains("InstanceCount") })
        var bare = ImagingFixture.report()
        bare.observations = Array(bare.observations.prefix(3))
        #expect(throws: ORUFault.self) { try ORUBuilderTests.lines(profile, ImagingFixture.item(bare)) }
        let rows = try ORUBuilderTests.lines(ReceiverProfile(), ImagingFixture.item(bare))
        #expect(rows.count { $0.hasPrefix("OBX") } == 3)
    }

    @Test("A study that grew says C where the number changed, P while more may come")
    func growth() throws {
        var report = ImagingFixture.report()
        report.observations[2].replacesEarlier = true
        var lines = try ORUBuilderTests.lines(ReceiverProfile(), ImagingFixture.item(report))
        #expect(lines.first { $0.hasPrefix("OBR") }?.hasSuffix("|CT|C") == true)
        #expect(lines.first { $0.contains("InstanceCount^") }?.contains("||||||C|") == true)
        report = ImagingFixture.report()
        report.status = .preliminary
        for index in 0..<3 { report.observations[index].status = .preliminary }
        lines = try ORUBuilderTests.lines(ReceiverProfile(), ImagingFixture.item(report))
        #expect(lines.first { $0.hasPrefix("OBR") }?.hasSuffix("|CT|P") == true)
        #expect(lines.first { $0.contains("113014^") }?.contains("||||||P|") == true)
        #expect(lines.first { $0.contains("29436-3^") }?.contains("|||F|") == true)
    }

    @Test(
        "Section by the first modality that makes images",
        arguments: [
            (["SR", "US"], "RUS"), (["CR", "SR"], "RX"), (["KO", "SR"], "RAD"), ([], "RAD"), (["ECG"], "EC"),
            (["PT", "CT"], "NMS"),
        ])
    func section(modalities: [String], code: String) {
        #expect(ServiceSection(modalities: modalities).rawValue == code)
    }

    @Test("Version 2.3.1: CE, no SPM, a study alone")
    func old() throws {
        var profile = ReceiverProfile()
        profile.version = .v231
        let lines = try ORUBuilderTests.lines(profile, ImagingFixture.item())
        #expect(lines.contains { $0.hasPrefix("OBX|8|CE|121073^Impression^DCM|ab12.2|27925004^Nodule^SCT") })
        #expect(!lines.contains { $0.hasPrefix("SPM") || $0.contains("11502-2") })
    }
}
