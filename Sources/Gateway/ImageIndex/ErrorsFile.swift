import CFileRing
import DICOM
import Glibc

/// The errors file: a line of CSV (RFC 4180) for each file, folder or entry of an archive without a row: path, offset,
/// reason, text. Cells that a spreadsheet would run are defused.
final class ErrorsFile {
    private let path: String
    private let descriptor: Int32
    private var lines = RowBuffer(capacity: 1 << 12)

    /// Opens it, emptied.
    init(_ path: String) throws(IndexFault) {
        self.path = path
        let opened = hilum_output_open(path, 1)
        guard opened >= 0 else { throw DescriptorWriting.opening(-opened, .errors, path) }
        descriptor = opened
        lines.append("path,offset,reason,text\r\n")
        try flush()
    }

    deinit { close(descriptor) }

    func add(_ fault: FileFault) throws(IndexFault) {
        cell(String(decoding: fault.path, as: UTF8.self), ",")
        lines.append(fault.offset.map(String.init) ?? "")
        lines.append(",")
        cell(fault.reason, ",")
        cell(fault.text, "\r\n")
        if lines.count > 1 << 18 { try flush() }
    }

    private func cell(_ text: String, _ ending: String) {
        var quoted = ""
        if let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) { quoted = "'" }
        var needsQuotes = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"":
                quoted += "\"\""
                needsQuotes = true
            case ",", "\n", "\r":
                quoted.unicodeScalars.append(scalar)
                needsQuotes = true
            case _ where scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F: quoted += "\u{FFFD}"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        lines.append(needsQuotes ? "\"\(quoted)\"\(ending)" : quoted + ending)
    }

    /// Writes the lines out.
    func flush() throws(IndexFault) {
        let code = lines.withBytes { DescriptorWriting.write($0, to: descriptor) }
        lines.removeAll()
        if code != 0 { throw DescriptorWriting.fault(code, .errors, path) }
    }

    func finish() throws(IndexFault) {
        try flush()
        hilum_output_release(descriptor)
    }
}
