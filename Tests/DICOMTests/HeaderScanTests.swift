import DICOM
import Testing

@Suite("Header scan")
struct HeaderScanTests {
    static let wanted: [Tag] = [
        .mediaStorageSOPClassUID, .specificCharacterSet, .sopClassUID, .accessionNumber, .modality, .patientName,
        .patientID,
        .studyInstanceUID, .rows, .columns, .pixelSpacing, .contentSequence, .textValue, Tag(0x0009, 0x1001),
    ]

    private func value(_ scan: HeaderScan, _ tag: Tag, _ bytes: [UInt8]) -> String? {
        guard let place = scan.place(of: tag) else { return nil }
        return bytes.withUnsafeBytes { buffer in
            scan.value(place, in: buffer).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Every slot says what the data set says.
    private func compare(_ scan: HeaderScan, _ file: DICOMFile, _ bytes: [UInt8]) {
        for (place, tag) in scan.tags.enumerated() {
            let element = (tag.group == 2 ? file.meta : file.dataSet)[tag]
            #expect(scan.slots[place].isPresent == (element != nil), "\(tag)")
            guard let element, let value = element.bytes, scan.slots[place].isPresent else { continue }
            let start = Int(scan.slots[place].offset)
            let end = start + Int(scan.slots[place].length)
            #expect(value.elementsEqual(bytes[start..<end]), "\(tag)")
            if !scan.isImplicit, tag.group != 2 {
                let letters = Array(element.vr.rawValue.utf8)
                #expect(scan.slots[place].vr == UInt16(letters[0]) | UInt16(letters[1]) << 8)
            }
        }
    }

    @Test("finds what the data set has, in random files of both syntaxes, with the same slots again and again")
    func random() throws {
        var random = SplitMix64(3)
        var scan = HeaderScan(Self.wanted)
        for round in 0..<200 {
            var set = RandomDataSet.make(&random)
            set.set(.pixelData, .OW, bytes: [1, 2, 3, 4])
            let syntax = round % 2 == 0 ? TransferSyntax.explicitLittleEndian : TransferSyntax.implicitLittleEndian
            let bytes = DICOMFile(dataSet: set, transferSyntax: syntax).encoded()
            let outcome = bytes.withUnsafeBytes { scan.scan($0) }
            guard case .done = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(scan.isImplicit == (round % 2 == 1))
            compare(scan, try DICOMFile.read(bytes), bytes)
        }
    }

    @Test("only the top level counts: the accession number of an item is not the study's", arguments: [true, false])
    func topLevel(_ isDefined: Bool) throws {
        var inner = Bytes()
        inner.explicit(0x0008_0050, "SH", "INNER ")
        inner.explicit(0x0008_1199, "SQ", [], length: 0xFFFF_FFFF)
        inner.item(Bytes(), isDefined: false)
        inner.endOfSequence()
        inner.explicit(0x0010_0020, "LO", "INNER ")
        var items = Bytes()
        items.item(inner, isDefined: isDefined)
        if !isDefined { items.endOfSequence() }
        var implicitInner = Bytes()
        implicitInner.implicit(0x0010_0020, "INNER ")
        var unknown = Bytes()
        unknown.item(implicitInner, isDefined: false)
        unknown.endOfSequence()
        var file = Bytes.part10()
        file.explicit(0x0008_1111, "SQ", items.bytes, length: isDefined ? nil : 0xFFFF_FFFF)
        file.explicit(0x0009_1002, "UN", unknown.bytes, length: 0xFFFF_FFFF)
        file.explicit(0x0010_0020, "LO", "OUTER ")
        file.explicit(0x0040_A160, "UT", "text")
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        var scan = HeaderScan(Self.wanted)
        let outcome = file.bytes.withUnsafeBytes { scan.scan($0) }
        #expect(outcome == .done(end: file.bytes.count - 14))
        #expect(value(scan, .patientID, file.bytes) == "OUTER")
        #expect(value(scan, .accessionNumber, file.bytes) == nil)
        #expect(value(scan, .textValue, file.bytes) == "text")
    }

    @Test("it ends behind the last wanted element, without the rest of the file")
    func early() {
        var file = Bytes.part10()
        file.explicit(0x0010_0020, "LO", "42")
        file.explicit(0x0028_0010, "US", [1, 0])
        let end = file.bytes.count
        file.explicit(0x0029_1001, "OB", [], length: 100_000)
        var scan = HeaderScan([.patientID, .rows])
        #expect(file.bytes.withUnsafeBytes { scan.scan($0) } == .done(end: end))
        var further = HeaderScan([.patientID, Tag(0x0040, 0x0275)])
        #expect(file.bytes.withUnsafeBytes { further.scan($0) } == .needsMore(atLeast: end + 12 + 100_000))
    }

    @Test("a data set may end where the file ends")
    func wholeFile() {
        var file = Bytes.part10()
        file.explicit(0x0010_0020, "LO", "42")
        var scan = HeaderScan([.patientID, .rows])
        let end = file.bytes.count
        #expect(file.bytes.withUnsafeBytes { scan.scan($0, isWholeFile: true) } == .done(end: end))
        #expect(value(scan, .patientID, file.bytes) == "42")
        #expect(file.bytes.withUnsafeBytes { scan.scan($0) } == .needsMore(atLeast: end + 8))
        let cut = Array(file.bytes.dropLast())
        #expect(cut.withUnsafeBytes { scan.scan($0, isWholeFile: true) } == .needsMore(atLeast: end))
    }

    @Test("every beginning asks for more than it is, never reads beyond itself, and growing ends like the whole")
    func prefixes() throws {
        for sample in RobustnessTests.samples {
            var scan = HeaderScan(Self.wanted)
            let whole = sample.withUnsafeBytes { scan.scan($0) }
            let slots = scan.slots
            for count in 0..<sample.count {
                // A copy of its own, so that a sanitizer sees a read beyond it.
                let part = Array(sample.prefix(count))
                switch part.withUnsafeBytes({ scan.scan($0) }) {
                case .needsMore(let needed): #expect(needed > count)
                case .done(let end):
                    #expect(end <= count)
                    #expect(scan.slots == slots)
                case .unusual: if case .unusual = whole {} else { Issue.record("unusual at \(count)") }
                }
            }
        }
    }

    @Test("what it does not cover it leaves: other syntaxes, no preamble, representations that are none")
    func unusual() {
        var scan = HeaderScan(Self.wanted)
        func isUnusual(_ bytes: [UInt8]) -> Bool {
            if case .unusual = bytes.withUnsafeBytes({ scan.scan($0) }) { return true }
            return false
        }
        var element = Bytes()
        element.explicit(0x0010_0020, "LO", "42")
        let tail = [UInt8](repeating: 0, count: 200)
        #expect(isUnusual(element.bytes + tail))
        #expect(isUnusual(Bytes.part10(TransferSyntax.explicitBigEndian).bytes + element.bytes + tail))
        #expect(isUnusual(Bytes.part10(TransferSyntax.deflatedLittleEndian).bytes + element.bytes + tail))
        #expect(isUnusual(Bytes.part10(TransferSyntax.implicitLittleEndian).bytes + element.bytes + tail))
        #expect(isUnusual(Bytes.preamble().bytes + element.bytes + tail))
        var odd = Bytes.part10()
        odd.explicit(0x0010_0020, "??", "42")
        #expect(isUnusual(odd.bytes + tail))
        element.explicit(0x7FE0_0010, "OB", tail)
        #expect(!isUnusual(Bytes.part10("1.2.840.10008.1.2.4.70").bytes + element.bytes))
    }

    @Test("changed bytes never trap; when it says it is done, every value is in the buffer")
    func mutations() {
        var random = SplitMix64(9)
        var scan = HeaderScan(Self.wanted)
        for round in 0..<5000 {
            var bytes = RobustnessTests.samples[round % RobustnessTests.samples.count]
            for _ in 0...2 {
                bytes[Int.random(in: 132..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let outcome = bytes.withUnsafeBytes { scan.scan($0) }
            if case .done(let end) = outcome { #expect(end <= bytes.count) }
            for slot in scan.slots where slot.isPresent {
                #expect(Int(slot.offset) + Int(slot.length) <= bytes.count)
            }
        }
    }
}
