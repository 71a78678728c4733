import DICOM
import Foundation
import Testing

@testable import hilum

/// The command line of `hilum index`: what is typed, what is said.
@Suite struct IndexTests {
    @Test(arguments: [
        ("A,B", ["A", "B"]), ("0018,1151", ["0018,1151"]),
        ("Rows, 0018,1151 ,Columns", ["Rows", "0018,1151", "Columns"]),
        (#"0019,"ACME, Inc.",23,Rows"#, [#"0019,"ACME, Inc.",23"#, "Rows"]),
        ("0040,0275[2]/0040,1001,Rows", ["0040,0275[2]/0040,1001", "Rows"]), ("A,", ["A", ""]),
    ])
    func namesOfColumns(_ text: String, _ names: [String]) { #expect(IndexTagList.names(text) == names) }

    @Test func nearKeywords() {
        #expect(IndexKeywords.near("PatientNam").first == "PatientName")
        #expect(IndexKeywords.near("StudyInstanceUUID").first == "StudyInstanceUID")
        #expect(IndexKeywords.near("SliceT").contains("SliceThickness"))
        #expect(IndexKeywords.near("xyzzy") == [])
        #expect(IndexTagList.cure(for: "Foo/PatientNam")?.hasPrefix("did you mean PatientName") == true)
        #expect(IndexTagList.cure(for: "0008,0050") == nil)
    }

    @Test(arguments: [
        ("a.ndjson", "ndjson"), ("A.CSV", "csv"), ("a.b.tsv", "tsv"), ("x/y.sqlite3", "sqlite"), ("-", "ndjson"),
    ])
    func formsByEnding(_ name: String, _ form: String) throws {
        #expect(try IndexForm.form(nil, output: name).rawValue == form)
        #expect(try IndexForm.form(.dicomJSON, output: name).rawValue == "dicom-json")
    }

    @Test(arguments: ["a", "a.json", "a.parquet", "csv"]) func endingsThatSayNothing(_ name: String) {
        #expect(throws: CommandFailure.self) { try IndexForm.form(nil, output: name) }
        #expect(throws: CommandFailure.self) { try IndexForm.form(.sqlite, output: "-") }
    }

    @Test func errorsFileBesideTheOutput() {
        #expect(IndexForm.errorsFile(for: "x/archive.ndjson") == "x/archive.errors.csv")
        #expect(IndexForm.errorsFile(for: "archive.SQLITE3") == "archive.errors.csv")
        #expect(IndexForm.errorsFile(for: "archive") == "archive.errors.csv")
        #expect(IndexForm.errorsFile(for: "x/.csv") == "x/.csv.errors.csv")
    }

    @Test func progressWithPaceAndTimeLeft() {
        let terminal = Terminal(isTerminal: true, columns: 80, hasColour: false)
        var bar = ProgressBar("files", terminal: terminal)
        let first = bar.line(done: 25_000, of: 100_000, seconds: 5) ?? ""
        #expect(first.contains("25 %  25,000 of 100,000  5,000/s  0:15 left"))
        #expect(DisplayWidth.of(first) == 79)
        let same = bar.line(done: 25_000, of: 100_000, seconds: 5.1)
        #expect(same == nil)
        let unknown = bar.line(done: 30_000, of: nil, seconds: 6) ?? ""
        #expect(unknown.hasPrefix("files  30,000  5,000/s"))
        var narrow = ProgressBar("files", terminal: Terminal(isTerminal: true, columns: 40, hasColour: false))
        let short = narrow.line(done: 5, of: 2, seconds: 1) ?? ""
        #expect(DisplayWidth.of(short) == 39 && short.contains("100 %"))
        var stalled = ProgressBar("files", terminal: terminal)
        let start = stalled.line(done: 0, of: 10, seconds: 0) ?? ""
        #expect(start.contains("0 of 10"))
        #expect(
            ProgressBar.span(3725) == "1:02:05" && ProgressBar.span(7) == "0:07"
                && ProgressBar.span(.infinity) == "long")
        #expect(
            GroupedNumber.of(1_234_567) == "1,234,567" && GroupedNumber.of(-1234) == "-1,234"
                && GroupedNumber.of(0) == "0")
    }

    private func changed<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
        var value = value
        change(&value)
        return value
    }

    private func report(_ output: String, _ errorsFile: String?, isStopped: Bool = false) -> IndexReport {
        IndexReport(
            changed(.init()) { summary in
                (summary.files, summary.read, summary.rows) = (1040, 1000, 1000)
                (summary.studies, summary.series) = (12, 40)
                summary.instances = ["CT": 900, "MR": 99, "": 1]
                summary.errors = ["not-dicom": 37, "truncated": 2, "permission": 1]
                summary.notDICOM = 37
                (summary.unchanged, summary.changed, summary.new, summary.vanished) = (800, 3, 237, 2)
                (summary.seconds, summary.processorSeconds, summary.bytesRead) = (0.5, 0.0104, 8_192_000)
                summary.isInterrupted = isStopped
                summary.restart = isStopped ? "columns" : nil
            }, output: output, errorsFile: errorsFile)
    }

    @Test func summaryForPeople() {
        let report = report("a\u{1B}.csv", "a.errors.csv")
        #expect(report.hasFailures)
        #expect(
            report.rendered(.table, terminal: .file) == """
                a<ESC>.csv: 1,000 rows of 1,040 files in 0.5 s (2,080 files/s, 10.0 µs of CPU a file, 7.81 MiB read)
                  studies       12
                  series        40
                  instances  1,000  CT 900 · MR 99 · no modality 1
                  unchanged    800  new 237 · changed 3 · vanished 2
                  not DICOM     37
                  errors         3  truncated 2 · permission 1
                                    listed in a.errors.csv

                """)
        let narrow = Terminal(isTerminal: true, columns: 50, hasColour: false)
        for line in report.rendered(.table, terminal: narrow).split(separator: "\n").dropFirst() {
            #expect(DisplayWidth.of(String(line)) <= 50, "\(line)")
        }
    }

    @Test func summaryForMachines() throws {
        let text = report("-", nil, isStopped: true).rendered(.json, terminal: .file)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["rows"] as? Int == 1000 && object["interrupted"] as? Bool == true)
        #expect((object["errors"] as? [String: Int]) == ["not-dicom": 37, "permission": 1, "truncated": 2])
        #expect(object["cpu_seconds"] as? Double == 0.0104 && object["restart"] as? String == "columns")
        #expect(
            !IndexReport(changed(.init()) { $0.errors = ["not-dicom": 3] }, output: "x", errorsFile: nil).hasFailures)
    }

    @Test func recordsOfTheErrorsFile() {
        #expect(IndexFaultLines.cells(Array("a,1,b,c\r\n".utf8)) == ["a", "1", "b", "c"])
        #expect(IndexFaultLines.cells(Array("\"a,\"\"b\"\"\n\",,x,\"\"\n".utf8)) == ["a,\"b\"\n", "", "x", ""])
        #expect(IndexFaultLines.text(of: "/nonexistent", terminal: .file) == "")
    }
}
