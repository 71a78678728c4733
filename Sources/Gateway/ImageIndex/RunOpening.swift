import CFileRing
import DICOM
import Glibc

/// What a run writes to, opened: the output, or what goes on from an earlier one.
struct RunOpening {
    var form: RowForm
    var text: TextOutput?
    var sink: (any RowSink)?
    var known: (any KnownFiles)?
    var state: StateWriter?
    /// Why an earlier output was not gone on from.
    var restart: String?

    /// Opens what a request asks for.
    init(_ request: IndexRequest) throws(IndexFault) {
        let textFormat: RowText.Format
        switch request.format {
        case .ndjson: textFormat = .ndjson
        case .dicomJSON: textFormat = .dicomJSON
        case .csv: textFormat = .csv
        case .tsv: textFormat = .tsv
        case .sqlite:
            form = .events(columns: request.columns.count)
            let database = try SQLiteRowSink(request)
            sink = database
            if request.resumes {
                known = database
                restart = database.restart
            }
            return
        }
        let rowText = RowText(textFormat, columns: request.columns)
        form = .text(rowText)
        if request.output == "-" {
            guard !request.resumes else {
                throw IndexFault(
                    .request, path: "-", "a run that can be resumed needs an output that is a file",
                    cure: "name a file, or do not resume")
            }
            text = TextOutput(path: "standard output", descriptor: STDOUT_FILENO, isOwned: false)
        } else if request.resumes {
            try resume(request)
        } else {
            for name in [".state", ".state.new", ".new"] { unlink(request.output + name) }
            text = try Self.open(request.output, earlier: -1)
        }
        try rowText.head.withBytes { head throws(IndexFault) in try text?.write(head) }
    }

    private static func open(_ path: String, earlier: Int32) throws(IndexFault) -> TextOutput {
        let descriptor = hilum_output_open(path, 1)
        guard descriptor >= 0 else { throw DescriptorWriting.opening(-descriptor, .output, path) }
        return TextOutput(path: path, descriptor: descriptor, isOwned: true, earlier: earlier)
    }

    /// Goes on from the earlier output when its state fits, else begins anew.
    private mutating func resume(_ request: IndexRequest) throws(IndexFault) {
        let path = request.output
        let fingerprint = StateFile.fingerprint(request)
        let (stamp, code) = hilum_stamp.of(AT_FDCWD, path, follows: true)
        if code == 0, stamp.kind != Int32(HILUM_KIND_FILE) {
            throw IndexFault(
                .request, path: path, "a run that can be resumed needs an output that is a regular file",
                cure: "name a file, or do not resume")
        }
        if code == 0 {
            switch Self.earlier(path, fingerprint, stamp) {
            case .success(let state):
                let earlier = hilum_file_open(AT_FDCWD, path)
                if earlier >= 0 {
                    let next = try Self.open(path + ".new", earlier: earlier)
                    text = next
                    self.state = try StateWriter(
                        path + ".state.new", request: fingerprint, output: try Self.identity(next), known: state,
                        renames: [(path + ".new", path), (path + ".state.new", path + ".state")])
                    known = state
                    return
                }
                restart = "the earlier output cannot be read: \(String(cString: strerror(-earlier)))"
            case .failure(let reason): restart = reason.text
            }
        }
        unlink(path + ".state.new")
        let output = try Self.open(path, earlier: -1)
        text = output
        state = try StateWriter(
            path + ".state", request: fingerprint, output: try Self.identity(output), known: nil, renames: [])
    }

    private static func identity(_ output: TextOutput) throws(IndexFault) -> FileIdentity {
        let (stamp, code) = hilum_stamp.of(output.descriptor, "", follows: true)
        guard code == 0 else { throw DescriptorWriting.fault(-code, .output, output.path) }
        return FileIdentity(stamp)
    }

    private struct Misfit: Error { var text: String }

    /// The state that belongs to an output.
    private static func earlier(
        _ path: String, _ fingerprint: String, _ output: hilum_stamp
    ) -> Result<KnownState, Misfit> {
        let state = path + ".state"
        var reason = "there is no state of an earlier run beside it"
        // A run that ended between the two renamings has left the state that fits under its first name.
        for candidate in [state, state + ".new"] where access(candidate, F_OK) == 0 {
            do {
                let misfit = try misfit(candidate, fingerprint, output)
                guard misfit == nil else {
                    if candidate == state { reason = misfit ?? "" }
                    continue
                }
                if candidate != state {
                    for ending in ["", "-journal"] { unlink(state + ending) }
                    if rename(candidate, state) != 0 { return .failure(Misfit(text: "its state cannot be renamed")) }
                }
                return .success(try KnownState(state))
            } catch {
                if candidate == state { reason = "its state cannot be read: \(error)" }
            }
        }
        return .failure(Misfit(text: reason))
    }

    /// Why a state does not fit; nil when it does.
    private static func misfit(
        _ state: String, _ fingerprint: String, _ output: hilum_stamp
    ) throws(SQLiteFault) -> String? {
        let database = try SQLiteConnection(state)
        guard try database.integer("PRAGMA user_version") == StateFile.version else {
            return "it was written by another version"
        }
        let about = try database.prepare("SELECT request, inode, size, modified FROM about")
        guard try about.step() else { return "its state is empty" }
        let (request, inode) = (about.text(0), UInt64(bitPattern: about.integer(1)))
        let (size, modified) = (about.integer(2), about.integer(3))
        about.reset()
        guard request == fingerprint else { return "columns, format or character set are not those of the earlier run" }
        guard inode == output.inode else { return "the output is not the file that the earlier run wrote" }
        let end = try database.integer("SELECT max(place + length) FROM file") ?? 0
        guard size == output.size && modified == output.modified || size == 0 && end <= output.size else {
            return "the output was changed since the earlier run"
        }
        return nil
    }
}
