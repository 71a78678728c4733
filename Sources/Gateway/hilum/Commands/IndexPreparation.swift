import DICOM
import Foundation
import Glibc
import ImageIndex

/// The command line of `hilum index`, checked and put into a request.
struct IndexPreparation {
    /// What is asked for.
    var request: IndexRequest
    /// Where faults are listed for people; nil: on standard error.
    var errors: String?
    private var isErrorsNamed = false
    /// Descriptors that were opened for lists.
    private var opened: [Int32] = []

    init(_ command: IndexCommand, now: Int64, time: LocalTime) throws {
        if command.output != "-" { try Self.checkFolder(of: command.output, "--output") }
        let form = try IndexForm.form(command.form, output: command.output)
        if command.output != "-" {
            try Self.checkOverwriting(command.output, "--output", mayBeDatabase: form == .sqlite)
        }
        let columns = try Self.columns(command, form)
        request = IndexRequest(sources: [], output: command.output)
        request.unit = command.frames ? .frame : .instance
        request.format = form
        request.columns = columns
        request.characterSet = try Self.characterSet(command.characterSet)
        request.jobs = command.jobs ?? min(4, max(1, ProcessInfo.processInfo.activeProcessorCount))
        request.resumes = command.resume
        request.usesRing = !command.noRing
        if let since = command.since {
            guard let unix = time.read(since, now: now) else {
                throw CommandFailure(
                    .usage, "--since \(since) is no time", cure: "write 7d, 12h, 2026-11-01 or 2026-11-01T08:00")
            }
            request.since = unix.quotientAndRemainderFloor(by: 1_000_000).0
        }
        if command.resume, command.output == "-" {
            throw CommandFailure(
                .usage, "--resume needs a file to go on with", cure: "name one with --output, or leave --resume out")
        }
        if let errors = command.errors {
            try Self.checkOverwriting(errors, "--errors", mayBeDatabase: false)
            isErrorsNamed = true
            (self.errors, request.errors) = (errors, errors)
        } else if command.output == "-" {
            request.errors = Self.temporaryFile()
        } else {
            let file = IndexForm.errorsFile(for: command.output)
            try Self.checkOverwriting(file, "the errors file", mayBeDatabase: false)
            (errors, request.errors) = (file, file)
        }
        for path in command.paths {
            request.sources.append(path == "-" ? .list(descriptor: STDIN_FILENO) : .path(path))
        }
        for file in command.from {
            request.sources.append(.list(descriptor: try list(file)))
        }
    }

    /// Gives back what was opened.
    func close() {
        for descriptor in opened { Glibc.close(descriptor) }
        if errors == nil, let file = request.errors { unlink(file) }
    }

    /// An errors file that nobody asked for by name is there only when there is something in it.
    func removeEmptyErrors() {
        if let errors, !isErrorsNamed { unlink(errors) }
    }

    private mutating func list(_ file: String) throws -> Int32 {
        if file == "-" { return STDIN_FILENO }
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .wrong, "--from \(file): \(String(cString: strerror(errno)))", cure: "name a file with a path a line")
        }
        opened.append(descriptor)
        return descriptor
    }

    // MARK: Columns

    private static func columns(_ command: IndexCommand, _ form: IndexRequest.Format) throws -> IndexColumns {
        var names = command.tags.flatMap { IndexTagList.names($0) }
        for name in names where name.isEmpty {
            throw CommandFailure(.usage, "--tags has an empty name", cure: "write A,B without a comma at the end")
        }
        var columns = command.frames ? IndexColumns.frames : IndexColumns.standard
        do {
            if form == .sqlite {
                // A database has the instance beside each frame, and keeps the columns that it has.
                if command.frames { columns = try columns.adding(IndexColumns.standard.names) }
                names = try IndexDatabase.columns(at: command.output) + names
            }
            return try columns.adding(names)
        } catch let fault as IndexColumnFault {
            throw CommandFailure(
                .usage, "--tags \(fault.name) \(fault.problem)", cure: IndexTagList.cure(for: fault.name) ?? fault.cure)
        } catch let fault as IndexFault {
            throw CommandFailure(.wrong, "\(fault.path): \(fault.problem)", cure: fault.cure)
        }
    }

    private static func characterSet(_ text: String) throws -> CharacterSetChoice {
        switch text {
        case "detect": return .detect
        case "declared": return .declared
        default:
            let set = SpecificCharacterSet(declared: text)
            guard let unknown = set.unknownTerms.first else { return .override(set) }
            throw CommandFailure(
                .usage, "--character-set: \"\(unknown)\" is no character set",
                cure:
                    "write detect, declared, or a defined term: GB18030, GBK, ISO_IR 192 (UTF-8), ISO_IR 100 (Latin 1) …"
            )
        }
    }

    // MARK: Files that are written

    /// What must not be overwritten is not: images, archives, databases of others.
    private static func checkOverwriting(_ file: String, _ option: String, mayBeDatabase: Bool) throws {
        try checkFolder(of: file, option)
        guard let head = head(of: file) else { return }
        let what: String? =
            if head.count >= 132, head[128..<132].elementsEqual("DICM".utf8) {
                "an image"
            } else if head.starts(with: [0x50, 0x4B, 3, 4]) {
                "a zip file"
            } else if head.starts(with: Array("SQLite format 3\0".utf8)), !mayBeDatabase {
                "a database"
            } else {
                nil
            }
        guard let what else { return }
        throw CommandFailure(
            .usage, "\(option) \(file) is \(what), and is left as it is", cure: "name another file, or remove it first")
    }

    private static func checkFolder(of file: String, _ option: String) throws {
        var status = stat()
        if stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw CommandFailure(.usage, "\(option) \(file) is a folder", cure: "name a file in it")
        }
        let folder = file.contains("/") ? String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]) : "."
        if folder.isEmpty { return }
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure(
                .usage, "\(option) \(file): there is no folder \(folder)", cure: "make it, or name another")
        }
    }

    /// The first bytes of a regular file; nil where there is none.
    private static func head(of path: String) -> [UInt8]? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 132)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }

    /// A file for faults that are told on standard error; nil where none can be made.
    private static func temporaryFile() -> String? {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/hilum-index-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { return nil }
        Glibc.close(descriptor)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
