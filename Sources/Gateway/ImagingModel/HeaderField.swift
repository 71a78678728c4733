import DICOM

/// What the gateway reads of a header (PS3.3 C.7, C.12.1; structured reports C.17.2), in the order of the columns that it is
/// read by.
enum HeaderField: Int, CaseIterable {
    case transferSyntax, characterSet, sopInstance, sopClass, studyInstance, seriesInstance
    case patientID, issuer, otherPatientIDs, otherPatientItems, patientName, birthDate, sex
    case accession, studyID, studyDate, studyTime, studyDescription, referrer, institution, utcOffset
    case modality, seriesNumber, seriesDescription, bodyPart, laterality, imageLaterality, protocolName
    case seriesDate, seriesTime, stepDate, stepTime, performedStep
    case requestItems, requestedProcedure, scheduledStep
    case documentRequestItems, documentRequestedProcedure, documentScheduledStep
    case instanceNumber, frames, rows, columns, bitsAllocated, contentDate, contentTime
    case documentTitle, conceptName, contentLabel
    case manufacturer, model, serial, software, station

    /// The sequence in whose first item the element is; nil: it is one of the top level.
    var sequence: Tag? {
        switch self {
        case .performedStep: .referencedPerformedProcedureStepSequence
        case .requestedProcedure, .scheduledStep: .requestAttributesSequence
        case .documentRequestedProcedure, .documentScheduledStep: .referencedRequestSequence
        case .conceptName: .conceptNameCodeSequence
        default: nil
        }
    }

    /// The element.
    var tag: Tag {
        switch self {
        case .transferSyntax: .transferSyntaxUID
        case .characterSet: .specificCharacterSet
        case .sopInstance: .sopInstanceUID
        case .sopClass: .sopClassUID
        case .studyInstance: .studyInstanceUID
        case .seriesInstance: .seriesInstanceUID
        case .patientID: .patientID
        case .issuer: .issuerOfPatientID
        case .otherPatientIDs: .otherPatientIDs
        case .otherPatientItems: .otherPatientIDsSequence
        case .patientName: .patientName
        case .birthDate: .patientBirthDate
        case .sex: .patientSex
        case .accession: .accessionNumber
        case .studyID: .studyID
        case .studyDate: .studyDate
        case .studyTime: .studyTime
        case .studyDescription: .studyDescription
        case .referrer: .referringPhysicianName
        case .institution: .institutionName
        case .utcOffset: .timezoneOffsetFromUTC
        case .modality: .modality
        case .seriesNumber: .seriesNumber
        case .seriesDescription: .seriesDescription
        case .bodyPart: .bodyPartExamined
        case .laterality: .laterality
        case .imageLaterality: .imageLaterality
        case .protocolName: .protocolName
        case .seriesDate: .seriesDate
        case .seriesTime: .seriesTime
        case .stepDate: .performedProcedureStepStartDate
        case .stepTime: .performedProcedureStepStartTime
        case .performedStep: .referencedSOPInstanceUID
        case .requestItems: .requestAttributesSequence
        case .documentRequestItems: .referencedRequestSequence
        case .requestedProcedure, .documentRequestedProcedure: .requestedProcedureID
        case .scheduledStep, .documentScheduledStep: .scheduledProcedureStepID
        case .instanceNumber: .instanceNumber
        case .frames: .numberOfFrames
        case .rows: .rows
        case .columns: .columns
        case .bitsAllocated: .bitsAllocated
        case .contentDate: .contentDate
        case .contentTime: .contentTime
        case .documentTitle: .documentTitle
        case .conceptName: .codeMeaning
        case .contentLabel: Tag(0x0070, 0x0080)
        case .manufacturer: .manufacturer
        case .model: .manufacturerModelName
        case .serial: .deviceSerialNumber
        case .software: .softwareVersions
        case .station: .stationName
        }
    }
}
