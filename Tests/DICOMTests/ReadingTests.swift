import DICOM
import Testing

@Suite("Reading files and data sets")
struct ReadingTests {
    private func body(_ add: (inout Bytes) -> Void) -> [UInt8] {
        var file = Bytes.part10()
        add(&file)
        return file.bytes
    }

    @Test("explicit, little endian: text, numbers, tags, several values")
    func explicit() throws {
        let file = try DICOMFile.read(
            body {
                $0.explicit(0x0008_0060, "CS", "CT")
                $0.explicit(0x0010_0020, "LO", " 0012-A ")
                $0.explicit(0x0018_0050, "DS", "2.50")
                $0.explicit(0x0020_0013, "IS", "7 ")
                $0.explicit(0x0028_0009, "AT", [0x18, 0, 0x63, 0x10])
                $0.explicit(0x0028_0010, "US", [0, 2])
                $0.explicit(0x0028_0030, "DS", "0.5\\ 0.25 ")
                $0.explicit(0x0040_A162, "FD", [0, 0, 0, 0, 0, 0, 0xF8, 0xBF])
            })
        #expect(file.transferSyntax == TransferSyntax.explicitLittleEndian)
        #expect(file.extent == .whole)
        #expect(file.faults.isEmpty)
        let set = file.dataSet
        #expect(set.text(.modality) == "CT")
        #expect(set.string(.patientID) == "0012-A")
        #expect(set.text(.sliceThickness) == "2.50")
        #expect(set.number(.sliceThickness) == 2.5)
        #expect(set.integer(.instanceNumber) == 7)
        #expect(set.tags(Tag(0x0028, 0x0009)) == [Tag(0x0018, 0x1063)])
        #expect(set.text(Tag(0x0028, 0x0009)) == "00181063")
        #expect(set.integer(.rows) == 512)
        #expect(set.text(.rows) == "512")
        #expect(set.numbers(.pixelSpacing) == [0.5, 0.25])
        #expect(set.strings(.pixelSpacing) == ["0.5", "0.25"])
        #expect(set.numbers(Tag(0x0040, 0xA162)) == [-1.5])
        #expect(set.text(.patientName) == nil)
        #expect(set.strings(.patientName) == [])
        #expect(file.meta.string(.mediaStorageSOPInstanceUID) == "1.2.3.4")
    }

    @Test("an empty element and one of blanks are no text; values in the middle may be empty")
    func empty() throws {
        let file = try DICOMFile.read(
            body {
                $0.explicit(0x0008_0050, "SH", "")
                $0.explicit(0x0008_0060, "CS", "  ")
                $0.explicit(0x0008_0008, "CS", "A\\\\B ")
            })
        #expect(file.dataSet.text(.accessionNumber) == nil)
        #expect(file.dataSet.text(.modality) == nil)
        #expect(file.dataSet.contains(.modality))
        #expect(file.dataSet.strings(.imageType) == ["A", "", "B"])
    }

    @Test("implicit: representations of the dictionary, sequences, unknown private ones")
    func implicit() throws {
        var bytes = Bytes.part10(TransferSyntax.implicitLittleEndian)
        bytes.implicit(0x0010_0020, "42")
        bytes.implicit(0x0011_0010, "MAKER ")
        bytes.implicit(0x0011_1001, [1, 2])
        bytes.implicit(0x0028_0010, [0, 2])
        bytes.implicit(0x0028_0103, [1, 0])
        bytes.implicit(0x0028_0106, [0xFF, 0xFF])
        var item = Bytes()
        item.implicit(0x0040_1001, "P1")
        var items = Bytes()
        items.item(item)
        items.item(item, isDefined: false)
        bytes.implicit(0x0040_0275, items.bytes)
        let file = try DICOMFile.read(bytes.bytes)
        #expect(file.faults.isEmpty)
        #expect(file.coding == .implicitLittleEndian)
        #expect(file.dataSet.integer(.rows) == 512)
        #expect(file.dataSet[Tag(0x0011, 0x0010)]?.vr == .LO)
        #expect(file.dataSet[Tag(0x0011, 0x1001)]?.vr == .UN)
        // US or SS: Pixel Representation says signed.
        #expect(file.dataSet[Tag(0x0028, 0x0106)]?.vr == .SS)
        #expect(file.dataSet.integer(Tag(0x0028, 0x0106)) == -1)
        #expect(
            file.dataSet.items(.requestAttributesSequence).compactMap { $0.string(.requestedProcedureID) } == [
                "P1", "P1",
            ])
    }

    @Test("big endian gives the same data set as little endian")
    func bigEndian() throws {
        var big = Bytes.part10(TransferSyntax.explicitBigEndian)
        func header(_ tag: UInt32, _ vr: String, _ count: UInt16) -> [UInt8] {
            (0..<4).map { UInt8(truncatingIfNeeded: tag >> UInt32(24 - 8 * $0)) } + Array(vr.utf8)
                + [UInt8(count >> 8), UInt8(count & 255)]
        }
        big.bytes += header(0x0010_0020, "LO", 2) + Array("42".utf8)
        big.bytes += header(0x0028_0009, "AT", 4) + [0x00, 0x18, 0x10, 0x63]
        big.bytes += header(0x0028_0010, "US", 2) + [2, 0]
        big.bytes += header(0x0040_0275, "SQ", 0) + [0xFF, 0xFF, 0xFF, 0xFF]
        big.bytes += [0xFF, 0xFE, 0xE0, 0x00, 0xFF, 0xFF, 0xFF, 0xFF]
        big.bytes += header(0x0040_A162, "FD", 8) + [0xBF, 0xF8, 0, 0, 0, 0, 0, 0]
        big.bytes += [0xFF, 0xFE, 0xE0, 0x0D, 0, 0, 0, 0, 0xFF, 0xFE, 0xE0, 0xDD, 0, 0, 0, 0]
        let file = try DICOMFile.read(big.bytes)
        #expect(file.faults.isEmpty)
        #expect(file.dataSet.integer(.rows) == 512)
        #expect(file.dataSet.tags(Tag(0x0028, 0x0009)) == [Tag(0x0018, 0x1063)])
        #expect(file.dataSet.item(.requestAttributesSequence)?.number(Tag(0x0040, 0xA162)) == -1.5)
    }

    @Test("sequences: defined and undefined lengths, empty, in each other")
    func sequences() throws {
        var inner = Bytes()
        inner.explicit(0x0008_0100, "SH", "T-1 ")
        var innerItems = Bytes()
        innerItems.item(inner, isDefined: false)
        innerItems.item(Bytes())
        innerItems.endOfSequence()
        var outer = Bytes()
        outer.explicit(0x0040_A043, "SQ", innerItems.bytes, length: 0xFFFF_FFFF)
        outer.explicit(0x0040_A160, "UT", "x ")
        var outerItems = Bytes()
        outerItems.item(outer)
        let file = try DICOMFile.read(
            body {
                $0.explicit(0x0008_1110, "SQ", [])
                $0.explicit(0x0040_A730, "SQ", outerItems.bytes)
                $0.explicit(0x0040_DB00, "CS", "Z ")
            })
        #expect(file.faults.isEmpty)
        #expect(file.dataSet.items(.referencedStudySequence).isEmpty)
        let item = try #require(file.dataSet.item(.contentSequence))
        #expect(item.items(.conceptNameCodeSequence).count == 2)
        #expect(item.item(.conceptNameCodeSequence)?.string(.codeValue) == "T-1")
        #expect(item.text(.textValue) == "x")
        #expect(file.dataSet.text(.templateIdentifier) == "Z")
    }

    @Test("UN of undefined length holds implicit items (PS3.5 6.2.2), and explicit ones where a writer left them so")
    func unknownSequences() throws {
        var implicit = Bytes()
        implicit.implicit(0x0010_0020, "1 ")
        var explicit = Bytes()
        explicit.explicit(0x0010_0020, "LO", "2 ")
        for (inner, value) in [(implicit, "1"), (explicit, "2")] {
            var items = Bytes()
            items.item(inner, isDefined: false)
            items.endOfSequence()
            let file = try DICOMFile.read(
                body {
                    $0.explicit(0x0009_1002, "UN", items.bytes, length: 0xFFFF_FFFF)
                    $0.explicit(0x0010_0030, "DA", "20000101")
                })
            #expect(file.faults.isEmpty)
            #expect(file.dataSet.item(Tag(0x0009, 0x1002))?.string(.patientID) == value)
            #expect(file.dataSet.string(.patientBirthDate) == "20000101")
        }
        // UN of defined length with items inside is read when asked for.
        var items = Bytes()
        items.item(implicit)
        let file = try DICOMFile.read(body { $0.explicit(0x0009_1002, "UN", items.bytes) })
        #expect(file.dataSet.item(Tag(0x0009, 0x1002))?.string(.patientID) == "1")
    }

    @Test("UN of a known element is read by the dictionary")
    func knownUnknown() throws {
        let file = try DICOMFile.read(
            body {
                $0.explicit(0x0010_0020, "UN", "77")
                $0.explicit(0x0028_0010, "UN", [0, 2])
                $0.explicit(0x0029_1001, "UN", "some text ")
                $0.explicit(0x0029_1002, "UN", [0, 1, 2, 3])
            })
        #expect(file.dataSet.string(.patientID) == "77")
        #expect(file.dataSet.integer(.rows) == 512)
        #expect(file.dataSet.text(Tag(0x0029, 0x1001)) == "some text")
        #expect(file.dataSet.text(Tag(0x0029, 0x1002)) == nil)
    }

    @Test("encapsulated pixel data: offset table and fragments")
    func fragments() throws {
        var pixels = Bytes()
        pixels.item(Bytes(bytes: [0, 0, 0, 0]))
        pixels.item(Bytes(bytes: [0xFF, 0xD8]))
        pixels.endOfSequence()
        let bytes = body { $0.explicit(0x7FE0_0010, "OB", pixels.bytes, length: 0xFFFF_FFFF) }
        let file = try DICOMFile.read(bytes)
        #expect(file.dataSet[.pixelData]?.value == .fragments([[0, 0, 0, 0], [0xFF, 0xD8]]))
        #expect(file.extent == .whole)
    }

    @Test("the header ends before the pixel data; a beginning asks for more, and says how much")
    func header() throws {
        let bytes = body {
            $0.explicit(0x0010_0020, "LO", "42")
            $0.explicit(0x0029_1001, "OB", [UInt8](repeating: 1, count: 5000))
            $0.explicit(0x7FE0_0010, "OW", [UInt8](repeating: 1, count: 1000))
        }
        let whole = try DICOMFile.read(bytes, options: .header)
        #expect(whole.extent == .pixelData(offset: bytes.count - 1012))
        #expect(!whole.dataSet.contains(.pixelData))
        let part = try DICOMFile.read(Array(bytes.prefix(600)), options: .header)
        #expect(part.dataSet.string(.patientID) == "42")
        #expect(part.extent == .needsMore(atLeast: bytes.count - 1012))
        #expect(part.faults.isEmpty)
        #expect(try DICOMFile.read(Array(bytes.prefix(100)), options: .header).extent == .needsMore(atLeast: 140))
    }

    @Test("truncated: what was complete is there, the fault says where")
    func truncated() throws {
        let bytes = body {
            $0.explicit(0x0010_0020, "LO", "42")
            $0.explicit(0x0010_4000, "LT", "a long comment")
        }
        let file = try DICOMFile.read(Array(bytes.dropLast(3)))
        #expect(file.dataSet.string(.patientID) == "42")
        #expect(!file.dataSet.contains(.patientComments))
        #expect(file.extent == .broken(offset: bytes.count - 22))
        let fault = try #require(file.faults.last)
        #expect(fault.code == .truncated)
        #expect(fault.tag == .patientComments)
        #expect(fault.description.contains("at least 3 bytes are missing"))
    }

    @Test("a data set by itself")
    func parse() throws {
        var bytes = Bytes()
        bytes.explicit(0x0010_0020, "LO", "42")
        #expect(try DataSet.parse(bytes.bytes).string(.patientID) == "42")
        #expect(try DataSet.parse([]).isEmpty)
        #expect(throws: DICOMFault.self) { try DataSet.parse(bytes.bytes.dropLast()) }
        var implicit = Bytes()
        implicit.implicit(0x0010_0020, "42")
        #expect(try DataSet.parse(implicit.bytes, .implicitLittleEndian).string(.patientID) == "42")
    }
}
