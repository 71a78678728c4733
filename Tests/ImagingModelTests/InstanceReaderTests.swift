import DICOM
import Foundation
import ImagingModel
import Testing

/// The header as the parser of the index reads it, beside the header as a whole data set: they must say the same.
@Suite struct InstanceReaderTests {
    /// What became of a file.
    private enum Outcome: Equatable {
        case read(InstanceHeader)
        case refused(String)
    }

    /// Reads a file by its columns from the first 8 KiB, with the rest when asked for; nil: left to the whole data set.
    private static func byColumns(
        _ bytes: [UInt8], _ reader: InstanceReader, calling: String = "CT1", first: Int = 8 << 10
    ) -> Outcome? {
        bytes.withUnsafeBytes { whole in
            do throws(InstanceRefusal) {
                let prefix = UnsafeRawBufferPointer(rebasing: whole.prefix(first))
                let header = try reader.read(prefix, isWholeFile: whole.count < first, callingAE: calling) {
                    offset, room in
                    guard offset < whole.count else { return 0 }
                    let piece = UnsafeRawBufferPointer(rebasing: whole[offset...].prefix(room.count))
                    room.copyMemory(from: piece)
                    return piece.count
                }
                return header.map { .read($0) }
            } catch { return .refused(error.text) }
        }
    }

    private static func whole(_ bytes: [UInt8], _ rules: ModalityRules, calling: String = "CT1") -> Outcome {
        do {
            return .read(
                try InstanceHeader(rules: rules, callingAE: calling) { choice in
                    var options = DICOMFile.ReadOptions()
                    options.stopsBeforePixelData = true
                    options.characterSet = choice
                    return try DICOMFile.read(bytes, options: options)
                })
        } catch let refusal as InstanceRefusal { return .refused(refusal.text) } catch { return .refused("\(error)") }
    }

    /// Where the text of the columns is ASCII they cannot tell by what the rest of the file is to be read, and need not.
    private static func isSame(_ columns: Outcome, _ whole: Outcome) -> Bool {
        guard case .read(var one) = columns, case .read(let other) = whole else { return columns == whole }
        if one.image.usedCharacterSet.isEmpty, "\(one.image)".utf8.allSatisfy({ $0 < 0x80 }) {
            one.image.usedCharacterSet = other.image.usedCharacterSet
        }
        return one == other
    }

    private static let rules: [ModalityRules] = {
        var (override, undeclared, sources, declared) = (
            ModalityRules(), ModalityRules(), ModalityRules(), ModalityRules()
        )
        override.characterSet = "GB18030"
        undeclared.undeclaredCharacterSet = "GB18030"
        sources.accession = [
            ModalityRules.Source(path: [.requestAttributesSequence, .accessionNumber]),
            ModalityRules.Source(path: [Tag(0x0029, 0x0007)], creator: "ACME 1.0"),
            ModalityRules.Source(path: [.studyID]),
        ]
        sources.accessionFirst = true
        sources.patientID = [ModalityRules.Source(path: [.otherPatientIDs])]
        sources.issuer = "HOSP"
        sources.locations = ["CT1": "Building 2"]
        declared.detectsCharacterSet = false
        return [ModalityRules(), override, undeclared, sources, declared]
    }()

    private static func samples() throws -> [(name: String, bytes: [UInt8])] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Samples/dicom")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "dcm" }.sorted { $0.path < $1.path }.map {
            ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0)))
        }
    }

    /// A header with everything that is read of one.
    private static func full(_ set: SpecificCharacterSet, name: String = "Wang^Xiaodong=王^小东") -> DataSet {
        var request = DataSet(characterSet: set)
        request.set(.requestedProcedureID, .SH, text: "RP1")
        request.set(.scheduledProcedureStepID, .SH, text: "S1")
        request.set(.accessionNumber, .SH, text: "ACC7")
        var step = DataSet()
        step.set(.referencedSOPInstanceUID, .UI, text: "9.9")
        var data = DataSet(characterSet: set)
        for (tag, uid) in [
            (DICOM.Tag.sopClassUID, "1.2.840.10008.5.1.4.1.1.2"), (.sopInstanceUID, "1.2.3.4"),
            (.studyInstanceUID, "1.2.3"),
            (.seriesInstanceUID, "1.2.3.1"),
        ] { data.set(tag, .UI, text: uid) }
        for (tag, text) in [
            (DICOM.Tag.patientID, " 0042 "), (.issuerOfPatientID, "ADT"), (.otherPatientIDs, "X1\\ X2 \\\\X1"),
            (.studyDescription, "胸部 平扫"), (.seriesDescription, "Axial\u{7}x "), (.institutionName, "省立医院"),
            (.manufacturer, "ACME"), (.manufacturerModelName, "One"), (.deviceSerialNumber, "7"),
            (.softwareVersions, "1.0 \\ 2.0"), (.protocolName, "Chest"),
        ] { data.set(tag, .LO, text: text) }
        for (tag, text) in [
            (DICOM.Tag.accessionNumber, "A1 "), (.studyID, "42"), (.stationName, "CTROOM1"),
            (.timezoneOffsetFromUTC, "+0800"),
        ] { data.set(tag, .SH, text: text) }
        data.set(.patientName, .PN, text: name)
        data.set(.referringPhysicianName, .PN, text: "Li^Na=李^娜")
        for (tag, text) in [(DICOM.Tag.modality, "CT"), (.bodyPartExamined, "CHEST"), (.imageLaterality, "L")] {
            data.set(tag, .CS, text: text)
        }
        for tag in [
            DICOM.Tag.studyDate, .seriesDate, .contentDate, .performedProcedureStepStartDate, .patientBirthDate,
        ] {
            data.set(tag, .DA, text: "2026.03.18")
        }
        for tag in [DICOM.Tag.studyTime, .seriesTime, .contentTime, .performedProcedureStepStartTime] {
            data.set(tag, .TM, text: "09:15:30.5")
        }
        for (tag, number) in [(DICOM.Tag.seriesNumber, 3), (.instanceNumber, 17), (.numberOfFrames, 1)] {
            data.set(tag, .IS, integer: number)
        }
        for tag in [DICOM.Tag.rows, .columns, .bitsAllocated] { data.set(tag, .US, integer: 512) }
        data.set(.requestAttributesSequence, items: [request])
        data.set(.referencedPerformedProcedureStepSequence, items: [step])
        data.set(Tag(0x0029, 0x0010), .LO, text: "OTHER")
        data.set(Tag(0x0029, 0x0011), .LO, text: "ACME 1.0")
        data.set(Tag(0x0029, 0x1107), .LO, text: "ACC9")
        data.set(.pixelData, .OW, bytes: [UInt8](repeating: 7, count: 64))
        return data
    }

    private static func file(_ set: DataSet, _ syntax: String = TransferSyntax.explicitLittleEndian) -> [UInt8] {
        DICOMFile(dataSet: set, transferSyntax: syntax).encoded()
    }

    // MARK: Same

    @Test func everySampleIsReadByItsColumns() throws {
        let samples = try Self.samples()
        #expect(samples.count > 15)
        for rules in Self.rules {
            let reader = try #require(InstanceReader(rules: rules))
            for (name, bytes) in samples {
                let columns = try #require(Self.byColumns(bytes, reader), "\(name) is left to the whole data set")
                #expect(Self.isSame(columns, Self.whole(bytes, rules)), "\(name)")
            }
        }
    }

    @Test(arguments: [
        "ISO_IR 192", "GB18030", "GBK", "\\ISO 2022 IR 58", "\\ISO 2022 IR 87", "ISO 2022 IR 13\\ISO 2022 IR 87",
        "\\ISO 2022 IR 149", "ISO_IR 100", "ISO_IR 144", "",
    ])
    func everyCharacterSet(_ declared: String) throws {
        let set = SpecificCharacterSet(declared: declared)
        let names = [
            "ISO_IR 100": "Müller^Jürgen", "ISO_IR 144": "Люкceмбypг", "": "Mueller^Juergen",
            "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
        ]
        for syntax in [
            TransferSyntax.explicitLittleEndian, TransferSyntax.implicitLittleEndian, TransferSyntax.explicitBigEndian,
            TransferSyntax.deflatedLittleEndian,
        ] {
            let bytes = Self.file(Self.full(set, name: names[declared] ?? "Wang^Xiaodong=王^小東"), syntax)
            for rules in Self.rules {
                let reader = try #require(InstanceReader(rules: rules))
                let whole = Self.whole(bytes, rules)
                guard case .read(let expected) = whole else {
                    Issue.record("\(declared) is refused: \(whole)")
                    continue
                }
                #expect(!expected.image.patient.name.isEmpty && expected.image.series.scheduledStep == "S1")
                let columns = Self.byColumns(bytes, reader) ?? whole
                #expect(columns == whole, "\(declared), \(syntax)")
            }
        }
    }

    @Test func whatIsDeclaredWellIsNotReadTwice() throws {
        let reader = try #require(InstanceReader(rules: ModalityRules()))
        for declared in ["ISO_IR 192", "GB18030", "\\ISO 2022 IR 58", "ISO 2022 IR 13\\ISO 2022 IR 87"] {
            let bytes = Self.file(Self.full(SpecificCharacterSet(declared: declared)))
            #expect(Self.byColumns(bytes, reader) != nil, "\(declared)")
        }
        // Without a declaration all text of the file has to be looked at.
        var set = Self.full(SpecificCharacterSet(declared: "GB18030"))
        set.remove(.specificCharacterSet)
        set.set(.patientName, .PN, bytes: [0xCD, 0xF5, 0x5E, 0xD0, 0xA1, 0xB6, 0xAB, 0x20])
        #expect(Self.byColumns(Self.file(set), reader) == nil)
    }

    @Test func textThatNoColumnShowsDecidesAsWell() throws {
        // Too little in the columns to tell Chinese from accents, much elsewhere: in a comment.
        var set = Self.full(SpecificCharacterSet(declared: "ISO_IR 100"), name: "Mueller^J")
        for tag in [DICOM.Tag.studyDescription, .institutionName, .referringPhysicianName] { set.remove(tag) }
        set.set(.patientName, .PN, bytes: [0xCD, 0xF5])
        set.set(Tag(0x0010, 0x4000), .LT, bytes: SpecificCharacterSet(declared: "GB18030").encode("病人自述胸部疼痛三天").bytes)
        let bytes = Self.file(set)
        let reader = try #require(InstanceReader(rules: ModalityRules()))
        let outcome = Self.byColumns(bytes, reader) ?? Self.whole(bytes, ModalityRules())
        guard case .read(let header) = outcome else {
            Issue.record("refused: \(outcome)")
            return
        }
        #expect(header.image.patient.name == "王" && header.image.usedCharacterSet == "GB18030")
    }

    @Test func otherPatientIDsOfAnyNumberOfItems() throws {
        let reader = try #require(InstanceReader(rules: ModalityRules()))
        for count in 0...7 {
            var set = Self.full(.utf8)
            set.set(
                .otherPatientIDsSequence,
                items: (0..<count).map { number in
                    var item = DataSet()
                    if number != 1 { item.set(.patientID, .LO, text: "Y\(number)") }
                    return item
                })
            let bytes = Self.file(set)
            let whole = Self.whole(bytes, ModalityRules())
            let columns = Self.byColumns(bytes, reader)
            #expect((columns ?? whole) == whole && (columns == nil) == (count > 4), "\(count)")
        }
    }

    @Test func aRequestIsThatOfTheFirstSequenceWithAnItem() throws {
        let reader = try #require(InstanceReader(rules: ModalityRules()))
        var request = DataSet()
        request.set(.requestedProcedureID, .SH, text: "DOC1")
        for (own, document) in [([], [request]), ([DataSet()], [request]), ([request], []), ([], [])] {
            var set = Self.full(.utf8)
            set.set(.requestAttributesSequence, items: own)
            set.set(.referencedRequestSequence, items: document)
            let bytes = Self.file(set)
            #expect(Self.byColumns(bytes, reader) == Self.whole(bytes, ModalityRules()))
        }
    }

    @Test(arguments: [DICOM.Tag.sopInstanceUID, .sopClassUID, .studyInstanceUID, .seriesInstanceUID])
    func refusalsAreTheSame(_ tag: DICOM.Tag) throws {
        let reader = try #require(InstanceReader(rules: ModalityRules()))
        for text in ["", "../../etc", "1.2.a", ".1.2", String(repeating: "1", count: 65)] {
            var set = Self.full(.utf8)
            set.set(tag, .UI, text: text)
            let bytes = Self.file(set)
            let whole = Self.whole(bytes, ModalityRules())
            guard case .refused = whole else {
                Issue.record("\(tag) may be \(text)")
                continue
            }
            #expect((Self.byColumns(bytes, reader) ?? whole) == whole)
        }
    }

    @Test func longHeadersAreReadOn() throws {
        let reader = try #require(InstanceReader(rules: ModalityRules()))
        for size in [7_000, 8_100, 9_000, 70_000, 3_000_000] {
            var set = Self.full(.utf8)
            set.set(Tag(0x0009, 0x0010), .LO, text: "ACME 1.0")
            set.set(Tag(0x0009, 0x1001), .OB, bytes: [UInt8](repeating: 0xFE, count: size))
            set.set(.studyDescription, .LO, text: String(repeating: "长", count: 700))
            let bytes = Self.file(set)
            #expect(Self.byColumns(bytes, reader) == Self.whole(bytes, ModalityRules()), "\(size)")
        }
    }

    // MARK: Anything at all

    @Test(arguments: 0..<5)
    func whateverIsDamagedReadsTheSame(_ place: Int) throws {
        let rules = Self.rules[place]
        let reader = try #require(InstanceReader(rules: rules))
        var seeds = try Self.samples().map(\.bytes)
        for declared in ["ISO_IR 192", "GB18030", "\\ISO 2022 IR 87", "ISO_IR 100"] {
            let set = SpecificCharacterSet(declared: declared)
            seeds.append(Self.file(Self.full(set, name: "Wang")))
            seeds.append(Self.file(Self.full(set), TransferSyntax.implicitLittleEndian))
        }
        var random = SystemlessRandom(state: UInt64(place) &+ 17)
        var byColumns = 0
        for round in 0..<2_000 {
            var bytes = Array(seeds[Int(random.next() % UInt64(seeds.count))].prefix(12_000))
            for _ in 0...random.next() % 4 {
                let at = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 8 {
                case 0: bytes = Array(bytes.prefix(max(200, at)))
                case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
                case 2: bytes.remove(at: at)
                case 3: bytes[at] = 0x5C
                default: bytes[at] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            guard let columns = Self.byColumns(bytes, reader) else { continue }
            byColumns += 1
            let whole = Self.whole(bytes, rules)
            guard Self.isSame(columns, whole) else {
                Issue.record("round \(round): by columns \(columns), as a whole \(whole)")
                return
            }
        }
        // Damage to one byte of thousands seldom is in what is read.
        #expect(byColumns > 300)
    }
}

/// The same numbers at every run (SplitMix64).
private struct SystemlessRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
