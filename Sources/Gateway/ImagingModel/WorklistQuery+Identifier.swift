import DICOM

extension WorklistQuery {
    /// The query of a worklist identifier (PS3.4 K.6.1.2).
    public init(_ identifier: DataSet) {
        self.init()
        for (tag, key) in Self.orderKeys { add(key, identifier, tag) }
        guard let step = identifier.item(.scheduledProcedureStepSequence) else { return }
        for (tag, key) in Self.stepKeys { add(key, step, tag) }
    }

    private mutating func add(_ key: Key, _ set: DataSet, _ tag: Tag) {
        let text = set.text(tag).map { ImageInstance.clean($0) }
        if let matching = Identifier.matching(text, key.comparison) { keys[key] = matching }
    }

    private static let orderKeys: [(Tag, Key)] = [
        (.patientID, .patientID), (.patientName, .patientName), (.patientBirthDate, .birthDate), (.patientSex, .sex),
        (.accessionNumber, .accession), (.requestedProcedureID, .procedureID), (.admissionID, .admission),
        (.placerOrderNumberImagingServiceRequest, .placer), (.fillerOrderNumberImagingServiceRequest, .filler),
        (.studyInstanceUID, .studyUID), (.referringPhysicianName, .referrer),
    ]

    private static let stepKeys: [(Tag, Key)] = [
        (.scheduledStationAETitle, .stationAE), (.scheduledStationName, .stationName),
        (.scheduledProcedureStepID, .stepID), (.modality, .modality), (.scheduledPerformingPhysicianName, .performer),
        (.scheduledProcedureStepStartDate, .date), (.scheduledProcedureStepStartTime, .time),
    ]
}

extension WorklistQuery.Key {
    /// How its values are compared.
    public var comparison: ImageAttribute.Comparison {
        switch self {
        case .patientName, .referrer, .performer: .personName
        case .date, .birthDate: .date
        case .time: .time
        case .studyUID: .uid
        case .patientID, .accession, .procedureID, .admission, .placer, .filler, .stationAE, .stationName, .stepID,
            .modality, .sex:
            .text
        }
    }
}

extension WorklistEntry {
    /// The entry as a worklist data set, in UTF-8.
    public var dataSet: DataSet { order.dataSet(steps: [step]) }
}
