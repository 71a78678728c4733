import Contracts
import DICOM
import Foundation
import JSONText
import Testing

@testable import DICOMWeb

@Suite("Retrieval (PS3.18 10.4)")
struct RetrieveTests {
    private func archive() throws -> MemoryArchive { try MemoryArchive(try Fixtures.allSamples()) }

    /// `/studies/…/instances/…` of a sample, and its bytes.
    private func path(_ name: String) throws -> (path: String, bytes: [UInt8]) {
        let bytes = try [UInt8](Data(contentsOf: Fixtures.sample(name)))
        let set = try DICOMFile.read(bytes).dataSet
        let (study, series, instance) = (
            set.string(.studyInstanceUID), set.string(.seriesInstanceUID), set.string(.sopInstanceUID)
        )
        return (
            "/studies/\(try #require(study))/series/\(try #require(series))/instances/\(try #require(instance))", bytes
        )
    }

    @Test(
        "An instance is the file, bit for bit", arguments: ["image-ct.dcm", "sr-chinese.dcm", "encapsulated-pdf.dcm"])
    func instance(name: String) async throws {
        let (path, bytes) = try path(name)
        let parts = try await Fixtures.parts(try await Fixtures.ask(path, archive: try archive()))
        #expect(parts.count == 1)
        #expect(parts[0].body == bytes)
        #expect(parts[0].head.contains("Content-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2"))
        let alone = try await Fixtures.ask(path, accept: "application/dicom", archive: try archive())
        #expect(try await Fixtures.body(alone) == bytes)
        #expect(alone["ETag"] != nil)
    }

    @Test("A whole study, each instance once")
    func study() async throws {
        let archive = try archive()
        let (path, _) = try path("image-ct.dcm")
        let study = path.split(separator: "/")[1]
        let held = try await archive.files(study: String(study), series: nil, instance: nil)
        let answer = try await Fixtures.ask("/studies/\(study)", archive: archive)
        #expect(try await Fixtures.parts(answer).count == held.count)
        #expect(answer.status == 200)
    }

    @Test("Implicit VR goes out as explicit, with the same values and pixels")
    func explicit() async throws {
        let pixels = (0..<8).map { UInt8($0) }
        let file = Fixtures.image(syntax: TransferSyntax.implicitLittleEndian, frames: 1, pixels: .bytes(pixels[...]))
        let content = try Content.instance(try InstanceFile(MemoryBytes(bytes: file.encoded())), .explicit)
        let read = try DICOMFile.read(try await Fixtures.bytes(content))
        #expect(read.transferSyntax == TransferSyntax.explicitLittleEndian)
        #expect(read.faults.isEmpty)
        #expect(read.dataSet.bytes(Tag(0x7FE0, 0x0010)) == pixels)
        #expect(read.dataSet.string(.sopInstanceUID) == "1.2.3.3")
        #expect(read.dataSet.integer(Tag(0x0028, 0x0010)) == 2)
    }

    @Test("Big endian goes out in little endian: instance, frame, metadata")
    func bigEndian() async throws {
        // (0028,0010) Rows and pixels of 16 bits, by hand: nothing here writes big endian.
        func element(_ group: UInt16, _ number: UInt16, _ vr: String, _ value: [UInt8]) -> [UInt8] {
            let head =
                [UInt8(group >> 8), UInt8(group & 255), UInt8(number >> 8), UInt8(number & 255)] + Array(vr.utf8)
            let count = value.count
            return head + (vr == "OW" ? [0, 0, 0, 0, 0, UInt8(count)] : [0, UInt8(count)]) + value
        }
        var bytes = DICOMFile(dataSet: DataSet(), transferSyntax: TransferSyntax.explicitLittleEndian).encoded()
        // The File Meta Information of an empty data set names Explicit VR Little Endian: one digit more makes it big endian.
        let name = Array("1.2.840.10008.1.2.1".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
        bytes[place + name.count - 1] = UInt8(ascii: "2")
        for (group, number, vr, value): (UInt16, UInt16, String, [UInt8]) in [
            (0x0008, 0x0018, "UI", Array("1.2.3\0".utf8)), (0x0028, 0x0002, "US", [0, 1]),
            (0x0028, 0x0010, "US", [0, 1]),
            (0x0028, 0x0011, "US", [0, 2]), (0x0028, 0x0100, "US", [0, 16]), (0x7FE0, 0x0010, "OW", [1, 2, 3, 4]),
        ] { bytes += element(group, number, vr, value) }
        let file = try InstanceFile(MemoryBytes(bytes: bytes))
        #expect(file.transferSyntax == TransferSyntax.explicitBigEndian)
        let read = try DICOMFile.read(try await Fixtures.bytes(try Content.instance(file, .explicit)))
        #expect(read.transferSyntax == TransferSyntax.explicitLittleEndian)
        #expect(read.dataSet.bytes(Tag(0x7FE0, 0x0010)) == [2, 1, 4, 3])
        let plain = try file.plain()
        let frame = Content(mediaType: "", pieces: Content.pieces(try FrameTable(plain).frame(1), plain.source))
        #expect(try await Fixtures.bytes(frame) == [2, 1, 4, 3])
        #expect(try WebCall.metadata(file, url: "u")["7FE00010"]?["BulkDataURI"]?.string == "u/bulkdata/7FE00010")
    }

    @Test("Some in a transfer syntax that is not taken: 206; none: 406")
    func partial() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dicomweb-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let plain = Fixtures.image(
            syntax: TransferSyntax.explicitLittleEndian, frames: 1, pixels: .bytes([0, 0, 0, 0, 0, 0, 0, 0][...]))
        var packed = Fixtures.image(syntax: FileTests.jpeg, frames: 1, pixels: Fixtures.fragments([[1, 2]]))
        packed.dataSet.set(.sopInstanceUID, .UI, text: "1.2.3.4")
        let files = [folder.appending(path: "a.dcm"), folder.appending(path: "b.dcm")]
        try Data(plain.encoded()).write(to: files[0])
        try Data(packed.encoded()).write(to: files[1])
        let archive = try MemoryArchive(files)
        let accept = "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.1"
        let answer = try await Fixtures.ask("/studies/1.2.3.1", accept: accept, archive: archive)
        #expect(answer.status == 206)
        #expect(try await Fixtures.parts(answer).count == 1)
        await #expect(throws: WebFault.self) {
            try await Fixtures.ask(
                "/studies/1.2.3.1/series/1.2.3.2/instances/1.2.3.4", accept: accept, archive: archive)
        }
        let frame = try await Fixtures.ask(
            "/studies/1.2.3.1/series/1.2.3.2/instances/1.2.3.4/frames/1", accept: "image/jpeg", archive: archive)
        #expect(try await Fixtures.body(frame) == [1, 2])
        #expect(frame["Content-Type"] == "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50")
        let bulk = try await Fixtures.ask(
            "/studies/1.2.3.1/series/1.2.3.2/instances/1.2.3.4/bulkdata/7FE00010",
            accept: "multipart/related; type=\"image/jpeg\"",
            archive: archive)
        #expect(try await Fixtures.parts(bulk).map(\.body) == [[1, 2]])
        try FileManager.default.removeItem(at: files[0])
        await #expect(throws: WebFault.self) {
            try await Fixtures.ask("/studies/1.2.3.1/series/1.2.3.2/instances/1.2.3.3", archive: archive)
        }
    }

    @Test("Metadata, with what is long referred to, and the reference leads to it")
    func metadata() async throws {
        let archive = try archive()
        let (path, bytes) = try path("encapsulated-pdf.dcm")
        let json = try await Fixtures.json(try await Fixtures.ask(path + "/metadata", archive: archive))
        let object = try #require(json[0])
        let set = try DICOMFile.read(bytes).dataSet
        let document = try #require(set.bytes(.encapsulatedDocument))
        if document.count > InstanceFile.longestInline {
            let uri = try #require(object["00420011"]?["BulkDataURI"]?.string)
            #expect(uri == "http://here/dicom-web\(path)/bulkdata/00420011")
        } else {
            #expect(object["00420011"]?["InlineBinary"]?.string != nil)
        }
        let bulk = try await Fixtures.ask(path + "/bulkdata/00420011", accept: "application/pdf", archive: archive)
        #expect(bulk["Content-Type"] == "application/pdf")
        #expect(try await Fixtures.body(bulk) == document)
        let image = try self.path("image-ct.dcm").path
        let ct = try await Fixtures.json(try await Fixtures.ask(image + "/metadata", archive: archive))
        #expect(ct[0]?["7FE00010"]?["BulkDataURI"]?.string?.hasSuffix("/bulkdata/7FE00010") == true)
    }

    @Test("Values in sequences")
    func nested() async throws {
        let archive = try archive()
        let (path, bytes) = try path("waveform-ecg.dcm")
        let set = try DICOMFile.read(bytes).dataSet
        let waveform = try #require(set.items(Tag(0x5400, 0x0100)).first?.bytes(Tag(0x5400, 0x1010)))
        let answer = try await Fixtures.ask(path + "/bulkdata/54000100/1/54001010", archive: archive)
        #expect(try await Fixtures.parts(answer).first?.body == waveform)
        for bad in ["54000100/2/54001010", "54000100/1", "XX", "54000100/0/54001010", "54000100"] {
            await #expect(throws: WebFault.self, "\(bad)") {
                try await Fixtures.ask(path + "/bulkdata/\(bad)", archive: archive)
            }
        }
    }

    @Test("Metadata of every sample agrees with the codec")
    func allMetadata() async throws {
        let archive = try archive()
        for file in try Fixtures.allSamples() {
            let (path, bytes) = try path(file.lastPathComponent)
            let json = try await Fixtures.json(try await Fixtures.ask(path + "/metadata", archive: archive))
            let set = try DICOMFile.read(bytes).dataSet
            let members = try #require(json[0]?.object).members.map(\.key)
            #expect(
                members == set.elements.filter { $0.tag.group != 2 && !$0.tag.isGroupLength }.map(\.tag.description))
        }
    }

    @Test("Frames of a multi-frame image")
    func frames() async throws {
        let (path, bytes) = try path("image-us-multiframe.dcm")
        let set = try DICOMFile.read(bytes).dataSet
        let count = try #require(set.integer(Tag(0x0028, 0x0008)))
        let pixels = try #require(set.bytes(Tag(0x7FE0, 0x0010)))
        let size = try [0x0010, 0x0011, 0x0002].reduce(1) { $0 * (try #require(set.integer(Tag(0x0028, $1)))) }
        let parts = try await Fixtures.parts(
            try await Fixtures.ask(path + "/frames/\(count),1", archive: try archive()))
        #expect(parts.map(\.body) == [Array(pixels[((count - 1) * size)..<(count * size)]), Array(pixels[0..<size])])
        await #expect(throws: WebFault.self) {
            try await Fixtures.ask(path + "/frames/\(count + 1)", archive: try archive())
        }
    }

    @Test("Pictures: what is asked of whoever makes them")
    func pictures() async throws {
        let archive = try archive()
        let (path, _) = try path("image-us-multiframe.dcm")
        let maker: PictureMaker = { request in
            if request.frame > 2 { throw RenderFault(.impossible, "no frame \(request.frame)") }
            return RenderedPicture(
                contentType: request.format.mediaType,
                bytes: Array("\(request.frame) \(request.width ?? 0) \(request.window?.center ?? 0)".utf8))
        }
        let one = try await Fixtures.ask(
            path + "/rendered?window=40,80,linear", accept: "image/png", archive: archive, render: maker)
        #expect(one["Content-Type"] == "image/png")
        #expect(String(decoding: try await Fixtures.body(one), as: UTF8.self) == "1 0 40.0")
        let two = try await Fixtures.ask(path + "/frames/1,2/rendered?viewport=64,64", archive: archive, render: maker)
        #expect(
            try await Fixtures.parts(two).map { String(decoding: $0.body, as: UTF8.self) } == ["1 64 0.0", "2 64 0.0"])
        let study = path.split(separator: "/")[1]
        let small = try await Fixtures.ask("/studies/\(study)/thumbnail", archive: archive, render: maker)
        #expect(String(decoding: try await Fixtures.body(small), as: UTF8.self).contains(" 128 "))
        func status(_ path: String, accept: String? = nil, render: PictureMaker?) async throws -> Int {
            do {
                return try await Fixtures.ask(path, accept: accept, archive: archive, render: render).status
            } catch let fault as WebFault {
                return fault.status
            }
        }
        #expect(try await status(path + "/frames/3/rendered", render: maker) == 404)
        #expect(try await status(path + "/rendered", render: nil) == 501)
        #expect(try await status(path + "/rendered", accept: "text/html", render: maker) == 406)
        #expect(try await status(try self.path("sr-text.dcm").path + "/rendered", render: maker) == 404)
    }

    @Test("The URI Service: an instance, a picture (PS3.18 9)")
    func uriService() async throws {
        let archive = try archive()
        let (path, bytes) = try path("image-ct.dcm")
        let uids = path.split(separator: "/")
        let place = "/wado?requestType=WADO&studyUID=\(uids[1])&seriesUID=\(uids[3])&objectUID=\(uids[5])"
        let object = try await Fixtures.ask(
            place + "&contentType=application/dicom", accept: "image/*", archive: archive)
        #expect(try await Fixtures.body(object) == bytes)
        let maker: PictureMaker = { request in
            RenderedPicture(contentType: request.format.mediaType, bytes: Array("\(request)".utf8))
        }
        let picture = try await Fixtures.ask(
            place + "&columns=100&windowCenter=40&windowWidth=80&frameNumber=1", archive: archive, render: maker)
        #expect(picture["Content-Type"] == "image/jpeg")
        let asked = String(decoding: try await Fixtures.body(picture), as: UTF8.self)
        #expect(asked.contains("width: Optional(100)") && asked.contains("center: 40.0"))
        for bad in [
            "/wado", "/wado?requestType=WADO&studyUID=1.2", place + "&columns=0",
            place.replacingOccurrences(of: "objectUID=", with: "objectUID=../"),
        ] {
            await #expect(throws: WebFault.self, "\(bad)") {
                try await Fixtures.ask(bad, archive: archive, render: maker)
            }
        }
    }

    @Test("What is not held is 404, with the reason")
    func missing() async throws {
        let (path, _) = try path("image-ct.dcm")
        let wrong = path.replacingOccurrences(of: "/instances/", with: ".9/instances/")
        for absent in [
            "/studies/1.2.3.4.5", wrong, wrong + "/metadata", wrong + "/frames/1", wrong + "/bulkdata/7FE00010",
            wrong + "/rendered",
        ] {
            do {
                _ = try await Fixtures.ask(
                    absent, archive: try archive(), render: { _ in RenderedPicture(contentType: "", bytes: []) })
                Issue.record("\(absent) was found")
            } catch let fault as WebFault {
                #expect(fault.status == 404)
                #expect(fault.reason.contains("not held"))
            }
        }
    }
}
