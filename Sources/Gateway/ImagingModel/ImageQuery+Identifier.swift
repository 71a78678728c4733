import DICOM

/// A C-FIND or C-MOVE identifier that cannot be used: status A900 (PS3.4 C.4.1.1.4).
public struct IdentifierFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, for people.
    public var text: String
    /// Text for people.
    public var description: String { text }
}

extension ImageQuery {
    /// The query of an identifier of the patient root or the study root model (PS3.4 C.6.1, C.6.2).
    ///
    /// Relational queries are answered too: unique keys above the level may be missing or universal.
    ///
    /// - Parameter isPatientRoot: PATIENT level exists in the patient root model only.
    public init(_ identifier: DataSet, isPatientRoot: Bool) throws(IdentifierFault) {
        let word = identifier.string(.queryRetrieveLevel) ?? ""
        guard let level = QueryLevel(word) else {
            throw IdentifierFault(
                text:
                    "Query/Retrieve Level (0008,0052) is \"\(ImageInstance.clean(word))\": PATIENT, STUDY, SERIES, IMAGE"
            )
        }
        guard isPatientRoot || level != .patient else {
            throw IdentifierFault(text: "the study root model has no level PATIENT (PS3.4 C.6.2)")
        }
        self.init(level)
        for element in identifier.elements {
            if element.tag == .requestAttributesSequence, let item = identifier.item(element.tag) {
                try add(item)
            } else {
                try add(element, of: identifier)
            }
        }
    }

    private mutating func add(_ item: DataSet) throws(IdentifierFault) {
        for element in item.elements { try add(element, of: item) }
    }

    private mutating func add(_ element: Element, of set: DataSet) throws(IdentifierFault) {
        guard let attribute = ImageAttribute(element.tag), attribute.level <= level || attribute == .modality else {
            return
        }
        let text = set.text(element.tag).map { ImageInstance.clean($0) }
        // Several modalities at once are no key of the standard, but workstations send them.
        if let text, attribute == .modality || attribute == .modalitiesInStudy, text.contains("\\"), !text.contains("*")
        {
            keys[attribute] = Identifier.matching(text, .uid)
            return
        }
        guard let matching = Identifier.matching(text, attribute.comparison) else { return }
        if case .uids(let uids) = matching, !uids.allSatisfy({ UIDText.isPossible($0) || $0 == "*" }) {
            throw IdentifierFault(
                text: "\(element.tag.keyword ?? element.tag.description) has a value that is no UID")
        }
        if case .uids(["*"]) = matching { return }
        keys[attribute] = matching
    }
}

extension ArchivedPatient {
    /// Everything that is known at PATIENT level, in UTF-8.
    public var dataSet: DataSet {
        var set = DataSet(characterSet: .utf8)
        patient.write(to: &set)
        set.set(.numberOfPatientRelatedStudies, .IS, integer: studyCount)
        return set
    }
}

extension ArchivedStudy {
    /// Everything that is known at STUDY level, in UTF-8.
    public var dataSet: DataSet {
        var set = DataSet(characterSet: .utf8)
        write(to: &set)
        return set
    }

    func write(to set: inout DataSet) {
        patient.write(to: &set)
        set.set(.studyInstanceUID, .UI, text: study.uid)
        set.set(.accessionNumber, .SH, text: study.accession)
        set.set(.studyID, .SH, text: study.id)
        set.set(.studyDate, .DA, text: study.date)
        set.set(.studyTime, .TM, text: study.time)
        set.set(.studyDescription, .LO, text: study.description)
        set.set(.referringPhysicianName, .PN, text: study.referrer)
        set.set(.institutionName, .LO, text: study.institution)
        if !study.utcOffset.isEmpty { set.set(.timezoneOffsetFromUTC, .SH, text: study.utcOffset) }
        set.set(.modalitiesInStudy, .CS, strings: modalities)
        if !sopClasses.isEmpty { set.set(.sopClassesInStudy, .UI, strings: sopClasses) }
        set.set(.numberOfStudyRelatedSeries, .IS, integer: seriesCount)
        set.set(.numberOfStudyRelatedInstances, .IS, integer: instanceCount)
        set.set(.instanceAvailability, .CS, text: isFreed ? "UNAVAILABLE" : "ONLINE")
    }
}

extension ArchivedSeries {
    /// Everything that is known at SERIES level and above, in UTF-8.
    public var dataSet: DataSet {
        var set = DataSet(characterSet: .utf8)
        write(to: &set)
        return set
    }

    func write(to set: inout DataSet) {
        study.write(to: &set)
        set.set(.seriesInstanceUID, .UI, text: series.uid)
        set.set(.modality, .CS, text: series.modality)
        set.put(.seriesNumber, .IS, series.number)
        set.set(.seriesDescription, .LO, text: series.description)
        set.set(.bodyPartExamined, .CS, text: series.bodyPart)
        set.set(.laterality, .CS, text: series.laterality)
        set.set(.protocolName, .LO, text: series.protocolName)
        set.set(.seriesDate, .DA, text: series.date)
        set.set(.seriesTime, .TM, text: series.time)
        set.set(.performedProcedureStepStartDate, .DA, text: series.stepDate)
        set.set(.performedProcedureStepStartTime, .TM, text: series.stepTime)
        if !series.requestedProcedure.isEmpty || !series.scheduledStep.isEmpty {
            var item = DataSet()
            item.set(.scheduledProcedureStepID, .SH, text: series.scheduledStep)
            item.set(.requestedProcedureID, .SH, text: series.requestedProcedure)
            set.set(.requestAttributesSequence, items: [item])
        }
        set.set(.stationName, .SH, text: equipment.station)
        set.set(.manufacturer, .LO, text: equipment.manufacturer)
        set.set(.manufacturerModelName, .LO, text: equipment.model)
        set.set(.deviceSerialNumber, .LO, text: equipment.serial)
        set.set(.softwareVersions, .LO, text: equipment.software)
        set.set(.numberOfSeriesRelatedInstances, .IS, integer: instanceCount)
    }
}

extension ArchivedInstance {
    /// Everything that is known of an instance without its file, in UTF-8.
    public var dataSet: DataSet {
        var set = DataSet(characterSet: .utf8)
        series.write(to: &set)
        set.set(.sopInstanceUID, .UI, text: instance.uid)
        set.set(.sopClassUID, .UI, text: instance.sopClass)
        set.put(.instanceNumber, .IS, instance.number)
        set.put(.numberOfFrames, .IS, instance.frames)
        set.put(.rows, .US, instance.rows)
        set.put(.columns, .US, instance.columns)
        set.put(.bitsAllocated, .US, instance.bitsAllocated)
        set.set(.contentDate, .DA, text: instance.date)
        set.set(.contentTime, .TM, text: instance.time)
        return set
    }
}

extension DataSet {
    mutating func put(_ tag: Tag, _ vr: VR, _ integer: Int?) { if let integer { set(tag, vr, integer: integer) } }
}
