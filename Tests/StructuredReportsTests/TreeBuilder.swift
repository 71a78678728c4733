import DICOM
import StructuredReports

/// Writes content items in few words.
enum Tree {
    static func code(_ scheme: String, _ value: String, _ meaning: String = "meaning") -> DataSet {
        var item = DataSet()
        item.set(.codeValue, .SH, text: value)
        item.set(.codingSchemeDesignator, .SH, text: scheme)
        item.set(.codeMeaning, .LO, text: meaning)
        return item
    }

    static func item(
        _ type: String, _ name: DataSet? = nil, _ relationship: String = "CONTAINS", _ children: [DataSet] = []
    ) -> DataSet {
        var item = DataSet()
        item.set(.relationshipType, .CS, text: relationship)
        item.set(.valueType, .CS, text: type)
        if let name { item[.conceptNameCodeSequence] = Element(.conceptNameCodeSequence, .SQ, .items([name])) }
        if !children.isEmpty { item[.contentSequence] = Element(.contentSequence, .SQ, .items(children)) }
        return item
    }

    static func number(
        _ name: DataSet, _ value: String, _ unit: String, _ relationship: String = "CONTAINS",
        _ children: [DataSet] = []
    ) -> DataSet {
        var item = item("NUM", name, relationship, children)
        var measured = DataSet()
        measured.set(.numericValue, .DS, text: value)
        measured[.measurementUnitsCodeSequence] = Element(
            .measurementUnitsCodeSequence, .SQ, .items([code("UCUM", unit, unit)]))
        item[.measuredValueSequence] = Element(.measuredValueSequence, .SQ, .items([measured]))
        return item
    }

    static func coded(
        _ name: DataSet, _ value: DataSet, _ relationship: String = "CONTAINS", _ children: [DataSet] = []
    ) -> DataSet {
        var item = item("CODE", name, relationship, children)
        item[.conceptCodeSequence] = Element(.conceptCodeSequence, .SQ, .items([value]))
        return item
    }

    static func text(_ name: DataSet, _ value: String, _ relationship: String = "CONTAINS") -> DataSet {
        var item = item("TEXT", name, relationship)
        item.set(.textValue, .UT, text: value)
        return item
    }

    /// A structured report with these items at its root.
    static func document(
        _ children: [DataSet], uid: String = "1.2.3", sopClass: String = "1.2.840.10008.5.1.4.1.1.88.33",
        title: DataSet = code("99T", "R", "Report"), flags: (String, String) = ("COMPLETE", "VERIFIED"),
        change: (inout DataSet) -> Void = { _ in }
    ) -> StudyDocument {
        var data = item("CONTAINER", title, "CONTAINS", children)
        data.remove(.relationshipType)
        data.set(.sopClassUID, .UI, text: sopClass)
        data.set(.sopInstanceUID, .UI, text: uid)
        data.set(.contentDate, .DA, text: "20260318")
        data.set(.contentTime, .TM, text: "093000")
        data.set(.completionFlag, .CS, text: flags.0)
        data.set(.verificationFlag, .CS, text: flags.1)
        change(&data)
        return StudyDocument(dataSet: data)
    }

    /// Makes a document the successor of others.
    static func replace(_ uids: String...) -> (inout DataSet) -> Void {
        { data in
            let references = uids.map { uid -> DataSet in
                var reference = DataSet()
                reference.set(.referencedSOPInstanceUID, .UI, text: uid)
                return reference
            }
            var series = DataSet()
            series[.referencedSOPSequence] = Element(.referencedSOPSequence, .SQ, .items(references))
            var study = DataSet()
            study[.referencedSeriesSequence] = Element(.referencedSeriesSequence, .SQ, .items([series]))
            data[.predecessorDocumentsSequence] = Element(.predecessorDocumentsSequence, .SQ, .items([study]))
        }
    }
}
