/// How the columns of a row lie in an object of the DICOM JSON model.
struct DICOMJSONPlan: Sendable {
    init(_ columns: IndexColumns) {}
}

extension RowText {
    func appendDICOMJSON(_ path: UnsafeRawBufferPointer, _ reader: borrowing HeaderReader, to buffer: inout RowBuffer) {
        buffer.append("{}\n")
    }
}
