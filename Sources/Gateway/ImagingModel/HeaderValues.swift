import DICOM

/// Values of a header, whatever holds it: a data set, or the reader of a few columns. `ImageInstance` is read from either, with
/// one meaning.
protocol HeaderValues {
    /// The whole value as text, padding trimmed; nil: absent, empty, or no text.
    func text(_ field: HeaderField) -> String?
    /// The first value that is not empty.
    func string(_ field: HeaderField) -> String?
    /// The first value as an integer.
    func integer(_ field: HeaderField) -> Int?
    /// True for a sequence with an item.
    func hasItem(_ field: HeaderField) -> Bool
    /// Patient ID (0010,0020) of each item of Other Patient IDs Sequence, then the values of Other Patient IDs; as they are.
    func otherPatientIDs() -> [String]
    /// The value at a source of the device's rules; nil: absent or empty.
    func value(_ source: SourcePlace, _ rules: ModalityRules) -> String?
}

/// One of the sources in the rules of a device.
enum SourcePlace {
    case accession(Int)
    case patientID(Int)
}

extension DataSet: HeaderValues {
    func text(_ field: HeaderField) -> String? { holder(of: field)?.text(field.tag) }

    func string(_ field: HeaderField) -> String? { holder(of: field)?.string(field.tag) }

    func integer(_ field: HeaderField) -> Int? { holder(of: field)?.integer(field.tag) }

    func hasItem(_ field: HeaderField) -> Bool { !items(field.tag).isEmpty }

    func otherPatientIDs() -> [String] {
        items(.otherPatientIDsSequence).compactMap { $0.text(Tag.patientID) } + strings(.otherPatientIDs)
    }

    func value(_ source: SourcePlace, _ rules: ModalityRules) -> String? {
        switch source {
        case .accession(let place): rules.accession[place].text(in: self)
        case .patientID(let place): rules.patientID[place].text(in: self)
        }
    }

    /// Where the element of a field is looked for; nil: there is no such item.
    private func holder(of field: HeaderField) -> DataSet? { field.sequence.map { item($0) } ?? self }
}
