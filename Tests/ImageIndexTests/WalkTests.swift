import Glibc
import Testing

@testable import ImageIndex

/// What the walk meets, and what it tells instead.
@Suite struct WalkTests {
    @Test(arguments: [true, false]) func everyFileOfATreeIsARow(usesRing: Bool) throws {
        let tree = try TestTree()
        for place in 0..<200 { try tree.file("in/a\(place % 7)/b/f\(place)", TestImage.file(place)) }
        var request = tree.request()
        request.usesRing = usesRing
        let summary = try index(request)
        #expect(summary.files == 200 && summary.read == 200 && summary.rows == 200 && summary.errors.isEmpty)
        #expect(summary.studies == 1 && summary.series == 1 && summary.instances == ["CT": 200])
        #expect(try tree.paths() == (0..<200).map { "in/a\($0 % 7)/b/f\($0)" }.sorted())
        #expect(try Set(tree.rows().compactMap { $0["InstanceNumber"] }).count == 200)
        if !usesRing { #expect(!summary.usedRing) }
    }

    @Test func theOrderIsThatOfTheWalkWhateverTheThreads() throws {
        let tree = try TestTree()
        // Files of very different cost, so that batches overtake each other.
        for place in 0..<2000 {
            try tree.file("in/d\(place / 90)/f\(place)", TestImage.file(place, filler: place % 130 == 0 ? 300_000 : 0))
        }
        _ = try index(tree.request())
        let one = try tree.bytes("out")
        for jobs in [2, 3, 8] {
            var request = tree.request(output: "out\(jobs)")
            request.jobs = jobs
            let summary = try index(request)
            #expect(summary.rows == 2000)
            #expect(try tree.bytes("out\(jobs)") == one)
        }
    }

    @Test func linksToFilesAreFollowedAndFoldersByLinkOnlyOnce() throws {
        let tree = try TestTree()
        try tree.file("in/a/f1", TestImage.file(1))
        try tree.file("elsewhere/f2", TestImage.file(2))
        try tree.link("in/a/file", to: tree.path("elsewhere/f2"))
        try tree.link("in/one", to: tree.path("elsewhere"))
        try tree.link("in/two", to: tree.path("elsewhere"))
        try tree.link("in/a/up", to: "..")
        try tree.link("in/self", to: ".")
        try tree.link("in/gone", to: "nowhere")
        try tree.link("in/circle", to: "circle")
        let summary = try index(tree.request())
        let paths = try tree.paths()
        #expect(paths.filter { $0.hasSuffix("f1") } == ["in/a/f1"])
        #expect(paths.filter { $0.hasSuffix("file") } == ["in/a/file"])
        #expect(paths.filter { $0.hasSuffix("f2") }.count == 1)
        #expect(summary.rows == 3)
        #expect(try tree.reasons() == ["in/circle loop", "in/gone vanished"])
    }

    @Test func aLinkToAFolderAboveTheSourceDoesNotRepeatIt() throws {
        let tree = try TestTree()
        try tree.file("in/deep/f1", TestImage.file(1))
        try tree.file("in/f2", TestImage.file(2))
        try tree.link("in/deep/top", to: tree.path("in"))
        let summary = try index(tree.request("in/deep"))
        #expect(summary.rows == 2)
        #expect(try tree.paths() == ["in/deep/f1", "in/deep/top/f2"])
    }

    @Test func aFolderInAnotherSourceIsWalkedOnce() throws {
        let tree = try TestTree()
        try tree.file("in/a/f1", TestImage.file(1))
        try tree.file("in/f2", TestImage.file(2))
        var request = tree.request()
        for sources in [["in", "in/a", "in/"], ["in/a", "in"]] {
            request.sources = sources.map { .path(tree.path($0)) }
            #expect(try index(request).rows == 2)
        }
    }

    @Test func whatIsNoFileIsToldAndNeverWaitedFor() throws {
        let tree = try TestTree()
        try tree.file("in/f1", TestImage.file(1))
        #expect(mkfifo(tree.path("in/fifo"), 0o600) == 0)
        var request = tree.request()
        request.sources += [
            .path(tree.path("in/fifo")), .path("/dev/null"), .path(tree.path("nothing")), .path(tree.path("in/f1/x")),
        ]
        let summary = try index(request)
        #expect(summary.rows == 1)
        #expect(summary.errors == ["not-regular": 3, "missing": 2])
        #expect(
            try tree.reasons() == [
                "/dev/null not-regular", "in/f1/x missing", "in/fifo not-regular", "in/fifo not-regular",
                "nothing missing",
            ])
    }

    @Test func namesOfAnyBytesAreFoundAndWritten() throws {
        let tree = try TestTree()
        try tree.folder("in")
        let image = TestImage.file(1)
        for name: [UInt8] in [Array("line\nfeed \"quoted\"".utf8), [0xE4, 0xFF, 0x41], Array("汉字".utf8)] {
            let path = Array(tree.path("in/").utf8) + name + [0]
            let descriptor = path.withUnsafeBytes {
                open($0.bindMemory(to: CChar.self).baseAddress!, O_WRONLY | O_CREAT, 0o600)
            }
            #expect(image.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == image.count)
            close(descriptor)
        }
        #expect(try index(tree.request()).rows == 3)
        #expect(try tree.paths() == ["in/line\nfeed \"quoted\"", "in/汉字", "in/\u{FFFD}\u{FFFD}A"].sorted())
        #expect(try tree.rows().count { $0["Remark"]?.contains("not in UTF-8") == true } == 1)
    }

    @Test func foldersDeeperThanAnybodyMakesThemAreTold() throws {
        let tree = try TestTree()
        try tree.folder("in")
        var descriptor = open(tree.path("in"), O_RDONLY | O_DIRECTORY)
        for _ in 0..<300 {
            #expect(mkdirat(descriptor, "d", 0o700) == 0)
            let next = openat(descriptor, "d", O_RDONLY | O_DIRECTORY)
            close(descriptor)
            descriptor = next
        }
        close(descriptor)
        #expect(try index(tree.request()).errors == ["folder-depth": 1])
    }

    @Test func whatTheRunWritesIsNotRead() throws {
        let tree = try TestTree()
        try tree.file("in/f1", TestImage.file(1))
        var request = tree.request(output: "in/out.ndjson")
        request.errors = tree.path("in/errors.csv")
        request.resumes = true
        for _ in 0..<2 {
            let summary = try index(request)
            #expect(summary.files == 1 && summary.rows == 1 && summary.errors.isEmpty)
        }
        request.sources = [.path(request.output)]
        request.resumes = false
        #expect(try index(request).errors == ["not-regular": 1])
    }

    @Test(arguments: [UInt8(0x0A), 0]) func listsAreReadFromADescriptor(ending: UInt8) throws {
        let tree = try TestTree()
        var list: [UInt8] = []
        for place in 0..<300 {
            let name = ending == 0 && place == 7 ? "in/with\nfeed" : "in/f\(place)"
            try tree.file(name, TestImage.file(place))
            list += Array(tree.path(name).utf8) + [ending]
        }
        // The last one without its end.
        try tree.file("more/last", TestImage.file(300))
        list += Array(tree.path("more").utf8)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let thread = IndexThread { [list] in
            // In pieces that end in the middle of names.
            for start in stride(from: 0, to: list.count, by: 777) {
                let piece = list[start..<min(start + 777, list.count)]
                piece.withUnsafeBytes { _ = write(writing, $0.baseAddress, $0.count) }
            }
            close(writing)
        }
        var request = tree.request()
        request.sources = [.list(descriptor: reading)]
        request.jobs = 2
        let summary = try index(request)
        thread?.join()
        close(reading)
        #expect(summary.rows == 301 && summary.errors.isEmpty)
    }

    @Test func aRunThatWaitsForAListCanBeStopped() throws {
        let tree = try TestTree()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        var request = tree.request()
        request.sources = [.list(descriptor: ends[0])]
        let run = try IndexRun(request)
        let stopper = IndexThread {
            usleep(50_000)
            run.stop()
        }
        let summary = try run.run()
        stopper?.join()
        #expect(summary.isInterrupted && summary.files == 0)
        close(ends[0])
        close(ends[1])
    }

    @Test func onlyFilesChangedSinceAnInstant() throws {
        let tree = try TestTree()
        try tree.file("in/old", TestImage.file(1))
        try tree.file("in/new", TestImage.file(2))
        var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, tree.path("in/old"), &times, 0) == 0)
        var request = tree.request()
        request.since = 1001
        let summary = try index(request)
        #expect(summary.rows == 1 && summary.older == 1 && summary.files == 2)
        #expect(try tree.paths() == ["in/new"])
        request.since = 1000
        #expect(try index(request).rows == 2)
    }

    @Test func theTotalIsCountedBeside() throws {
        let tree = try TestTree()
        for place in 0..<100 { try tree.file("in/f\(place)", TestImage.file(place)) }
        let run = try IndexRun(tree.request())
        run.countTotal()
        for _ in 0..<3000 where run.progress.total == nil { usleep(10_000) }
        #expect(run.progress.total == 100)
        _ = try run.run()
        #expect(run.progress.met == 100 && run.progress.done == 100 && run.progress.bytesRead > 0)
    }
}
