import Contracts
import DICOM
import Foundation
import ImagingModel

/// An archive of files in a folder, in memory. Keys: single values, lists of UIDs, `*` at the end, date ranges.
final class MemoryArchive: ImageArchive {
    private let held: [ArchivedInstance]
    /// What a search throws.
    let fault: StoreFault?

    init(_ files: [URL], fault: StoreFault? = nil) throws {
        self.fault = fault
        var held: [ArchivedInstance] = []
        for file in files {
            let bytes = try [UInt8](Data(contentsOf: file))
            let read = try DICOMFile.read(bytes)
            let image = try ImageInstance(read.dataSet)
            var instance = ArchivedInstance()
            instance.instance = image.instance
            instance.series.series = image.series
            instance.series.equipment = image.equipment
            instance.series.study.study = image.study
            instance.series.study.patient = image.patient
            instance.file.study = image.study.uid
            instance.file.series = image.series.uid
            instance.file.sopInstance = image.instance.uid
            instance.file.sopClass = image.instance.sopClass
            instance.file.transferSyntax = read.transferSyntax
            instance.file.path = file.path
            instance.file.size = Int64(bytes.count)
            held.append(instance)
        }
        for place in held.indices {
            let study = held.filter { $0.file.study == held[place].file.study }
            held[place].series.study.instanceCount = study.count
            held[place].series.study.seriesCount = Set(study.map(\.file.series)).count
            held[place].series.study.modalities = Set(study.map(\.series.series.modality)).sorted()
            held[place].series.instanceCount = study.filter { $0.file.series == held[place].file.series }.count
        }
        self.held = held
    }

    /// SOP Instance UIDs held.
    var uids: [String] { held.map(\.file.sopInstance) }

    private func matching(_ query: ImageQuery) throws -> [ArchivedInstance] {
        if let fault { throw fault }
        return held.filter { instance in
            query.keys.allSatisfy { attribute, matching in
                let value = MemoryArchive.value(attribute, instance)
                return switch matching {
                case .single(let text): value == text
                case .uids(let uids): uids.contains(value)
                case .wildcard(let text): value.hasPrefix(text.prefix { $0 != "*" })
                case .range(let from, let to): (from ?? "") <= value && value <= (to ?? "99999999")
                case .absent: value.isEmpty
                }
            }
        }
    }

    private static func value(_ attribute: ImageAttribute, _ instance: ArchivedInstance) -> String {
        switch attribute {
        case .studyInstanceUID: instance.file.study
        case .seriesInstanceUID: instance.file.series
        case .sopInstanceUID: instance.file.sopInstance
        case .patientID: instance.series.study.patient.id
        case .patientName: instance.series.study.patient.name
        case .modality: instance.series.series.modality
        case .studyDate: instance.series.study.study.date
        case .accessionNumber: instance.series.study.study.accession
        default: ""
        }
    }

    private func page<Row>(_ rows: [Row], _ query: ImageQuery, _ uid: (Row) -> String) -> [Row] {
        var seen: Set<String> = []
        return Array(rows.filter { seen.insert(uid($0)).inserted }.dropFirst(query.offset).prefix(query.limit))
    }

    func patients(_ query: ImageQuery) async throws -> [ArchivedPatient] { [] }
    func studies(_ query: ImageQuery) async throws -> [ArchivedStudy] {
        page(try matching(query).map(\.series.study), query) { $0.study.uid }
    }
    func series(_ query: ImageQuery) async throws -> [ArchivedSeries] {
        page(try matching(query).map(\.series), query) { $0.series.uid }
    }
    func instances(_ query: ImageQuery) async throws -> [ArchivedInstance] {
        page(try matching(query), query) { $0.instance.uid }
    }
    func files(study: String, series: String?, instance: String?) async throws -> [ArchivedFile] {
        if let fault { throw fault }
        return held.map(\.file).filter {
            $0.study == study && (series == nil || $0.series == series)
                && (instance == nil || $0.sopInstance == instance)
        }
    }
    func files(sopInstances: [String]) async throws -> [ArchivedFile] {
        held.map(\.file).filter { sopInstances.contains($0.sopInstance) }
    }
}
