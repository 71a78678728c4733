import DICOM
import Foundation
import Testing

@testable import ImageIndex

/// Runs that follow each other, files that are not ours, and what happens when a run ends early.
@Suite struct SQLiteRunTests {
    private func known(_ sink: SQLiteRowSink, _ folder: String, _ name: String) -> KnownFile? {
        Array(folder.utf8).withUnsafeBytes { folder in
            Array(name.utf8).withUnsafeBytes { sink.known(folder: folder, name: $0) }
        }
    }

    @Test func whatWasReadIsKnown() throws {
        let fixture = try SQLiteFixture()
        let folder = fixture.folder.path + "/"
        for name in ["a", "b", "bad", "secret", "gone"] { try Data().write(to: fixture.folder.appending(path: name)) }
        try fixture.run { events, _ in
            events.image(folder, "a", modified: 5, instance("1"))
            events.image(folder, "b", modified: 6, instance("2", series: "E", ["Modality": "MR"]))
            events.file(folder, "bad")
            events.fault(folder + "bad", "12", "truncated", "ends")
            events.file(folder, "secret")
            events.fault(folder + "secret", "", FileFault.Reason.permission, "may not")
            events.image(folder, "gone", instance("3", series: "G"))
        }
        try FileManager.default.removeItem(at: fixture.folder.appending(path: "gone"))
        let sink = try fixture.run(resuming: true) { events, sink in
            #expect(sink.count == 5 && sink.restart == nil)
            let a = try #require(known(sink, folder, "a"))
            #expect(a.stamp == FileStamp(size: 100, modified: 5, inode: 7))
            #expect(a.marks.count == 1 && a.marks.first?.modality.text == "CT")
            #expect(known(sink, folder, "b")?.marks.first?.modality.text == "MR")
            let bad = try #require(known(sink, folder, "bad"))
            #expect(bad.faults.map(\.reason) == ["truncated"] && bad.faults.first?.offset == 12)
            // What was not allowed may be now.
            #expect(known(sink, folder, "secret") == nil)
            #expect(known(sink, folder, "new") == nil && known(sink, "/elsewhere/", "a") == nil)
            events.file(folder, "a", id: a.id, unchanged: true)
            events.file(folder, "b", id: 2, modified: 9)
            events.row(folder + "b", instance("2b"))
        }
        #expect(sink.unmet == 1)
        #expect(
            try fixture.rows("SELECT SOPInstanceUID FROM instances ORDER BY 1") == [["1"], ["2b"]],
            "b was replaced, gone is gone, nothing else is touched")
        #expect(try fixture.rows("SELECT Reason FROM errors ORDER BY 1") == [["permission"], ["truncated"]])
        #expect(try fixture.value("SELECT count(*) FROM series") == "1")
        #expect(
            try fixture.rows("SELECT written, vanished, interrupted FROM index_run ORDER BY id") == [
                ["5", "0", "0"], ["1", "1", "0"],
            ])
        try fixture.expectSound()
    }

    @Test func aStoppedRunRemovesNothing() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { events, _ in events.image("/nowhere/", "a", instance("1")) }
        try fixture.run(resuming: true, interrupted: true) { _, _ in }
        #expect(try fixture.value("SELECT count(*) FROM instance") == "1")
        #expect(try fixture.rows("SELECT interrupted FROM index_run ORDER BY id") == [["0"], ["1"]])
        try fixture.run(resuming: false) { _, _ in }
        #expect(try fixture.value("SELECT count(*) FROM instance") == "1", "only a resumed run removes")
        try fixture.run(resuming: true) { _, _ in }
        #expect(try fixture.value("SELECT count(*) FROM instance") == "1", "nothing met: a share that is not mounted")
        try fixture.run(resuming: true) { events, _ in events.image("/data/", "b", instance("2")) }
        #expect(try fixture.rows("SELECT SOPInstanceUID FROM instance") == [["2"]])
    }

    @Test func otherColumnsAreReadAgain() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { events, _ in events.image("/data/", "a", instance("1")) }
        fixture.request.columns = try fixture.request.columns.adding(["ProtocolName", "0019,1001"])
        let sink = try fixture.run { events, sink in
            #expect(known(sink, "/data/", "a") == nil)
            events.image("/data/", "a", instance("1", ["ProtocolName": "Head"]))
        }
        #expect(sink.restart?.contains("columns") == true)
        #expect(try fixture.rows("SELECT ProtocolName FROM instances") == [["Head"]])
        #expect(try IndexDatabase.columns(at: fixture.path) == ["ProtocolName", "00191001"])
        fixture.request.characterSet = .override(SpecificCharacterSet(declared: "GB18030"))
        try fixture.run { _, sink in #expect(known(sink, "/data/", "a") == nil) }
        try fixture.run { _, sink in #expect(known(sink, "/data/", "a") == nil) }
        fixture.request.characterSet = .detect
        try fixture.run { _, sink in #expect(known(sink, "/data/", "a") != nil) }
    }

    /// A relative path means a file only together with the directory that it counts from.
    @Test func relativePathsKnowTheirDirectory() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { events, _ in
            events.image("", "a", instance("1"))
            events.image("x/", "b", instance("2"))
        }
        let here = FileManager.default.currentDirectoryPath
        #expect(
            try fixture.rows("SELECT Path FROM instances ORDER BY 1") == [["a"], ["x/b"]], "as in every other form")
        #expect(try fixture.rows("SELECT DISTINCT base FROM folder") == [[here == "/" ? here : "\(here)/"]])
        try fixture.run { _, sink in #expect(known(sink, "x/", "b") != nil && known(sink, "", "a") != nil) }
        // As if it had been run elsewhere: these are other files.
        try SQLiteConnection(fixture.path).execute("UPDATE folder SET base = '/elsewhere/'")
        try fixture.run { events, sink in
            #expect(known(sink, "x/", "b") == nil)
            events.image("x/", "b", instance("3"))
        }
        #expect(try fixture.value("SELECT count(*) FROM instances WHERE Path = 'x/b'") == "2")
        try fixture.expectSound()
    }

    @Test func othersFilesAreLeftAlone() throws {
        let fixture = try SQLiteFixture()
        let text = Data("PatientID,Name\n1,2\n".utf8)
        try text.write(to: URL(filePath: fixture.path))
        #expect { try SQLiteRowSink(fixture.request) } throws: { "\($0)".contains("no SQLite database") }
        #expect(try Data(contentsOf: URL(filePath: fixture.path)) == text)
        try FileManager.default.removeItem(atPath: fixture.path)

        let foreign = try SQLiteConnection(fixture.path)
        try foreign.execute("CREATE TABLE patient (id)")
        let before = try Data(contentsOf: URL(filePath: fixture.path))
        #expect { try SQLiteRowSink(fixture.request) } throws: { "\($0)".contains("another program") }
        #expect { try IndexDatabase.columns(at: fixture.path) } throws: { "\($0)".contains("another program") }
        #expect(try Data(contentsOf: URL(filePath: fixture.path)) == before)
        try FileManager.default.removeItem(atPath: fixture.path)

        try fixture.run { _, _ in }
        let own = try SQLiteConnection(fixture.path)
        try own.execute("PRAGMA user_version = 99")
        #expect { try SQLiteRowSink(fixture.request) } throws: { "\($0)".contains("later version") }
        #expect { try SQLiteRowSink(IndexRequest(sources: [.path("/")], output: fixture.folder.path)) } throws: {
            "\($0)".contains("no regular file")
        }
    }

    @Test func aFileIsForItsOwnerOnly() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { _, _ in }
        let mode = try FileManager.default.attributesOfItem(atPath: fixture.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    /// Rows can be read while they are written, and are there after a death without goodbye.
    @Test func rowsAreCommittedAsTheyCome() throws {
        let fixture = try SQLiteFixture()
        var sink: SQLiteRowSink? = try SQLiteRowSink(fixture.request)
        var bytes = EventBytes(names: fixture.request.columns.names)
        for number in 0..<SQLiteIndex.mostPending { bytes.image("/data/", "\(number)", instance("\(number)")) }
        try bytes.bytes.withUnsafeBytes { try sink?.take(RowEvents($0)) }
        #expect(try fixture.value("SELECT count(*) FROM instances") == "\(SQLiteIndex.mostPending)")
        var more = EventBytes(names: fixture.request.columns.names)
        more.image("/data/", "late", instance("late"))
        try more.bytes.withUnsafeBytes { try sink?.take(RowEvents($0)) }
        // What was not committed yet is read again by the next run.
        sink = nil
        try fixture.run(resuming: false) { _, sink in #expect(known(sink, "/data/", "17") != nil) }
        #expect(try fixture.rows("SELECT ended IS NULL FROM index_run ORDER BY id") == [["1"], ["0"]])
        try fixture.expectSound()
    }

    @Test func twoRunsAtOnce() throws {
        let fixture = try SQLiteFixture()
        let one = try SQLiteRowSink(fixture.request)
        let other = try SQLiteRowSink(fixture.request)
        for round in 0..<4 {
            for (place, sink) in [one, other].enumerated() {
                var bytes = EventBytes(names: fixture.request.columns.names)
                for number in 0..<SQLiteIndex.mostPending {
                    bytes.image("/data/\(place)/", "\(round)-\(number)", instance("\(place)-\(round)-\(number)"))
                }
                try bytes.bytes.withUnsafeBytes { try sink.take(RowEvents($0)) }
            }
        }
        try one.finish(isInterrupted: false)
        try other.finish(isInterrupted: false)
        #expect(try fixture.value("SELECT count(*) FROM instances") == "\(SQLiteIndex.mostPending * 8)")
        #expect(try fixture.value("SELECT count(*) FROM series") == "1")
        try fixture.expectSound()
    }

    @Test func numberSet() {
        var set = SQLiteNumberSet()
        #expect(!set.contains(0) && !set.contains(-1) && !set.contains(.max))
        for number in [0, 1, 63, 64, 1_000_000] as [Int64] { set.insert(number) }
        set.insert(-5)
        set.insert(.max)
        #expect([0, 1, 63, 64, 1_000_000].allSatisfy { set.contains($0) })
        #expect(!set.contains(2) && !set.contains(999_999) && !set.contains(.max))
    }
}
