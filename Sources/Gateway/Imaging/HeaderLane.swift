import DICOM
import Dispatch
import ImagingModel

/// Where the instances of some associations are read, one after the other: a queue, and what reading needs again and again.
final class HeaderLane: @unchecked Sendable {
    /// Most headers of one frame fit.
    private static let firstRead = 8 << 10
    /// Devices whose readers are kept.
    private static let mostReaders = 16

    let queue: DispatchQueue
    // Touched on `queue` only.
    private let prefix = UnsafeMutableRawBufferPointer.allocate(byteCount: firstRead, alignment: 16)
    /// The one used last comes first.
    private var readers: [Known] = []

    private struct Known {
        var rules: ModalityRules
        /// Nil where the rules need whole data sets.
        var reader: InstanceReader?
    }

    init(number: Int) { queue = DispatchQueue(label: "hilum.imaging.lane\(number)") }

    deinit { prefix.deallocate() }

    /// Reads the header of a file by the rules of its device. On the queue.
    ///
    /// - Throws: `InstanceRefusal` when it lacks what an instance must have, `DICOMFault` when it is no DICOM, `FileFault` when
    ///   it cannot be read.
    func header(_ path: String, rules: ModalityRules, callingAE: String) throws -> InstanceHeader {
        let file = try OpenFile(path)
        if let reader = reader(rules) {
            let count = file.read(prefix, at: 0)
            let header = try reader.read(
                UnsafeRawBufferPointer(rebasing: prefix[..<max(0, count)]), isWholeFile: count < prefix.count,
                callingAE: callingAE, fetch: { offset, buffer in file.read(buffer, at: offset) })
            if let header { return header }
        }
        // Broken, or odd: as much as can be read of it, or why it cannot.
        return try InstanceHeader(rules: rules, callingAE: callingAE) { try HeaderFile.read(file, characterSet: $0) }
    }

    private func reader(_ rules: ModalityRules) -> InstanceReader? {
        if let first = readers.first, first.rules == rules { return first.reader }
        let place = readers.firstIndex { $0.rules == rules }
        let known = place.map { readers.remove(at: $0) } ?? Known(rules: rules, reader: InstanceReader(rules: rules))
        readers.insert(known, at: 0)
        if readers.count > Self.mostReaders { readers.removeLast() }
        return known.reader
    }
}
