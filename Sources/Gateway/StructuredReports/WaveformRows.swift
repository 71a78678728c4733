import DICOM
import ResultModel

/// Measurements and statements that stand beside a waveform (PS3.3 C.10.10).
struct WaveformRows {
    private(set) var rows: [Observation] = []
    private let header: DocumentHeader
    private let data: DataSet

    init(_ data: DataSet, _ header: DocumentHeader, _ options: StudyReport.Options) {
        self.header = header
        self.data = data
        for annotation in data.items(.waveformAnnotationSequence).prefix(options.mostRows) {
            if let row = row(annotation, options) { rows.append(row) }
        }
    }

    private func row(_ annotation: DataSet, _ options: StudyReport.Options) -> Observation? {
        let concept = CodedConcept(annotation.item(.conceptNameCodeSequence))
        let value: RowValue
        // Units stand beside the number, not in a Measured Value Sequence.
        if let text = annotation.string(.numericValue) {
            let unit = CodedConcept(annotation.item(.measurementUnitsCodeSequence))
            value = RowValue(MeasuredNumber(text: text, unit: unit, qualifier: nil))
        } else if let code = CodedConcept(annotation.item(.conceptCodeSequence)) {
            value = RowValue(code)
        } else if let text = annotation.text(.unformattedTextValue), let words = RowValue(text: text) {
            value = words
        } else {
            // A mark on the curve.
            return nil
        }
        let name = concept ?? CodedConcept("", "TEXT", "Statement")
        var row = Observation()
        header.name(&row, name)
        row.value = value.value
        row.asSent.value = value.sent
        row.asSent.unit = value.unit
        row.effective =
            data.string(.acquisitionDateTime).flatMap { DICOMTime.dateTime($0) }.flatMap { header.clinical($0) }
            ?? header.time()
        row.instrument = header.deviceName
        // What a program reads out of a curve waits for a reader; what it measures does not.
        row.status = value.kind == "NUM" || options.trustsUnverified ? header.status : .preliminary
        var imaging = ImagingContext()
        imaging.concept = name.coding
        imaging.document = header.uid
        imaging.documentTitle = header.title
        var modifiers: [String] = []
        if let channel = channel(annotation) {
            imaging.qualifiers = [
                .init(name: Coding(system: "", code: "", display: "Channel"), value: channel.coding)
            ]
            modifiers = [channel.key]
        }
        row.imaging = imaging
        row.run = header.run(group: [], modifiers: modifiers)
        return row
    }

    /// Source of the one channel that an annotation is about; nil when it is about all of them.
    private func channel(_ annotation: DataSet) -> CodedConcept? {
        let pair = annotation.numbers(Tag(0x0040, 0xA0B0)).compactMap { Int(exactly: $0) }
        guard pair.count == 2, pair[0] >= 1, pair[1] >= 1 else { return nil }
        let groups = data.items(.waveformSequence)
        guard pair[0] <= groups.count else { return nil }
        // Channel Definition Sequence, Channel Source Sequence.
        let channels = groups[pair[0] - 1].items(Tag(0x003A, 0x0200))
        guard pair[1] <= channels.count else { return nil }
        return CodedConcept(channels[pair[1] - 1].item(Tag(0x003A, 0x0208)))
    }
}
