import ArgumentParser
import Glibc
import ImageIndex

/// `hilum index`
struct IndexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Read the headers of image files in bulk: one row an instance.",
        discussion: """
            PATH is a file, a folder with all below it, or a zip file; - reads paths
            from standard input, a line each or ended by NUL (find -print0). A row has
            Path, forty columns named by DICOM keyword, those of --tags, and Remark:
            what was not as declared. Rows appear from the first second on.

            EXAMPLES
              hilum index /archive --output archive.ndjson
              hilum index /archive --output archive.sqlite --resume
                   run again, it reads only what is new or changed
              hilum index /archive --output - --form csv | head
              hilum index /archive --since 7d --output week.csv \\
                   --tags ProtocolName,0018,1151 --tags '0019,"ACME 1.0",23' \\
                   --tags RequestAttributesSequence/RequestedProcedureID
              hilum index /archive --output frames.csv --frames
              find /archive -newer last -print0 | hilum index - --output new.ndjson

            Files that are not DICOM are counted and listed, and are no fault. What could
            not be read stands in the errors file with path, byte offset and reason.
            Ctrl-C leaves whole rows; --resume goes on from there.

            Exit status: 0 all was read; 1 a DICOM file could not be read, or a path is
            not there; 2 usage; 3 a fault of ours or of the machine; 130 Ctrl-C.
            """)

    @Argument(
        help: ArgumentHelp("Files, folders, zip files; - is a list from standard input.", valueName: "path"),
        completion: .file())
    var paths: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "FILE.ndjson, .csv, .tsv, .sqlite; - is standard output.", valueName: "file"),
        completion: .file())
    var output: String

    @Option(help: "How rows are written, where the ending does not say.")
    var form: IndexRequest.Format?

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "More columns: keyword, gggg,eeee, private with creator, path through sequences. Repeatable.",
            valueName: "names"))
    var tags: [String] = []

    @Flag(help: "A row a frame, with position, orientation and time from the functional groups.")
    var frames = false

    @Flag(help: "Read only what is new or changed since the run that wrote --output; drop what is no more.")
    var resume = false

    @Option(help: ArgumentHelp("Only files changed since: 7d, 12h, 2026-11-01, 2026-11-01T08:00.", valueName: "time"))
    var since: String?

    @Option(
        help: ArgumentHelp("Where what could not be read is listed; without it OUTPUT.errors.csv.", valueName: "file"),
        completion: .file())
    var errors: String?

    @Option(
        help: ArgumentHelp(
            "detect: as declared unless the bytes say otherwise; declared; or a term: GB18030, ISO_IR 100 …",
            valueName: "set"))
    var characterSet = "detect"

    @Option(
        help: ArgumentHelp("Read paths from this file as well; - is standard input.", valueName: "file"),
        completion: .file())
    var from: [String] = []

    @Option(help: ArgumentHelp("Threads; without it as many as processors, at most 4.", valueName: "n"))
    var jobs: Int?

    @Flag(help: "Do not use io_uring, also where the kernel has it.")
    var noRing = false

    @Flag(help: "Print no summary and no progress.")
    var quiet = false

    @Option(help: "The summary: table, or json (on standard output unless the rows go there).")
    var format = OutputFormat.table

    func validate() throws {
        guard !paths.isEmpty || !from.isEmpty else {
            throw ValidationError("give a PATH, or - to read paths from standard input")
        }
        if paths.filter({ $0 == "-" }).count + from.filter({ $0 == "-" }).count > 1 {
            throw ValidationError("standard input can be read once only")
        }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs is 1 to 256") }
        if paths.contains("") || from.contains("") || output.isEmpty || errors == "" {
            throw ValidationError("an empty path names nothing")
        }
        if errors == "-" { throw ValidationError("--errors is a file; with --output - they go to standard error") }
    }

    func run() async throws {
        let prepared = try IndexPreparation(self, now: LocalTime.now, time: LocalTime(zone: .current))
        defer { prepared.close() }
        let outcome = try await IndexWatch(prepared.request, showsProgress: !quiet).run()
        let summary = outcome.summary
        if prepared.errors == nil, let file = prepared.request.errors {
            Stream.error(IndexFaultLines.text(of: file, terminal: .error))
        }
        let hasErrorsFile = summary.errors.values.contains { $0 > 0 }
        if !hasErrorsFile { prepared.removeEmptyErrors() }
        let report = IndexReport(
            summary, output: output, errorsFile: hasErrorsFile ? prepared.errors : nil)
        if !quiet {
            let text = report.rendered(format, terminal: .error)
            if format == .json, output != "-" { Stream.output(text) } else { Stream.error(text) }
        }
        switch outcome.signal {
        case nil: break
        case SIGINT?: throw ExitStatus.interrupted
        case SIGHUP?: throw ExitStatus.hungUp
        default: throw ExitStatus.terminated
        }
        if report.hasFailures { throw ExitStatus.wrong }
    }
}

extension IndexRequest.Format: ExpressibleByArgument {}
