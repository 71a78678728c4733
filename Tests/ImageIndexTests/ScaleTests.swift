import Glibc
import Testing

@testable import ImageIndex

/// Many files: rows from the first moment, all of them once, memory flat.
@Suite struct ScaleTests {
    /// Makes folders of names for one file.
    private func manyNames(_ tree: TestTree, _ folders: Int, _ each: Int) throws {
        try tree.file("image", TestImage.file(1))
        try tree.folder("in")
        for folder in 0..<folders {
            // A file has no more than 65,000 names on ext4.
            let source = "image\(folder)"
            try tree.file(source, TestImage.file(folder, study: folder))
            try tree.folder("in/d\(folder)")
            let below = open(tree.path("in/d\(folder)"), O_RDONLY | O_DIRECTORY)
            for name in 0..<each {
                if linkat(AT_FDCWD, tree.path(source), below, "f\(name)", 0) != 0 { Issue.record("no more links") }
            }
            close(below)
        }
    }

    @Test func twentyThousandFilesAreTwentyThousandRows() throws {
        let tree = try TestTree()
        try manyNames(tree, 40, 500)
        var request = tree.request()
        request.jobs = 2
        request.resumes = true
        let summary = try index(request)
        #expect(summary.rows == 20_000 && summary.studies == 40 && summary.instances == ["CT": 20_000])
        #expect(Set(try tree.paths()).count == 20_000)
        let rows = try tree.bytes("out")
        let second = try index(request)
        #expect(second.unchanged == 20_000 && second.bytesRead == 0)
        #expect(try tree.bytes("out") == rows)
    }

    @Test func rowsComeWhileTheRunGoesOn() throws {
        let tree = try TestTree()
        try manyNames(tree, 2, 500)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let writing = ends[1]
        var request = tree.request()
        // The list stays open: the run cannot end, but what was named is written.
        request.sources = [.list(descriptor: ends[0])]
        let run = try IndexRun(request)
        let path = Array((tree.path("in") + "\n").utf8)
        #expect(path.withUnsafeBytes { write(writing, $0.baseAddress, $0.count) } == path.count)
        // Enough that it is known to be a list of lines.
        let more = [UInt8](repeating: 0x0A, count: 5000)
        #expect(more.withUnsafeBytes { write(writing, $0.baseAddress, $0.count) } == more.count)
        let runner = IndexThread { _ = try? run.run() }
        for _ in 0..<3000 where run.progress.done < 1000 { usleep(10_000) }
        #expect(run.progress.done == 1000)
        var lines = 0
        for _ in 0..<3000 where lines < 1000 {
            lines = try tree.bytes("out").count { $0 == 0x0A }
            usleep(10_000)
        }
        #expect(lines == 1000)
        close(writing)
        runner?.join()
        close(ends[0])
        #expect(try tree.rows().count == 1000)
    }
}
