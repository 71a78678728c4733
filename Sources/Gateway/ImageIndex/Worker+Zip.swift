import DICOM
import Glibc

extension Worker {
    /// Makes rows of the entries of an archive, in the order of its directory. The path of an entry is
    /// `archive.zip!/name/of/the/entry`.
    mutating func takeArchive(_ folder: Int32, _ name: UnsafePointer<CChar>, in batch: Batch) {
        let own = path
        defer { path = own }
        do throws(ZipArchive.Fault) {
            var archive = try ZipArchive(FileSource(folder: folder, name: name))
            var source = ZipEntrySource()
            let head = UnsafeMutableRawBufferPointer.allocate(byteCount: HeadBuffers.size, alignment: 64)
            defer { head.deallocate() }
            while let entry = try archive.next() {
                if entry.isFolder { continue }
                if run.isStopped {
                    // Not known in whole: read again by the run that goes on.
                    batch.entries[batch.current].isForgotten = true
                    break
                }
                path = own
                path.append(contentsOf: [UInt8(ascii: "!"), UInt8(ascii: "/")])
                path.append(contentsOf: entry.name)
                batch.counts.files += 1
                do throws(ZipArchive.Fault) {
                    try take(entry, &archive, &source, head, in: batch)
                } catch {
                    add(error, to: batch)
                }
                if batch.rows.count > RunState.largestPiece || batch.faults.count - batch.faultsTold > 4096 {
                    run.output.flush(batch)
                } else {
                    run.flushWhenLate(batch)
                }
            }
            batch.counts.bytesRead += archive.source.bytesRead
        } catch {
            path = own
            add(error, to: batch)
        }
    }

    private func add(_ fault: ZipArchive.Fault, to batch: Batch) {
        add(
            FileFault(
                path: path, offset: fault.offset, reason: fault.reason, text: fault.text,
                isOfContent: fault.reason != FileFault.Reason.inputOutput), to: batch)
    }

    private mutating func take(
        _ entry: ZipArchive.Entry, _ archive: inout ZipArchive, _ source: inout ZipEntrySource,
        _ head: UnsafeMutableRawBufferPointer, in batch: Batch
    ) throws(ZipArchive.Fault) {
        guard !entry.isEncrypted else {
            throw ZipArchive.Fault(
                entry.offset, FileFault.Reason.zipEncrypted, "it is encrypted: unpack the archive with its password")
        }
        guard entry.method == 0 || entry.method == 8 else {
            throw ZipArchive.Fault(
                entry.offset, FileFault.Reason.zipMethod,
                "it is packed by method \(entry.method): only stored and deflated entries are read; unpack the archive")
        }
        source.begin(entry, at: try archive.dataOffset(entry))
        let count = source.fetch(0, head, &archive)
        if count <= 0 {
            if let problem = source.problem { throw problem }
            add(
                FileFault(
                    path: path, offset: 0, reason: FileFault.Reason.truncated, text: "the entry is empty",
                    isOfContent: true), to: batch)
            return
        }
        let prefix = UnsafeRawBufferPointer(rebasing: head[..<count])
        guard !ZipArchive.isArchive(prefix) else {
            throw ZipArchive.Fault(
                entry.offset, FileFault.Reason.zipNested, "an archive in an archive is not read: unpack the outer one")
        }
        let outcome = reader.read(prefix, isWholeFile: count < head.count && source.problem == nil) { offset, buffer in
            source.fetch(offset, buffer, &archive)
        }
        switch outcome {
        case .read:
            batch.counts.read += 1
            if run.request.unit == .instance {
                append(to: batch)
            } else {
                appendFrames(to: batch) { offset, buffer in source.fetch(offset, buffer, &archive) }
            }
        case .fault(let fault):
            if let problem = source.problem { throw problem }
            add(Self.fault(fault, path), to: batch)
        }
    }
}
