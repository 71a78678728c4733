import DICOM
import Testing

/// Files as they should not be, and are.
@Suite("Reading what is wrong")
struct DeviationTests {
    private var element: Bytes {
        var bytes = Bytes()
        bytes.explicit(0x0008_0060, "CS", "CT")
        bytes.explicit(0x0010_0020, "LO", "42")
        return bytes
    }

    private func read(_ bytes: [UInt8]) throws -> DICOMFile { try DICOMFile.read(bytes) }

    @Test("no preamble, no prefix, no File Meta Information: read, and said")
    func beginnings() throws {
        let whole = Bytes.part10().bytes + element.bytes
        let starts: [[UInt8]] = [
            Array(whole.dropFirst(132)), Array(whole.dropFirst(128)), element.bytes,
            [UInt8](repeating: 0, count: 128) + element.bytes,
            [UInt8](repeating: 0, count: 128) + Array("DICM".utf8) + element.bytes,
        ]
        for bytes in starts {
            let file = try read(bytes)
            #expect(file.dataSet.string(.patientID) == "42")
            #expect(file.transferSyntax == TransferSyntax.explicitLittleEndian)
            #expect(file.extent == .whole)
        }
        #expect(try read(element.bytes).faults.map(\.code) == [.metaInformation])
    }

    @Test("an ACR-NEMA file: implicit, with group lengths and a recognition code")
    func acrNEMA() throws {
        var bytes = Bytes()
        bytes.implicit(0x0008_0000, [0, 1, 0, 0])
        bytes.implicit(0x0008_0010, "ACR-NEMA 2.0")
        bytes.implicit(0x0008_0020, "1994.01.31")
        bytes.implicit(0x0010_0020, "42")
        let file = try read(bytes.bytes)
        #expect(file.dataSet.string(.patientID) == "42")
        #expect(file.coding == .implicitLittleEndian)
        #expect(file.dataSet.string(.studyDate).flatMap { DICOMTime.date($0) } == "1994-01-31")
    }

    @Test("a wrong group length of group 0002 does no harm", arguments: [UInt32(0), 10, 4000, 0xFFFF_FFFF])
    func metaLength(_ length: UInt32) throws {
        let file = try read(Bytes.part10(length: length).bytes + element.bytes)
        #expect(file.dataSet.string(.patientID) == "42")
        #expect(file.meta.string(.transferSyntaxUID) == TransferSyntax.explicitLittleEndian)
    }

    @Test("a transfer syntax that the data set is not in")
    func wrongSyntax() throws {
        let file = try read(Bytes.part10(TransferSyntax.implicitLittleEndian).bytes + element.bytes)
        #expect(file.dataSet.string(.patientID) == "42")
        #expect(file.coding == .explicitLittleEndian)
        #expect(file.transferSyntax == TransferSyntax.implicitLittleEndian)
        #expect(file.faults.map(\.code) == [.metaInformation])
    }

    @Test("no transfer syntax")
    func noSyntax() throws {
        var bytes = Bytes.preamble()
        bytes.explicit(0x0002_0003, "UI", "1.2\0")
        bytes.implicit(0x0010_0020, "42")
        let file = try read(bytes.bytes)
        #expect(file.dataSet.string(.patientID) == "42")
        #expect(file.faults.map(\.tag) == [.transferSyntaxUID])
        #expect(file.transferSyntax == TransferSyntax.implicitLittleEndian)
    }

    @Test("group 0002 in the data set")
    func strayMeta() throws {
        var bytes = Bytes.part10()
        bytes.bytes += element.bytes
        bytes.explicit(0x0002_0016, "AE", "CT1 ")
        bytes.explicit(0x0028_0010, "US", [0, 2])
        let file = try read(bytes.bytes)
        #expect(file.meta.string(.sourceApplicationEntityTitle) == "CT1")
        #expect(file.dataSet.integer(.rows) == 512)
        #expect(file.faults.map(\.code) == [.structure])
    }

    @Test("unknown representations, of 16 and of 32 bits, and an element without one")
    func representations() throws {
        var bytes = Bytes.part10()
        bytes.explicit(0x0010_0020, "ZZ", "42")
        bytes.tag(0x0010_0040)
        bytes.bytes += Array("QQ".utf8) + [0, 0] + Bytes.little(2, 4) + Array("M ".utf8)
        bytes.implicit(0x0010_1010, "045Y")
        bytes.explicit(0x0028_0010, "US", [0, 2])
        let file = try read(bytes.bytes)
        #expect(file.dataSet.string(.patientID) == "42")
        #expect(file.dataSet.string(.patientSex) == "M")
        #expect(file.dataSet.string(.patientAge) == "045Y")
        #expect(file.dataSet.integer(.rows) == 512)
        #expect(file.faults.map(\.code) == [.valueRepresentation, .valueRepresentation, .valueRepresentation])
    }

    @Test("out of order and twice: sorted, the first counts")
    func order() throws {
        var bytes = Bytes.part10()
        bytes.explicit(0x0010_0020, "LO", "42")
        bytes.explicit(0x0008_0060, "CS", "CT")
        bytes.explicit(0x0010_0020, "LO", "43")
        let file = try read(bytes.bytes)
        #expect(file.dataSet.elements.map(\.tag) == [.modality, .patientID])
        #expect(file.dataSet.string(.patientID) == "42")
        #expect(file.faults.map(\.code) == [.order])
    }

    @Test("odd lengths, and zeros behind the last element")
    func lengths() throws {
        var bytes = Bytes.part10()
        bytes.explicit(0x0010_0020, "LO", "423")
        bytes.explicit(0x0010_0040, "CS", "M ")
        let file = try read(bytes.bytes + [0, 0, 0, 0])
        #expect(file.dataSet.string(.patientID) == "423")
        #expect(file.dataSet.string(.patientSex) == "M")
        #expect(file.faults.map(\.code) == [.length, .length])
        #expect(file.extent == .whole)
    }

    @Test("delimiters where none may be, items that are too long, sequences without an end")
    func structure() throws {
        var bytes = Bytes.part10()
        bytes.implicit(0xFFFE_E00D, [])
        bytes.bytes += element.bytes
        #expect(try read(bytes.bytes).dataSet.string(.patientID) == "42")

        var item = Bytes()
        item.explicit(0x0008_0100, "SH", Array("X1".utf8), length: 500)
        var items = Bytes()
        items.item(item)
        bytes = Bytes.part10()
        bytes.explicit(0x0008_1032, "SQ", items.bytes)
        bytes.bytes += element.bytes
        var file = try read(bytes.bytes)
        #expect(file.faults.contains { $0.code == .length && $0.tag == .codeValue })
        #expect(file.dataSet.string(.patientID) == "42")

        var inner = Bytes()
        inner.explicit(0x0008_0100, "SH", "X1")
        items = Bytes()
        items.item(inner)
        bytes = Bytes.part10()
        bytes.explicit(0x0008_1032, "SQ", items.bytes, length: 0xFFFF_FFFF)
        file = try read(bytes.bytes)
        #expect(file.dataSet.item(.procedureCodeSequence)?.string(.codeValue) == "X1")
        #expect(file.faults.map(\.code) == [.truncated])
    }

    @Test("sequences in sequences without end are bounded", arguments: [true, false])
    func nesting(_ isExplicit: Bool) throws {
        var bytes = Bytes.part10(isExplicit ? TransferSyntax.explicitLittleEndian : TransferSyntax.implicitLittleEndian)
        for _ in 0..<10_000 {
            if isExplicit {
                bytes.explicit(0x0040_A730, "SQ", [], length: 0xFFFF_FFFF)
            } else {
                bytes.implicit(0x0040_A730, [], length: 0xFFFF_FFFF)
            }
            bytes.implicit(0xFFFE_E000, [], length: 0xFFFF_FFFF)
        }
        let file = try read(bytes.bytes)
        #expect(file.faults.map(\.code) == [.nesting])
        var depth = 0
        var set = file.dataSet
        while let item = set.item(.contentSequence) {
            set = item
            depth += 1
        }
        #expect(depth == DataSet.deepestNesting)
        // What is read can be written again as JSON and data set.
        #expect(file.dataSet.json().object != nil)
        #expect(!file.dataSet.encoded().isEmpty)
    }

    @Test("sequences that are called UN: read as what they are, bounded as well, bytes where they are none")
    func sequencesCalledUnknown() throws {
        var inner = Bytes()
        inner.implicit(0x0008_0100, "T-1 ")
        for _ in 0..<500 {
            var items = Bytes()
            items.item(inner)
            inner = Bytes()
            inner.explicit(0x0040_A730, "UN", items.bytes)
        }
        var bytes = Bytes.part10()
        bytes.bytes += inner.bytes
        let file = try read(bytes.bytes)
        #expect(file.extent == .whole)
        var depth = 0
        var set = file.dataSet
        while let item = set.item(.contentSequence) {
            set = item
            depth += 1
        }
        #expect(depth == DataSet.deepestNesting)
        #expect(set.bytes(.contentSequence)?.isEmpty == false)
        #expect(file.dataSet.json().object != nil)
        #expect(try DataSet.parse(file.dataSet.encoded()).item(.contentSequence) != nil)

        var broken = Bytes.part10()
        broken.explicit(0x0040_A730, "UN", [0xFE, 0xFF, 0x00, 0xE0, 200, 0, 0, 0, 1, 2])
        broken.explicit(0x0040_DB00, "CS", "1500")
        let kept = try read(broken.bytes)
        #expect(kept.dataSet.items(.contentSequence).isEmpty)
        #expect(kept.dataSet.bytes(.contentSequence)?.count == 10)
        #expect(kept.dataSet.string(.templateIdentifier) == "1500")
    }

    @Test(
        "what is not DICOM says so",
        arguments: [
            [], Array("hello, this is a text file and not an image at all".utf8),
            [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 8, 0],
            [UInt8](repeating: 0, count: 1000), [UInt8](repeating: 0xFF, count: 1000),
            [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 0x4A, 0x46, 0x49, 0x46], Array("%PDF-1.4 ....".utf8),
        ] as [[UInt8]])
    func notDICOM(_ bytes: [UInt8]) {
        #expect { try DICOMFile.read(bytes) } throws: { ($0 as? DICOMFault)?.code == .notDICOM }
    }
}
