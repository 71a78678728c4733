import DICOM

/// Why an instance cannot be taken: what its header lacks.
public struct InstanceRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// The element concerned.
    public var tag: Tag
    /// What is wrong and what to do, for people.
    public var text: String
    /// A refusal from its parts.
    public init(tag: Tag, text: String) {
        self.tag = tag
        self.text = text
    }
    /// Text for people.
    public var description: String { text }
}

extension ImageInstance {
    /// Bytes of one text at most; what is longer is cut. DICOM's own limit for LO is 64 characters.
    static let longestText = 1_024

    /// Reads the header of an instance. Text is decoded by the set's character set (`ModalityRules.characterSetChoice` when the
    /// file is read). Values are trimmed, control characters become blanks, dates lose their separators.
    ///
    /// - Throws: when one of the four UIDs that an instance must have (PS3.3 C.12.1, C.7.2.1, C.7.3.1) is missing or is none.
    public init(_ set: DataSet, rules: ModalityRules = ModalityRules(), callingAE: String = "") throws(InstanceRefusal)
    {
        instance.uid = try Self.uid(set, .sopInstanceUID, "SOP Instance UID")
        instance.sopClass = try Self.uid(set, .sopClassUID, "SOP Class UID")
        study.uid = try Self.uid(set, .studyInstanceUID, "Study Instance UID")
        series.uid = try Self.uid(set, .seriesInstanceUID, "Series Instance UID")
        declaredCharacterSet = set.text(.specificCharacterSet) ?? ""
        patient = PatientModule(set, rules: rules)
        readStudy(set, rules)
        readSeries(set)
        readInstance(set)
        equipment.manufacturer = Self.text(set, .manufacturer)
        equipment.model = Self.text(set, .manufacturerModelName)
        equipment.serial = Self.text(set, .deviceSerialNumber)
        equipment.software = Self.text(set, .softwareVersions)
        equipment.station = Self.text(set, .stationName)
        equipment.location = rules.locations[equipment.station] ?? rules.locations[callingAE] ?? ""
    }

    private mutating func readStudy(_ set: DataSet, _ rules: ModalityRules) {
        study.accession = Self.accession(set, rules)
        study.id = Self.text(set, .studyID)
        study.date = Self.date(set, .studyDate)
        study.time = Self.time(set, .studyTime)
        study.description = Self.text(set, .studyDescription)
        study.referrer = Self.text(set, .referringPhysicianName)
        study.institution = Self.text(set, .institutionName)
        study.utcOffset = Self.text(set, .timezoneOffsetFromUTC)
    }

    private mutating func readSeries(_ set: DataSet) {
        series.modality = Self.text(set, .modality)
        series.number = set.integer(.seriesNumber)
        series.description = Self.text(set, .seriesDescription)
        series.bodyPart = Self.text(set, .bodyPartExamined)
        series.laterality = Self.text(set, .laterality)
        if series.laterality.isEmpty { series.laterality = Self.text(set, .imageLaterality) }
        series.protocolName = Self.text(set, .protocolName)
        series.date = Self.date(set, .seriesDate)
        series.time = Self.time(set, .seriesTime)
        series.stepDate = Self.date(set, .performedProcedureStepStartDate)
        series.stepTime = Self.time(set, .performedProcedureStepStartTime)
        if let step = set.item(.referencedPerformedProcedureStepSequence) {
            series.performedStep = Self.text(step, .referencedSOPInstanceUID)
        }
        // Structured reports name their request elsewhere (PS3.3 C.17.2).
        if let request = set.item(.requestAttributesSequence) ?? set.item(.referencedRequestSequence) {
            series.requestedProcedure = Self.text(request, .requestedProcedureID)
            series.scheduledStep = Self.text(request, .scheduledProcedureStepID)
        }
    }

    private mutating func readInstance(_ set: DataSet) {
        instance.number = set.integer(.instanceNumber)
        instance.frames = set.integer(.numberOfFrames)
        instance.rows = set.integer(.rows)
        instance.columns = set.integer(.columns)
        instance.bitsAllocated = set.integer(.bitsAllocated)
        instance.date = Self.date(set, .contentDate)
        instance.time = Self.time(set, .contentTime)
        instance.title = Self.text(set, .documentTitle)
        if instance.title.isEmpty, let name = set.item(.conceptNameCodeSequence) {
            instance.title = Self.text(name, .codeMeaning)
        }
        if instance.title.isEmpty { instance.title = Self.text(set, Tag(0x0070, 0x0080)) }
    }

    private static func accession(_ set: DataSet, _ rules: ModalityRules) -> String {
        let own = text(set, .accessionNumber)
        if !own.isEmpty, !rules.accessionFirst { return own }
        for source in rules.accession {
            if let found = source.text(in: set) { return clean(found) }
        }
        return own
    }

    private static func uid(_ set: DataSet, _ tag: Tag, _ name: String) throws(InstanceRefusal) -> String {
        let text = set.string(tag) ?? ""
        guard !text.isEmpty else {
            throw InstanceRefusal(
                tag: tag, text: "\(name) (\(tag)) is missing: the modality must give one; ask its service")
        }
        guard UIDText.isPossible(text) else {
            throw InstanceRefusal(
                tag: tag,
                text: "\(name) (\(tag)) \"\(clean(text))\" is no UID (digits and points, 64 at most): ask its service")
        }
        return text
    }

    // MARK: Values

    /// A value as one line: trimmed, without control characters, of bounded length.
    static func text(_ set: DataSet, _ tag: Tag) -> String { set.text(tag).map(clean) ?? "" }

    static func clean(_ text: String) -> String {
        let isClean = text.utf8.count <= longestText && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        if isClean { return text }
        var bytes = text.utf8.prefix(longestText).map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
        // Never half a character at the end.
        if text.utf8.count > longestText {
            while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
            if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        }
        while bytes.last == 0x20 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A date without separators; ACR-NEMA's 2024.03.18 was allowed (PS3.5 6.2, DA).
    static func date(_ set: DataSet, _ tag: Tag) -> String { text(set, tag).without([".", "-", "/"]) }

    /// A time without separators.
    static func time(_ set: DataSet, _ tag: Tag) -> String { text(set, tag).without([":"]) }
}

extension PatientModule {
    /// The patient of a data set.
    public init(_ set: DataSet, rules: ModalityRules = ModalityRules()) {
        id = ImageInstance.text(set, .patientID)
        for source in rules.patientID {
            if let found = source.text(in: set) {
                id = ImageInstance.clean(found)
                break
            }
        }
        issuer = ImageInstance.text(set, .issuerOfPatientID)
        if issuer.isEmpty { issuer = rules.issuer }
        let inItems = set.items(.otherPatientIDsSequence).map { ImageInstance.text($0, .patientID) }
        let plain = set.strings(.otherPatientIDs).map(ImageInstance.clean)
        otherIDs = (inItems + plain).reduce(into: []) { all, id in
            if !id.isEmpty, id != self.id, !all.contains(id), all.count < 50 { all.append(id) }
        }
        name = ImageInstance.text(set, .patientName)
        birthDate = ImageInstance.date(set, .patientBirthDate)
        sex = ImageInstance.text(set, .patientSex)
    }
}

extension ModalityRules {
    /// How to read text of files of this device.
    public var characterSetChoice: CharacterSetChoice {
        if let characterSet { return .override(SpecificCharacterSet(declared: characterSet)) }
        return detectsCharacterSet ? .detect : .declared
    }
}

extension ModalityRules.Source {
    /// The value there; nil: absent or empty.
    public func text(in set: DataSet) -> String? {
        var set = set
        for tag in path.dropLast() {
            guard let item = set.item(tag) else { return nil }
            set = item
        }
        guard let last = path.last, let tag = place(of: last, in: set) else { return nil }
        return set.string(tag)
    }

    /// Where a private element lies: its block is the one whose creator has reserved it (PS3.5 7.8.1).
    private func place(of tag: Tag, in set: DataSet) -> Tag? {
        guard let creator else { return tag }
        for block in UInt16(0x10)...UInt16(0xFF) where set.string(Tag(tag.group, block)) == creator {
            return Tag(tag.group, block << 8 | tag.element & 0xFF)
        }
        return nil
    }
}

/// What may be a UID (PS3.5 9.1). Components with leading zeros are let pass: some devices write them.
public enum UIDText {
    /// Digits and points, 64 at most, beginning with a digit: safe in a path, a URL and a log.
    public static func isPossible(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: ".") }
            && text.utf8.first != UInt8(ascii: ".") && !text.utf8.elementsEqual(".".utf8)
    }
}

extension String {
    func without(_ separators: [Character]) -> String {
        contains { separators.contains($0) } ? String(filter { !separators.contains($0) }) : self
    }
}
