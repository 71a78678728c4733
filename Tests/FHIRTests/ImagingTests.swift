import FHIR
import JSONText
import Testing

@Suite("R4 imaging")
struct ImagingTests {
    static func study(_ change: (inout R4.ImagingStudy) -> Void = { _ in }) -> R4.Bundle {
        var study = R4.ImagingStudy(uid: "1.2.3", subject: R4.Reference(display: "not known"))
        study.modalities = [R4.Coding(system: R4.System.dicom, code: "CT")]
        var series = R4.ImagingStudy.Series(uid: "1.2.3.4", modality: R4.Coding(system: R4.System.dicom, code: "CT"))
        series.instanceCount = 1
        series.instances = [R4.ImagingStudy.Instance(uid: "1.2.3.4.5", sopClass: "1.2.840.10008.5.1.4.1.1.2")]
        study.series = [series]
        study.seriesCount = 1
        study.instanceCount = 1
        change(&study)
        var bundle = R4.Bundle()
        bundle.add(study, fullURL: R4.urn(1, 2, 3), action: .conditionalUpdate)
        return bundle
    }

    @Test("A study is found by its UID, and has no faults")
    func well() {
        let bundle = Self.study()
        #expect(bundle.faults().isEmpty)
        #expect(bundle.entries[0].url == "ImagingStudy?identifier=urn:dicom:uid|urn:oid:1.2.3")
    }

    @Test("Each fault is found, with its place")
    func faults() {
        let cases: [(String, String, (inout R4.ImagingStudy) -> Void)] = [
            ("status", "value set", { $0.status = "final" }),
            ("subject", "missing", { $0.subject = R4.Reference() }),
            ("series[0].uid", "no DICOM UID", { $0.series[0].uid = "../etc" }),
            ("instance[0].uid", "no DICOM UID", { $0.series[0].instances[0].uid = String(repeating: "1", count: 65) }),
            ("endpoint[0].reference", "not in the bundle", { $0.endpoints = [R4.Reference(target: R4.urn(9, 9, 9))] }),
            ("modality[0].system", "no absolute URI", { $0.modalities = [R4.Coding(system: "DCM", code: "CT")] }),
        ]
        for (path, problem, change) in cases {
            let faults = Self.study(change).faults()
            #expect(
                faults.contains { $0.path.hasSuffix(path) && $0.problem.contains(problem) }, "\(path): \(faults)")
        }
        var bundle = R4.Bundle()
        let endpoint = R4.Endpoint(
            identifier: R4.Identifier(system: "urn:a", value: "1"), connectionType: "dicom-wado-rs", address: "")
        bundle.add(endpoint, fullURL: R4.urn(1, 2, 3), action: .conditionalCreate)
        #expect(bundle.faults().map(\.path) == ["Bundle.entry[0].resource.address"])
    }

    @Test("Numbers that R4 cannot hold are left out, zero stays")
    func numbers() throws {
        for (number, written) in [(0, "0"), (7, "7"), (-1, nil), (1 << 40, nil)] as [(Int, String?)] {
            let bundle = Self.study { $0.series[0].number = number }
            let series = try #require(bundle.entries[0].resource["series"]?.array?.first)
            #expect(series["number"]?.text() == written, "\(number)")
            #expect(bundle.faults().isEmpty)
        }
    }

    @Test("What is empty is left out: no empty object, array or text")
    func empty() {
        let study = R4.ImagingStudy(uid: "1.2.3", subject: R4.Reference(display: "x"))
        #expect(
            study.json().text()
                == #"{"resourceType":"ImagingStudy","identifier":[{"system":"urn:dicom:uid","value":"urn:oid:1.2.3"}],"#
                + #""status":"available","subject":{"display":"x"},"numberOfSeries":0,"numberOfInstances":0}"#)
    }
}
