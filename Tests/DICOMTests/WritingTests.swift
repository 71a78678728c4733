import DICOM
import Testing

@Suite("Writing")
struct WritingTests {
    /// Elements as they come back: without group lengths, of even length, unknown representations where they are lost.
    private func compare(_ left: DataSet, _ right: DataSet, isImplicit: Bool) {
        #expect(left.elements.map(\.tag) == right.elements.map(\.tag))
        for (one, other) in zip(left.elements, right.elements) {
            if !isImplicit || !one.tag.isPrivate { #expect(one.vr == other.vr, "\(one.tag)") }
            if case .items(let items) = one.value {
                let others = right.items(other.tag)
                #expect(items.count == others.count)
                for (item, otherItem) in zip(items, others) { compare(item, otherItem, isImplicit: isImplicit) }
            } else {
                #expect(one.value == other.value, "\(one.tag)")
            }
            #expect(left.text(one.tag) == right.text(other.tag) || isImplicit && one.tag.isPrivate)
        }
    }

    @Test("what is written is read back, in both codings and as a file")
    func roundTrip() throws {
        var random = SplitMix64(42)
        for _ in 0..<150 {
            let set = RandomDataSet.make(&random)
            for coding in [DataSetCoding.explicitLittleEndian, .implicitLittleEndian] {
                let bytes = set.encoded(as: coding)
                #expect(bytes.count % 2 == 0)
                compare(set, try DataSet.parse(bytes, coding), isImplicit: coding == .implicitLittleEndian)
                // Writing again changes nothing.
                #expect(try DataSet.parse(bytes, coding).encoded(as: coding) == bytes)
            }
            let file = try DICOMFile.read(
                DICOMFile(dataSet: set, transferSyntax: TransferSyntax.explicitLittleEndian).encoded())
            #expect(file.faults.isEmpty)
            compare(set, file.dataSet, isImplicit: false)
        }
    }

    @Test("File Meta Information: what is missing is filled in, the group length is right")
    func meta() throws {
        var set = DataSet()
        set.set(.sopClassUID, .UI, text: "1.2.840.10008.5.1.4.1.1.2")
        set.set(.sopInstanceUID, .UI, text: "1.2.3")
        let bytes = DICOMFile(dataSet: set, transferSyntax: TransferSyntax.implicitLittleEndian).encoded()
        let file = try DICOMFile.read(bytes)
        #expect(file.meta.string(.mediaStorageSOPClassUID) == "1.2.840.10008.5.1.4.1.1.2")
        #expect(file.meta.string(.mediaStorageSOPInstanceUID) == "1.2.3")
        #expect(file.meta.string(.transferSyntaxUID) == TransferSyntax.implicitLittleEndian)
        #expect(file.meta.string(.implementationClassUID) == DICOMFile.implementationClassUID)
        #expect(DICOMFile.implementationClassUID.utf8.count <= 64)
        #expect(DICOMFile.implementationVersionName.utf8.count <= 16)
        let length = try #require(file.meta.integer(.fileMetaInformationGroupLength))
        #expect(Array(bytes.dropFirst(132 + 12 + length).prefix(4)) == [0x08, 0, 0x16, 0])
    }

    @Test(
        "values that are too long for 16 bits are UN; encapsulated pixel data keep their fragments; odd bytes are padded"
    )
    func special() throws {
        var set = DataSet()
        set.set(.patientComments, .LT, text: String(repeating: "x", count: 70_001))
        set[.patientID] = Element(.patientID, .LO, bytes: Array("423".utf8))
        set[.sopInstanceUID] = Element(.sopInstanceUID, .UI, bytes: Array("1.2".utf8))
        set[.pixelData] = Element(.pixelData, .OB, .fragments([[], [1, 2, 3]]))
        let read = try DataSet.parse(set.encoded())
        #expect(read[.patientComments]?.vr == .UN)
        #expect(read.text(.patientComments)?.utf8.count == 70_001)
        #expect(read.bytes(.patientID) == Array("423 ".utf8))
        #expect(read.bytes(.sopInstanceUID) == Array("1.2\0".utf8))
        #expect(read[.pixelData]?.value == .fragments([[], [1, 2, 3, 0]]))
    }

    @Test("numbers are kept within the range of their representation")
    func numbers() {
        var set = DataSet()
        set.set(.rows, .US, numbers: [70_000, -1, .nan])
        #expect(set.numbers(.rows) == [65535, 0, 0])
        set.set(Tag(0x0018, 0x9219), .SS, integer: -40_000)
        #expect(set.integer(Tag(0x0018, 0x9219)) == -32768)
        set.set(.sliceThickness, .DS, numbers: [1.0 / 3, -1e-7 / 3, 1.2345678901234567e18, 5])
        #expect(set.strings(.sliceThickness).allSatisfy { $0.utf8.count <= 16 })
        #expect(abs((set.number(.sliceThickness) ?? 0) - 1.0 / 3) < 1e-13)
        #expect(set.strings(.sliceThickness).last == "5")
        set.set(Tag(0x0040, 0xA162), .FD, numbers: [0.1])
        #expect(set.number(Tag(0x0040, 0xA162)) == 0.1)
        set.set(Tag(0x0008, 0x040C), .UV, integers: [Int.max])
        #expect(set.integer(Tag(0x0008, 0x040C)) == Int.max)
        set.set(.instanceNumber, .IS, integer: Int.min)
        #expect(set.text(.instanceNumber) == "\(Int.min)")
    }

    @Test("decimal strings of any number have at most 16 bytes and are near it")
    func decimals() throws {
        var random = SplitMix64(8)
        for _ in 0..<4000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else {
                #expect(DICOMNumber.decimalString(value) == nil)
                continue
            }
            let text = try #require(DICOMNumber.decimalString(value))
            #expect(text.utf8.count <= 16, "\(value)")
            let back = try #require(DICOMNumber.decimal(text), "\(text)")
            #expect(abs(back - value) <= abs(value) * 1e-7, "\(value) \(text)")
        }
        for value in [
            9.999999999999999999, 0.99999999999999999, 99999999.999999999, 1e16, -1.2345678901234568e17, 0.1, -0.0,
        ] {
            let back = try #require(DICOMNumber.decimalString(value).flatMap { DICOMNumber.decimal($0) })
            #expect(abs(back - value) <= abs(value) * 1e-9)
        }
    }
}
