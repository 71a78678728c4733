import DICOM
import Foundation
import ResultModel
import StructuredReports

/// Files of Tests/Samples/dicom.
enum Sample {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Samples/dicom")

    /// Names of the samples that have expected rows beside them.
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".dcm") && !$0.hasPrefix("image-") }.map { String($0.dropLast(4)) }.sorted()
    }()

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent(name + ".dcm")))
    }

    static func dataSet(_ name: String) throws -> DataSet { try DICOMFile.read(bytes(name)).dataSet }

    static func document(_ name: String) throws -> StudyDocument { StudyDocument(dataSet: try dataSet(name)) }

    static func study() -> ImagingStudy {
        var study = ImagingStudy()
        study.uid = "2.25.122448172113530.1"
        study.accession = "ACC-0042"
        study.started = ClinicalTime(local: "2026-03-18T09:15:00", utcOffset: 3600)
        study.modalities = ["CT", "SR"]
        study.instanceCount = 3
        var series = ImagingStudy.Series()
        series.uid = "2.25.122448172113530.2.101"
        series.modality = "CT"
        series.bodyPart = "CHEST"
        study.series = [series]
        return study
    }

    static func patient() -> Patient {
        var patient = Patient()
        patient.id = "HLM-0007"
        patient.name = "Sample^Synthetic"
        return patient
    }

    static func report(
        _ documents: [StudyDocument], study: ImagingStudy = study(), options: StudyReport.Options = .init()
    ) -> Report {
        StudyReport.make(
            study: study, patient: patient(), order: ServiceRequest(), device: "ct-1",
            receivedAt: 1_773_830_000_000_000, documents: documents, options: options)
    }

    /// Rows that come from documents.
    static func rows(_ report: Report) -> [Observation] { report.observations.filter { $0.imaging != nil } }
}

/// A row as flat text, for comparison with what is written down: only what is there.
enum RowText {
    static func fields(_ row: Observation) -> [String: String] {
        var fields: [String: String] = [:]
        func add(_ key: String, _ text: String?) { if let text, !text.isEmpty { fields[key] = text } }
        add("code", row.asSent.code)
        add("name", row.asSent.name)
        add("loinc", row.loinc?.code)
        add("sent", row.asSent.value + (row.asSent.unit.isEmpty ? "" : " " + row.asSent.unit))
        add("value", value(row.value))
        add("status", "\(row.status)")
        add("role", row.role == .result ? "" : "\(row.role)")
        add("time", row.effective.map { $0.local + ($0.utcOffset.map { " \($0)" } ?? "") })
        add("run", row.run)
        add("by", row.operatorID)
        add("instrument", row.instrument)
        add("flags", row.interpretation.joined(separator: " "))
        add("range", row.referenceRange.map { "\($0.low)..\($0.high)" })
        add("comments", row.comments.joined(separator: "; "))
        guard let imaging = row.imaging else { return fields }
        add("concept", coding(imaging.concept))
        add("site", coding(imaging.bodySite))
        add("side", coding(imaging.laterality))
        add("method", coding(imaging.method))
        add("qualifiers", imaging.qualifiers.map { coding($0.name) + "=" + coding($0.value) }.joined(separator: "; "))
        add("group", imaging.group)
        add("tracking", imaging.trackingID + (imaging.trackingUID.isEmpty ? "" : " " + imaging.trackingUID))
        add("images", imaging.images.joined(separator: " "))
        return fields
    }

    static func coding(_ coding: Coding?) -> String {
        guard let coding else { return "" }
        let system = CodingScheme.designator(uri: coding.system) ?? coding.system
        return [system, coding.code, coding.display].filter { !$0.isEmpty }.joined(separator: " ")
    }

    static func value(_ value: ObservationValue) -> String {
        switch value {
        case .quantity(let quantity): "quantity \(quantity.number) [\(quantity.unit)] [\(quantity.ucum)]"
        case .coded(let text, let code): "coded \(text) [\(coding(code))]"
        case .text(let text): "text \(text)"
        case .attachment(let attachment):
            "attachment \(attachment.contentType) \(attachment.title) \(attachment.data.count) bytes"
        case .absent(let reason, let text): "absent \(reason.rawValue) \(text)"
        default: "\(value)"
        }
    }
}
