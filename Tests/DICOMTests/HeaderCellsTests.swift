import DICOM
import Testing

/// What a cell says, by representation, and how it stands in each form of a row.
@Suite("Header reader: cells and rows")
struct HeaderCellsTests {
    private func cells(_ names: [String], _ add: (inout Bytes) -> Void) throws -> [String] {
        var file = Bytes.part10()
        add(&file)
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        let fast = HeaderReading.read(file.bytes, try IndexColumns(names))
        let slow = HeaderReading.read(file.bytes, try IndexColumns(names + [HeaderReading.slow]))
        #expect(fast.cells == Array(slow.cells.dropLast()))
        return fast.cells
    }

    @Test("strings are trimmed value by value; LT, ST and UT at their end only; NUL is padding")
    func strings() throws {
        let found = try cells([
            "ImageType", "StudyInstanceUID", "PatientName", "PatientComments", "TextValue", "PixelSpacing",
            "LongCodeValue", "Manufacturer", "AccessionNumber",
        ]) { file in
            file.explicit(0x0008_0008, "CS", " ORIGINAL \\PRIMARY \\ \\AXIAL ")
            file.explicit(0x0008_0050, "SH", "    ")
            file.explicit(0x0008_0070, "LO", "  A B  ")
            file.explicit(0x0008_0119, "UC", "  code ")
            file.explicit(0x0010_0010, "PN", "Doe^Jane^^ =  =\0")
            file.explicit(0x0010_4000, "LT", "  a \\ b  ")
            file.explicit(0x0020_000D, "UI", "1.2.3\0")
            file.explicit(0x0028_0030, "DS", " 0.50\\ 1.5e1 ")
            file.explicit(0x0040_A160, "UT", " x\r\ny ")
        }
        #expect(
            found == [
                "ORIGINAL\\PRIMARY\\\\AXIAL", "1.2.3", "Doe^Jane^^ =  =", "  a \\ b", " x\r\ny", "0.50\\1.5e1",
                "  code",
                "A B", "",
            ])
    }

    @Test(
        "binary numbers in decimal, tags in hexadecimal, streams in base64 up to 64 bytes, sequences as a number of items"
    )
    func numbers() throws {
        func double(_ value: Double) -> [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * $0)) }
        }
        func float(_ value: Float) -> [UInt8] { Bytes.little(value.bitPattern, 4) }
        let names = [
            "Rows", "SmallestImagePixelValue", "00091001", "00091002", "00091003", "00091004", "00091005", "00091006",
            "00091007", "00091008", "00091009", "0009100A", "00091010",
        ]
        let found = try cells(names) { file in
            file.explicit(0x0009_1001, "FD", double(5) + double(0.1) + double(-2.5e-7) + double(1e22) + double(1.0 / 3))
            file.explicit(0x0009_1002, "FL", float(0.1) + float(-12.5) + float(16_777_216) + float(.infinity))
            file.explicit(0x0009_1003, "AT", [0x10, 0, 0x20, 0, 0x28, 0, 0xAB, 0x0C])
            file.explicit(0x0009_1004, "SL", Bytes.little(UInt32(bitPattern: -7), 4))
            file.explicit(0x0009_1005, "UV", [UInt8](repeating: 255, count: 8))
            file.explicit(0x0009_1006, "OB", [1, 2, 3, 4])
            file.explicit(0x0009_1007, "OB", [UInt8](repeating: 0, count: 66))
            file.explicit(0x0009_1008, "UN", "some text ")
            file.explicit(0x0009_1009, "UN", [0, 1, 2, 3])
            var item = Bytes()
            item.item(Bytes())
            item.item(Bytes())
            file.explicit(0x0009_100A, "SQ", item.bytes)
            file.explicit(0x0009_1010, "SS", [0xFF, 0xFF, 1, 0])
            file.explicit(0x0028_0010, "UN", [0, 2])
            file.explicit(0x0028_0106, "SS", [0xFE, 0xFF])
        }
        #expect(
            found == [
                "512", "-2", "5\\0.1\\-2.5e-07\\1e+22\\0.3333333333333333", "0.1\\-12.5\\16777216\\inf",
                "0010,0020\\0028,0CAB", "-7", "18446744073709551615", "AQIDBA==", "(66 bytes)", "some text", "AAECAw==",
                "2", "-1\\1",
            ])
    }

    @Test("floating-point text is the shortest that reads as the same number")
    func shortest() throws {
        var random = SplitMix64(41)
        for round in 0..<3000 {
            let value: Double
            switch round % 4 {
            case 0: value = Double(bitPattern: random.next())
            case 1: value = Double(Int.random(in: -99_999_999...99_999_999, using: &random)) / 10_000
            case 2: value = Double(Int.random(in: -1000...1000, using: &random)) / 7
            default: value = Double(Int.random(in: 0...(1 << 52), using: &random))
            }
            guard value.isFinite else { continue }
            let bits = value.bitPattern
            let text = try cells(["00091001"]) { file in
                file.explicit(0x0009_1001, "FD", (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) })
            }[0]
            #expect(Double(text) == value)
            let digits = { (text: String) in
                text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }.reversed().drop { $0 == "0" }.count
            }
            #expect(digits(text) <= digits(value.description), "\(text) \(value)")
            if round > 400, round % 4 == 0 { continue }
        }
    }

    @Test("implicit: by the dictionary, US or SS by Pixel Representation; UN of a known element by the dictionary")
    func implicit() throws {
        var file = Bytes.part10(TransferSyntax.implicitLittleEndian)
        file.implicit(0x0008_0060, "MR")
        file.implicit(0x0028_0103, [1, 0])
        file.implicit(0x0028_0106, [0xFE, 0xFF])
        file.implicit(0x0029_1001, "text")
        let names = ["Modality", "SmallestImagePixelValue", "00291001"]
        #expect(HeaderReading.read(file.bytes, try IndexColumns(names)).cells == ["MR", "-2", "text"])
        let found = try cells(["PatientID", "Rows"]) { file in
            file.explicit(0x0010_0020, "UN", " 4711 ")
            file.explicit(0x0028_0010, "UN", [1, 1])
        }
        #expect(found == ["4711", "257"])
    }

    @Test("only the top level; the first of two; out of order found; said in the remark")
    func order() throws {
        var inner = Bytes()
        inner.explicit(0x0008_0050, "SH", "INNER ")
        var items = Bytes()
        items.item(inner, isDefined: false)
        items.endOfSequence()
        var file = Bytes.part10()
        file.explicit(0x0040_0275, "SQ", items.bytes, length: 0xFFFF_FFFF)
        file.explicit(0x0010_0020, "LO", "1 ")
        file.explicit(0x0010_0020, "LO", "2 ")
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        let names = ["AccessionNumber", "PatientID", "RequestAttributesSequence/AccessionNumber"]
        let reading = HeaderReading.read(file.bytes, try IndexColumns(names))
        #expect(reading.cells == ["", "1", "INNER"])
        #expect(reading.remark == "elements out of order or twice: the first of two counts")
    }

    @Test("private elements by creator and block")
    func privateElements() throws {
        let names = ["0029,\"B\",08", "0029,\"A\",08", "0029,\"C\",08"]
        let found = try cells(names) { file in
            file.explicit(0x0029_0010, "LO", "A ")
            file.explicit(0x0029_0011, "LO", "B ")
            file.explicit(0x0029_1008, "CS", "OF A")
            file.explicit(0x0029_1108, "CS", "OF B")
        }
        #expect(found == ["OF B", "OF A", ""])
    }

    @Test("names of columns: what is none is refused with a cure; what is there is not added twice")
    func names() throws {
        #expect(IndexColumns.standard.count == 40)
        #expect(try IndexColumns(["0010,0020", "PatientID", "00091001"]).names == ["PatientID", "00091001"])
        for name in ["PatientNam", "", "7FE00010", "A/B", "ContentSequence[5000]/PatientID"] {
            #expect(throws: IndexColumnFault.self) { try IndexColumns([name]) }
        }
    }

    // MARK: Rows

    static let hostile: [UInt8] = {
        var file = Bytes.part10()
        file.explicit(0x0008_0070, "LO", "=HYPERLINK(\"x\",\"y\")")
        file.explicit(0x0008_0080, "LO", "A, \"B\"")
        file.explicit(0x0008_1030, "LO", "-1+2")
        file.explicit(0x0010_0010, "PN", "@SUM(A1)")
        file.explicit(0x0010_4000, "LT", "\tcmd\r\nline\u{1}\\ ")
        file.explicit(0x0020_0032, "DS", "-1.5\\+2\\-3e1")
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        return file.bytes
    }()
    static let hostileNames = [
        "Manufacturer", "InstitutionName", "StudyDescription", "PatientName", "PatientComments", "ImagePositionPatient",
        "PatientID",
    ]

    @Test("CSV: quoted where needed, formulas defused, numbers left; other control characters out")
    func csv() throws {
        let columns = try IndexColumns(Self.hostileNames)
        #expect(
            HeaderReading.row(Self.hostile, .csv, columns, path: "=a,b.dcm")
                == "\"'=a,b.dcm\",\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\",\"A, \"\"B\"\"\",'-1+2,'@SUM(A1),"
                + "\"'\tcmd\r\nline\u{FFFD}\\\",-1.5\\+2\\-3e1,,\r\n")
        let head = String(decoding: RowText(.csv, columns: try columns.adding(["0029,\"A\",08"])).head, as: UTF8.self)
        #expect(head == "Path," + Self.hostileNames.joined(separator: ",") + ",\"0029,\"\"A\"\",08\",Remark\r\n")
    }

    @Test("TSV: one line a row whatever is in it")
    func tsv() throws {
        #expect(
            HeaderReading.row(Self.hostile, .tsv, try IndexColumns(Self.hostileNames))
                == "a.dcm\t=HYPERLINK(\"x\",\"y\")\tA, \"B\"\t-1+2\t@SUM(A1)\t\\tcmd\\r\\nline\u{FFFD}\\\\\t"
                + "-1.5\\\\+2\\\\-3e1\t\t\n")
    }

    @Test("NDJSON: every key in every row, in order, every value a string; a path that is not UTF-8 is said")
    func ndjson() throws {
        #expect(
            HeaderReading.row(Self.hostile, .ndjson, try IndexColumns(Self.hostileNames))
                == "{\"Path\":\"a.dcm\",\"Manufacturer\":\"=HYPERLINK(\\\"x\\\",\\\"y\\\")\","
                + "\"InstitutionName\":\"A, \\\"B\\\"\",\"StudyDescription\":\"-1+2\",\"PatientName\":\"@SUM(A1)\","
                + "\"PatientComments\":\"\\tcmd\\r\\nline\\u0001\\\\\","
                + "\"ImagePositionPatient\":\"-1.5\\\\+2\\\\-3e1\",\"PatientID\":\"\",\"Remark\":\"\"}\n")
        var reader = HeaderReader(columns: try IndexColumns(["PatientID"]))
        var buffer = RowBuffer()
        Self.hostile.withUnsafeBytes { file in
            #expect(reader.read(file, isWholeFile: true, fetch: { _, _ in 0 }) == .read)
            [0x61, 0xFF].withUnsafeBytes {
                RowText(.ndjson, columns: reader.columns).append(
                    path: UnsafeRawBufferPointer(rebasing: $0[0..<1]), reader, to: &buffer)
            }
            [UInt8(0x61), 0xFF].withUnsafeBytes {
                RowText(.ndjson, columns: reader.columns).append(path: $0, reader, to: &buffer)
            }
        }
        let rows = buffer.withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(
            rows == "{\"Path\":\"a\",\"PatientID\":\"\",\"Remark\":\"\"}\n"
                + "{\"Path\":\"a\u{FFFD}\",\"PatientID\":\"\",\"Remark\":\"the path is not in UTF-8\"}\n")
    }

    @Test("DICOM JSON: numbers, names, sequences, private blocks; path and remark behind a creator; reads back")
    func dicomJSON() throws {
        var request = Bytes()
        request.explicit(0x0040_1001, "SH", "RP1 ")
        var requests = Bytes()
        requests.item(request)
        var file = Bytes.part10()
        file.explicit(0x0008_0005, "CS", "ISO_IR 192")
        file.explicit(0x0008_0008, "CS", "A\\\\B")
        file.explicit(0x0010_0010, "PN", "Wang^Xiaodong=王^小东 ")
        file.explicit(0x0010_0020, "LO", [])
        file.explicit(0x0028_0010, "US", [0, 2])
        file.explicit(0x0028_0030, "DS", "+0.50\\.5")
        file.explicit(0x0029_0010, "LO", "B ")
        file.explicit(0x0029_1008, "OB", [1, 2])
        file.explicit(0x0040_0275, "SQ", requests.bytes)
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        let columns = try IndexColumns([
            "TransferSyntaxUID", "SpecificCharacterSet", "ImageType", "PatientName", "PatientID", "Rows",
            "PixelSpacing",
            "StudyID", "RequestAttributesSequence/RequestedProcedureID", "0029,\"B\",08",
        ])
        let row = HeaderReading.row(file.bytes, .dicomJSON, columns)
        #expect(
            row
                == "{\"00080005\":{\"vr\":\"CS\",\"Value\":[\"ISO_IR 192\"]},"
                + "\"00080008\":{\"vr\":\"CS\",\"Value\":[\"A\",null,\"B\"]},"
                + "\"00083002\":{\"vr\":\"UI\",\"Value\":[\"1.2.840.10008.1.2.1\"]},"
                + "\"00090010\":{\"vr\":\"LO\",\"Value\":[\"HILUM INDEX\"]},"
                + "\"00091001\":{\"vr\":\"UT\",\"Value\":[\"a.dcm\"]},"
                + "\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"Wang^Xiaodong\",\"Ideographic\":\"王^小东\"}]},"
                + "\"00100020\":{\"vr\":\"LO\"},\"00280010\":{\"vr\":\"US\",\"Value\":[512]},"
                + "\"00280030\":{\"vr\":\"DS\",\"Value\":[0.50,0.5]},"
                + "\"00290010\":{\"vr\":\"LO\",\"Value\":[\"B\"]},\"00291008\":{\"vr\":\"OB\",\"InlineBinary\":\"AQI=\"},"
                + "\"00400275\":{\"vr\":\"SQ\",\"Value\":[{\"00401001\":{\"vr\":\"SH\",\"Value\":[\"RP1\"]}}]}}\n")
    }
}
