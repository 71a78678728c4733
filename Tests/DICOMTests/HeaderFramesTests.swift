import DICOM
import Testing

/// One row a frame: its own functional groups over the shared ones over the top level (PS3.3 C.7.6.16).
@Suite("Header reader: frames")
struct HeaderFramesTests {
    static func image(frames: Int, number: String? = nil) -> DataSet {
        var set = DataSet()
        set.set(.sopClassUID, .UI, text: "1.2.840.10008.5.1.4.1.1.4.1")
        set.set(.sopInstanceUID, .UI, text: "1.2.3")
        set.set(.numberOfFrames, .IS, text: number ?? "\(frames)")
        set.set(.sliceThickness, .DS, text: "9")
        set.set(.windowCenter, .DS, text: "40")
        var measures = DataSet()
        measures.set(.pixelSpacing, .DS, text: "0.5\\0.5")
        measures.set(.sliceThickness, .DS, text: "3")
        var shared = DataSet()
        shared.set(Tag(0x0028, 0x9110), items: [measures])
        set.set(Tag(0x5200, 0x9229), items: [shared])
        set.set(Tag(0x5200, 0x9230), items: (1...frames).map { item($0) })
        set.set(.pixelData, .OW, bytes: [1, 2, 3, 4])
        return set
    }

    private static func item(_ number: Int) -> DataSet {
        var content = DataSet()
        content.set(Tag(0x0020, 0x9056), .SH, text: "1")
        content.set(Tag(0x0020, 0x9057), .UL, numbers: [Double(number)])
        content.set(Tag(0x0020, 0x9157), .UL, numbers: [1, Double(number)])
        content.set(Tag(0x0018, 0x9074), .DT, text: "20240101120000.\(number)")
        content.set(Tag(0x0018, 0x9220), .FD, numbers: [12.5])
        var position = DataSet()
        position.set(.imagePositionPatient, .DS, text: "-100\\-120.5\\\(number)")
        var orientation = DataSet()
        orientation.set(.imageOrientationPatient, .DS, text: "1\\0\\0\\0\\1\\0")
        var gradient = DataSet()
        gradient.set(Tag(0x0018, 0x9089), .FD, numbers: [0, 0.6, 0.8])
        var diffusion = DataSet()
        diffusion.set(Tag(0x0018, 0x9087), .FD, numbers: [1000])
        diffusion.set(Tag(0x0018, 0x9076), items: [gradient])
        var anatomy = DataSet()
        var region = DataSet()
        region.set(Tag(0x0008, 0x0100), .SH, text: "T-A0100")
        anatomy.set(Tag(0x0008, 0x2218), items: [region])
        anatomy.set(Tag(0x0020, 0x9072), .CS, text: "U")
        var item = DataSet()
        item.set(Tag(0x0020, 0x9111), items: [content])
        item.set(Tag(0x0020, 0x9113), items: [position])
        item.set(Tag(0x0020, 0x9116), items: [orientation])
        item.set(Tag(0x0018, 0x9117), items: [diffusion])
        item.set(Tag(0x0020, 0x9071), items: [anatomy])
        if number % 3 == 0 {
            var measures = DataSet()
            measures.set(.sliceThickness, .DS, text: "1.5")
            item.set(Tag(0x0028, 0x9110), items: [measures])
        }
        return item
    }

    static func columns() throws -> IndexColumns {
        try IndexColumns.frames.adding(["FrameAnatomySequence/AnatomicRegionSequence/CodeValue", "PatientID"])
    }

    /// Rows as cells, and how it ended.
    static func frames(
        _ bytes: [UInt8], _ reader: inout HeaderReader, prefix: Int? = nil
    ) -> (rows: [[String]], fault: DICOMFault?) {
        let first = Array(bytes.prefix(prefix ?? bytes.count))
        let count = reader.columns.count
        return first.withUnsafeBytes { buffer in
            let isWhole = first.count == bytes.count
            let outcome = reader.read(buffer, isWholeFile: isWhole) { HeaderReading.fetch(bytes, $0, $1) }
            if case .fault(let fault) = outcome { return ([], fault) }
            var rows: [[String]] = []
            let end = reader.readFrames(fetch: { isWhole ? 0 : HeaderReading.fetch(bytes, $0, $1) }) { reader in
                rows.append((0..<count).map { reader.text($0) })
            }
            if case .fault(let fault) = end { return (rows, fault) }
            return (rows, nil)
        }
    }

    private func cell(_ rows: [[String]], _ row: Int, _ name: String) throws -> String {
        rows[row][try #require(try Self.columns().place(of: name))]
    }

    @Test(
        "own groups over shared ones over the top level, whatever part of the file is at hand",
        arguments: [
            TransferSyntax.explicitLittleEndian, TransferSyntax.implicitLittleEndian, TransferSyntax.explicitBigEndian,
        ])
    func enhanced(_ syntax: String) throws {
        let set = Self.image(frames: 40)
        var bytes = DICOMFile(dataSet: set, transferSyntax: syntax).encoded()
        if syntax == TransferSyntax.explicitBigEndian {
            // Written without File Meta Information and preamble, little endian: whole reading.
            bytes = set.encoded(as: .explicitBigEndian)
            bytes = set.encoded(as: .explicitLittleEndian)
        }
        var reader = HeaderReader(columns: try Self.columns())
        for prefix in [nil, 140, 200, 1000, 5000, 9000] as [Int?] {
            let (rows, fault) = Self.frames(bytes, &reader, prefix: prefix)
            #expect(fault == nil && rows.count == 40, "\(String(describing: prefix))")
            for number in 1...rows.count {
                let row = number - 1
                #expect(try cell(rows, row, "FrameNumber") == "\(number)")
                #expect(try cell(rows, row, "SOPInstanceUID") == "1.2.3")
                #expect(try cell(rows, row, "NumberOfFrames") == "40")
                #expect(try cell(rows, row, "StackID") == "1")
                #expect(try cell(rows, row, "InStackPositionNumber") == "\(number)")
                #expect(try cell(rows, row, "DimensionIndexValues") == "1\\\(number)")
                #expect(try cell(rows, row, "ImagePositionPatient") == "-100\\-120.5\\\(number)")
                #expect(try cell(rows, row, "PixelSpacing") == "0.5\\0.5")
                #expect(try cell(rows, row, "SliceThickness") == (number % 3 == 0 ? "1.5" : "3"))
                #expect(try cell(rows, row, "WindowCenter") == "40")
                #expect(try cell(rows, row, "DiffusionBValue") == "1000")
                #expect(try cell(rows, row, "DiffusionGradientOrientation") == "0\\0.6\\0.8")
                #expect(try cell(rows, row, "FrameAcquisitionDuration") == "12.5")
                #expect(try cell(rows, row, "FrameLaterality") == "U")
                #expect(try cell(rows, row, "FrameAnatomySequence/AnatomicRegionSequence/CodeValue") == "T-A0100")
            }
        }
    }

    @Test("items and sequences of undefined length")
    func undefined() throws {
        var plane = Bytes()
        plane.explicit(0x0020_0032, "DS", "1\\2\\3 ")
        var planes = Bytes()
        planes.item(plane, isDefined: false)
        planes.endOfSequence()
        var frame = Bytes()
        frame.explicit(0x0020_9113, "SQ", planes.bytes, length: 0xFFFF_FFFF)
        var frames = Bytes()
        for _ in 0..<7 { frames.item(frame, isDefined: false) }
        frames.endOfSequence()
        var file = Bytes.part10()
        file.explicit(0x0028_0008, "IS", "7 ")
        file.explicit(0x5200_9230, "SQ", frames.bytes, length: 0xFFFF_FFFF)
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        var reader = HeaderReader(columns: .frames)
        let place = try #require(IndexColumns.frames.place(of: "ImagePositionPatient"))
        for prefix in [nil, 150, 300, 400] as [Int?] {
            let (rows, fault) = Self.frames(file.bytes, &reader, prefix: prefix)
            #expect(fault == nil && rows.count == 7)
            #expect(rows.allSatisfy { $0[place] == "1\\2\\3" })
        }
        for count in stride(from: 320, to: file.bytes.count - 30, by: 7) {
            let (rows, fault) = Self.frames(Array(file.bytes.prefix(count)), &reader, prefix: 200)
            #expect(fault?.code == .truncated && rows.count < 7, "\(count)")
        }
    }

    @Test("images without functional groups: as many rows as Number of Frames says; one for all else")
    func plain() throws {
        var set = DataSet()
        set.set(.sopInstanceUID, .UI, text: "1.2.3")
        set.set(.numberOfFrames, .IS, text: "3")
        set.set(.imagePositionPatient, .DS, text: "10\\20\\-30")
        set.set(.imageOrientationPatient, .DS, text: "1\\0\\0\\0\\1\\0")
        set.set(.pixelData, .OW, bytes: [UInt8](repeating: 0, count: 600))
        var reader = HeaderReader(columns: .frames)
        let number = try #require(IndexColumns.frames.place(of: "FrameNumber"))
        let position = try #require(IndexColumns.frames.place(of: "ImagePositionPatient"))
        func rows(_ set: DataSet) -> [[String]] {
            let bytes = DICOMFile(dataSet: set, transferSyntax: TransferSyntax.explicitLittleEndian).encoded()
            return Self.frames(bytes, &reader).rows
        }
        #expect(rows(set).map { $0[number] } == ["1", "2", "3"])
        #expect(rows(set).allSatisfy { $0[position] == "10\\20\\-30" })
        // A dose: relative offsets, and those that begin with the position itself.
        set.set(Tag(0x3004, 0x000C), .DS, text: "0\\2.5\\5")
        #expect(rows(set).map { $0[position] } == ["10\\20\\-30", "10\\20\\-27.5", "10\\20\\-25"])
        set.set(Tag(0x3004, 0x000C), .DS, text: "-30\\-27.5\\-25")
        #expect(rows(set).map { $0[position] } == ["10\\20\\-30", "10\\20\\-27.5", "10\\20\\-25"])
        set.remove(.numberOfFrames)
        #expect(rows(set).count == 1)
    }

    @Test("a number of frames that the file cannot hold is a fault, not rows without end")
    func impossible() throws {
        var set = DataSet()
        set.set(.numberOfFrames, .IS, text: "2000000000")
        set.set(.pixelData, .OW, bytes: [1, 2])
        let bytes = DICOMFile(dataSet: set, transferSyntax: TransferSyntax.explicitLittleEndian).encoded()
        var reader = HeaderReader(columns: .frames)
        let (rows, fault) = Self.frames(bytes, &reader, prefix: 200)
        #expect(rows.isEmpty && fault?.code == .value)
    }

    @Test("mutations never trap")
    func mutations() throws {
        var random = SplitMix64(31)
        var reader = HeaderReader(columns: try Self.columns())
        let good = DICOMFile(
            dataSet: Self.image(frames: 3), transferSyntax: TransferSyntax.explicitLittleEndian
        ).encoded()
        for round in 0..<1500 {
            var bytes = good
            for _ in 0...2 {
                bytes[Int.random(in: 300..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let whole = Self.frames(bytes, &reader)
            if round % 4 == 0 {
                let part = Self.frames(bytes, &reader, prefix: 200)
                if whole.fault == nil, part.fault == nil { #expect(whole.rows == part.rows, "\(round)") }
            }
        }
    }
}
