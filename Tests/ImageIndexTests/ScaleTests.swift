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

    @Test(arguments: [true, false]) func headersOfAnyLengthAreReadWhateverCameBefore(usesRing: Bool) throws {
        let tree = try TestTree()
        // Long ones for a while, then short ones, then both, so that the bytes read at first grow and shrink.
        for place in 0..<6000 {
            let filler = place < 1500 ? 20_000 + place * 20 : place < 4500 ? 0 : place % 3 * 40_000
            try tree.file("in/d\(place / 500)/f\(place)", TestImage.file(place, filler: filler))
        }
        var request = tree.request()
        request.usesRing = usesRing
        // In the order of the numbers.
        request.sources = (0..<12).map { .path(tree.path("in/d\($0)")) }
        let summary = try index(request)
        #expect(summary.rows == 6000 && summary.errors.isEmpty)
        let rows = try tree.rows()
        #expect(rows.allSatisfy { $0["Rows"] == "64" })
        #expect(Set(rows.compactMap { $0["InstanceNumber"] }).count == 6000)
    }

    @Test func beginningsGrowWithTheHeadersAndShrinkAgain() {
        let buffers = HeadBuffers(usesRing: false)
        #expect(buffers.headSize == HeadBuffers.size)
        for _ in 0..<10 { buffers.adapt(64, tooShort: 33) }
        #expect(buffers.headSize == HeadBuffers.largest)
        for _ in 0..<200 { buffers.adapt(64, tooShort: 0) }
        #expect(buffers.headSize == HeadBuffers.size)
        buffers.adapt(64, tooShort: 32)
        buffers.adapt(0, tooShort: 0)
        #expect(buffers.headSize == HeadBuffers.size)
    }
}
