/// The file whose rows are being written.
struct CurrentFile {
    /// Its number; 0: none yet.
    var id: Int64 = 0
    /// Bytes of its path as text, as rows show it: a longer path is that of an entry of the archive that it is.
    var shownLength = 0
    /// Entries written so far.
    var entries = 0
    /// Path and number of the row before, when rows stand for frames.
    var row: (path: [UInt8], file: Int64) = ([], 0)
}

extension SQLiteIndex {
    /// Looks a file up that an earlier run read with the same settings; nil when it is new, or has to be read again.
    func known(folder: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) throws(SQLiteFault) -> KnownFile? {
        // Within a transaction: by itself each question would lock and unlock the file.
        try commitWhenDue()
        try openTransaction()
        join(folder, name)
        let start = nameStart
        guard let folder = try folderNumber(start, adding: false), let stored = try lookUp(folder, from: start),
            stored.isCurrent, let stamp = stored.stamp
        else { return nil }
        var known = KnownFile(id: stored.id, stamp: stamp)
        if let series = stored.series {
            known.marks = [try mark(ofSeries: series)]
        } else {
            known.marks = try marks(ofEntriesOf: stored.id)
            known.faults = try faults(of: stored.id)
            // What the next attempt may read is tried again.
            guard known.faults.allSatisfy(\.isOfContent) else { return nil }
        }
        known.rowCount = columns.isOfFrames ? try frames(of: stored.id) : known.marks.count
        return known
    }

    /// Begins the rows of a file: what is in the tables of it goes.
    func begin(
        folder: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, _ stamp: FileStamp?
    ) throws(SQLiteFault) {
        try openTransaction()
        join(folder, name)
        let start = nameStart
        current = CurrentFile()
        current.shownLength = Self.shownLength(folder) + Self.shownLength(name)
        guard let folder = try folderNumber(start, adding: true) else { return }
        if try add(folder, from: start, stamp, archive: nil, raw: nil) {
            current.id = connection.lastRow
        } else if let known = try lookUp(folder, from: start) {
            current.id = known.id
            try clear(known.id)
            touchFile.bind(1, known.id)
            bind(stamp, touchFile, 2)
            touchFile.bind(5, run)
            try touchFile.run()
        }
        met.insert(current.id)
        pending += 1
    }

    /// The number of the file that a row is about: the current one, or an entry of it.
    func file(of path: UnsafeRawBufferPointer) throws(SQLiteFault) -> Int64 {
        guard current.id != 0, path.count > current.shownLength else { return current.id }
        current.entries += 1
        join(path, UnsafeRawBufferPointer(start: nil, count: 0))
        let start = nameStart
        guard let folder = try folderNumber(start, adding: true) else { return current.id }
        if try !add(folder, from: start, nil, archive: current.id, raw: nil) {
            // Archives may have two entries of one name; both are kept.
            let number = withUnsafeBytes(of: Int64(current.entries).bigEndian) { Array($0) }
            guard try add(folder, from: start, nil, archive: current.id, raw: number) else { return current.id }
        }
        return connection.lastRow
    }

    /// Removes what is stored of a file, but not the file; entries of an archive with all of theirs.
    func clear(_ id: Int64) throws(SQLiteFault) {
        for statement in dropParts {
            statement.bind(1, id)
            try statement.run()
        }
        tally.removed += 1
        while true {
            var entries: [Int64] = []
            findEntry.bind(1, id)
            while try findEntry.step() { entries.append(findEntry.integer(0)) }
            if entries.isEmpty { return }
            for entry in entries {
                for statement in dropParts + [dropEntries] {
                    statement.bind(1, entry)
                    try statement.run()
                }
            }
        }
    }

    private struct StoredFile {
        var id: Int64
        var stamp: FileStamp?
        var isCurrent: Bool
        var series: Int64?
    }

    /// Adds a file; false when it is there.
    private func add(
        _ folder: Int64, from start: Int, _ stamp: FileStamp?, archive: Int64?, raw number: [UInt8]?
    ) throws(SQLiteFault) -> Bool {
        try withText(start..<path.count) { (text, raw) throws(SQLiteFault) in
            addFile.bind(1, folder)
            addFile.bindText(2, text)
            addFile.bindBytes(3, raw)
            if let number { addFile.bindCopy(3, number) }
            bind(stamp, addFile, 4)
            addFile.bind(7, run)
            addFile.bind(8, archive)
            try addFile.run()
            return connection.changes == 1
        }
    }

    private func bind(_ stamp: FileStamp?, _ statement: SQLiteStatement, _ first: Int32) {
        // A run that keeps no stamps hands out zeros: then nothing is known.
        let stamp = stamp.flatMap { $0.modified == 0 && $0.inode == 0 ? nil : $0 }
        statement.bind(first, stamp?.size)
        statement.bind(first + 1, stamp?.modified)
        statement.bind(first + 2, stamp.map { Int64(bitPattern: $0.inode) })
    }

    private func lookUp(_ folder: Int64, from start: Int) throws(SQLiteFault) -> StoredFile? {
        try withText(start..<path.count) { (text, raw) throws(SQLiteFault) in
            findFile.bind(1, folder)
            findFile.bindText(2, text)
            findFile.bindBytes(3, raw)
            guard try findFile.step() else { return nil }
            defer { findFile.reset() }
            let hasStamp = !findFile.isNull(1) && !findFile.isNull(2)
            return StoredFile(
                id: findFile.integer(0),
                stamp: hasStamp
                    ? FileStamp(
                        size: findFile.integer(1), modified: findFile.integer(2),
                        inode: UInt64(bitPattern: findFile.integer(3))) : nil,
                isCurrent: currentRuns.contains(findFile.integer(4)),
                series: findFile.isNull(5) ? nil : findFile.integer(5))
        }
    }

    /// Puts folder and name together, in `path`.
    private func join(_ folder: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) {
        path.removeAll(keepingCapacity: true)
        path += folder
        path += name
    }

    /// Where the name begins in `path`.
    private var nameStart: Int { (path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1 }

    private func folderNumber(_ end: Int, adding: Bool) throws(SQLiteFault) -> Int64? {
        if folder.id != 0, folder.path.count == end, path.starts(with: folder.path) { return folder.id }
        let base = path.first == UInt8(ascii: "/") ? "" : directory
        let found: Int64? = try withText(0..<end) { (text, raw) throws(SQLiteFault) in
            findFolder.bindText(1, text)
            findFolder.bindBytes(2, raw)
            findFolder.bind(3, base)
            if try findFolder.step() {
                defer { findFolder.reset() }
                return findFolder.integer(0)
            }
            guard adding else { return nil }
            addFolder.bindText(1, text)
            addFolder.bindBytes(2, raw)
            addFolder.bind(3, base)
            try addFolder.run()
            return connection.lastRow
        }
        guard let found else { return nil }
        folder = (Array(path[..<end]), found)
        return found
    }

    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }

    private static func shownLength(_ bytes: UnsafeRawBufferPointer) -> Int {
        isText(bytes) ? bytes.count : String(decoding: bytes, as: UTF8.self).utf8.count
    }

    /// A part of `path` as text; where it is not UTF-8, with U+FFFD in it and the bytes beside it.
    private func withText<Result>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(SQLiteFault) -> Result
    ) throws(SQLiteFault) -> Result {
        // What is thrown through closures of the standard library loses its type: it is carried out as a result.
        let outcome: Swift.Result<Result, SQLiteFault> = path.withUnsafeBytes { whole in
            let bytes = UnsafeRawBufferPointer(rebasing: whole[range])
            let none = UnsafeRawBufferPointer(start: nil, count: 0)
            func called(_ text: UnsafeRawBufferPointer, _ raw: UnsafeRawBufferPointer)
                -> Swift.Result<Result, SQLiteFault>
            {
                do throws(SQLiteFault) { return .success(try body(text, raw)) } catch { return .failure(error) }
            }
            if Self.isText(bytes) { return called(bytes, none) }
            var shown = String(decoding: bytes, as: UTF8.self)
            return shown.withUTF8 { called(UnsafeRawBufferPointer($0), bytes) }
        }
        return try outcome.get()
    }
}
