import Testing

@testable import ImageIndex

/// Archives in the tree: read by content, whatever they are called, never more of them than is needed.
@Suite struct ZipTests {
    @Test func entriesStoredAndDeflatedAreRows() throws {
        let tree = try TestTree()
        var zip = TestZip()
        zip.add("study/", [], .stored)
        zip.add("study/stored", TestImage.file(1), .stored)
        zip.add("study/deflated", TestImage.file(2, filler: 50_000), .deflatedStored)
        zip.add("study/fixed", TestImage.file(3, modality: "MR"), .deflatedFixed)
        zip.add("study/long", TestImage.file(4, filler: 200_000), .stored)
        try tree.file("in/some.name", zip.bytes())
        let summary = try index(tree.request())
        #expect(
            try tree.paths() == [
                "in/some.name!/study/deflated", "in/some.name!/study/fixed", "in/some.name!/study/long",
                "in/some.name!/study/stored",
            ])
        #expect(try tree.rows().compactMap { $0["InstanceNumber"] } == ["1", "2", "3", "4"])
        #expect(try tree.rows().allSatisfy { $0["Rows"] == "64" })
        #expect(summary.instances == ["CT": 3, "MR": 1] && summary.errors.isEmpty)
    }

    @Test func archivesWithZip64AndBytesBeforeThem() throws {
        let tree = try TestTree()
        var zip = TestZip()
        zip.isLarge = true
        for place in 0..<3 { zip.add("f\(place)", TestImage.file(place), .stored) }
        try tree.file("in/large.zip", zip.bytes())
        var plain = TestZip()
        plain.add("f", TestImage.file(7), .stored)
        plain.comment = Array("a comment with PK\u{5}\u{6} in it".utf8)
        try tree.file("in/comment.zip", plain.bytes())
        try tree.file("in/none.zip", TestZip().bytes())
        let summary = try index(tree.request())
        #expect(summary.rows == 4 && summary.errors.isEmpty)
    }

    @Test func whatCannotBeReadIsALineForEachEntry() throws {
        let tree = try TestTree()
        var zip = TestZip()
        zip.add("good", TestImage.file(1), .stored)
        zip.add("secret", TestImage.file(2), .stored, flags: 1)
        zip.add("bzip2", TestImage.file(3), .stored, method: 12)
        zip.add("inner", TestZip().bytes(), .stored)
        zip.add("empty", [], .stored)
        zip.add("text", Array("this is the text of a note, which nobody ever took for an image".utf8), .stored)
        zip.add("broken", [7, 7, 7, 7], .stored, method: 8)
        zip.add("last", TestImage.file(4), .stored)
        try tree.file("in/a.zip", zip.bytes())
        let summary = try index(tree.request())
        #expect(try tree.paths() == ["in/a.zip!/good", "in/a.zip!/last"])
        #expect(
            try tree.reasons() == [
                "in/a.zip!/broken zip-data", "in/a.zip!/bzip2 zip-method", "in/a.zip!/empty truncated",
                "in/a.zip!/inner zip-nested", "in/a.zip!/secret zip-encrypted", "in/a.zip!/text not-dicom",
            ])
        #expect(summary.rows == 2)
    }

    @Test func entriesThatOverlapEndTheArchive() throws {
        let tree = try TestTree()
        var zip = TestZip()
        zip.add("kernel", TestImage.file(1, filler: 20_000), .stored)
        for place in 0..<100 { zip.repeatFirst(as: "copy\(place)") }
        try tree.file("in/bomb.zip", zip.bytes())
        let summary = try index(tree.request())
        #expect(summary.errors == ["zip-overlap": 1])
        #expect(summary.rows == 1)
    }

    @Test func aBombIsNotUnpacked() throws {
        let tree = try TestTree()
        var zip = TestZip()
        // A header that goes on for ever: an unknown private value of 1 GiB, inflated from 1 MB of zeros.
        var head = Array(TestImage.file(1, filler: 10).prefix(while: { _ in true }))
        let place = try #require(head.firstRange(of: [0x21, 0x00, 0x01, 0x10]))
        head = Array(head[..<place.lowerBound]) + [0x21, 0, 1, 0x10, 0x55, 0x4E, 0, 0, 0, 0, 0, 0x40]
        zip.add("bomb", head, .bomb)
        zip.add("good", TestImage.file(2), .stored)
        try tree.file("in/a.zip", zip.bytes())
        _ = try index(tree.request())
        #expect(try tree.paths() == ["in/a.zip!/good"])
        #expect(try tree.reasons().count == 1)
    }

    @Test func cutAndTwistedArchivesNeverStopARun() throws {
        var zip = TestZip()
        zip.add("a", TestImage.file(1), .stored)
        zip.add("b", TestImage.file(2), .deflatedFixed)
        zip.isLarge = true
        let whole = zip.bytes()
        let tree = try TestTree()
        var files = 0
        for count in stride(from: 4, to: whole.count, by: 29) {
            try tree.file("in/cut\(count)", Array(whole[..<count]))
            files += 1
        }
        var random = SystemRandomNumberGenerator()
        for round in 0..<400 {
            var bytes = whole
            // Most of all in the directory, at the end.
            for _ in 0..<3 {
                let place =
                    round % 2 == 0
                    ? Int.random(in: whole.count - 300..<whole.count, using: &random)
                    : Int.random(in: 4..<whole.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            try tree.file("in/twisted\(round)", bytes)
            files += 1
        }
        var request = tree.request()
        request.jobs = 2
        let summary = try index(request)
        #expect(summary.files >= files)
        #expect(summary.rows + summary.errors.values.reduce(0, +) >= files)
    }

    @Test func manyEntriesAreWrittenInPieces() throws {
        let tree = try TestTree()
        var zip = TestZip()
        let image = TestImage.file(1)
        for place in 0..<5000 { zip.add("f\(place)", image, .stored) }
        try tree.file("in/a.zip", zip.bytes())
        try tree.file("in/b.zip", zip.bytes())
        var request = tree.request()
        request.jobs = 2
        request.resumes = true
        let summary = try index(request)
        #expect(summary.rows == 10_000)
        let rows = try tree.bytes("out")
        #expect(try index(request).unchanged == 2)
        #expect(try tree.bytes("out") == rows)
        #expect(Set(try tree.paths()).count == 10_000)
    }
}
