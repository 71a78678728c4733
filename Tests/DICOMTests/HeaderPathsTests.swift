import DICOM
import Testing

/// The fast path, the slow path and the data set say the same of every file.
@Suite("Header reader: fast and slow")
struct HeaderPathsTests {
    static let names = [
        "TransferSyntaxUID", "SpecificCharacterSet", "ImageType", "SOPClassUID", "StudyDate", "StudyTime",
        "AccessionNumber", "Modality", "Manufacturer", "PatientName", "PatientID", "PatientBirthDate",
        "StudyInstanceUID", "Rows", "Columns", "PixelSpacing", "ReferencedSeriesSequence", "ContentSequence",
        "ImageComments", "TextValue", "SamplingFrequency", "FloatingPointValue", "00091001", "0040,0260",
        "WindowCenter", "SmallestImagePixelValue", "ReferencedSamplePositions",
        "0029,\"HILUM TEST\",01", "ReferencedSeriesSequence/PatientID", "ContentSequence[2]/PatientName",
        "ContentSequence/ReferencedSeriesSequence/Rows", "00400260/ContentSequence",
    ]

    static func columns(slow: Bool) throws -> IndexColumns {
        try IndexColumns(names + (slow ? [HeaderReading.slow] : []))
    }

    /// Compares the paths; where whole reading faults, the fast path may still have all that is wanted.
    static func compare(_ bytes: [UInt8], _ fast: inout HeaderReader, _ slow: inout HeaderReader, _ label: String) {
        let quick = HeaderReading.read(bytes, &fast)
        let whole = HeaderReading.read(bytes, &slow)
        if quick.fault == nil, whole.fault != nil { return }
        #expect((quick.fault == nil) == (whole.fault == nil), "\(label): \(String(describing: quick.fault))")
        guard quick.fault == nil else { return }
        #expect(quick.cells == Array(whole.cells.dropLast()), "\(label)")
        #expect(quick.remark == whole.remark, "\(label)")
    }

    @Test("random data sets in every coding: both paths, and what the data set itself says")
    func random() throws {
        var random = SplitMix64(17)
        var fast = HeaderReader(columns: try Self.columns(slow: false))
        var slow = HeaderReader(columns: try Self.columns(slow: true))
        for round in 0..<400 {
            var set = RandomDataSet.make(&random)
            set.set(.pixelData, .OW, bytes: [1, 2, 3, 4])
            let syntax = round % 2 == 0 ? TransferSyntax.explicitLittleEndian : TransferSyntax.implicitLittleEndian
            let bytes = DICOMFile(dataSet: set, transferSyntax: syntax).encoded()
            Self.compare(bytes, &fast, &slow, "round \(round)")
            let reading = HeaderReading.read(bytes, &fast)
            let file = try DICOMFile.read(bytes)
            for (place, name) in fast.columns.names.enumerated() {
                guard let tag = Tag(keyword: name), let vr = DataDictionary.vr(tag), vr != .FL, vr != .FD else {
                    continue
                }
                #expect(reading.cells[place] == HeaderReading.expected(file, name), "round \(round) \(name)")
            }
        }
    }

    @Test("changed bytes: both paths alike, nothing traps")
    func mutations() throws {
        var random = SplitMix64(23)
        var fast = HeaderReader(columns: try Self.columns(slow: false))
        var slow = HeaderReader(columns: try Self.columns(slow: true))
        for round in 0..<6000 {
            var bytes = RobustnessTests.samples[round % RobustnessTests.samples.count]
            for _ in 0...Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 128..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if round % 5 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count / 2, using: &random)) }
            Self.compare(bytes, &fast, &slow, "round \(round)")
        }
    }

    @Test("pydicom's files: both paths alike, and as the data set says", .enabled(if: SampleFileTests.folder != nil))
    func samples() throws {
        var fast = HeaderReader(columns: .standard)
        var slow = HeaderReader(columns: try IndexColumns.standard.adding([HeaderReading.slow]))
        let files = try SampleFileTests().files()
        #expect(files.count > 150)
        for sample in files {
            Self.compare(sample.bytes, &fast, &slow, sample.name)
            let reading = HeaderReading.read(sample.bytes, &fast)
            guard reading.fault == nil, let file = try? DICOMFile.read(sample.bytes) else { continue }
            for (place, name) in fast.columns.names.enumerated() {
                if file.characterSetFinding != nil, !reading.remark.contains("text is read as") { continue }
                #expect(reading.cells[place] == HeaderReading.expected(file, name), "\(sample.name) \(name)")
            }
        }
    }
}
