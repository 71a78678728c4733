import Foundation
import GRDB
import ImagingModel

/// Columns of studies, series and instances, and how rows become what the contracts know.
enum StudyColumns {
    /// Number of columns of `study`.
    private static let studyWidth = 31
    /// Number of columns of `series`.
    private static let seriesWidth = 21

    static let study = """
        s.id, s.uid, s.patient_id, s.issuer, s.other_ids, s.name, s.birth, s.sex, s.accession, s.study_id, s.date, s.time,
        s.description, s.referrer, s.institution, s.utc_offset, s.modalities, s.series_count, s.instance_count, s.size,
        (SELECT name FROM device d WHERE d.id = s.device), s.calling, s.station, s.location, s.first, s.last, s.state,
        s.due, s.version, s.reported, s.hold
        """
    static let series = """
        e.id, e.uid, e.modality, e.number, e.description, e.body_part, e.laterality, e.protocol, e.date, e.time,
        e.step_date, e.step_time, e.performed_step, e.procedure_id, e.step_id, e.station, e.location, e.manufacturer,
        e.model, e.serial, e.software
        """
    static let instance = """
        i.id, i.uid, i.sop_class, i.syntax, i.number, i.frames, i.rows, i.columns, i.bits, i.date, i.time, i.title, i.path,
        i.size, i.received, (SELECT name FROM device d WHERE d.id = i.device), i.calling
        """
    static let select = "SELECT \(study), s.duplicates, s.freed FROM study s"
    static let files = """
        SELECT i.id, s.uid, e.uid, i.uid, i.sop_class, i.syntax, i.path, i.size, i.received,
        (SELECT name FROM device d WHERE d.id = i.device), i.calling
        FROM instance i JOIN series e ON e.id = i.series JOIN study s ON s.id = e.study
        """

    static func study(_ row: Row) -> ArchivedStudy {
        var study = ArchivedStudy()
        study.number = row[0]
        study.study.uid = row[1]
        study.patient.id = row[2]
        study.patient.issuer = row[3]
        study.patient.otherIDs = values(row[4])
        study.patient.name = row[5]
        study.patient.birthDate = row[6]
        study.patient.sex = row[7]
        study.study.accession = row[8]
        study.study.id = row[9]
        study.study.date = row[10]
        study.study.time = row[11]
        study.study.description = row[12]
        study.study.referrer = row[13]
        study.study.institution = row[14]
        study.study.utcOffset = row[15]
        study.modalities = values(row[16])
        study.seriesCount = row[17]
        study.instanceCount = row[18]
        study.size = row[19]
        study.device = row[20] ?? ""
        study.callingAE = row[21]
        study.station = row[22]
        study.location = row[23]
        study.firstReceived = row[24]
        study.lastReceived = row[25]
        study.state = StudyState(rawValue: row[26]) ?? .held
        study.due = row[27]
        study.version = row[28]
        study.reportedInstances = row[29]
        study.hold = row[30]
        study.duplicates = row["duplicates"]
        study.isFreed = row["freed"]
        return study
    }

    /// A series whose columns follow those of its study.
    static func series(_ row: Row) -> ArchivedSeries {
        var series = ArchivedSeries()
        let at = studyWidth
        series.study = study(row)
        series.number = row[at]
        series.series.uid = row[at + 1]
        series.series.modality = row[at + 2]
        series.series.number = row[at + 3]
        series.series.description = row[at + 4]
        series.series.bodyPart = row[at + 5]
        series.series.laterality = row[at + 6]
        series.series.protocolName = row[at + 7]
        series.series.date = row[at + 8]
        series.series.time = row[at + 9]
        series.series.stepDate = row[at + 10]
        series.series.stepTime = row[at + 11]
        series.series.performedStep = row[at + 12]
        series.series.requestedProcedure = row[at + 13]
        series.series.scheduledStep = row[at + 14]
        series.equipment.station = row[at + 15]
        series.equipment.location = row[at + 16]
        series.equipment.manufacturer = row[at + 17]
        series.equipment.model = row[at + 18]
        series.equipment.serial = row[at + 19]
        series.equipment.software = row[at + 20]
        series.instanceCount = row["series_instances"]
        return series
    }

    /// An instance whose columns follow those of its study and series.
    static func instance(_ row: Row, folder: String) -> ArchivedInstance {
        var instance = ArchivedInstance()
        let at = studyWidth + seriesWidth
        instance.series = series(row)
        instance.number = row[at]
        instance.instance.uid = row[at + 1]
        instance.instance.sopClass = row[at + 2]
        instance.instance.number = row[at + 4]
        instance.instance.frames = row[at + 5]
        instance.instance.rows = row[at + 6]
        instance.instance.columns = row[at + 7]
        instance.instance.bitsAllocated = row[at + 8]
        instance.instance.date = row[at + 9] ?? ""
        instance.instance.time = row[at + 10] ?? ""
        instance.instance.title = row[at + 11] ?? ""
        instance.file.number = instance.number
        instance.file.study = instance.series.study.study.uid
        instance.file.series = instance.series.series.uid
        instance.file.sopInstance = instance.instance.uid
        instance.file.sopClass = instance.instance.sopClass
        instance.file.transferSyntax = row[at + 3]
        instance.file.path = absolute(row[at + 12], folder)
        instance.file.size = row[at + 13]
        instance.file.receivedAt = row[at + 14]
        instance.file.device = row[at + 15] ?? ""
        instance.file.callingAE = row[at + 16]
        return instance
    }

    /// A row of `files`.
    static func file(_ row: Row, folder: String) -> ArchivedFile {
        var file = ArchivedFile()
        file.number = row[0]
        file.study = row[1]
        file.series = row[2]
        file.sopInstance = row[3]
        file.sopClass = row[4]
        file.transferSyntax = row[5]
        file.path = absolute(row[6], folder)
        file.size = row[7]
        file.receivedAt = row[8]
        file.device = row[9] ?? ""
        file.callingAE = row[10]
        return file
    }

    /// Several values between backslashes: `\CT\SR\`; none: empty.
    static func list(_ values: [String]) -> String {
        values.isEmpty ? "" : "\\" + values.joined(separator: "\\") + "\\"
    }

    static func values(_ list: String) -> [String] { list.split(separator: "\\").map(String.init) }

    static func absolute(_ path: String?, _ folder: String) -> String {
        guard let path, !path.isEmpty else { return "" }
        return path.hasPrefix("/") ? path : folder + "/" + path
    }
}

extension WriteSession {
    /// A path as it is kept: relative below the state folder, so that a state folder can be moved.
    func relative(_ path: String) -> String {
        let prefix = configuration.folder + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
}
