import CFileRing
import DICOM
import Glibc

/// One thread of a run: takes a batch from the walk, reads it, hands it on, until there is none.
struct Worker: ~Copyable {
    let run: RunState
    let form: RowForm
    let isEvents: Bool
    let studyColumn: Int
    let seriesColumn: Int
    let modalityColumn: Int
    var reader: HeaderReader
    let buffers: HeadBuffers
    /// Path of the file at hand: the folder's, which mostly stays, and the name.
    var path: [UInt8] = []
    var pathFolder: Folder?
    var pathPrefix = 0
    /// Files of the batch whose header went beyond the beginning.
    var tooShort = 0

    init(_ run: RunState) {
        self.run = run
        form = run.form
        if case .events = run.form { isEvents = true } else { isEvents = false }
        let columns = run.columns
        studyColumn = columns.place(of: "StudyInstanceUID") ?? -1
        seriesColumn = columns.place(of: "SeriesInstanceUID") ?? -1
        modalityColumn = columns.place(of: "Modality") ?? -1
        reader = HeaderReader(columns: columns, characterSet: run.request.characterSet)
        buffers = HeadBuffers(usesRing: run.request.usesRing)
        path.reserveCapacity(1024)
    }

    /// Works until the walk ends or the run is stopped.
    mutating func work() {
        hilum_ignore_closed_pipes()
        var batch = run.output.spareBatch()
        if buffers.isRing { run.usedRing.store(true, ordering: .relaxed) }
        while run.fill(batch) {
            read(batch)
            batch = run.output.finish(batch)
        }
    }

    /// Reads all files of a batch.
    private mutating func read(_ batch: Batch) {
        if run.keepsStamps { stamp(batch) }
        var count = 0
        for index in batch.entries.indices where batch.entries[index].action == .read {
            let entry = batch.entries[index]
            buffers.set(count, folder: batch.folders[entry.folder].descriptor, name: batch.names + entry.name)
            count += 1
        }
        if count > 0 { buffers.read(count) }
        batch.counts.files = batch.entries.count
        var place = 0
        for index in batch.entries.indices {
            batch.current = index
            batch.entries[index].start = batch.flushed + batch.rows.count
            batch.entries[index].firstFault = batch.faults.count
            batch.entries[index].firstMark = batch.marks.count
            batch.entries[index].firstRow = batch.counts.rows
            if index & 7 == 7 { run.flushWhenLate(batch) }
            let entry = batch.entries[index]
            switch entry.action {
            case .read:
                take(index, entry, buffers.heads[place], in: batch)
                place += 1
            case .older: batch.counts.older += 1
            case .unchanged: carry(index, entry, in: batch)
            case .fault:
                if let problem = entry.problem { tell(problem, entry, in: batch) }
            }
        }
        buffers.adapt(count, tooShort: tooShort)
        tooShort = 0
        pathFolder = nil
        batch.closeFolders(keepsPaths: run.keepsRecords)
        run.count(batch.counts, entries: batch.entries.count)
    }

    /// Compares files with what is known of them, before any is opened.
    private func stamp(_ batch: Batch) {
        for index in batch.entries.indices where batch.entries[index].action == .read {
            let entry = batch.entries[index]
            let folder = batch.folders[entry.folder]
            let (found, code) = hilum_stamp.of(folder.descriptor, batch.names + entry.name, follows: true)
            if code < 0 {
                batch.entries[index].action = .fault
                batch.entries[index].problem = .failed(errno: -code)
                continue
            }
            let stamp = FileStamp(size: found.size, modified: found.modified, inode: found.inode)
            batch.entries[index].stamp = stamp
            if let since = run.since, stamp.modified < since {
                batch.entries[index].action = .older
            } else if run.resumes, index < batch.known.count {
                if let known = batch.known[index] {
                    if known.stamp == stamp {
                        batch.entries[index].action = .unchanged
                        batch.counts.unchanged += 1
                    } else {
                        batch.counts.changed += 1
                    }
                } else {
                    batch.counts.new += 1
                }
            }
        }
    }

    /// Takes over what is known of an unchanged file.
    private func carry(_ index: Int, _ entry: Batch.Entry, in batch: Batch) {
        guard index < batch.known.count, let known = batch.known[index] else { return }
        if isEvents {
            batch.rows.appendFileEvent(
                RowEventKind.unchanged, id: known.id, entry.stamp, folder: batch.folders[entry.folder].path,
                name: batch.name(entry))
        }
        batch.marks += known.marks
        batch.faults += known.faults
        batch.counts.rows += known.rowCount
    }

    /// Makes rows of the beginning of a file.
    @inline(__always) private mutating func take(
        _ index: Int, _ entry: Batch.Entry, _ head: hilum_file_head, in batch: Batch
    ) {
        let folder = batch.folders[entry.folder]
        setPath(folder, batch.name(entry))
        if isEvents {
            let id = index < batch.known.count ? batch.known[index]?.id ?? -1 : -1
            batch.rows.appendFileEvent(
                RowEventKind.file, id: id, entry.stamp, folder: folder.path, name: batch.name(entry))
        }
        guard head.result > 0 else {
            tell(head, entry, in: batch)
            return
        }
        let prefix = UnsafeRawBufferPointer(start: head.bytes, count: Int(head.result))
        batch.counts.bytesRead += Int64(head.result)
        if ZipArchive.isArchive(prefix) {
            takeArchive(folder.descriptor, batch.names + entry.name, in: batch)
        } else {
            takeFile(prefix, folder.descriptor, batch.names + entry.name, in: batch)
        }
    }

    /// Makes a row of a file that is none of an archive.
    @inline(__always) private mutating func takeFile(
        _ prefix: UnsafeRawBufferPointer, _ folder: Int32, _ name: UnsafePointer<CChar>, in batch: Batch
    ) {
        var source = FileSource(folder: folder, name: name)
        var outcome = reader.read(prefix, isWholeFile: prefix.count < buffers.headSize) { offset, buffer in
            source.fetch(offset, buffer)
        }
        if case .fault(let fault) = outcome, fault.code == .truncated, prefix.count < buffers.headSize,
            let size = source.size(), size > Int64(prefix.count)
        {
            // It has grown meanwhile, or the file system gives fewer bytes at once than there are.
            outcome = reader.read(prefix, isWholeFile: false) { offset, buffer in source.fetch(offset, buffer) }
        }
        switch outcome {
        case .read:
            batch.counts.read += 1
            if run.request.unit == .instance {
                append(to: batch)
            } else {
                appendFrames(to: batch) { offset, buffer in source.fetch(offset, buffer) }
            }
        case .fault(let fault): tell(fault, prefix.count, &source, in: batch)
        }
        if source.bytesRead > 0 {
            batch.counts.bytesRead += source.bytesRead
            tooShort += 1
        }
    }

    /// Appends the row of the instance just read.
    @inline(__always) func append(to batch: Batch) {
        path.withUnsafeBytes { form.append($0, reader, to: &batch.rows) }
        batch.counts.rows += 1
        mark(in: batch)
    }

    /// Counts the instance just read.
    @inline(__always) private func mark(in batch: Batch) {
        var mark = InstanceMark()
        reader.visitCell(studyColumn) { mark.study = InstanceMark.hash($0) }
        reader.visitCell(seriesColumn) { mark.series = InstanceMark.hash($0) }
        reader.visitCell(modalityColumn) { mark.modality = ModalityCode($0) }
        batch.marks.append(mark)
    }

    /// Appends a row for each frame of the instance just read.
    mutating func appendFrames(to batch: Batch, fetch: (Int, UnsafeMutableRawBufferPointer) -> Int) {
        mark(in: batch)
        let form = form
        let path = path
        let run = run
        let outcome = reader.readFrames(fetch: fetch) { frame in
            path.withUnsafeBytes { form.append($0, frame, to: &batch.rows) }
            batch.counts.rows += 1
            if batch.rows.count > RunState.largestPiece { run.output.flush(batch) }
        }
        if case .fault(let fault) = outcome {
            add(
                FileFault(
                    path: path, offset: fault.offset, reason: FileFault.reason(fault.code),
                    text: "frames: \(fault.problem)", isOfContent: true), to: batch)
        }
    }

    @inline(__always) mutating func setPath(_ folder: Folder, _ name: UnsafeRawBufferPointer) {
        if pathFolder !== folder {
            pathFolder = folder
            path = folder.path
            pathPrefix = path.count
        } else {
            path.removeLast(path.count - pathPrefix)
        }
        path.append(contentsOf: name)
    }
}
