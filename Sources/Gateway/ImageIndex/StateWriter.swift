import CFileRing
import Glibc

/// Writes the state of a run that can be resumed, in the order of the output. Committed every few seconds, always behind the
/// rows it speaks of.
final class StateWriter {
    private let path: String
    private let database: SQLiteConnection
    private let addFolder: SQLiteStatement
    private let findFolder: SQLiteStatement
    private let addFile: SQLiteStatement
    private let addFault: SQLiteStatement
    private var folder: Folder?
    private var folderID: Int64 = 0
    private var nextCommit: Int
    private let known: KnownState?
    private let renames: [(from: String, to: String)]
    /// Nanoseconds between commits.
    private static let pause = 5_000_000_000

    /// Makes a state file anew.
    ///
    /// - Parameters:
    ///   - known: what an earlier run knows, when this one goes on from it.
    ///   - renames: what takes the place of what at the end, in order.
    init(
        _ path: String, request: String, output: FileIdentity, known: KnownState?,
        renames: [(from: String, to: String)]
    ) throws(IndexFault) {
        self.path = path
        self.known = known
        self.renames = renames
        for ending in ["", "-journal", "-wal", "-shm"] { unlink(path + ending) }
        // SQLite makes files for all to read.
        let descriptor = hilum_output_open(path, 1)
        guard descriptor >= 0 else { throw DescriptorWriting.opening(-descriptor, .state, path) }
        close(descriptor)
        do {
            database = try SQLiteConnection(path)
            try database.execute(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -2000")
            try database.execute(StateFile.schema)
            addFolder = try database.prepare("INSERT INTO folder(path) VALUES(?)")
            findFolder = try database.prepare("SELECT id FROM folder WHERE path = ?")
            addFile = try database.prepare(
                "INSERT INTO file(folder, name, size, modified, inode, place, length, rows, faults, marks) "
                    + "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            addFault = try database.prepare("INSERT INTO fault VALUES(?, ?, ?, ?, ?)")
            let about = try database.prepare("INSERT INTO about VALUES(?, ?, 0, 0)")
            about.bind(1, request)
            about.bind(2, Int64(bitPattern: output.inode))
            try about.run()
            try database.execute("BEGIN")
        } catch {
            throw StateFile.fault(error, path)
        }
        nextCommit = MonotonicClock.now + Self.pause
    }

    /// Keeps what is known of a file.
    func add(
        folder: Folder, name: UnsafeRawBufferPointer, stamp: FileStamp, rows: Range<Int64>, rowCount: Int,
        marks: [InstanceMark], faults: [FileFault]
    ) throws(IndexFault) {
        do {
            if self.folder !== folder {
                folderID = try identify(folder.path)
                self.folder = folder
            }
            try add(folderID, name, stamp, rows, rowCount, faults.count, marks.stored)
            if !faults.isEmpty {
                let file = database.lastRow
                for fault in faults { try add(fault, of: file) }
            }
        } catch {
            throw StateFile.fault(error, path)
        }
    }

    private func add(
        _ folder: Int64, _ name: UnsafeRawBufferPointer, _ stamp: FileStamp, _ rows: Range<Int64>, _ rowCount: Int,
        _ faults: Int, _ marks: [UInt8]
    ) throws(SQLiteFault) {
        addFile.bind(1, folder)
        addFile.bindBytes(2, name)
        addFile.bind(3, stamp.size)
        addFile.bind(4, stamp.modified)
        addFile.bind(5, Int64(bitPattern: stamp.inode))
        addFile.bind(6, rows.lowerBound)
        addFile.bind(7, Int64(rows.count))
        addFile.bind(8, Int64(rowCount))
        addFile.bind(9, Int64(faults))
        try marks.withBytes { bytes throws(SQLiteFault) in
            addFile.bindBytes(10, bytes)
            try addFile.run()
        }
    }

    private func add(_ fault: FileFault, of file: Int64) throws(SQLiteFault) {
        addFault.bind(1, file)
        addFault.bind(3, fault.offset.map(Int64.init))
        addFault.bind(4, fault.reason)
        addFault.bind(5, fault.text)
        try fault.path.withBytes { path throws(SQLiteFault) in
            addFault.bindBytes(2, path)
            try addFault.run()
        }
    }

    private func identify(_ path: [UInt8]) throws(SQLiteFault) -> Int64 {
        try path.withBytes { bytes throws(SQLiteFault) in
            findFolder.bindBytes(1, bytes)
            if try findFolder.step() {
                defer { findFolder.reset() }
                return findFolder.integer(0)
            }
            addFolder.bindBytes(1, bytes)
            try addFolder.run()
            return database.lastRow
        }
    }

    /// A file of the earlier run was met.
    func meet(_ file: KnownFile) { known?.meet(file.id) }

    /// Commits now and then.
    func settle(_ output: TextOutput) throws(IndexFault) {
        guard MonotonicClock.now >= nextCommit else { return }
        try output.synchronize()
        do { try database.execute("COMMIT; BEGIN") } catch { throw StateFile.fault(error, path) }
        nextCommit = MonotonicClock.now + Self.pause
    }

    /// Ends the state and puts it and the output in their places. After an interruption rows of the earlier output that were
    /// not come to are taken over as they are, so that nothing that was known is lost.
    func finish(_ output: TextOutput, isInterrupted: Bool) throws(IndexFault) {
        if isInterrupted, let known {
            try carryRest(known, output)
        }
        try output.synchronize()
        do {
            try database.execute(
                "UPDATE about SET size = \(output.position), modified = \(output.modified); COMMIT; "
                    + "PRAGMA locking_mode = NORMAL; SELECT 1 FROM about")
        } catch {
            throw StateFile.fault(error, path)
        }
        for (from, to) in renames where rename(from, to) != 0 {
            throw DescriptorWriting.fault(errno, .state, to)
        }
    }
}

extension StateWriter {
    /// The run failed: what is recorded stands in the output, and the next run goes on from there. A run that went on from an
    /// earlier one leaves that as it was.
    func abandon() {
        try? database.execute("COMMIT; PRAGMA locking_mode = NORMAL; SELECT 1 FROM about")
        for (from, _) in renames { unlink(from) }
    }

    private func carryRest(_ known: KnownState, _ output: TextOutput) throws(IndexFault) {
        while true {
            let rows: Range<Int64>
            do throws(SQLiteFault) {
                guard let (folder, name, file) = try known.nextUnmet() else { return }
                rows = file.rows
                let place = output.position..<output.position + Int64(file.rows.count)
                try name.withBytes { name throws(SQLiteFault) in
                    try add(
                        try identify(folder), name, file.stamp, place, file.rowCount, file.faults.count,
                        file.marks.stored)
                }
                let row = database.lastRow
                for fault in file.faults { try add(fault, of: row) }
            } catch {
                throw StateFile.fault(error, path)
            }
            try output.carry(rows)
        }
    }
}

/// Time that only goes forward, in nanoseconds.
enum MonotonicClock {
    static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    }
}
