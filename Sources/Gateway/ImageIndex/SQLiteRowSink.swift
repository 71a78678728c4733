import DICOM
import Glibc
import Synchronization

/// Rows into a database: what `RowSink` and `KnownFiles` ask for, for any thread.
final class SQLiteRowSink: RowSink, KnownFiles, @unchecked Sendable {
    // All but the lock is used under the lock.
    private let lock = Mutex(())
    private let index: SQLiteIndex
    private let path: String
    private let resumes: Bool
    /// Why a run that goes on reads everything; nil when it does not.
    let restart: String?
    private var cells = UnsafeMutableBufferPointer<UnsafeRawBufferPointer>.allocate(capacity: 64)
    private var fault: IndexFault?
    private var vanished: Int?

    /// Opens or makes the database of a request.
    init(_ request: IndexRequest) throws(IndexFault) {
        path = request.output
        resumes = request.resumes
        do {
            let opening = try SQLiteOpening(
                request.output, names: request.columns.names,
                settings: Self.settings(request),
                sources: request.sources.map(Self.text), started: Self.time())
            index = try SQLiteIndex(opening)
            restart = try Self.restart(index)
        } catch let refusal as SQLiteRefusal {
            throw refusal.fault(request.output)
        } catch {
            throw SQLiteRefusal.failed("\(error)").fault(request.output)
        }
    }

    deinit { cells.deallocate() }

    private static func text(_ source: IndexRequest.Source) -> String {
        switch source {
        case .path(let path): path
        case .list: "list"
        }
    }

    /// What besides the columns decides about a row.
    private static func settings(_ request: IndexRequest) -> String {
        let set =
            switch request.characterSet {
            case .declared: "declared"
            case .override(let set): "override \(set.declaration)"
            case .detect: "detect"
            }
        return "unit \(request.unit.rawValue), text \(set)"
    }

    private static func restart(_ index: SQLiteIndex) throws(SQLiteFault) -> String? {
        // Nothing was there to go on from: nothing to tell.
        if index.tally.isEmptyAtStart { return nil }
        let runs = index.currentRuns.sorted().map(String.init).joined(separator: ",")
        let current = try index.connection.integer("SELECT 1 FROM file WHERE run IN (\(runs)) LIMIT 1")
        return current == nil ? "columns or character set are not those of the earlier run" : nil
    }

    // MARK: RowSink

    func take(_ events: RowEvents) throws(IndexFault) {
        try locked { () throws(IndexFault) in
            do throws(SQLiteFault) {
                try takeAll(events)
                try index.commitWhenDue()
            } catch {
                index.abandon()
                throw outputFault(error)
            }
        }
    }

    private func takeAll(_ events: RowEvents) throws(SQLiteFault) {
        var events = events
        while let event = events.next() {
            switch event {
            case .file(let file): try index.begin(folder: file.folder, name: file.name, file.stamp)
            case .unchanged(let file): index.met.insert(file.id)
            case .row(let row):
                gather(row)
                try index.write(SQLiteRow(cells: .init(rebasing: cells[..<row.count])))
            case .fault(let row):
                gather(row)
                guard row.count >= 4 else { continue }
                try index.fail(cells[0], offset: cells[1], reason: cells[2], text: cells[3])
            }
        }
    }

    private func gather(_ row: RowEvents.Cells) {
        if row.count > cells.count {
            cells.deallocate()
            cells = .allocate(capacity: row.count * 2)
        }
        let place = cells
        // The closure throws nothing.
        try? row.forEach { (index, cell) throws(IndexFault) in place[index] = cell }
    }

    func finish(isInterrupted: Bool) throws(IndexFault) {
        try locked { () throws(IndexFault) in
            do throws(SQLiteFault) {
                if resumes, !isInterrupted, vanished == nil { vanished = try index.removeVanished() }
                try index.finish(isInterrupted: isInterrupted, vanished: vanished ?? 0, at: Self.time())
            } catch {
                index.abandon()
                throw outputFault(error)
            }
        }
    }

    // MARK: KnownFiles

    func known(folder: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> KnownFile? {
        // A file that cannot be looked up is read again, and the writing of its row tells what is wrong.
        locked { try? index.known(folder: folder, name: name) }
    }

    var count: Int { locked { (try? index.connection.integer(Self.counting)).flatMap { $0 }.map { Int($0) } ?? 0 } }

    var unmet: Int {
        locked {
            if vanished == nil { vanished = (try? index.removeVanished()) ?? 0 }
            return vanished ?? 0
        }
    }

    private static let counting = "SELECT count(*) FROM file WHERE archive IS NULL"

    // MARK: Odds

    private func locked<Value, Fault>(_ body: () throws(Fault) -> Value) throws(Fault) -> Value {
        let outcome: Result<Value, Fault> = lock.withLock { _ in
            do throws(Fault) { return .success(try body()) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    private func outputFault(_ fault: SQLiteFault) -> IndexFault {
        let cure =
            switch fault.code & 0xFF {
            case 13: "make space on its disk; what was committed stays, --resume goes on"
            case 5, 6: "close the program that has it open, then run again with --resume"
            default: "check the disk and the permissions; what was committed stays, --resume goes on"
            }
        return IndexFault(.output, path: path, fault.message, cure: cure)
    }

    /// Now, ISO 8601 in UTC.
    static func time() -> String {
        var now = Glibc.time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        func two(_ value: Int32) -> String { (value < 10 ? "0" : "") + String(value) }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):"
            + "\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }
}

extension SQLiteRefusal {
    /// In words.
    func fault(_ path: String) -> IndexFault {
        switch self {
        case .foreign(let what):
            IndexFault(.output, path: path, "\(what); it is left as it is", cure: "name another --output, or remove it")
        case .newer(let version):
            IndexFault(
                .output, path: path, "was written by a later version of hilum (tables of version \(version))",
                cure: "use that version, or name another --output")
        case .failed(let why):
            IndexFault(.output, path: path, why, cure: "check the folder, its disk and its permissions")
        }
    }
}
