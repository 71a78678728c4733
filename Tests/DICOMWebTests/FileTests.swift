import DICOM
import Testing

@testable import DICOMWeb

@Suite("Files: elements, frames, headers")
struct FileTests {
    static let jpeg = "1.2.840.10008.1.2.4.50"

    @Test(
        "Frames that are not compressed",
        arguments: [TransferSyntax.explicitLittleEndian, TransferSyntax.implicitLittleEndian])
    func native(syntax: String) async throws {
        let pixels = (0..<24).map { UInt8($0) }
        let file = Fixtures.image(syntax: syntax, frames: 3, pixels: .bytes(pixels[...]))
        #expect(
            try await Fixtures.frames(file) == [Array(pixels[0..<8]), Array(pixels[8..<16]), Array(pixels[16..<24])])
    }

    @Test("Frames of single bits that do not begin at bytes")
    func bits() async throws {
        // Two frames of 8 bits would; of 4 by 2 pixels with 1 bit there are 8: take 3 frames of 4 by 1.
        var file = Fixtures.image(
            syntax: TransferSyntax.explicitLittleEndian, frames: 3, bits: 1,
            pixels: .bytes([0b1010_0110, 0b0000_1001][...]))
        file.dataSet.set(Tag(0x0028, 0x0010), .US, integer: 1)
        #expect(try await Fixtures.frames(file) == [[0b0110], [0b1010], [0b1001]])
    }

    @Test("Pixel data that are shorter than the header says are a fault, not a frame")
    func short() throws {
        let file = Fixtures.image(
            syntax: TransferSyntax.explicitLittleEndian, frames: 4, pixels: .bytes([1, 2, 3, 4, 5, 6, 7, 8][...]))
        #expect(throws: WebFault.self) { try FrameTable(try InstanceFile(MemoryBytes(bytes: file.encoded()))) }
        var absurd = Fixtures.image(
            syntax: TransferSyntax.explicitLittleEndian, frames: 1, pixels: .bytes([1, 2][...]))
        absurd.dataSet.set(Tag(0x0028, 0x0008), .IS, text: "9223372036854775807")
        #expect(throws: WebFault.self) { try FrameTable(try InstanceFile(MemoryBytes(bytes: absurd.encoded()))) }
    }

    @Test("One frame in several fragments")
    func oneFrame() async throws {
        let file = Fixtures.image(syntax: Self.jpeg, frames: 1, pixels: Fixtures.fragments([[1, 2], [3, 4, 5, 6]]))
        #expect(try await Fixtures.frames(file) == [[1, 2, 3, 4, 5, 6]])
    }

    @Test("One fragment a frame")
    func oneEach() async throws {
        let file = Fixtures.image(syntax: Self.jpeg, frames: 2, pixels: Fixtures.fragments([[1, 2], [3, 4]]))
        #expect(try await Fixtures.frames(file) == [[1, 2], [3, 4]])
    }

    @Test("By the Basic Offset Table")
    func basicTable() async throws {
        let file = Fixtures.image(
            syntax: Self.jpeg, frames: 2, pixels: Fixtures.fragments([[1, 2], [3, 4], [5, 6]], table: [0, 20]))
        #expect(try await Fixtures.frames(file) == [[1, 2, 3, 4], [5, 6]])
    }

    @Test("By the Extended Offset Table")
    func extendedTable() async throws {
        let table = Element(Tag(0x7FE0, 0x0001), .OV, bytes: [0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0])
        let file = Fixtures.image(
            syntax: Self.jpeg, frames: 2, pixels: Fixtures.fragments([[1, 2], [3, 4], [5, 6]]), more: [table])
        #expect(try await Fixtures.frames(file) == [[1, 2], [3, 4, 5, 6]])
    }

    @Test("Without a table: by the beginnings of the codestreams")
    func codestreams() async throws {
        let file = Fixtures.image(
            syntax: Self.jpeg, frames: 2, pixels: Fixtures.fragments([[0xFF, 0xD8], [1, 2], [0xFF, 0xD8], [3, 4]]))
        #expect(try await Fixtures.frames(file) == [[0xFF, 0xD8, 1, 2], [0xFF, 0xD8, 3, 4]])
        let hopeless = Fixtures.image(
            syntax: Self.jpeg, frames: 2, pixels: Fixtures.fragments([[1, 2], [1, 2], [3, 4]]))
        #expect(throws: WebFault.self) { try FrameTable(try InstanceFile(MemoryBytes(bytes: hopeless.encoded()))) }
    }

    @Test("Long values stay in the file, short ones do not")
    func header() throws {
        let long = Element(Tag(0x0042, 0x0011), .OB, bytes: [UInt8](repeating: 7, count: 5000))
        let short = Element(Tag(0x0028, 0x1203), .OW, bytes: [1, 2])
        let file = Fixtures.image(
            syntax: TransferSyntax.explicitLittleEndian, frames: 1, pixels: .bytes([0, 0, 0, 0, 0, 0, 0, 0][...]),
            more: [long, short])
        let header = try InstanceHeader(try InstanceFile(MemoryBytes(bytes: file.encoded())))
        #expect(Set(header.bulk.keys) == [Tag(0x0042, 0x0011), Tag(0x7FE0, 0x0010)])
        #expect(header.dataSet.bytes(Tag(0x0028, 0x1203)) == [1, 2])
        #expect(header.dataSet.string(.sopInstanceUID) == "1.2.3.3")
    }

    @Test("No prefix of a file and no changed byte traps")
    func damage() throws {
        let file = Fixtures.image(
            syntax: Self.jpeg, frames: 2, pixels: Fixtures.fragments([[1, 2], [3, 4], [5, 6]], table: [0, 20]))
        let bytes = file.encoded()
        for count in 0..<bytes.count {
            guard let open = try? InstanceFile(MemoryBytes(bytes: Array(bytes[..<count]))) else { continue }
            _ = try? FrameTable(open)
            _ = try? InstanceHeader(open)
        }
        for place in 132..<bytes.count {
            for value in [UInt8(0), 0x7F, 0x80, 0xFF] {
                var changed = bytes
                changed[place] = value
                guard let open = try? InstanceFile(MemoryBytes(bytes: changed)) else { continue }
                _ = try? FrameTable(open)
                _ = try? InstanceHeader(open)
            }
        }
    }

    @Test("A window reads no further than the source")
    func window() throws {
        var window = ByteWindow(MemoryBytes(bytes: (0..<200).map { UInt8($0) }))
        #expect(try window.uint16(at: 198) == 0xC7C6)
        #expect(try window.uint16(at: 199) == nil)
        #expect(try window.uint32(at: 0) == 0x0302_0100)
        #expect(try window.bytes(at: -1, count: 2) == nil)
        #expect(try window.bytes(at: Int.max, count: 2) == nil)
    }
}
