import Foundation
import Testing

@testable import ImageIndex

/// A second run over a tree: what is unchanged is not opened, and the result is as if everything had been read.
@Suite struct ResumeTests {
    private func request(_ tree: TestTree, jobs: Int = 2) -> IndexRequest {
        var request = tree.request()
        request.resumes = true
        request.jobs = jobs
        return request
    }

    private func make(_ tree: TestTree, _ count: Int = 300) throws {
        for place in 0..<count { try tree.file("in/d\(place % 5)/f\(place)", TestImage.file(place, study: place % 3)) }
        try tree.file("in/note.txt", Array("not an image; never was one; will not become one\n".utf8))
        try tree.file("in/empty", [])
    }

    @Test func anUnchangedTreeIsNotRead() throws {
        let tree = try TestTree()
        try make(tree)
        let first = try index(request(tree))
        #expect(first.rows == 300 && first.read == 300 && first.restart == nil && first.unchanged == 0)
        let (rows, errors) = (try tree.bytes("out"), try tree.bytes("errors.csv"))
        for jobs in [1, 2, 4] {
            let second = try index(request(tree, jobs: jobs))
            #expect(second.bytesRead == 0 && second.read == 0)
            #expect(second.unchanged == 302 && second.rows == 300 && second.files == 302)
            #expect(second.changed == 0 && second.new == 0 && second.vanished == 0 && second.restart == nil)
            #expect(second.studies == 3 && second.series == 3 && second.instances == ["CT": 300])
            #expect(second.errors == first.errors)
            #expect(try tree.bytes("out") == rows)
            #expect(try tree.bytes("errors.csv") == errors)
        }
        #expect(!tree.exists("out.new") && !tree.exists("out.state.new"))
    }

    @Test func newChangedAndVanishedFilesAreToldApart() throws {
        let tree = try TestTree()
        try make(tree)
        _ = try index(request(tree))
        try tree.file("in/d1/f1", TestImage.file(1000, filler: 10))
        try tree.remove("in/d2/f2")
        try tree.file("in/d0/added", TestImage.file(2000))
        try tree.file("in/d9/added", TestImage.file(2001))
        try tree.file("in/note.txt", TestImage.file(2002))
        let second = try index(request(tree))
        #expect(second.changed == 2 && second.new == 2 && second.vanished == 1 && second.unchanged == 299)
        #expect(second.read == 4 && second.rows == 302 && second.errors == ["truncated": 1])
        let resumed = try tree.bytes("out")
        // The same as if all had been read.
        var whole = tree.request(output: "whole")
        whole.errors = nil
        _ = try index(whole)
        #expect(try tree.bytes("whole") == resumed)
        let third = try index(request(tree))
        #expect(third.unchanged == 303 && third.bytesRead == 0 && third.vanished == 0)
        #expect(try tree.bytes("out") == resumed)
    }

    @Test func aRunThatIsStoppedGoesOnWhereItWas() throws {
        let tree = try TestTree()
        for place in 0..<3000 { try tree.file("in/d\(place / 100)/f\(place)", TestImage.file(place)) }
        let run = try IndexRun(request(tree, jobs: 1))
        let stopper = IndexThread {
            for _ in 0..<60_000 where run.progress.done < 200 { usleep(500) }
            run.stop()
        }
        let first = try run.run()
        stopper?.join()
        // Whole rows, each once.
        let rows = try tree.rows()
        #expect(rows.count == first.rows && rows.allSatisfy { $0.count == 42 })
        let second = try index(request(tree))
        #expect(second.restart == nil)
        #expect(second.unchanged == first.files)
        #expect(second.new == 3000 - first.files && second.rows == 3000)
        #expect(Set(try tree.paths()).count == 3000)
    }

    @Test func whatAStoppedRunDidNotComeToIsKept() throws {
        let tree = try TestTree()
        try make(tree)
        _ = try index(request(tree))
        let rows = try tree.bytes("out")
        let run = try IndexRun(request(tree))
        run.stop()
        let stopped = try run.run()
        #expect(stopped.isInterrupted && stopped.files == 0 && stopped.vanished == 0)
        #expect(try tree.bytes("out") == rows)
        let after = try index(request(tree))
        #expect(after.restart == nil)
        #expect(after.unchanged == 302)
        #expect(after.bytesRead == 0 && after.rows == 300)
        #expect(try tree.bytes("out") == rows)
    }

    @Test func anotherRequestOrAnotherOutputIsReadAnew() throws {
        let tree = try TestTree()
        try make(tree, 20)
        _ = try index(request(tree))
        var other = request(tree)
        other.columns = try other.columns.adding(["KVP"])
        let columns = try index(other)
        #expect(columns.read == 20 && columns.unchanged == 0 && columns.restart?.contains("columns") == true)
        other.format = .csv
        #expect(try index(other).restart?.contains("format") == true)
        #expect(try index(other).unchanged == 22)
        // Somebody has written to the output.
        let handle = try #require(FileHandle(forWritingAtPath: tree.path("out")))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("x\n".utf8))
        try handle.close()
        let changed = try index(other)
        #expect(changed.restart?.contains("changed") == true && changed.read == 20)
        // Another file under its name.
        let bytes = try tree.bytes("out")
        try tree.remove("out")
        try tree.file("out", bytes)
        #expect(try index(other).restart != nil)
        // No state, and one that is none.
        try tree.remove("out.state")
        #expect(try index(other).restart?.contains("no state") == true)
        try tree.file("out.state", Array("this is not a database, by far not, not even nearly".utf8))
        #expect(try index(other).restart != nil)
        #expect(try index(other).unchanged == 22)
    }

    @Test func headsOfTablesStandOnce() throws {
        let tree = try TestTree()
        try make(tree, 20)
        for format in [IndexRequest.Format.csv, .tsv] {
            var request = request(tree)
            request.format = format
            _ = try index(request)
            let rows = try tree.bytes("out")
            let second = try index(request)
            #expect(second.unchanged == 22)
            #expect(try tree.bytes("out") == rows)
            #expect(rows.starts(with: Array("Path".utf8)))
        }
    }

    @Test func archivesAreKnownAsAWhole() throws {
        let tree = try TestTree()
        var zip = TestZip()
        for place in 0..<50 { zip.add("s/i\(place)", TestImage.file(place), .stored) }
        zip.add("note", Array("something else that is not an image in any way at all".utf8), .stored)
        try tree.file("in/a.zip", zip.bytes())
        try tree.file("in/f", TestImage.file(99))
        let first = try index(request(tree))
        #expect(first.rows == 51 && first.errors == ["not-dicom": 1])
        let rows = try tree.bytes("out")
        let second = try index(request(tree))
        #expect(second.bytesRead == 0 && second.unchanged == 2 && second.rows == 51)
        #expect(second.errors == ["not-dicom": 1] && second.instances == ["CT": 51])
        #expect(try tree.bytes("out") == rows)
    }

    @Test func aRunThatDiedBetweenTheTwoRenamingsIsUnderstood() throws {
        let tree = try TestTree()
        try make(tree, 20)
        _ = try index(request(tree))
        // The output has its name already, the state that belongs to it not yet; an older state is in its place.
        let manager = FileManager.default
        try manager.moveItem(atPath: tree.path("out.state"), toPath: tree.path("out.state.new"))
        try tree.file("out.state", Array("of another time".utf8))
        let summary = try index(request(tree))
        #expect(summary.unchanged == 22 && summary.bytesRead == 0)
    }

    @Test func aDatabaseIsGoneOnFromAsWell() throws {
        let tree = try TestTree()
        try make(tree)
        var request = request(tree)
        request.format = .sqlite
        let first = try index(request)
        #expect(first.rows == 300 && first.read == 300 && first.studies == 3)
        let second = try index(request)
        #expect(second.bytesRead == 0 && second.read == 0 && second.unchanged == 302 && second.restart == nil)
        #expect(second.studies == 3 && second.series == 3 && second.instances == ["CT": 300])
        try tree.remove("in/d2/f2")
        try tree.file("in/d1/f1", TestImage.file(1000, filler: 10))
        try tree.file("in/d0/added", TestImage.file(2000))
        let third = try index(request)
        #expect(third.changed == 1 && third.new == 1 && third.vanished == 1 && third.unchanged == 300)
        let database = try SQLiteConnection(request.output)
        #expect(try database.integer("SELECT count(*) FROM instance") == 300)
    }

    @Test func aRunThatFailsLeavesTheEarlierOneAsItWas() throws {
        let tree = try TestTree()
        try make(tree)
        _ = try index(request(tree))
        let rows = try tree.bytes("out")
        try tree.file("in/d0/added", TestImage.file(2000))
        // Another run is writing at the same time.
        let other = try IndexRun(request(tree))
        #expect(throws: IndexFault.self) { try IndexRun(self.request(tree)) }
        #expect(try tree.bytes("out") == rows)
        #expect(try other.run().unchanged == 302)
    }
}
