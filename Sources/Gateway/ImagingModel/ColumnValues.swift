import DICOM

/// Values of a header in the columns of an index reader: those that a data set would give.
final class ColumnValues: HeaderValues {
    private let columns: InstanceColumns
    private var reader: HeaderReader
    private let override: SpecificCharacterSet?
    /// The last declaration beside an override, and what was used in its place: nearly all files of a device have one.
    private var lastDeclared: (text: String, used: String)?

    init(_ columns: InstanceColumns, characterSet: CharacterSetChoice) {
        self.columns = columns
        reader = HeaderReader(columns: columns.all, characterSet: characterSet)
        if case .override(let set) = characterSet { override = set } else { override = nil }
    }

    /// Reads a header. The values are those of the last one, and valid as long as its first bytes are.
    ///
    /// - Returns: false where only the whole data set tells what is in it.
    func read(
        _ prefix: UnsafeRawBufferPointer, isWholeFile: Bool, fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> Bool {
        guard case .read = reader.read(prefix, isWholeFile: isWholeFile, fetch: fetch), !reader.wasReadWhole,
            reader.isTextSettled,
            reader.itemCount(HeaderField.requestItems.rawValue) != nil,
            reader.itemCount(HeaderField.documentRequestItems.rawValue) != nil,
            let others = reader.itemCount(HeaderField.otherPatientItems.rawValue)
        else { return false }
        return others <= InstanceColumns.otherPatients
    }

    /// True where no character set is declared.
    var declaresNoCharacterSet: Bool { reader.isEmpty(HeaderField.characterSet.rawValue) }

    /// True where the UIDs that an instance must have are there, whatever they are.
    var hasUIDs: Bool {
        [HeaderField.sopInstance, .sopClass, .studyInstance, .seriesInstance].allSatisfy {
            !reader.isEmpty($0.rawValue)
        }
    }

    /// What text was decoded by, where that is another character set than declared.
    func usedCharacterSet() -> String {
        guard let override else { return reader.characterSetFinding?.used.declaration ?? "" }
        let declared = text(.characterSet) ?? ""
        if let lastDeclared, lastDeclared.text == declared { return lastDeclared.used }
        let used = SpecificCharacterSet(declared: declared) == override ? "" : override.declaration
        lastDeclared = (declared, used)
        return used
    }

    // MARK: HeaderValues

    func text(_ field: HeaderField) -> String? { reader.value(field.rawValue) }

    func string(_ field: HeaderField) -> String? { reader.firstValue(field.rawValue) }

    func integer(_ field: HeaderField) -> Int? { reader.integer(field.rawValue) }

    func hasItem(_ field: HeaderField) -> Bool { reader.itemCount(field.rawValue) ?? 0 > 0 }

    func otherPatientIDs() -> [String] {
        let count = reader.itemCount(HeaderField.otherPatientItems.rawValue) ?? 0
        var ids: [String] = []
        for item in 0..<min(count, InstanceColumns.otherPatients) {
            if let id = reader.value(InstanceColumns.otherPatient(item)) { ids.append(id) }
        }
        return ids + reader.values(HeaderField.otherPatientIDs.rawValue)
    }

    func value(_ source: SourcePlace, _ rules: ModalityRules) -> String? {
        switch source {
        case .accession(let place): reader.firstValue(columns.accession[place])
        case .patientID(let place): reader.firstValue(columns.patientID[place])
        }
    }
}
