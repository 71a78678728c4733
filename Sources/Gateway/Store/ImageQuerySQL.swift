import GRDB
import ImagingModel

/// An `ImageQuery` as SQL over study (s), series (e), instance (i).
struct ImageQuerySQL {
    private var study = MatchingSQL()
    private var series = MatchingSQL()
    private var instance = MatchingSQL()
    private let query: ImageQuery

    init(_ query: ImageQuery) {
        self.query = query
        if !query.includesFreed { study.add("s.freed = 0") }
        for (attribute, matching) in query.keys where !isMoment(attribute) { add(attribute, matching) }
        addMoment()
    }

    /// FROM and WHERE with their arguments.
    func from() -> (sql: String, arguments: StatementArguments) {
        var study = study
        switch query.level {
        case .patient, .study:
            if !series.conditions.isEmpty {
                study.append("EXISTS (SELECT 1 FROM series e WHERE e.study = s.id\(series.inner))", series.arguments)
            }
            if !instance.conditions.isEmpty {
                study.append(
                    """
                    EXISTS (SELECT 1 FROM series e JOIN instance i ON i.series = e.id WHERE e.study = s.id\
                    \(instance.inner))
                    """, instance.arguments)
            }
            return (" FROM study s" + study.clause, study.arguments)
        case .series:
            study.append(series)
            if !instance.conditions.isEmpty {
                study.append(
                    "EXISTS (SELECT 1 FROM instance i WHERE i.series = e.id\(instance.inner))", instance.arguments)
            }
            return (" FROM series e JOIN study s ON s.id = e.study" + study.clause, study.arguments)
        case .instance:
            study.append(series)
            study.append(instance)
            return (
                " FROM instance i JOIN series e ON e.id = i.series JOIN study s ON s.id = e.study" + study.clause,
                study.arguments
            )
        }
    }

    /// LIMIT and OFFSET.
    var page: String { " LIMIT \(max(0, query.limit)) OFFSET \(max(0, query.offset))" }

    // MARK: Keys

    private mutating func add(_ attribute: ImageAttribute, _ matching: Matching) {
        switch attribute {
        case .patientID: study.text("s.patient_id", matching)
        case .issuerOfPatientID: study.text("s.issuer", matching)
        case .otherPatientIDs: study.list("s.other_ids", matching)
        case .patientName: study.name("s.name", matching)
        case .patientBirthDate: study.text("s.birth", matching)
        case .patientSex: study.text("s.sex", matching)
        case .studyInstanceUID: study.text("s.uid", matching)
        case .accessionNumber: study.text("s.accession", matching)
        case .studyID: study.text("s.study_id", matching)
        case .studyDate: study.text("s.date", matching)
        case .studyTime: study.time("s.time", matching)
        case .studyDescription: study.text("s.description", matching)
        case .referringPhysicianName: study.foldedName("s.referrer_key", matching)
        case .institutionName: study.text("s.institution", matching)
        case .modalitiesInStudy: study.list("s.modalities", matching)
        case .timezoneOffset: study.text("s.utc_offset", matching)
        case .sopClassesInStudy, .sopClassUID: instance.text("i.sop_class", matching)
        case .seriesInstanceUID: series.text("e.uid", matching)
        case .modality: series.text("e.modality", matching)
        case .seriesNumber: series.integer("e.number", matching)
        case .seriesDescription: series.text("e.description", matching)
        case .bodyPart: series.text("e.body_part", matching)
        case .laterality: series.text("e.laterality", matching)
        case .protocolName: series.text("e.protocol", matching)
        case .seriesDate: series.text("e.date", matching)
        case .seriesTime: series.time("e.time", matching)
        case .stepStartDate: series.text("e.step_date", matching)
        case .stepStartTime: series.time("e.step_time", matching)
        case .requestedProcedureID: series.text("e.procedure_id", matching)
        case .scheduledStepID: series.text("e.step_id", matching)
        case .stationName: series.text("e.station", matching)
        case .manufacturer: series.text("e.manufacturer", matching)
        case .modelName: series.text("e.model", matching)
        case .deviceSerial: series.text("e.serial", matching)
        case .softwareVersions: series.text("e.software", matching)
        case .sopInstanceUID: instance.text("i.uid", matching)
        case .instanceNumber: instance.integer("i.number", matching)
        case .numberOfFrames: instance.integer("i.frames", matching)
        case .rows: instance.integer("i.rows", matching)
        case .columns: instance.integer("i.columns", matching)
        case .bitsAllocated: instance.integer("i.bits", matching)
        case .contentDate: instance.text("coalesce(i.date, '')", matching)
        case .contentTime: instance.time("coalesce(i.time, '')", matching)
        case .studySeriesCount, .studyInstanceCount, .patientStudyCount, .seriesInstanceCount: break
        }
    }

    private var combines: Bool {
        guard query.combinesDateTime, case .range? = query.keys[.studyTime], query.keys[.studyDate] != nil else {
            return false
        }
        return true
    }

    private func isMoment(_ attribute: ImageAttribute) -> Bool {
        combines && (attribute == .studyDate || attribute == .studyTime)
    }

    private mutating func addMoment() {
        guard combines, let date = query.keys[.studyDate], let time = query.keys[.studyTime] else { return }
        let (days, times) = (date.ends, time.ends)
        study.moment(
            date: "s.date", time: "s.time", from: (days.from, times.from), to: (days.to, times.to))
    }
}

extension Matching {
    /// The ends of a range; those of a single value are the same.
    var ends: (from: String?, to: String?) {
        switch self {
        case .range(let from, let to): (from, to)
        case .single(let value): (value, value)
        case .uids, .wildcard, .absent: (nil, nil)
        }
    }
}

extension MatchingSQL {
    mutating func append(_ condition: String, _ arguments: StatementArguments) {
        append(condition: condition, arguments: arguments)
    }

    mutating func append(_ other: MatchingSQL) {
        for condition in other.conditions { append(condition: condition, arguments: StatementArguments()) }
        append(arguments: other.arguments)
    }
}
