import Foundation
import ResultModel

/// Graphs, images and documents of a report as files.
enum AttachmentFiles {
    /// Writes them into a folder, which is made if it is not there. Names are the gateway's own, never the device's:
    /// `report-4711-1.bmp`, numbered in the order of the rows. A file that is there already is not touched.
    ///
    /// - Returns: the paths written.
    static func write(_ report: Report, into folder: String) throws -> [String] {
        let contents = report.observations.compactMap { observation -> Attachment? in
            guard case .attachment(let attachment) = observation.value, !attachment.data.isEmpty else { return nil }
            return attachment
        }
        guard !contents.isEmpty else { return [] }
        let place = URL(fileURLWithPath: folder, isDirectory: true)
        var written: [String] = []
        do {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for (index, attachment) in contents.enumerated() {
                let name = "report-\(report.id)-\(index + 1).\(suffix(attachment.contentType))"
                let file = place.appendingPathComponent(name)
                try Data(attachment.data).write(to: file, options: .withoutOverwriting)
                written.append(file.path)
            }
        } catch {
            throw CommandFailure(
                .wrong, "the files cannot be written: \(error.localizedDescription)",
                cure: "name a folder that you may write to and that does not hold them already")
        }
        return written
    }

    /// The end of a file's name for a MIME type.
    static func suffix(_ contentType: String) -> String {
        switch contentType.lowercased().prefix(while: { $0 != ";" }) {
        case "image/bmp", "image/x-ms-bmp": "bmp"
        case "image/png": "png"
        case "image/jpeg", "image/jpg": "jpg"
        case "image/gif": "gif"
        case "image/tiff": "tif"
        case "image/svg+xml": "svg"
        case "application/pdf": "pdf"
        case "text/plain": "txt"
        case "text/xml", "application/xml": "xml"
        default: "bin"
        }
    }
}
