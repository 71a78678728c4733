import Contracts
import FHIR
import JSONText
import ResultModel
import Testing

@testable import Delivery

@Suite("FHIR R4 of an imaging study")
struct ImagingFHIRTests {
    static func resources(_ type: String, _ report: Report = ImagingFixture.report()) throws -> [JSONValue] {
        try FHIRMapperTests.resources(FHIRMapperTests.bundle(ImagingFixture.item(report)), type).map(\.resource)
    }

    @Test("What is in the bundle, without faults, the same at each attempt")
    func entries() throws {
        let bundle = try FHIRMapperTests.bundle(ImagingFixture.item())
        #expect(bundle.faults().isEmpty, "\(bundle.faults())")
        let uid = ImagingFixture.study
        #expect(
            bundle.entries.map { "\($0.method) \($0.url) \($0.ifNoneExist)" } == [
                "POST Patient identifier=urn:hilum:patient|HLM-0007",
                "POST Device identifier=urn:hilum:device|ct-1",
                "POST ServiceRequest identifier=urn:hilum:placer-order|PL-9",
                "POST Endpoint identifier=urn:hilum:endpoint|hilum",
                "PUT ImagingStudy?identifier=urn:dicom:uid|urn:oid:\(uid) ",
                "PUT Observation?identifier=urn:hilum:result|\(uid)/LN:29436-3/ab12.cd34 ",
                "PUT Observation?identifier=urn:hilum:result|\(uid)/DCM:113813/ab12 ",
                "PUT Observation?identifier=urn:hilum:result|\(uid)/DCM:121071/ab12 ",
                "PUT Observation?identifier=urn:hilum:result|\(uid)/DCM:121073/ab12 ",
                "PUT Observation?identifier=urn:hilum:result|\(uid)/DCM:121073/ab12/2 ",
                "PUT Observation?identifier=urn:hilum:result|\(uid)/99LOCAL:N4/ab12 ",
                "PUT DiagnosticReport?identifier=urn:hilum:result|\(uid)/report ",
                "PUT DocumentReference?identifier=urn:hilum:result|\(uid)/LN:18748-4/ab12 ",
                "PUT Provenance/hilum-ab12-25 ",
            ])
        var later = ImagingFixture.item()
        later.attempts = 3
        #expect(try FHIRMapperTests.bundle(later).json() == bundle.json())
    }

    @Test("ImagingStudy as a whole")
    func study() throws {
        let study = try #require(try Self.resources("ImagingStudy").first)
        let uid = ImagingFixture.study
        let dicom = #""system":"http://dicom.nema.org/resources/ontology/DCM""#
        let expected = [
            #"{"resourceType":"ImagingStudy","identifier":[{"system":"urn:dicom:uid","value":"urn:oid:\#(uid)"},"#,
            #"{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"ACSN"}]},"#,
            #""system":"urn:hilum:accession","value":"ACC-0042"}],"status":"available","#,
            #""modality":[{\#(dicom),"code":"CT"},{\#(dicom),"code":"SR"}],"subject":{"reference":"PATIENT"},"#,
            #""started":"2026-03-18T09:15:00+01:00","basedOn":[{"reference":"ORDER"}],"#,
            #""referrer":{"display":"Rita Referrer"},"endpoint":[{"reference":"ENDPOINT"}],"#,
            #""numberOfSeries":2,"numberOfInstances":4,"location":{"display":"Sample Hospital, CT1"},"#,
            #""description":"Thorax & abdomen","series":[{"uid":"\#(uid).1","number":2,"#,
            #""modality":{\#(dicom),"code":"CT"},"description":"1 mm","numberOfInstances":3,"#,
            #""bodySite":{"system":"http://snomed.info/sct","code":"816094009","display":"Chest"},"#,
            #""laterality":{"system":"http://snomed.info/sct","code":"7771000","display":"Left"},"#,
            #""started":"2026-03-18T09:16:00+01:00","instance":["#,
            (1...3).map { number in
                #"{"uid":"\#(uid).1.\#(number)","sopClass":{"system":"urn:ietf:rfc:3986","#
                    + #""code":"urn:oid:1.2.840.10008.5.1.4.1.1.2"},"number":\#(number)}"#
            }.joined(separator: ","),
            #"]},{"uid":"\#(uid).2","modality":{\#(dicom),"code":"SR"},"numberOfInstances":1,"#,
            #""bodySite":{"display":"ODD PART"},"instance":[{"uid":"\#(uid).3","sopClass":"#,
            #"{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.88.33"},"title":"Measurements"}]}]}"#,
        ].joined()
        let bundle = try FHIRMapperTests.bundle(ImagingFixture.item())
        var text = expected
        for (word, index) in [("PATIENT", 0), ("ORDER", 2), ("ENDPOINT", 3)] {
            let parts = text.split(separator: word, omittingEmptySubsequences: false)
            text = parts.joined(separator: bundle.entries[index].fullURL)
        }
        #expect(study.text() == text)
    }

    @Test("Endpoint, and the report that names the study")
    func endpointAndReport() throws {
        let endpoint = try #require(try Self.resources("Endpoint").first)
        #expect(endpoint["connectionType"]?["code"]?.string == "dicom-wado-rs")
        #expect(endpoint["address"]?.string == "https://gw.example/dicom-web")
        #expect(endpoint["payloadType"]?.array?.first?["text"]?.string == "DICOM")
        let report = try #require(try Self.resources("DiagnosticReport").first)
        #expect(report["category"]?.array?.first?["coding"]?.array?.first?["code"]?.string == "CT")
        #expect(report["code"]?["coding"]?.array?.first?["code"]?.string == "18748-4")
        #expect(report["code"]?["text"]?.string == "CT SR Thorax & abdomen")
        #expect(report["imagingStudy"]?.array?.count == 1 && report["result"]?.array?.count == 6)
        #expect(
            report["conclusion"]?.string == "Follow up in 3 months.\nMeasurements: verified by Ruth Reader")
        #expect(report["conclusionCode"]?.array?.first?["coding"]?.array?.first?["code"]?.string == "27925004")
        #expect(report["status"]?.string == "final")
    }

    @Test("A measurement: where, how, on which image, from which document")
    func measurement() throws {
        let measurement = try #require(try Self.resources("Observation").first)
        #expect(measurement["category"]?.array?.first?["coding"]?.array?.first?["code"]?.string == "imaging")
        #expect(
            measurement["code"]?.text()
                == #"{"coding":[{"system":"http://loinc.org","code":"29436-3","display":"LVIDd"}],"text":"LVIDd"}"#)
        #expect(
            measurement["bodySite"]?.text()
                == #"{"coding":[{"system":"http://snomed.info/sct","code":"87878005","display":"Left Ventricle"}],"text":"Left Ventricle, Left"}"#
        )
        #expect(measurement["method"]?["coding"]?.array?.first?["code"]?.string == "125206")
        #expect(measurement["valueQuantity"]?["value"]?.text() == "4.80")
        let sources = try #require(measurement["derivedFrom"]?.array)
        #expect(sources.count == 2 && sources[0]["reference"]?.string?.hasPrefix("urn:uuid:") == true)
        #expect(sources[1]["type"]?.string == "DocumentReference")
        #expect(sources[1]["identifier"]?["value"]?.string == "urn:oid:" + ImagingFixture.document)
        #expect(measurement["identifier"]?.array?.last?["value"]?.string == "urn:oid:1.2.3.4")
        let components = try #require(measurement["component"]?.array).map { component in
            let code = component["code"], value = component["valueCodeableConcept"]
            let name = code?["coding"]?.array?.first?["code"]?.string ?? code?["text"]?.string ?? ""
            return name + "=" + (value?["coding"]?.array?.first?["code"]?.string ?? value?["text"]?.string ?? "")
        }
        #expect(
            components == [
                "272741003=7771000", "399264008=399064001", "Channel=Lead I", "Group=Findings / Measurement Group",
                "112039=Lesion 1",
            ])
        #expect(measurement["note"]?.array?.first?["text"]?.string?.hasSuffix(".1.1#2,3") == true)
        #expect(measurement["specimen"] == nil)
    }

    @Test("A document: its type, its contents, what it belongs to")
    func document() throws {
        let document = try #require(try Self.resources("DocumentReference").first)
        #expect(document["type"]?["coding"]?.array?.first?["code"]?.string == "18748-4")
        let attachment = document["content"]?.array?.first?["attachment"]
        #expect(attachment?["contentType"]?.string == "application/pdf" && attachment?["data"]?.string == "AQID")
        #expect(attachment?["title"]?.string == "Lung function")
        #expect(document["context"]?["related"]?.array?.count == 2)
    }

    @Test("Instances are listed up to a limit, counts stay right")
    func limit() throws {
        let study = try #require(try Self.resources("ImagingStudy", ImagingFixture.report(instances: 1_200)).first)
        let series = try #require(study["series"]?.array)
        #expect(series[0]["instance"]?.array?.count == 500 && series[1]["instance"] == nil)
        #expect(series[0]["numberOfInstances"]?.text() == "1200" && study["numberOfInstances"]?.text() == "1201")
    }

    @Test("A study without documents, without patient, without times, empty")
    func bare() throws {
        var report = Report()
        report.specimen.id = "1.2.3"
        report.device = "ct-1"
        var study = ImagingStudy()
        study.uid = "1.2.3"
        report.imagingStudy = study
        report.observations = [ImagingFixture.fact("113014", .text("1.2.3"), "1.2.3")]
        let bundle = try FHIRMapperTests.bundle(ImagingFixture.item(report))
        #expect(bundle.faults().isEmpty, "\(bundle.faults())")
        let resource = try #require(FHIRMapperTests.resources(bundle, "ImagingStudy").first?.resource)
        #expect(resource["status"]?.string == "registered")
        #expect(resource["subject"]?["display"]?.string == "patient not known")
        #expect(try Self.resources("DiagnosticReport", report).first?["status"]?.string == "final")
        report.observations[0].replacesEarlier = true
        #expect(try Self.resources("DiagnosticReport", report).first?["status"]?.string == "amended")
        report.status = .preliminary
        #expect(try Self.resources("DiagnosticReport", report).first?["status"]?.string == "preliminary")
    }

    @Test("A UID that is none is refused before it is sent")
    func badUID() throws {
        var report = ImagingFixture.report()
        report.imagingStudy?.series[0].uid = "1.2/../3"
        #expect(throws: ORUFault.self) { try FHIRMapperTests.bundle(ImagingFixture.item(report)) }
    }
}
