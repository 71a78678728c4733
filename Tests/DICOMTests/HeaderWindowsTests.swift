import DICOM
import Testing

/// Headers longer than the prefix: the same cells whatever part of the file is given at first, and bounded memory.
@Suite("Header reader: windows")
struct HeaderWindowsTests {
    /// A header with all that makes a window move: long private values, sequences of both kinds, long wanted values.
    static func long(_ syntax: String = TransferSyntax.explicitLittleEndian, filler: Int = 300_000) -> [UInt8] {
        var file = Bytes.part10(syntax)
        let isExplicit = syntax != TransferSyntax.implicitLittleEndian
        func add(_ tag: UInt32, _ vr: String, _ value: [UInt8], length: UInt32? = nil) {
            if isExplicit {
                file.explicit(tag, vr, value, length: length)
            } else {
                file.implicit(tag, value, length: length)
            }
        }
        add(0x0008_0060, "CS", Array("CT".utf8))
        add(0x0009_0010, "LO", Array("MAKER ".utf8))
        add(0x0009_1001, "OB", [UInt8](repeating: 0x41, count: filler))
        var item = Bytes()
        for place in UInt32(0)..<400 {
            if isExplicit {
                item.explicit(0x0009_1000 + place, "LO", "value \(place % 10) ")
            } else {
                item.implicit(0x0009_1000 + place, "value \(place % 10) ")
            }
        }
        var items = Bytes()
        for place in 0..<4 { items.item(item, isDefined: place % 2 == 0) }
        items.endOfSequence()
        add(0x0009_1002, "SQ", [], length: nil)
        add(0x0010_0010, "PN", Array("Doe^Jane".utf8))
        add(0x0010_0020, "LO", Array("4711".utf8))
        add(0x0010_4000, "LT", [UInt8](repeating: 0x78, count: 30_000))
        add(0x0020_4000, "LT", Array("a comment ".utf8))
        add(0x0032_1030, "LO", Array("reason".utf8))
        add(0x0040_0275, "SQ", items.bytes, length: 0xFFFF_FFFF)
        var request = Bytes()
        if isExplicit {
            request.explicit(0x0040_1001, "SH", "RP1 ")
        } else {
            request.implicit(0x0040_1001, "RP1 ")
        }
        var requests = Bytes()
        requests.item(request)
        add(0x0040_A730, "SQ", requests.bytes)
        add(0x7FE0_0010, "OW", [0, 0])
        return file.bytes
    }

    static func columns() throws -> IndexColumns {
        try IndexColumns([
            "Modality", "PatientName", "PatientID", "PatientComments", "ImageComments", "00321030",
            "RequestAttributesSequence", "ContentSequence/RequestedProcedureID", "0009,\"MAKER\",02",
        ])
    }

    @Test(
        "any prefix gives the same cells",
        arguments: [TransferSyntax.explicitLittleEndian, TransferSyntax.implicitLittleEndian])
    func prefixes(_ syntax: String) throws {
        let bytes = Self.long(syntax)
        var reader = HeaderReader(columns: try Self.columns())
        let whole = HeaderReading.read(bytes, &reader)
        #expect(whole.fault == nil)
        #expect(whole.cells[1] == "Doe^Jane")
        #expect(whole.cells[3].utf8.count == 30_000)
        #expect(whole.cells[6] == "4")
        #expect(whole.cells[7] == "RP1")
        var random = SplitMix64(5)
        for round in 0..<50 {
            let prefix = round < 30 ? 200 + round * 3 : Int.random(in: 140..<bytes.count, using: &random)
            let part = HeaderReading.read(bytes, &reader, prefix: prefix)
            #expect(part.fault == nil, "\(prefix)")
            #expect(part.cells == whole.cells, "\(prefix)")
            #expect(part.remark == whole.remark, "\(prefix)")
        }
    }

    @Test("small files: every prefix, every sample, the same as the whole")
    func everyPrefix() throws {
        for (number, sample) in RobustnessTests.samples.enumerated() {
            var reader = HeaderReader(columns: try HeaderPathsTests.columns(slow: false))
            let whole = HeaderReading.read(sample, &reader)
            for count in 0..<sample.count {
                let part = HeaderReading.read(sample, &reader, prefix: count)
                #expect(part.cells == whole.cells && part.fault == nil, "sample \(number), \(count) bytes")
            }
        }
    }

    @Test("an unwanted value is passed over, not read, however long it says it is")
    func passedOver() throws {
        let bytes = Self.long(filler: 20_000_000)
        var reader = HeaderReader(columns: try IndexColumns(["PatientName"]))
        var read = 0
        let first = Array(bytes.prefix(8192))
        first.withUnsafeBytes { prefix in
            let outcome = reader.read(prefix, isWholeFile: false) { offset, target in
                read += target.count
                return HeaderReading.fetch(bytes, offset, target)
            }
            #expect(outcome == .read)
            #expect(reader.text(0) == "Doe^Jane")
        }
        #expect(read < 100_000)
    }

    @Test("a wanted value over 64 KiB is cut, and the remark says so")
    func cut() throws {
        var file = Bytes.part10()
        file.explicit(0x0010_0020, "LO", "1 ")
        file.explicit(0x0040_A160, "UT", [UInt8](repeating: 0x61, count: 200_000))
        file.explicit(0x0040_A30A, "DS", "5 ")
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        let columns = try IndexColumns(["PatientID", "TextValue", "NumericValue"])
        for prefix in [nil, 300, 70_000, 150_000] as [Int?] {
            let reading = HeaderReading.read(file.bytes, columns, prefix: prefix)
            #expect(reading.cells.map(\.utf8.count) == [1, 65_536, 1])
            #expect(reading.remark == "TextValue is longer than 65536 bytes: cut")
        }
        let slow = HeaderReading.read(file.bytes, try columns.adding([HeaderReading.slow]))
        #expect(slow.cells.map(\.utf8.count) == [1, 65_536, 1, 0])
        #expect(slow.remark == "TextValue is longer than 65536 bytes: cut")
    }

    @Test("a file that ends inside an element is a fault at that element's offset in the file")
    func truncated() throws {
        let bytes = Self.long()
        let columns = try Self.columns()
        for end in [170, 250, 400, 5000, 200_000, 301_000, 330_000, bytes.count - 40] {
            let part = Array(bytes.prefix(end))
            for prefix in [200, 8192, part.count] where prefix <= part.count {
                let reading = HeaderReading.read(part, columns, prefix: prefix)
                let fault = try #require(reading.fault, "\(end) \(prefix)")
                #expect(fault.code == .truncated, "\(end) \(prefix)")
                #expect(fault.offset <= end && fault.offset >= 0)
            }
        }
        // Behind the last wanted one nothing matters.
        let early = HeaderReading.read(Array(bytes.prefix(bytes.count - 4)), try IndexColumns(["PatientID"]))
        #expect(early.cells == ["4711"])
    }

    @Test("errors and ends while fetching are faults, never a loop")
    func fetching() throws {
        let bytes = Self.long()
        let columns = try Self.columns()
        let whole = HeaderReading.read(bytes, columns)
        for failing in 0..<12 {
            for code in [0, -5] {
                var reader = HeaderReader(columns: columns)
                var calls = 0
                let first = Array(bytes.prefix(300))
                let outcome = first.withUnsafeBytes { prefix in
                    reader.read(prefix, isWholeFile: false) { offset, target in
                        calls += 1
                        return calls > failing ? code : HeaderReading.fetch(bytes, offset, target)
                    }
                }
                #expect(calls < 60)
                if case .fault(let fault) = outcome {
                    #expect(fault.code == .truncated)
                    #expect(code == 0 || fault.problem.contains("error 5"))
                } else {
                    // What was still to be fetched is not wanted.
                    #expect((0..<columns.count).map { reader.text($0) } == whole.cells, "\(failing) \(code)")
                }
            }
        }
        // A file that gives a byte at a time is read all the same.
        var reader = HeaderReader(columns: try IndexColumns(["PatientID"]))
        let slow = Bytes.part10().bytes + [0x10, 0, 0x20, 0, 0x4C, 0x4F, 2, 0, 0x34, 0x32]
        let outcome = Array(slow.prefix(150)).withUnsafeBytes { prefix in
            reader.read(prefix, isWholeFile: false) { offset, target in
                HeaderReading.fetch(slow, offset, UnsafeMutableRawBufferPointer(rebasing: target.prefix(1)))
            }
        }
        #expect(outcome == .read && reader.text(0) == "42")
    }

    @Test("a header without end is a fault, at 64 MiB at the latest")
    func endless() throws {
        var file = Bytes.part10()
        file.explicit(0x0009_1001, "SQ", [], length: 0xFFFF_FFFF)
        let beginning = file.bytes
        var item = Bytes()
        item.item(Bytes(), isDefined: false)
        var reader = HeaderReader(columns: .standard)
        var fetched = 0
        let outcome = beginning.withUnsafeBytes { prefix in
            reader.read(prefix, isWholeFile: false) { offset, target in
                let unit = Array(item.bytes[((offset - beginning.count) % 16)...]) + item.bytes
                for place in stride(from: 0, to: target.count - 16, by: 16) {
                    UnsafeMutableRawBufferPointer(rebasing: target[place...]).copyBytes(from: unit.prefix(16))
                }
                fetched += target.count
                return (target.count - 1) / 16 * 16
            }
        }
        guard case .fault(let fault) = outcome else {
            Issue.record("read")
            return
        }
        #expect(fault.code == .length && fetched < 70 << 20)
        // Elements of undefined coding, without end: held in memory only so far.
        let other = Array("DICM".utf8)
        let unusual = [UInt8](repeating: 0, count: 128).withUnsafeBytes { prefix in
            reader.read(prefix, isWholeFile: false) { offset, target in
                fetched += target.count
                for place in 0..<target.count {
                    let at = offset + place
                    target[place] = at < 132 ? other[at - 128] : beginning[132 + (at - 132) % (beginning.count - 132)]
                }
                return target.count
            }
        }
        if case .read = unusual { Issue.record("read") }
    }
}
