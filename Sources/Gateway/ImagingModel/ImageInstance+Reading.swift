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
        try self.init(values: set, rules: rules, callingAE: callingAE)
    }

    /// Reads the header of an instance, whatever holds it.
    init(
        values: some HeaderValues, rules: ModalityRules, callingAE: String
    ) throws(InstanceRefusal) {
        instance.uid = try Self.uid(values, .sopInstance, "SOP Instance UID")
        instance.sopClass = try Self.uid(values, .sopClass, "SOP Class UID")
        study.uid = try Self.uid(values, .studyInstance, "Study Instance UID")
        series.uid = try Self.uid(values, .seriesInstance, "Series Instance UID")
        declaredCharacterSet = values.text(.characterSet) ?? ""
        patient = PatientModule(values: values, rules: rules)
        readStudy(values, rules)
        readSeries(values)
        readInstance(values)
        equipment.manufacturer = Self.text(values, .manufacturer)
        equipment.model = Self.text(values, .model)
        equipment.serial = Self.text(values, .serial)
        equipment.software = Self.text(values, .software)
        equipment.station = Self.text(values, .station)
        if !rules.locations.isEmpty {
            equipment.location = rules.locations[equipment.station] ?? rules.locations[callingAE] ?? ""
        }
    }

    private mutating func readStudy(_ values: some HeaderValues, _ rules: ModalityRules) {
        study.accession = Self.accession(values, rules)
        study.id = Self.text(values, .studyID)
        study.date = Self.date(values, .studyDate)
        study.time = Self.time(values, .studyTime)
        study.description = Self.text(values, .studyDescription)
        study.referrer = Self.text(values, .referrer)
        study.institution = Self.text(values, .institution)
        study.utcOffset = Self.text(values, .utcOffset)
    }

    private mutating func readSeries(_ values: some HeaderValues) {
        series.modality = Self.text(values, .modality)
        series.number = values.integer(.seriesNumber)
        series.description = Self.text(values, .seriesDescription)
        series.bodyPart = Self.text(values, .bodyPart)
        series.laterality = Self.text(values, .laterality)
        if series.laterality.isEmpty { series.laterality = Self.text(values, .imageLaterality) }
        series.protocolName = Self.text(values, .protocolName)
        series.date = Self.date(values, .seriesDate)
        series.time = Self.time(values, .seriesTime)
        series.stepDate = Self.date(values, .stepDate)
        series.stepTime = Self.time(values, .stepTime)
        series.performedStep = Self.text(values, .performedStep)
        // Structured reports name their request elsewhere (PS3.3 C.17.2).
        if values.hasItem(.requestItems) {
            series.requestedProcedure = Self.text(values, .requestedProcedure)
            series.scheduledStep = Self.text(values, .scheduledStep)
        } else if values.hasItem(.documentRequestItems) {
            series.requestedProcedure = Self.text(values, .documentRequestedProcedure)
            series.scheduledStep = Self.text(values, .documentScheduledStep)
        }
    }

    private mutating func readInstance(_ values: some HeaderValues) {
        instance.number = values.integer(.instanceNumber)
        instance.frames = values.integer(.frames)
        instance.rows = values.integer(.rows)
        instance.columns = values.integer(.columns)
        instance.bitsAllocated = values.integer(.bitsAllocated)
        instance.date = Self.date(values, .contentDate)
        instance.time = Self.time(values, .contentTime)
        instance.title = Self.text(values, .documentTitle)
        if instance.title.isEmpty { instance.title = Self.text(values, .conceptName) }
        if instance.title.isEmpty { instance.title = Self.text(values, .contentLabel) }
    }

    private static func accession(
        _ values: some HeaderValues, _ rules: ModalityRules
    ) -> String {
        let own = text(values, .accession)
        if !own.isEmpty, !rules.accessionFirst { return own }
        for place in rules.accession.indices {
            if let found = values.value(.accession(place), rules) { return clean(found) }
        }
        return own
    }

    private static func uid(
        _ values: some HeaderValues, _ field: HeaderField, _ name: String
    ) throws(InstanceRefusal) -> String {
        let text = values.string(field) ?? ""
        if UIDText.isPossible(text) { return text }
        let tag = field.tag
        guard !text.isEmpty else {
            throw InstanceRefusal(
                tag: tag, text: "\(name) (\(tag)) is missing: the modality must give one; ask its service")
        }
        throw InstanceRefusal(
            tag: tag,
            text: "\(name) (\(tag)) \"\(clean(text))\" is no UID (digits and points, 64 at most): ask its service")
    }

    // MARK: Values

    /// A value as one line: trimmed, without control characters, of bounded length.
    static func text(_ values: some HeaderValues, _ field: HeaderField) -> String {
        values.text(field).map(clean) ?? ""
    }

    static func clean(_ text: String) -> String {
        var text = text
        let isClean = text.withUTF8 { utf8 in
            utf8.count <= longestText && utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
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
    static func date(_ values: some HeaderValues, _ field: HeaderField) -> String {
        date(text(values, field))
    }

    /// A time without separators.
    static func time(_ values: some HeaderValues, _ field: HeaderField) -> String {
        time(text(values, field))
    }

    private static func date(_ text: String) -> String { text.without(".-/") }

    private static func time(_ text: String) -> String { text.without(":") }

    // MARK: Values of other data sets than instances

    static func text(_ set: DataSet, _ tag: Tag) -> String { set.text(tag).map(clean) ?? "" }

    static func date(_ set: DataSet, _ tag: Tag) -> String { date(text(set, tag)) }

    static func time(_ set: DataSet, _ tag: Tag) -> String { time(text(set, tag)) }
}

extension PatientModule {
    /// The patient of a data set.
    public init(_ set: DataSet, rules: ModalityRules = ModalityRules()) { self.init(values: set, rules: rules) }

    /// The patient of a header, whatever holds it.
    init(values: some HeaderValues, rules: ModalityRules) {
        id = ImageInstance.text(values, .patientID)
        for place in rules.patientID.indices {
            if let found = values.value(.patientID(place), rules) {
                id = ImageInstance.clean(found)
                break
            }
        }
        issuer = ImageInstance.text(values, .issuer)
        if issuer.isEmpty { issuer = rules.issuer }
        for other in values.otherPatientIDs() {
            let other = ImageInstance.clean(other)
            if !other.isEmpty, other != id, !otherIDs.contains(other), otherIDs.count < Self.mostOtherIDs {
                otherIDs.append(other)
            }
        }
        name = ImageInstance.text(values, .patientName)
        birthDate = ImageInstance.date(values, .birthDate)
        sex = ImageInstance.text(values, .sex)
    }

    /// Other Patient IDs that are kept; a person has a few.
    static let mostOtherIDs = 50
}

extension ModalityRules {
    /// How to read text of files of this device.
    public var characterSetChoice: CharacterSetChoice {
        if let characterSet { return .override(SpecificCharacterSet(declared: characterSet)) }
        return detectsCharacterSet ? .detect : .declared
    }

    /// How to read text of files that declare no character set; nil: as all others.
    var undeclaredChoice: CharacterSetChoice? {
        guard characterSet == nil else { return nil }
        return undeclaredCharacterSet.map { .override(SpecificCharacterSet(declared: $0)) }
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
        var text = text
        return text.withUTF8 { utf8 in
            (1...64).contains(utf8.count) && utf8[0] != UInt8(ascii: ".")
                && utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: ".") }
        }
    }
}

extension String {
    /// Without these characters, all of them ASCII.
    func without(_ separators: String) -> String {
        var text = self
        let hasSome = text.withUTF8 { utf8 in utf8.contains { separators.utf8.contains($0) } }
        return hasSome ? filter { !separators.contains($0) } : self
    }
}
