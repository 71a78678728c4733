import DICOM
import ResultModel
import StructuredReports

/// Any data set as a document of each kind: rows that name the document, bounded in number, and a report that its stored form
/// gives back.
func fuzzStructuredReports(_ bytes: UnsafeRawBufferPointer) {
    let whole = Array(bytes)
    var sets: [DataSet] = []
    if let file = try? DICOMFile.read(whole) { sets.append(file.dataSet) }
    for coding in [DataSetCoding.explicitLittleEndian, .implicitLittleEndian] {
        if let set = try? DataSet.parse(whole, coding) { sets.append(set) }
    }
    sets.append(document(of: whole))
    var options = StudyReport.Options()
    options.mostRows = 200
    options.largestDocument = 4_096
    for set in sets {
        // Structured report, dose, key objects, encapsulated document, waveform.
        for sopClass in ["88.33", "88.67", "88.59", "104.1", "9.1.2"] {
            var data = set
            data.set(.sopClassUID, .UI, text: "1.2.840.10008.5.1.4.1.1." + sopClass)
            data.set(.sopInstanceUID, .UI, text: "1.2.3")
            exercise([StudyDocument(dataSet: data), StudyDocument(dataSet: data)], options)
        }
    }
}

/// A report whose words and numbers are the bytes.
private func document(of bytes: [UInt8]) -> DataSet {
    func code(_ from: Int) -> DataSet {
        var item = DataSet()
        item.set(.codeValue, .SH, bytes: Array(bytes.dropFirst(from).prefix(16)))
        item.set(.codingSchemeDesignator, .SH, text: ["SRT", "DCM", "LN", "MDC"][from % 4])
        item.set(.codeMeaning, .LO, bytes: bytes)
        return item
    }
    var measured = DataSet()
    measured.set(.numericValue, .DS, bytes: Array(bytes.prefix(24)))
    measured[.measurementUnitsCodeSequence] = Element(.measurementUnitsCodeSequence, .SQ, .items([code(1)]))
    let items = ["NUM", "CODE", "TEXT", "DATETIME", "CONTAINER"].enumerated().map { place, type -> DataSet in
        var item = DataSet()
        item.set(.relationshipType, .CS, text: ["CONTAINS", "HAS CONCEPT MOD", "HAS OBS CONTEXT"][bytes.count % 3])
        item.set(.valueType, .CS, text: type)
        item[.conceptNameCodeSequence] = Element(.conceptNameCodeSequence, .SQ, .items([code(place)]))
        item[.conceptCodeSequence] = Element(.conceptCodeSequence, .SQ, .items([code(place + 3)]))
        item[.measuredValueSequence] = Element(.measuredValueSequence, .SQ, .items([measured]))
        item.set(.textValue, .UT, bytes: bytes)
        item.set(.dateTime, .DT, bytes: bytes)
        return item
    }
    var data = DataSet()
    data.set(.valueType, .CS, text: "CONTAINER")
    data.set(.contentDate, .DA, bytes: Array(bytes.prefix(8)))
    data.set(.timezoneOffsetFromUTC, .SH, bytes: Array(bytes.prefix(5)))
    data[.contentSequence] = Element(.contentSequence, .SQ, .items(items))
    return data
}

private func exercise(_ documents: [StudyDocument], _ options: StudyReport.Options) {
    var study = ImagingStudy()
    study.uid = "1.2"
    let report = StudyReport.make(
        study: study, patient: nil, order: ServiceRequest(), device: "d", receivedAt: 0, documents: documents,
        options: options)
    precondition(report.observations.count <= options.mostRows, "more rows than allowed")
    for row in report.observations where row.role != .info {
        precondition(row.imaging?.document == "1.2.3", "a row that names no document")
        if case .quantity(let quantity) = row.value {
            precondition(ExactDecimal(quantity.number) != nil || quantity.number.utf8.count > 18, "no decimal")
        }
    }
    var templates = ReportTemplates()
    var codec = ReportCodec()
    let stored = codec.encode(report, templates: &templates)
    let read = try? ReportCodec.decode(stored, id: 0, receivedAt: 0, templates: templates)
    precondition(read == report, "the stored form gives another report")
}
