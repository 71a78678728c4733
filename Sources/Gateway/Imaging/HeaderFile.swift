import DICOM
import Glibc

/// Reads files of instances.
enum HeaderFile {
    /// Most headers fit.
    private static let firstRead = 16 << 10
    /// A header that needs more is none.
    private static let longestHeader = 64 << 20

    /// The data set up to the pixel data, its text read as the device's rules say.
    ///
    /// - Throws: `DICOMFault` when it is no DICOM, `FileFault` when it cannot be read.
    static func read(_ path: String, characterSet: CharacterSetChoice) throws -> DICOMFile {
        try read(try OpenFile(path), characterSet: characterSet)
    }

    static func read(_ file: OpenFile, characterSet: CharacterSetChoice) throws -> DICOMFile {
        var options = DICOMFile.ReadOptions.header
        options.characterSet = characterSet
        var (bytes, wanted): ([UInt8], Int) = ([], firstRead)
        while true {
            bytes = try file.read(count: wanted, at: 0)
            options.isPrefix = bytes.count == wanted
            let header = try DICOMFile.read(bytes, options: options)
            guard case .needsMore(let least) = header.extent, options.isPrefix else { return header }
            wanted = max(least, wanted * 4)
            guard wanted <= longestHeader else {
                throw DICOMFault(
                    .length, at: bytes.count, "the header is longer than \(longestHeader >> 20) MB",
                    cure: "ask the service of the modality")
            }
        }
    }

    /// The whole data set.
    static func readAll(_ path: String, characterSet: CharacterSetChoice) throws -> DICOMFile {
        var options = DICOMFile.ReadOptions()
        options.characterSet = characterSet
        let file = try OpenFile(path)
        return try DICOMFile.read(try file.read(count: try file.size(), at: 0), options: options)
    }

    /// Whether two paths lead to one file, however they are written.
    static func isSameFile(_ one: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard stat(one, &first) == 0, stat(other, &second) == 0 else { return one == other }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    /// Whether two files have the same data set, bit for bit. Their File Meta Information may differ.
    static func haveSameDataSet(_ one: String, _ other: String) throws -> Bool {
        let (first, second) = (try OpenFile(one), try OpenFile(other))
        var (from, to) = (try first.dataSetOffset(), try second.dataSetOffset())
        let end = try first.size()
        guard end - from == (try second.size()) - to else { return false }
        let piece = 256 << 10
        while from < end {
            let part = try first.read(count: min(piece, end - from), at: from)
            if part != (try second.read(count: min(piece, end - from), at: to)) || part.isEmpty { return false }
            from += part.count
            to += part.count
        }
        return true
    }
}
