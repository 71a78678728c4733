import DICOM

/// An attribute by which the archive can be asked, and which it gives back without reading files.
///
/// The keys of PS3.4 C.6.1.1, C.6.2.1 and PS3.18 10.6 that the gateway keeps.
public enum ImageAttribute: String, Sendable, Hashable, CaseIterable {
    case patientID, issuerOfPatientID, otherPatientIDs, patientName, patientBirthDate, patientSex
    case studyInstanceUID, accessionNumber, studyID, studyDate, studyTime, studyDescription, referringPhysicianName
    case institutionName, modalitiesInStudy, sopClassesInStudy, timezoneOffset
    case studySeriesCount, studyInstanceCount, patientStudyCount
    case seriesInstanceUID, modality, seriesNumber, seriesDescription, bodyPart, laterality, protocolName
    case seriesDate, seriesTime, stepStartDate, stepStartTime, requestedProcedureID, scheduledStepID
    case stationName, manufacturer, modelName, deviceSerial, softwareVersions, seriesInstanceCount
    case sopInstanceUID, sopClassUID, instanceNumber, numberOfFrames, rows, columns, bitsAllocated
    case contentDate, contentTime

    /// Level of the query model at which it is a key.
    public var level: QueryLevel {
        switch self {
        case .patientID, .issuerOfPatientID, .otherPatientIDs, .patientName, .patientBirthDate, .patientSex,
            .patientStudyCount:
            .patient
        case .studyInstanceUID, .accessionNumber, .studyID, .studyDate, .studyTime, .studyDescription,
            .referringPhysicianName, .institutionName, .modalitiesInStudy, .sopClassesInStudy, .timezoneOffset,
            .studySeriesCount, .studyInstanceCount:
            .study
        case .seriesInstanceUID, .modality, .seriesNumber, .seriesDescription, .bodyPart, .laterality, .protocolName,
            .seriesDate, .seriesTime, .stepStartDate, .stepStartTime, .requestedProcedureID, .scheduledStepID,
            .stationName, .manufacturer, .modelName, .deviceSerial, .softwareVersions, .seriesInstanceCount:
            .series
        case .sopInstanceUID, .sopClassUID, .instanceNumber, .numberOfFrames, .rows, .columns, .bitsAllocated,
            .contentDate, .contentTime:
            .instance
        }
    }

    /// Its tag (PS3.6); for `requestedProcedureID` and `scheduledStepID` the tag inside Request Attributes Sequence.
    public var tag: Tag {
        switch self {
        case .patientID: Tag(0x0010, 0x0020)
        case .issuerOfPatientID: Tag(0x0010, 0x0021)
        case .otherPatientIDs: Tag(0x0010, 0x1000)
        case .patientName: Tag(0x0010, 0x0010)
        case .patientBirthDate: Tag(0x0010, 0x0030)
        case .patientSex: Tag(0x0010, 0x0040)
        case .patientStudyCount: Tag(0x0020, 0x1200)
        case .studyInstanceUID: Tag(0x0020, 0x000D)
        case .accessionNumber: Tag(0x0008, 0x0050)
        case .studyID: Tag(0x0020, 0x0010)
        case .studyDate: Tag(0x0008, 0x0020)
        case .studyTime: Tag(0x0008, 0x0030)
        case .studyDescription: Tag(0x0008, 0x1030)
        case .referringPhysicianName: Tag(0x0008, 0x0090)
        case .institutionName: Tag(0x0008, 0x0080)
        case .modalitiesInStudy: Tag(0x0008, 0x0061)
        case .sopClassesInStudy: Tag(0x0008, 0x0062)
        case .timezoneOffset: Tag(0x0008, 0x0201)
        case .studySeriesCount: Tag(0x0020, 0x1206)
        case .studyInstanceCount: Tag(0x0020, 0x1208)
        case .seriesInstanceUID: Tag(0x0020, 0x000E)
        case .modality: Tag(0x0008, 0x0060)
        case .seriesNumber: Tag(0x0020, 0x0011)
        case .seriesDescription: Tag(0x0008, 0x103E)
        case .bodyPart: Tag(0x0018, 0x0015)
        case .laterality: Tag(0x0020, 0x0060)
        case .protocolName: Tag(0x0018, 0x1030)
        case .seriesDate: Tag(0x0008, 0x0021)
        case .seriesTime: Tag(0x0008, 0x0031)
        case .stepStartDate: Tag(0x0040, 0x0244)
        case .stepStartTime: Tag(0x0040, 0x0245)
        case .requestedProcedureID: Tag(0x0040, 0x1001)
        case .scheduledStepID: Tag(0x0040, 0x0009)
        case .stationName: Tag(0x0008, 0x1010)
        case .manufacturer: Tag(0x0008, 0x0070)
        case .modelName: Tag(0x0008, 0x1090)
        case .deviceSerial: Tag(0x0018, 0x1000)
        case .softwareVersions: Tag(0x0018, 0x1020)
        case .seriesInstanceCount: Tag(0x0020, 0x1209)
        case .sopInstanceUID: Tag(0x0008, 0x0018)
        case .sopClassUID: Tag(0x0008, 0x0016)
        case .instanceNumber: Tag(0x0020, 0x0013)
        case .numberOfFrames: Tag(0x0028, 0x0008)
        case .rows: Tag(0x0028, 0x0010)
        case .columns: Tag(0x0028, 0x0011)
        case .bitsAllocated: Tag(0x0028, 0x0100)
        case .contentDate: Tag(0x0008, 0x0023)
        case .contentTime: Tag(0x0008, 0x0033)
        }
    }

    /// How its values are compared (PS3.4 C.2.2.2).
    public var comparison: Comparison {
        switch self {
        case .patientName, .referringPhysicianName: .personName
        case .studyInstanceUID, .seriesInstanceUID, .sopInstanceUID, .sopClassUID, .sopClassesInStudy: .uid
        case .patientBirthDate, .studyDate, .seriesDate, .stepStartDate, .contentDate: .date
        case .studyTime, .seriesTime, .stepStartTime, .contentTime: .time
        case .seriesNumber, .instanceNumber, .numberOfFrames, .rows, .columns, .bitsAllocated: .integer
        case .patientStudyCount, .studySeriesCount, .studyInstanceCount, .seriesInstanceCount: .none
        default: .text
        }
    }

    /// Kinds of comparison.
    public enum Comparison: Sendable {
        /// Exact or wildcard, letters as they are.
        case text
        /// Exact or wildcard, without regard to case; any of the component groups.
        case personName
        /// One or a list.
        case uid
        /// Exact or range.
        case date
        /// Exact or range.
        case time
        /// Exact.
        case integer
        /// Given back, never matched.
        case none
    }

    /// The attribute of a tag; nil: the archive does not keep it.
    public init?(_ tag: Tag) {
        guard let found = Self.byTag[tag] else { return nil }
        self = found
    }

    private static let byTag = Dictionary(uniqueKeysWithValues: allCases.map { ($0.tag, $0) })
}

/// Levels of the query models (PS3.4 C.6), from the top.
public enum QueryLevel: Int, Sendable, Comparable, CaseIterable {
    case patient, study, series, instance

    /// A higher level is less.
    public static func < (one: QueryLevel, other: QueryLevel) -> Bool { one.rawValue < other.rawValue }

    /// The word of Query/Retrieve Level (0008,0052).
    public init?(_ word: String) {
        switch word {
        case "PATIENT": self = .patient
        case "STUDY": self = .study
        case "SERIES": self = .series
        case "IMAGE": self = .instance
        default: return nil
        }
    }

    /// The word of Query/Retrieve Level (0008,0052).
    public var word: String {
        switch self {
        case .patient: "PATIENT"
        case .study: "STUDY"
        case .series: "SERIES"
        case .instance: "IMAGE"
        }
    }
}
