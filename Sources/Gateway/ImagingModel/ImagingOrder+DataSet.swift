import DICOM

/// An order as a worklist data set (PS3.4 Table K.6-1): what a modality is answered, and how the store keeps it.
extension ImagingOrder {
    /// The data set in UTF-8, with one item of Scheduled Procedure Step Sequence for each of `steps`.
    public func dataSet(steps: [Step]) -> DataSet {
        var set = DataSet(characterSet: .utf8)
        func put(_ tag: Tag, _ vr: VR, _ text: String) { set.set(tag, vr, text: text) }
        put(.accessionNumber, .SH, accession)
        put(.referringPhysicianName, .PN, referrer)
        patient.write(to: &set)
        put(.patientWeight, .DS, weight)
        put(.medicalAlerts, .LO, alerts)
        put(.allergies, .LO, allergies)
        if let pregnancy { set.set(.pregnancyStatus, .US, integer: pregnancy) }
        put(.studyInstanceUID, .UI, studyUID)
        put(.requestingPhysician, .PN, requester)
        put(.requestedProcedureDescription, .LO, procedureDescription)
        if let procedureCode { set.set(.requestedProcedureCodeSequence, items: [procedureCode.item]) }
        put(.admissionID, .LO, admission)
        put(.currentPatientLocation, .LO, patientLocation)
        set.set(.scheduledProcedureStepSequence, items: steps.map(\.item))
        put(.requestedProcedureID, .SH, procedureID)
        put(.requestedProcedurePriority, .SH, priority)
        put(.placerOrderNumberImagingServiceRequest, .LO, placer)
        put(.fillerOrderNumberImagingServiceRequest, .LO, filler)
        return set
    }

    /// The order of a data set that `dataSet(steps:)` has made, or that another worklist gave.
    public init(_ set: DataSet) {
        func text(_ tag: Tag) -> String { ImageInstance.text(set, tag) }
        patient = PatientModule(set)
        accession = text(.accessionNumber)
        referrer = text(.referringPhysicianName)
        weight = text(.patientWeight)
        alerts = text(.medicalAlerts)
        allergies = text(.allergies)
        pregnancy = set.integer(.pregnancyStatus)
        studyUID = text(.studyInstanceUID)
        requester = text(.requestingPhysician)
        procedureDescription = text(.requestedProcedureDescription)
        procedureCode = set.item(.requestedProcedureCodeSequence).map(Code.init)
        admission = text(.admissionID)
        patientLocation = text(.currentPatientLocation)
        steps = set.items(.scheduledProcedureStepSequence).map(Step.init)
        procedureID = text(.requestedProcedureID)
        priority = text(.requestedProcedurePriority)
        placer = text(.placerOrderNumberImagingServiceRequest)
        filler = text(.fillerOrderNumberImagingServiceRequest)
    }

    /// The bytes that the store keeps: Explicit VR Little Endian.
    public func encoded() -> [UInt8] { dataSet(steps: steps).encoded(as: .explicitLittleEndian) }

    /// An order from the bytes that the store keeps; nil: they are none.
    public init?(encoded: [UInt8]) {
        guard let set = try? DataSet.parse(encoded, .explicitLittleEndian) else { return nil }
        self.init(set)
    }
}

extension ImagingOrder.Step {
    init(_ item: DataSet) {
        func text(_ tag: Tag) -> String { ImageInstance.text(item, tag) }
        id = text(.scheduledProcedureStepID)
        stationAEs = item.strings(.scheduledStationAETitle).filter { !$0.isEmpty }
        stationName = text(.scheduledStationName)
        location = text(.scheduledProcedureStepLocation)
        date = ImageInstance.date(item, .scheduledProcedureStepStartDate)
        time = ImageInstance.time(item, .scheduledProcedureStepStartTime)
        modality = text(.modality)
        description = text(.scheduledProcedureStepDescription)
        performer = text(.scheduledPerformingPhysicianName)
        codes = item.items(.scheduledProtocolCodeSequence).map(ImagingOrder.Code.init)
        let word = text(.scheduledProcedureStepStatus)
        state = State.allCases.first { $0.word == word } ?? .scheduled
    }

    var item: DataSet {
        var item = DataSet()
        func put(_ tag: Tag, _ vr: VR, _ text: String) { item.set(tag, vr, text: text) }
        put(.modality, .CS, modality)
        item.set(.scheduledStationAETitle, .AE, strings: stationAEs)
        put(.scheduledProcedureStepStartDate, .DA, date)
        put(.scheduledProcedureStepStartTime, .TM, time)
        put(.scheduledPerformingPhysicianName, .PN, performer)
        put(.scheduledProcedureStepDescription, .LO, description)
        if !codes.isEmpty { item.set(.scheduledProtocolCodeSequence, items: codes.map(\.item)) }
        put(.scheduledProcedureStepID, .SH, id)
        put(.scheduledStationName, .SH, stationName)
        put(.scheduledProcedureStepLocation, .SH, location)
        put(.scheduledProcedureStepStatus, .CS, state.word)
        return item
    }
}

extension ImagingOrder.Code {
    init(_ item: DataSet) {
        value = ImageInstance.text(item, .codeValue)
        scheme = ImageInstance.text(item, .codingSchemeDesignator)
        meaning = ImageInstance.text(item, .codeMeaning)
    }

    var item: DataSet {
        var item = DataSet()
        item.set(.codeValue, .SH, text: value)
        item.set(.codingSchemeDesignator, .SH, text: scheme)
        item.set(.codeMeaning, .LO, text: meaning)
        return item
    }
}

extension PatientModule {
    /// Writes the module into a data set.
    public func write(to set: inout DataSet) {
        set.set(.patientName, .PN, text: name)
        set.set(.patientID, .LO, text: id)
        if !issuer.isEmpty { set.set(.issuerOfPatientID, .LO, text: issuer) }
        set.set(.patientBirthDate, .DA, text: birthDate)
        set.set(.patientSex, .CS, text: sex)
        if !otherIDs.isEmpty { set.set(.otherPatientIDs, .LO, strings: otherIDs) }
    }
}
