import CFileRing
import Foundation
import Glibc
import Testing

@testable import ImageIndex

/// Files that are not what they should be, outputs that cannot be written: told, and never a stop.
@Suite struct FaultTests {
    @Test func everyFaultIsALineWithPlaceAndReason() throws {
        let tree = try TestTree()
        try tree.file("in/empty", [])
        try tree.file("in/text", Array("no image at all, but a text that somebody keeps beside them\n".utf8))
        try tree.file("in/cut", Array(TestImage.file(1).prefix(300)))
        try tree.file("in/good", TestImage.file(2))
        try tree.file("in/long", TestImage.file(3, filler: 100_000))
        let summary = try index(tree.request())
        #expect(try tree.paths() == ["in/good", "in/long"])
        #expect(try tree.reasons() == ["in/cut truncated", "in/empty truncated", "in/text not-dicom"])
        #expect(summary.errors == ["truncated": 2, "not-dicom": 1] && summary.notDICOM == 1)
        #expect(try tree.rows().allSatisfy { $0["Rows"] == "64" })
    }

    @Test func formulasInPathsAreDefused() throws {
        let tree = try TestTree()
        try tree.file("in/x", [1])
        let here = FileManager.default.currentDirectoryPath
        #expect(chdir(tree.path("in")) == 0)
        defer { chdir(here) }
        try tree.file("in/=cmd,\"a\"", [])
        var request = tree.request()
        request.sources = [.path("=cmd,\"a\"")]
        _ = try index(request)
        let text = String(decoding: try tree.bytes("errors.csv"), as: UTF8.self)
        #expect(text.hasPrefix("path,offset,reason,text\r\n\"'=cmd,\"\"a\"\"\",0,truncated,"))
    }

    @Test(arguments: [true, false]) func headsTellOpeningFromReading(usesRing: Bool) throws {
        let tree = try TestTree()
        try tree.file("in/f", [1, 2, 3])
        try tree.folder("in/folder")
        let buffers = HeadBuffers(usesRing: usesRing)
        let names = ["f", "gone", "folder", "f/x", "f"]
        let folder = open(tree.path("in"), O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        let copies = names.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        for _ in 0..<3 {
            for (place, copy) in copies.enumerated() {
                guard let copy else { continue }
                buffers.set(place, folder: folder, name: copy)
            }
            buffers.read(names.count)
            let heads = (0..<names.count).map { buffers.heads[$0] }
            #expect(heads.map(\.result) == [3, -ENOENT, -EISDIR, -ENOTDIR, 3])
            #expect(heads.map(\.failed_open) == [0, 1, 0, 1, 0])
        }
    }

    @Test func aFileThatVanishesOrShrinksIsALine() throws {
        let tree = try TestTree()
        try tree.file("in/f", TestImage.file(1, filler: 100_000))
        let folder = open(tree.path("in"), O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        // What the worker does once the beginning is read, with the file cut in between.
        let (reason, _) = FileFault.reason(errno: ENOENT, isNamed: false)
        #expect(reason == "vanished")
        #expect(truncate(tree.path("in/f"), 8192) == 0)
        _ = try index(tree.request())
        #expect(try tree.reasons() == ["in/f truncated"])
    }

    @Test func aFileThatChangesAllTheTimeNeverStopsARun() throws {
        let tree = try TestTree()
        let image = TestImage.file(1, filler: 50_000)
        for place in 0..<200 { try tree.file("in/f\(place)", image) }
        let flag = StopFlag()
        let root = tree.path("in/f")
        let changer = IndexThread {
            var round = 0
            while !flag.isSet {
                let path = "\(root)\(round % 200)"
                switch round % 3 {
                case 0: truncate(path, off_t(round * 97 % 60_000))
                case 1: unlink(path)
                default:
                    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
                    image.withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
                    close(descriptor)
                }
                round += 1
            }
        }
        for _ in 0..<20 {
            let summary = try index(tree.request())
            #expect(summary.rows + summary.errors.values.reduce(0, +) == summary.files)
        }
        flag.set()
        changer?.join()
    }

    @Test func aFullDiskIsToldAndWholeRowsStay() throws {
        let tree = try TestTree()
        for place in 0..<10 { try tree.file("in/f\(place)", TestImage.file(place)) }
        var request = tree.request()
        request.output = "/dev/full"
        #expect(throws: IndexFault.self) { try index(request) }
        do { _ = try index(request) } catch let fault as IndexFault {
            #expect(fault.code == .output && fault.problem.contains("No space"))
        }
        request = tree.request()
        request.errors = "/dev/full"
        #expect(throws: IndexFault.self) { try index(request) }
    }

    @Test func aReaderThatGoesAwayEndsTheRun() throws {
        let tree = try TestTree()
        for place in 0..<500 { try tree.file("in/f\(place)", TestImage.file(place)) }
        #expect(mkfifo(tree.path("pipe"), 0o600) == 0)
        var request = tree.request()
        request.output = tree.path("pipe")
        request.jobs = 2
        let reader = IndexThread { [path = request.output] in
            let descriptor = open(path, O_RDONLY)
            var byte: UInt8 = 0
            _ = read(descriptor, &byte, 1)
            close(descriptor)
        }
        let run = try IndexRun(request)
        do {
            _ = try run.run()
            Issue.record("a closed pipe was not told")
        } catch {
            #expect(error.code == .closedPipe)
        }
        reader?.join()
    }

    @Test func outputsThatCannotBeOpenedAreTold() throws {
        let tree = try TestTree()
        try tree.folder("in")
        #expect(throws: IndexFault.self) { try IndexRun(tree.request(output: "no/folder/out")) }
        #expect(throws: IndexFault.self) { try IndexRun(tree.request(output: "in")) }
        var request = tree.request()
        request.errors = tree.path("no/folder/errors")
        #expect(throws: IndexFault.self) { try IndexRun(request) }
        request.errors = request.output
        #expect(throws: IndexFault.self) { try IndexRun(request) }
        request = tree.request()
        request.sources = []
        #expect(throws: IndexFault.self) { try IndexRun(request) }
        request = tree.request()
        request.output = "-"
        request.resumes = true
        #expect(throws: IndexFault.self) { try IndexRun(request) }
        let run = try IndexRun(tree.request())
        _ = try run.run()
        #expect(throws: IndexFault.self) { try run.run() }
    }
}
