import DICOM
import ImagingModel

/// Headers, identifiers, orders and performed steps of any bytes: as a data set, and as values of the attributes that are read.
func fuzzImagingModel(_ bytes: UnsafeRawBufferPointer) {
    let whole = Array(bytes)
    var sets: [DataSet] = []
    if let set = try? DataSet.parse(whole, .explicitLittleEndian) { sets.append(set) }
    if let file = try? DICOMFile.read(whole, options: .header) { sets.append(file.dataSet) }
    sets.append(scattered(whole))
    for set in sets { exerciseModel(set) }
    exerciseReader(bytes)
    let text = String(decoding: whole.prefix(200), as: UTF8.self)
    for comparison in [ImageAttribute.Comparison.text, .personName, .uid, .date, .time, .integer] {
        _ = Identifier.matching(text, comparison)
    }
    _ = (NameFolding.groups(text), UIDText.isPossible(text))
    _ = (ImagingOrder(encoded: whole), PerformedStep(encoded: whole))
}

/// The bytes cut into values of the attributes that the model knows, with the UIDs that it cannot do without.
private func scattered(_ bytes: [UInt8]) -> DataSet {
    var set = DataSet()
    var rest = bytes[...]
    for attribute in ImageAttribute.allCases {
        let length = min(rest.count, Int(rest.first ?? 0) % 40)
        set.set(attribute.tag, .LO, bytes: Array(rest.prefix(length)))
        rest = rest.dropFirst(length + 1)
    }
    set.set(.specificCharacterSet, .CS, bytes: Array(bytes.prefix(12)))
    for tag in [DICOM.Tag.sopInstanceUID, .sopClassUID, .studyInstanceUID, .seriesInstanceUID] {
        set.set(tag, .UI, text: "1.2.3")
    }
    var item = DataSet()
    item.set(.studyInstanceUID, .UI, text: "1.2.3")
    item.set(.scheduledProcedureStepID, .SH, bytes: Array(bytes.suffix(16)))
    item.set(.modality, .CS, bytes: Array(bytes.suffix(8)))
    set.set(.scheduledStepAttributesSequence, items: [item, item])
    set.set(.scheduledProcedureStepSequence, items: [item])
    set.set(.performedProcedureStepStatus, .CS, text: "IN PROGRESS")
    set.set(.queryRetrieveLevel, .CS, text: ["PATIENT", "STUDY", "SERIES", "IMAGE"][bytes.count % 4])
    return set
}

/// As at receipt: the beginning of a file, the rest when it is asked for.
private func exerciseReader(_ bytes: UnsafeRawBufferPointer) {
    var rules = ModalityRules()
    rules.undeclaredCharacterSet = "GB18030"
    rules.accession = [ModalityRules.Source(path: [Tag(0x0029, 0x0007)], creator: "X")]
    guard let reader = InstanceReader(rules: rules) else { preconditionFailure("sources that are no columns") }
    for first in [bytes.count, min(bytes.count, 512)] {
        let prefix = UnsafeRawBufferPointer(rebasing: bytes[..<first])
        let header = try? reader.read(prefix, isWholeFile: first == bytes.count) { offset, room in
            guard offset < bytes.count else { return 0 }
            let piece = UnsafeRawBufferPointer(rebasing: bytes[offset...].prefix(room.count))
            room.copyMemory(from: piece)
            return piece.count
        }
        if let header { check(header.image) }
    }
}

private func check(_ image: ImageInstance) {
    precondition(UIDText.isPossible(image.study.uid), "a UID that is none")
    for text in [image.patient.name, image.study.description, image.equipment.software] {
        precondition(text.utf8.count <= 1_024 && text.utf8.allSatisfy { $0 >= 0x20 }, "text that is not one line")
    }
}

private func exerciseModel(_ set: DataSet) {
    var rules = ModalityRules()
    rules.accession = [ModalityRules.Source(path: [.requestAttributesSequence, .accessionNumber])]
    rules.patientID = [ModalityRules.Source(path: [Tag(0x0029, 0x0007)], creator: "X")]
    if let image = try? ImageInstance(set, rules: rules) { check(image) }
    _ = (try? ImageQuery(set, isPatientRoot: true), WorklistQuery(set))
    let order = ImagingOrder(set)
    if let again = ImagingOrder(encoded: order.encoded()) {
        _ = Identifier.respond(set, from: again.dataSet(steps: again.steps))
    }
    if let step = try? PerformedStep(creating: "1.2", set) {
        _ = try? step.changed(by: set)
        precondition(PerformedStep(encoded: step.attributes) != nil, "a step that cannot be read again")
    }
}
