import DICOM
import ResultModel

/// The rows of one document, by its kind.
struct DocumentRows {
    let header: DocumentHeader
    private(set) var rows: [Observation] = []
    /// What could not be said in rows.
    private(set) var remarks: [String] = []

    init(_ document: StudyDocument, _ header: DocumentHeader, _ options: StudyReport.Options) {
        self.header = header
        let data = document.dataSet
        switch header.kind {
        case .structuredReport, .doseReport, .detection:
            guard let tree = ContentTree(data) else {
                remarks.append("\(header.title): a structured report without content (\(header.uid))")
                return
            }
            let content = ContentRows(tree, header, limit: options.mostRows)
            rows = content.rows
            if content.isCut {
                remarks.append("\(header.title): longer than this gateway reads; see the document \(header.uid)")
            }
        case .keyObjects: keyObjects(data)
        case .encapsulated: encapsulated(data, options)
        case .waveform: rows = WaveformRows(data, header, options).rows
        }
    }

    // MARK: Key objects

    /// A selection is one row: its title, what was written on it, and the images.
    private mutating func keyObjects(_ data: DataSet) {
        guard let title = header.titleConcept else {
            remarks.append("a selection of key objects without title (\(header.uid))")
            return
        }
        var context = ContentContext()
        context.person = header.author
        context.device = header.deviceName
        var words = ""
        if let tree = ContentTree(data) {
            context = context.below(tree.root, header.kind, isRoot: true)
            for child in tree.root.children where child.named(.keyObjectDescription) {
                if case .text(let text) = child.value { words = text }
            }
        }
        var row = Observation()
        header.name(&row, title)
        let count = context.images.count
        let value = RowValue(text: words.isEmpty ? "\(count) image\(count == 1 ? "" : "s")" : words)
        row.value = value?.value ?? row.value
        row.asSent.value = value?.sent ?? ""
        row.effective = header.time()
        row.operatorID = context.person
        row.instrument = context.device
        row.status = header.status
        row.role = title.isAny(Concept.rejections) ? .info : .result
        row.run = header.run(group: [], modifiers: [])
        row.imaging = imaging(title)
        row.imaging?.images = context.images
        rows = [row]
    }

    private func imaging(_ concept: CodedConcept) -> ImagingContext {
        var imaging = ImagingContext()
        imaging.concept = concept.coding
        imaging.document = header.uid
        imaging.documentTitle = header.title
        return imaging
    }

    // MARK: Encapsulated documents

    /// PS3.3 A.45, C.24.2: the document as an attachment.
    private mutating func encapsulated(_ data: DataSet, _ options: StudyReport.Options) {
        // MIME types are no matter of case.
        let type = (data.string(.mimeTypeOfEncapsulatedDocument) ?? "").lowercased()
        let concept = header.titleConcept ?? CodedConcept("", "document", header.title)
        var row = Observation()
        header.name(&row, concept)
        row.asSent.value = header.title
        row.effective =
            data.string(.acquisitionDateTime).flatMap { DICOMTime.dateTime($0) }.flatMap { header.clinical($0) }
            ?? header.time()
        row.instrument = header.deviceName
        row.operatorID = header.author
        row.status = header.status
        row.role = .attachment
        row.run = header.run(group: [], modifiers: [])
        row.imaging = imaging(concept)
        guard let bytes = data[.encapsulatedDocument]?.bytes, !bytes.isEmpty else {
            remarks.append("\(header.title): a document without contents (\(header.uid))")
            return
        }
        guard bytes.count <= options.largestDocument else {
            remarks.append(
                "\(header.title): a document of \(bytes.count) bytes, above the \(options.largestDocument) that are sent "
                    + "on; it is in the archive as \(header.uid)")
            return
        }
        // The value is padded to an even length; the length that counts stands beside it where the sender wrote it.
        var length = bytes.count
        if let said = data.integer(.encapsulatedDocumentLength), said > 0, said <= length, length - said <= 1 {
            length = said
        }
        row.value = .attachment(
            Attachment(contentType: type, title: header.title, data: Array(bytes.prefix(length))))
        rows = [row]
    }
}
