import CFileRing
import DICOM
import Glibc

extension Worker {
    /// Adds a fault to those of the batch.
    func add(_ fault: FileFault, to batch: Batch) {
        if isEvents { batch.rows.appendFaultEvent(fault) }
        batch.faults.append(fault)
    }

    /// What the walk or the comparison found wrong.
    mutating func tell(_ problem: WalkProblem, _ entry: Batch.Entry, in batch: Batch) {
        setPath(batch.folders[entry.folder], batch.name(entry))
        let (reason, text): (String, String)
        switch problem {
        case .failed(let code): (reason, text) = FileFault.reason(errno: code, isNamed: entry.isNamed)
        case .notRegular: (reason, text) = (FileFault.Reason.notRegular, "a FIFO, a socket or a device: not opened")
        case .tooDeep:
            (reason, text) = (
                FileFault.Reason.nesting,
                "more than \(Walk.deepest) folders in each other: index this one by a path of its own"
            )
        case .ours:
            (reason, text) = (FileFault.Reason.notRegular, "this run writes it: not read")
        }
        add(FileFault(path: path, offset: nil, reason: reason, text: text), to: batch)
    }

    /// A beginning that could not be read, or is none.
    mutating func tell(_ head: hilum_file_head, _ entry: Batch.Entry, in batch: Batch) {
        if head.result == 0 {
            // A copy that failed leaves such files; they are not to be taken for what never was an image.
            add(
                FileFault(
                    path: path, offset: 0, reason: FileFault.Reason.truncated, text: "the file is empty",
                    isOfContent: true), to: batch)
            return
        }
        // A name that the walk has just met was there.
        let (reason, text) = FileFault.reason(errno: -head.result, isNamed: false)
        add(FileFault(path: path, offset: head.failed_open == 1 ? nil : 0, reason: reason, text: text), to: batch)
    }

    /// A header that could not be read.
    mutating func tell(_ fault: DICOMFault, _ prefix: Int, _ source: inout FileSource, in batch: Batch) {
        if source.problem != 0 {
            let (reason, text) = FileFault.reason(errno: source.problem, isNamed: false)
            add(FileFault(path: path, offset: prefix, reason: reason, text: text), to: batch)
            return
        }
        if fault.code == .truncated, source.bytesRead == 0, prefix == buffers.headSize, let size = source.size(),
            size < prefix
        {
            add(
                FileFault(
                    path: path, offset: Int(size), reason: FileFault.Reason.shrank,
                    text: "\(prefix) bytes were read, then the file had \(size): it is being written, or was cut"),
                to: batch)
            return
        }
        add(Self.fault(fault, path), to: batch)
    }

    /// A fault of a header as a line of the errors file.
    static func fault(_ fault: DICOMFault, _ path: [UInt8]) -> FileFault {
        var text = fault.problem
        if let tag = fault.tag { text = "(\(tag)) \(tag.keyword.map { $0 + ": " } ?? "")\(text)" }
        if !fault.cure.isEmpty { text += "; \(fault.cure)" }
        return FileFault(
            path: path, offset: fault.offset, reason: FileFault.reason(fault.code), text: text, isOfContent: true)
    }
}
