import DICOM
import ImagingModel
import JSONText

/// One result of a search in the DICOM JSON Model (PS3.18 10.6.3.3, F.2).
struct SearchResult {
    private var members: [(tag: Tag, value: JSONValue)] = []
    private let included: Set<ImageAttribute>
    private let level: QueryLevel

    /// Attributes that are given at each level whatever is asked for (PS3.18 tables 10.6.3-3, -4, -5).
    private static let demanded: [QueryLevel: Set<ImageAttribute>] = [
        .study: [
            .studyDate, .studyTime, .accessionNumber, .modalitiesInStudy, .referringPhysicianName, .timezoneOffset,
            .patientName, .patientID, .patientBirthDate, .patientSex, .studyInstanceUID, .studyID, .studySeriesCount,
            .studyInstanceCount, .studyDescription,
        ],
        .series: [
            .modality, .seriesDescription, .seriesInstanceUID, .seriesNumber, .seriesInstanceCount, .stepStartDate,
            .stepStartTime, .scheduledStepID, .requestedProcedureID, .studyInstanceUID,
        ],
        .instance: [
            .sopClassUID, .sopInstanceUID, .instanceNumber, .rows, .columns, .bitsAllocated, .numberOfFrames,
            .studyInstanceUID, .seriesInstanceUID,
        ],
    ]

    /// - Parameters:
    ///   - level: what was searched for.
    ///   - included: attributes given besides.
    ///   - relational: levels above, without a UID in the path: their attributes are given as well (PS3.18 10.6.1.1).
    init(_ level: QueryLevel, included: Set<ImageAttribute>, relational: [QueryLevel]) {
        self.level = level
        var all = included.union(SearchResult.demanded[level] ?? [])
        for above in relational { all.formUnion(SearchResult.demanded[above] ?? []) }
        self.included = all
    }

    /// A study.
    mutating func add(_ study: ArchivedStudy, url: String) {
        if level == .study { addCommon(url: "\(url)/studies/\(study.study.uid)", isFreed: study.isFreed) }
        add(.patientID, text: study.patient.id)
        add(.issuerOfPatientID, text: study.patient.issuer)
        add(.otherPatientIDs, texts: study.patient.otherIDs)
        add(.patientName, name: study.patient.name)
        add(.patientBirthDate, text: study.patient.birthDate)
        add(.patientSex, text: study.patient.sex)
        add(.studyInstanceUID, text: study.study.uid)
        add(.accessionNumber, text: study.study.accession)
        add(.studyID, text: study.study.id)
        add(.studyDate, text: study.study.date)
        add(.studyTime, text: study.study.time)
        add(.studyDescription, text: study.study.description)
        add(.referringPhysicianName, name: study.study.referrer)
        add(.institutionName, text: study.study.institution)
        if !study.study.utcOffset.isEmpty { add(.timezoneOffset, text: study.study.utcOffset) }
        add(.modalitiesInStudy, texts: study.modalities)
        if !study.sopClasses.isEmpty { add(.sopClassesInStudy, texts: study.sopClasses) }
        add(.studySeriesCount, number: study.seriesCount)
        add(.studyInstanceCount, number: study.instanceCount)
    }

    /// A series, without its study.
    mutating func add(_ series: ArchivedSeries, url: String) {
        if level == .series {
            addCommon(
                url: "\(url)/studies/\(series.study.study.uid)/series/\(series.series.uid)",
                isFreed: series.study.isFreed)
        }
        add(.seriesInstanceUID, text: series.series.uid)
        add(.modality, text: series.series.modality)
        add(.seriesNumber, number: series.series.number)
        add(.seriesDescription, text: series.series.description)
        add(.bodyPart, text: series.series.bodyPart)
        add(.laterality, text: series.series.laterality)
        add(.protocolName, text: series.series.protocolName)
        add(.seriesDate, text: series.series.date)
        add(.seriesTime, text: series.series.time)
        add(.stepStartDate, text: series.series.stepDate)
        add(.stepStartTime, text: series.series.stepTime)
        add(.manufacturer, text: series.equipment.manufacturer)
        add(.modelName, text: series.equipment.model)
        add(.deviceSerial, text: series.equipment.serial)
        add(.softwareVersions, texts: series.equipment.software.split(separator: "\\").map(String.init))
        add(.stationName, text: series.equipment.station)
        add(.seriesInstanceCount, number: series.instanceCount)
        addRequest(series.series)
    }

    /// An instance, without its series.
    mutating func add(_ instance: ArchivedInstance, url: String) {
        let study = instance.series.study
        if level == .instance {
            addCommon(
                url:
                    "\(url)/studies/\(study.study.uid)/series/\(instance.series.series.uid)/instances/\(instance.instance.uid)",
                isFreed: instance.file.path.isEmpty)
        }
        add(.sopInstanceUID, text: instance.instance.uid)
        add(.sopClassUID, text: instance.instance.sopClass)
        add(.instanceNumber, number: instance.instance.number)
        if let frames = instance.instance.frames { add(.numberOfFrames, number: frames) }
        if let rows = instance.instance.rows { add(.rows, number: rows) }
        if let columns = instance.instance.columns { add(.columns, number: columns) }
        if let bits = instance.instance.bitsAllocated { add(.bitsAllocated, number: bits) }
        add(.contentDate, text: instance.instance.date)
        add(.contentTime, text: instance.instance.time)
    }

    /// The object, its members in the order of the tags (PS3.18 F.2.2).
    var json: JSONValue {
        var object = JSONObject()
        for member in members.sorted(by: { $0.tag < $1.tag }) { object.append(member.tag.description, member.value) }
        return .object(object)
    }

    private mutating func addCommon(url: String, isFreed: Bool) {
        members.append((Tag(0x0008, 0x0005), SearchResult.element("CS", [.string("ISO_IR 192")])))
        // PS3.3 C.4.23.1.1: what retention has deleted can no longer be had here.
        members.append((Tag(0x0008, 0x0056), SearchResult.element("CS", [.string(isFreed ? "UNAVAILABLE" : "ONLINE")])))
        members.append((Tag(0x0008, 0x1190), SearchResult.element("UR", [.string(url)])))
    }

    private mutating func addRequest(_ series: SeriesModule) {
        guard included.contains(.scheduledStepID) || included.contains(.requestedProcedureID),
            !series.scheduledStep.isEmpty || !series.requestedProcedure.isEmpty
        else { return }
        var item = JSONObject()
        item.append("00400009", SearchResult.element("SH", text: series.scheduledStep))
        item.append("00401001", SearchResult.element("SH", text: series.requestedProcedure))
        members.append((Tag(0x0040, 0x0275), SearchResult.element("SQ", [.object(item)])))
    }

    private mutating func add(_ attribute: ImageAttribute, text: String) {
        add(attribute, texts: text.isEmpty ? [] : [text])
    }

    private mutating func add(_ attribute: ImageAttribute, texts: [String]) {
        add(attribute, texts.map(JSONValue.string))
    }

    private mutating func add(_ attribute: ImageAttribute, number: Int?) {
        add(attribute, number.map { [JSONValue.number($0)] } ?? [])
    }

    /// PS3.18 F.2.2: an object with the component groups that are there.
    private mutating func add(_ attribute: ImageAttribute, name: String) {
        var object = JSONObject()
        let groups = name.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false)
        for (key, group) in zip(["Alphabetic", "Ideographic", "Phonetic"], groups) where !group.isEmpty {
            object.append(key, .string(String(group)))
        }
        add(attribute, object.members.isEmpty ? [] : [.object(object)])
    }

    private mutating func add(_ attribute: ImageAttribute, _ values: [JSONValue]) {
        guard included.contains(attribute) else { return }
        let vr = DataDictionary.vr(attribute.tag)?.rawValue ?? "UN"
        members.append((attribute.tag, SearchResult.element(vr, values)))
    }

    private static func element(_ vr: String, text: String) -> JSONValue {
        element(vr, text.isEmpty ? [] : [.string(text)])
    }

    private static func element(_ vr: String, _ values: [JSONValue]) -> JSONValue {
        var object = JSONObject()
        object.append("vr", .string(vr))
        if !values.isEmpty { object.append("Value", .array(values)) }
        return .object(object)
    }
}
