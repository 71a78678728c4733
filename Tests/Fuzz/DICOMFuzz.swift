import CharacterSets
import DICOM

/// A file, whole and as a beginning, read, shown as JSON and written; a header scan; a data set in both codings; text in
/// several sets. What is written is read again as the same elements, and a scan that is done agrees with reading.
func fuzzDICOM(_ bytes: UnsafeRawBufferPointer) {
    let whole = Array(bytes)
    // Most mutations spoil the preamble: the same bytes behind a good one as well.
    let preamble = [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)
    for file in [whole, preamble + whole] {
        exerciseFile(file)
        exerciseScan(file)
    }
    for coding in [DataSetCoding.explicitLittleEndian, .implicitLittleEndian, .explicitBigEndian] {
        guard let set = try? DataSet.parse(whole, coding) else { continue }
        exerciseDataSet(set)
    }
    for declared in [
        "", "ISO_IR 100", "GB18030", "\\ISO 2022 IR 87\\ISO 2022 IR 159", "ISO 2022 IR 13\\ISO 2022 IR 149",
    ] {
        let set = SpecificCharacterSet(declared: declared)
        let text = set.decode(whole[...], vr: .PN)
        // Writing goes character by character: enough of them to see.
        _ = set.encode(String(text.prefix(60)), vr: .PN)
        _ = PersonName(text).text
    }
}

private func exerciseFile(_ bytes: [UInt8]) {
    _ = try? DICOMFile.read(bytes, options: .header)
    guard let file = try? DICOMFile.read(bytes) else { return }
    precondition(file.dataSet.elements.count * 8 <= max(bytes.count * 1100, 1 << 12), "more elements than bytes")
    exerciseDataSet(file.dataSet)
    _ = file.encoded()
}

private func exerciseDataSet(_ set: DataSet) {
    for element in set.elements {
        let tag = element.tag
        _ = (set.text(tag), set.strings(tag), set.integer(tag), set.numbers(tag), set.items(tag), set.tags(tag))
        if let text = set.string(tag) {
            _ = (DICOMTime.date(text), DICOMTime.time(text), DICOMTime.dateTime(text), DICOMTime.age(text))
            _ = (DICOMTime.range(text, .DT), DICOMNumber.json(text))
        }
    }
    let json = set.json()
    _ = try? DataSet(json: json)
    let written = set.encoded()
    if let again = try? DataSet.parse(written) {
        let tags = set.elements.map(\.tag).filter { !$0.isGroupLength }
        precondition(
            again.elements.map(\.tag) == tags || set.elements.contains { $0.tag.group == 2 }, "written otherwise")
    }
}

private func exerciseScan(_ bytes: [UInt8]) {
    var scan = HeaderScan([.sopInstanceUID, .patientName, .patientID, .studyInstanceUID, .rows, .contentSequence])
    let outcome = bytes.withUnsafeBytes { scan.scan($0, isWholeFile: true) }
    for slot in scan.slots where slot.isPresent {
        precondition(Int(slot.offset) + Int(slot.length) <= bytes.count, "a value beyond the buffer")
    }
    guard case .done = outcome, let file = try? DICOMFile.read(bytes), file.extent == .whole else { return }
    for (place, tag) in scan.tags.enumerated() {
        guard let value = file.dataSet[tag]?.bytes, scan.slots[place].isPresent else { continue }
        let start = Int(scan.slots[place].offset)
        precondition(
            value.elementsEqual(bytes[start..<start + Int(scan.slots[place].length)]) || !file.faults.isEmpty,
            "the scan says otherwise than reading")
    }
}
