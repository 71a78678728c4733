import DICOM
import Glibc

/// Reads the header of an instance's file, and only it.
enum HeaderFile {
    /// First read: most headers fit.
    private static let firstRead = 16 << 10
    /// A header that needs more is none.
    private static let longestHeader = 64 << 20

    /// The data set up to the pixel data, its text read as the device's rules say.
    ///
    /// - Throws: `DICOMFault` when it is no DICOM, `FileFault` when it cannot be read.
    static func read(_ path: String, characterSet: CharacterSetChoice) throws -> DICOMFile {
        let file = try OpenFile(path)
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
    static func readAll(_ path: String, size: Int, characterSet: CharacterSetChoice) throws -> DICOMFile {
        var options = DICOMFile.ReadOptions()
        options.characterSet = characterSet
        // `size` is that of what was received; on disk stands File Meta Information in front of it.
        let file = try OpenFile(path)
        return try DICOMFile.read(try file.read(count: max(size, file.size), at: 0), options: options)
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
        guard first.size - from == second.size - to else { return false }
        let piece = 256 << 10
        while from < first.size {
            let part = try first.read(count: piece, at: from)
            if part != (try second.read(count: piece, at: to)) || part.isEmpty { return false }
            from += part.count
            to += part.count
        }
        return true
    }
}

/// A file that cannot be read.
struct FileFault: Error, CustomStringConvertible {
    var description: String
}

/// An open file; closed when it goes.
private final class OpenFile {
    private let descriptor: Int32
    private let path: String
    let size: Int

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFault(description: Self.text(path, errno)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let fault = FileFault(description: Self.text(path, errno))
            close(descriptor)
            throw fault
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Up to `count` bytes; fewer at the end of the file.
    func read(count: Int, at offset: Int) throws -> [UInt8] {
        var failure: Int32 = 0
        let wanted = max(0, min(count, size - offset))
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            while filled < wanted, let start = buffer.baseAddress {
                let got = pread(descriptor, start + filled, wanted - filled, off_t(offset + filled))
                if got > 0 {
                    filled += got
                } else if got < 0, errno == EINTR {
                    continue
                } else {
                    failure = got < 0 ? errno : 0
                    return
                }
            }
        }
        guard failure == 0 else { throw FileFault(description: Self.text(path, failure)) }
        return bytes
    }

    /// Where the data set begins: after preamble and group 0002, whose length stands in its first element (PS3.10 7.1).
    func dataSetOffset() throws -> Int {
        let head = try read(count: 144, at: 0)
        guard head.count == 144, head[128..<132].elementsEqual("DICM".utf8),
            head[132..<140].elementsEqual([2, 0, 0, 0, 0x55, 0x4C, 4, 0])
        else { return 0 }
        let length = (0..<4).reduce(0) { $0 | Int(head[140 + $1]) << (8 * $1) }
        return min(144 + length, size)
    }

    private static func text(_ path: String, _ code: Int32) -> String {
        "\(path) cannot be read: \(String(cString: strerror(code)))"
    }
}
