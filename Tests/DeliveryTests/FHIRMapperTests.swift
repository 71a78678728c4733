import Contracts
import FHIR
import JSONText
import ResultModel
import Testing

@testable import Delivery

@Suite("FHIR R4 of a report")
struct FHIRMapperTests {
    static func bundle(_ item: OutboxItem = Fixtures.item(), change: (inout FHIRMappingSpec) -> Void = { _ in }) throws
        -> R4.Bundle
    {
        var spec = FHIRMappingSpec()
        change(&spec)
        return try FHIRMapper(spec: spec, utcOffset: Fixtures.shanghai).bundle(for: item)
    }

    static func resources(_ bundle: R4.Bundle, _ type: String) -> [R4.Bundle.Entry] {
        bundle.entries.filter { $0.resource["resourceType"]?.string == type }
    }

    @Test("Every sample makes a bundle without faults, the same at each attempt")
    func samples() throws {
        for item in Samples.items {
            let bundle = try Self.bundle(item)
            #expect(bundle.faults().isEmpty, "\(bundle.faults())")
            var later = item
            later.attempts = 5
            #expect(try Self.bundle(later).json() == bundle.json())
            let read = try JSONValue(parsing: bundle.json().serialized())
            #expect(read == bundle.json())
        }
    }

    @Test("What is in the bundle, and how it is written")
    func entries() throws {
        let bundle = try Self.bundle()
        let lines = bundle.entries.map { "\($0.method) \($0.url) \($0.ifNoneExist)" }
        #expect(
            lines.prefix(4) == [
                "POST Patient identifier=urn:hilum:patient|000771-0175",
                "POST Device identifier=urn:hilum:device|haematology-1",
                "POST ServiceRequest identifier=urn:hilum:placer-order|PL-9",
                "PUT Specimen?identifier=urn:hilum:specimen|0012345678 ",
            ])
        #expect(lines[4] == "PUT Observation?identifier=urn:hilum:result|haematology-1/0012345678/WBC ")
        #expect(lines[11] == "PUT Observation?identifier=urn:hilum:result|haematology-1/0012345678/WBC//2 ")
        #expect(
            lines[12].hasPrefix("PUT DiagnosticReport?identifier=urn:hilum:result|haematology-1/0012345678/report/"))
        #expect(lines[13] == "PUT Provenance/hilum-ab12-ya ")
        #expect(lines.count == 14)
    }

    @Test("Each form of value")
    func values() throws {
        let values = try Self.resources(Self.bundle(), "Observation").map { entry -> String in
            let member = entry.resource.object?.members.first {
                $0.key.hasPrefix("value") || $0.key == "dataAbsentReason"
            }
            return (member?.key ?? "") + " " + (member?.value.text() ?? "")
        }
        let unit = #""unit":"10^9/L","system":"http://unitsofmeasure.org","code":"10*9/L""#
        let absent =
            #"{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"error"}],"#
        #expect(
            values == [
                #"valueQuantity {"value":5.40,"# + unit + "}",
                #"valueQuantity {"value":0.01,"comparator":"<","# + unit + "}",
                #"valueRatio {"numerator":{"value":1,"comparator":">"},"denominator":{"value":1280}}"#,
                #"valueRange {"low":{"value":3},"high":{"value":5}}"#,
                #"valueCodeableConcept {"text":"+++"}"#,
                #"valueString "see note & call""#,
                "dataAbsentReason " + absent + #""text":"----"}"#,
                #"valueQuantity {"value":5.6,"# + unit + "}",
            ])
    }

    @Test("LOINC first, then the local code, then the device's, each with its system")
    func codes() throws {
        let code = try Self.resources(Self.bundle(), "Observation")[0].resource["code"]
        #expect(code?["coding"]?[0]?["system"]?.string == "http://loinc.org")
        #expect(code?["coding"]?[1]?["system"]?.string == "urn:hilum:local-code")
        #expect(code?["coding"]?[2]?["system"]?.string == "urn:hilum:device-code:generic-lis")
    }

    @Test("No patient known: none made, and the order only named")
    func noPatient() throws {
        for change: @Sendable (inout Report) -> Void in [{ $0.patient = nil }, { $0.patient?.id = "" }] {
            var report = Fixtures.report()
            change(&report)
            let bundle = try Self.bundle(Fixtures.item(report))
            #expect(Self.resources(bundle, "Patient").isEmpty)
            #expect(Self.resources(bundle, "ServiceRequest").isEmpty)
            let row = Self.resources(bundle, "Observation")[0].resource
            #expect(row["subject"] == nil)
            #expect(row["basedOn"]?[0]?["identifier"]?["value"]?.string == "PL-9")
        }
    }

    @Test("A correction lands on the identifiers of what it corrects, as corrected")
    func correction() throws {
        var report = Fixtures.report()
        report.id = 99
        report.controlID = "77"
        report.observations[0].value = Fixtures.number("9.9")
        report.observations[0].replacesEarlier = true
        let before = try Self.bundle()
        let after = try Self.bundle(Fixtures.item(report, id: 777))
        func urls(_ bundle: R4.Bundle) -> [String] { bundle.entries.map(\.url).filter { !$0.hasPrefix("Provenance") } }
        #expect(urls(before) == urls(after))
        #expect(Self.resources(after, "Observation")[0].resource["status"]?.string == "corrected")
        #expect(Self.resources(after, "DiagnosticReport")[0].resource["status"]?.string == "corrected")
    }

    @Test("A report is not more final than its results, nor than the device says")
    func reportStatus() throws {
        typealias Case = ([Observation.Status], Observation.Status, String)
        let cases: [Case] = [
            ([.final, .final], .final, "final"), ([.final, .preliminary], .final, "partial"),
            ([.preliminary, .preliminary], .final, "preliminary"), ([.registered, .final], .final, "partial"),
            ([.registered, .registered], .final, "registered"), ([.final, .final], .preliminary, "preliminary"),
            ([.final, .corrected], .final, "corrected"), ([.final, .amended], .final, "amended"),
            ([.cancelled, .cancelled], .final, "cancelled"), ([.cancelled, .final], .final, "final"),
            ([.enteredInError, .enteredInError], .final, "entered-in-error"),
            ([.enteredInError, .final], .final, "corrected"),
        ]
        for (rows, device, expected) in cases {
            var report = Fixtures.report()
            report.status = device
            report.observations = rows.enumerated().map {
                Fixtures.observation("T\($0.offset)", Fixtures.number("1"), status: $0.element)
            }
            let bundle = try Self.bundle(Fixtures.item(report))
            #expect(Self.resources(bundle, "DiagnosticReport")[0].resource["status"]?.string == expected, "\(rows)")
        }
    }

    @Test("Control material is never sent")
    func control() {
        var report = Fixtures.report()
        report.isQC = true
        #expect(throws: ORUFault.self) { try Self.bundle(Fixtures.item(report)) }
    }

    @Test("Images become Media of the report, documents DocumentReference")
    func attachments() throws {
        let item = try #require(Samples.items.first { $0.report.observations.count == 11 })
        let bundle = try Self.bundle(item)
        let report = Self.resources(bundle, "DiagnosticReport")[0]
        let media = Self.resources(bundle, "Media")
        #expect(media.count == 1)
        #expect(report.resource["media"]?[0]?["link"]?["reference"]?.string == media[0].fullURL)
        let documents = Self.resources(bundle, "DocumentReference")
        #expect(documents.count == 2)
        for document in documents {
            #expect(document.resource["context"]?["related"]?[0]?["reference"]?.string == report.fullURL)
            #expect(document.resource["content"]?[0]?["attachment"]?["contentType"]?.string?.isEmpty == false)
        }
    }

    @Test("Settings: references only, updates, systems of the site, no provenance")
    func settings() throws {
        let bundle = try Self.bundle {
            $0.systems = .init(base: "https://hospital.example/hilum")
            $0.patient = .reference
            $0.specimen = .reference
            $0.device = .update
            $0.serviceRequest = .reference
            $0.provenance = .none
        }
        #expect(Self.resources(bundle, "Patient").isEmpty && Self.resources(bundle, "Provenance").isEmpty)
        #expect(bundle.entries[0].url == "Device?identifier=https://hospital.example/hilum/device|haematology-1")
        let row = Self.resources(bundle, "Observation")[0].resource
        #expect(row["subject"]?["identifier"]?["value"]?.string == "000771-0175")
        #expect(row["subject"]?["type"]?.string == "Patient")
    }

    @Test("No text of a device makes an invalid bundle", arguments: 0..<100)
    func hostile(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let scalars = (0..<400).compactMap { Unicode.Scalar(UInt32($0)) } + ["张", "𠀀", "\u{FEFF}", "|", ",", "$", "\\"]
        func text() -> String {
            var view = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                view.append(scalars[Int.random(in: scalars.indices, using: &random)])
            }
            return String(view)
        }
        var report = Fixtures.report()
        report.specimen.id = text()
        report.specimen.type = text()
        report.specimen.typeCode = text()
        report.patient?.id = text()
        report.patient?.alternateIDs = [text(), text()]
        report.patient?.name = text() + "^" + text()
        report.patient?.birthDate = text()
        report.patient?.sex = text()
        report.order.placerID = text()
        report.order.fillerID = text()
        report.controlID = text()
        report.device = "d" + text()
        report.comments = [text(), text()]
        for index in report.observations.indices {
            report.observations[index].asSent.code = "c" + text()
            report.observations[index].localCode = text()
            report.observations[index].display = text()
            report.observations[index].run = text()
            report.observations[index].interpretation = [text()]
            report.observations[index].comments = [text()]
            report.observations[index].effective = ClinicalTime(local: text(), utcOffset: 1)
            report.observations[index].referenceRange = ReferenceRange(low: text(), high: text(), text: text())
            report.observations[index].method = text()
            report.observations[index].operatorID = text()
        }
        report.observations[0].value = .quantity(Quantity(number: text(), unit: text(), ucum: text()))
        report.observations[1].value = .text(text())
        report.observations[2].value = .coded(text: text(), coding: Coding(system: "urn:x", code: text()))
        let bundle = try Self.bundle(Fixtures.item(report))
        #expect(bundle.faults().isEmpty)
    }
}
