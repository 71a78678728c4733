import DICOM

/// A rule of PS3.4 F.7.2 that a request breaks.
public struct PerformedStepFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// DIMSE status (PS3.7 C): 0106 invalid value, 0110 may no longer be updated, 0120 missing attribute, 0121 missing value.
    public var status: UInt16
    /// What is wrong, for people.
    public var text: String
    /// Text for people.
    public var description: String { text }
}

extension PerformedStep {
    /// A step of N-CREATE (PS3.4 F.7.2.1).
    ///
    /// Only what the gateway cannot do without is asked for: the status, which must be IN PROGRESS, and a Study Instance UID.
    /// Devices leave out much else.
    public init(creating uid: String, _ set: DataSet) throws(PerformedStepFault) {
        guard UIDText.isPossible(uid) else {
            throw PerformedStepFault(status: 0x0117, text: "the SOP Instance UID of the step is no UID")
        }
        let word = set.string(.performedProcedureStepStatus) ?? ""
        guard set.contains(.performedProcedureStepStatus) else {
            throw PerformedStepFault(status: 0x0120, text: "Performed Procedure Step Status (0040,0252) is missing")
        }
        guard State(word) == .inProgress else {
            throw PerformedStepFault(
                status: word.isEmpty ? 0x0121 : 0x0106,
                text: "a step begins IN PROGRESS, not \"\(ImageInstance.clean(word))\" (PS3.4 F.7.2.1)")
        }
        guard set.contains(.scheduledStepAttributesSequence) else {
            throw PerformedStepFault(status: 0x0120, text: "Scheduled Step Attributes Sequence (0040,0270) is missing")
        }
        self.init(set)
        self.uid = uid
        guard !studies.isEmpty, studies.allSatisfy(UIDText.isPossible) else {
            throw PerformedStepFault(
                status: 0x0121, text: "Scheduled Step Attributes Sequence (0040,0270) names no Study Instance UID")
        }
    }

    /// The step of the attributes that are stored.
    public init(_ set: DataSet) {
        func text(_ tag: Tag) -> String { ImageInstance.text(set, tag) }
        let scheduled = set.items(.scheduledStepAttributesSequence)
        func all(_ tag: Tag) -> [String] {
            scheduled.reduce(into: []) { all, item in
                let value = ImageInstance.text(item, tag)
                if !value.isEmpty, !all.contains(value) { all.append(value) }
            }
        }
        state = State(text(.performedProcedureStepStatus)) ?? .inProgress
        studies = all(.studyInstanceUID)
        accessions = all(.accessionNumber)
        scheduledSteps = all(.scheduledProcedureStepID)
        procedures = all(.requestedProcedureID)
        patient = PatientModule(set)
        id = text(.performedProcedureStepID)
        description = text(.performedProcedureStepDescription)
        stationAE = text(.performedStationAETitle)
        modality = text(.modality)
        startDate = ImageInstance.date(set, .performedProcedureStepStartDate)
        startTime = ImageInstance.time(set, .performedProcedureStepStartTime)
        endDate = ImageInstance.date(set, .performedProcedureStepEndDate)
        endTime = ImageInstance.time(set, .performedProcedureStepEndTime)
        reason =
            set.item(.performedProcedureStepDiscontinuationReasonCodeSequence).map {
                ImageInstance.text($0, .codeMeaning)
            } ?? ""
        instances = Self.instances(set)
        attributes = set.encoded(as: .explicitLittleEndian)
    }

    /// The step after an N-SET (PS3.4 F.7.2.2): what may not change any more, or not at all, is refused.
    public func changed(by modification: DataSet) throws(PerformedStepFault) -> PerformedStep {
        guard state == .inProgress else {
            throw PerformedStepFault(
                status: 0x0110,
                text: "the step is \(state.word) and may no longer be updated (PS3.4 F.7.2.2, error id A506)")
        }
        var stored = (try? DataSet.parse(attributes, .explicitLittleEndian)) ?? DataSet()
        if modification.contains(.performedProcedureStepStatus) {
            let word = modification.string(.performedProcedureStepStatus) ?? ""
            guard State(word) != nil else {
                throw PerformedStepFault(
                    status: 0x0106, text: "there is no Performed Procedure Step Status \"\(ImageInstance.clean(word))\""
                )
            }
        }
        for tag in Self.fixed where modification.contains(tag) {
            // Said again unchanged it does no harm, and devices do so.
            guard let said = modification[tag], !said.isEmpty, let known = stored[tag], !known.isEmpty else { continue }
            let isSame = said == known || (said.vr != .SQ && modification.text(tag) == stored.text(tag))
            guard isSame || said.vr == .SQ else {
                throw PerformedStepFault(
                    status: 0x0106,
                    text: "\(tag.keyword ?? tag.description) was set when the step was created and may not change")
            }
        }
        // Both in UTF-8, so that one declaration holds for all.
        var other = modification
        stored.setCharacterSet(.utf8)
        other.setCharacterSet(.utf8)
        for element in other.elements where element.tag != .specificCharacterSet && !element.tag.isGroupLength {
            if Self.fixed.contains(element.tag), stored[element.tag].map({ !$0.isEmpty }) ?? false { continue }
            stored[element.tag] = element
        }
        var step = PerformedStep(stored)
        (step.uid, step.device, step.callingAE, step.createdAt) = (uid, device, callingAE, createdAt)
        return step
    }

    /// Attributes that N-SET may not change (PS3.4 Table F.7.2-1).
    private static let fixed: Set<Tag> = [
        .scheduledStepAttributesSequence, .patientName, .patientID, .patientBirthDate, .patientSex,
        .performedProcedureStepID, .performedStationAETitle, .performedProcedureStepStartDate,
        .performedProcedureStepStartTime, .modality,
    ]

    /// SOP Instance UIDs of the performed series (PS3.3 C.4.14): images and others.
    private static func instances(_ set: DataSet) -> [String] {
        var seen = Set<String>()
        var all: [String] = []
        for series in set.items(.performedSeriesSequence) {
            for sequence in [Tag.referencedImageSequence, .referencedNonImageCompositeSOPInstanceSequence] {
                for item in series.items(sequence) {
                    let uid = ImageInstance.text(item, .referencedSOPInstanceUID)
                    if !uid.isEmpty, seen.insert(uid).inserted { all.append(uid) }
                }
            }
        }
        return all
    }
}

extension PerformedStep {
    /// A step from the bytes that the store keeps; nil: they are none.
    public init?(encoded: [UInt8]) {
        guard let set = try? DataSet.parse(encoded, .explicitLittleEndian) else { return nil }
        self.init(set)
    }
}
