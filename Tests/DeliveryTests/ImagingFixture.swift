import Contracts
import ResultModel

/// A study of two series with rows of each kind that documents give.
enum ImagingFixture {
    static let dicom = "http://dicom.nema.org/resources/ontology/DCM"
    static let snomed = "http://snomed.info/sct"
    static let study = "1.2.826.0.1.3680043.8.498.77"
    static let document = "1.2.826.0.1.3680043.8.498.77.3"

    static func study(instances: Int = 3) -> ImagingStudy {
        var study = ImagingStudy()
        study.uid = Self.study
        study.accession = "ACC-0042"
        study.started = ClinicalTime(local: "2026-03-18T09:15:00", utcOffset: 3_600)
        study.description = "Thorax & abdomen"
        study.referrer = "Referrer^Rita"
        study.modalities = ["CT", "SR"]
        study.location = "Sample Hospital, CT1"
        study.endpoints = [
            ImagingStudy.Endpoint(id: "hilum", kind: "dicom-wado-rs", address: "https://gw.example/dicom-web")
        ]
        var images = ImagingStudy.Series()
        images.uid = Self.study + ".1"
        images.number = 2
        images.modality = "CT"
        images.description = "1 mm"
        images.bodyPart = "CHEST"
        images.bodySite = Coding(system: snomed, code: "816094009", display: "Chest")
        images.laterality = "L"
        images.started = ClinicalTime(local: "2026-03-18T09:16:00", utcOffset: 3_600)
        images.instanceCount = instances
        images.instances = (0..<instances).map {
            ImagingStudy.Instance(uid: "\(images.uid).\($0 + 1)", sopClass: "1.2.840.10008.5.1.4.1.1.2", number: $0 + 1)
        }
        var documents = ImagingStudy.Series()
        documents.uid = Self.study + ".2"
        documents.modality = "SR"
        documents.bodyPart = "ODD PART"
        documents.instanceCount = 1
        documents.instances = [
            ImagingStudy.Instance(uid: document, sopClass: "1.2.840.10008.5.1.4.1.1.88.33", title: "Measurements")
        ]
        study.series = [images, documents]
        study.instanceCount = instances + 1
        return study
    }

    static func fact(_ code: String, _ value: ObservationValue, _ sent: String) -> Observation {
        var row = Observation()
        row.asSent.code = code
        row.asSent.name = code
        row.asSent.value = sent
        row.display = code
        row.role = .info
        row.value = value
        return row
    }

    static func row(
        _ concept: Coding, _ value: ObservationValue, run: String = "ab12",
        change: (inout Observation) -> Void = { _ in }
    ) -> Observation {
        var row = Observation()
        row.asSent.code = (CodingScheme.designator(uri: concept.system) ?? "") + ":" + concept.code
        row.asSent.name = concept.display
        row.display = concept.display
        if concept.system == Coding.loinc { row.loinc = concept } else { row.localCode = row.asSent.code }
        row.value = value
        row.run = run
        row.effective = ClinicalTime(local: "2026-03-18T09:30:00", utcOffset: 3_600)
        var imaging = ImagingContext()
        imaging.concept = concept
        imaging.document = document
        imaging.documentTitle = "Measurements"
        row.imaging = imaging
        change(&row)
        return row
    }

    static func report(instances: Int = 3) -> Report {
        var report = Report()
        report.id = 18
        report.device = "ct-1"
        report.profile = "ct-generic"
        report.protocolName = "DICOM"
        report.specimen.id = study
        report.imagingStudy = study(instances: instances)
        report.order.placerID = "PL-9"
        report.order.fillerID = "ACC-0042"
        var patient = Patient()
        patient.id = "HLM-0007"
        patient.name = "Sample^Synthetic"
        patient.sex = "F"
        report.patient = patient
        report.comments = ["Measurements: verified by Ruth Reader"]
        report.observations = [
            fact("113014", .text(study), study),
            fact("SeriesCount", .quantity(Quantity(number: "2")), "2"),
            fact("InstanceCount", .quantity(Quantity(number: "\(instances + 1)")), "\(instances + 1)"),
            row(
                Coding(system: Coding.loinc, code: "29436-3", display: "LVIDd"),
                .quantity(Quantity(number: "4.80", unit: "cm", ucum: "cm")), run: "ab12.cd34"
            ) { row in
                row.operatorID = "Sam Sonographer"
                row.method = "Cube"
                row.interpretation = ["N"]
                row.imaging?.bodySite = Coding(system: snomed, code: "87878005", display: "Left Ventricle")
                row.imaging?.laterality = Coding(system: snomed, code: "7771000", display: "Left")
                row.imaging?.method = Coding(system: dicom, code: "125206", display: "Cube")
                row.imaging?.qualifiers = [
                    .init(
                        name: Coding(system: snomed, code: "399264008", display: "Image Mode"),
                        value: Coding(system: snomed, code: "399064001", display: "2D mode")),
                    .init(
                        name: Coding(system: "", code: "", display: "Channel"),
                        value: Coding(system: "", code: "", display: "Lead I")),
                ]
                row.imaging?.group = "Findings / Measurement Group"
                row.imaging?.trackingID = "Lesion 1"
                row.imaging?.trackingUID = "1.2.3.4"
                row.imaging?.images = [study + ".1.1#2,3"]
            },
            row(
                Coding(system: dicom, code: "113813", display: "CT Dose Length Product Total"),
                .quantity(Quantity(number: "512.30", unit: "mGy.cm", ucum: "mGy.cm"))),
            row(Coding(system: dicom, code: "121071", display: "Finding"), .text("No effusion.\nNo mass.")),
            row(Coding(system: dicom, code: "121073", display: "Impression"), .text("Follow up in 3 months.")),
            row(
                Coding(system: dicom, code: "121073", display: "Impression"),
                .coded(text: "Nodule", coding: Coding(system: snomed, code: "27925004", display: "Nodule"))),
            row(
                Coding(system: CodingScheme.uri(designator: "99LOCAL"), code: "N4", display: "Not known"),
                .absent(reason: .error, text: "Measurement failure")),
            row(Coding(system: dicom, code: "122130", display: "Dose Area Product"), .text("x")) { $0.role = .raw },
            row(
                Coding(system: Coding.loinc, code: "18748-4", display: "Diagnostic imaging study"),
                .attachment(Attachment(contentType: "application/pdf", title: "Lung function", data: [1, 2, 3]))
            ) { $0.role = .attachment },
        ]
        return report
    }

    static func item(_ report: Report = report()) -> OutboxItem { Fixtures.item(report, id: 77) }
}
