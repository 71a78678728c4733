import DICOM
import Testing

/// Damaged headers: never a row that is silently empty, and never an error for what lies behind the last wanted element.
@Suite("Header reader: damage")
struct HeaderDamageTests {
    static let names = [
        "SOPInstanceUID", "PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "BitsStored",
    ]

    /// A file of more than 8 KiB; the length of the name is `nameLength`, that of the comments `commentLength`.
    static func file(
        _ syntax: String = TransferSyntax.explicitLittleEndian, nameLength: UInt32 = 8, commentLength: UInt32 = 300,
        behind: [UInt8] = []
    ) -> [UInt8] {
        var file = Bytes.part10(syntax)
        func add(_ tag: UInt32, _ vr: String, _ value: [UInt8], length: UInt32? = nil) {
            if syntax == TransferSyntax.implicitLittleEndian {
                file.implicit(tag, value, length: length)
            } else {
                file.explicit(tag, vr, value, length: length)
            }
        }
        add(0x0008_0016, "UI", Array("1.2.840.10008.5.1.4.1.1.2\0".utf8))
        add(0x0008_0018, "UI", Array("1.2.3.4\0".utf8))
        add(0x0010_0010, "PN", Array("Doe^Jane".utf8), length: nameLength)
        add(0x0010_0020, "LO", Array("4711".utf8))
        add(0x0018_4000, "UT", [UInt8](repeating: 0x41, count: 300), length: commentLength)
        add(0x0020_000D, "UI", Array("1.2.3.5\0".utf8))
        add(0x0020_000E, "UI", Array("1.2.3.6\0".utf8))
        add(0x0028_0101, "US", [12, 0])
        file.bytes += behind
        if behind.isEmpty {
            add(0x0029_0010, "LO", Array("HILUM TEST".utf8))
            add(0x0029_1001, "OB", [UInt8](repeating: 0x30, count: 9000))
            add(0x7FE0_0010, "OW", [UInt8](repeating: 0, count: 512))
        }
        return file.bytes
    }

    @Test(
        "a damaged length is a fault or a remark where elements are lost by it",
        arguments: [TransferSyntax.explicitLittleEndian, TransferSyntax.implicitLittleEndian])
    func damagedLengths(_ syntax: String) throws {
        let columns = try IndexColumns(Self.names)
        let sound = ["1.2.3.4", "Doe^Jane", "4711", "1.2.3.5", "1.2.3.6", "12"]
        let plain = HeaderReading.read(Self.file(syntax), columns, prefix: 8192)
        #expect(plain.cells == sound && plain.remark == "" && plain.fetches == 0)
        for length in [UInt32(2), 6, 10, 64, 250, 0x212, 0x1000, 0x2020, 0xFFFE] {
            for file in [Self.file(syntax, nameLength: length), Self.file(syntax, commentLength: length)] {
                for prefix in [200, 1024, 8192, file.count] {
                    let reading = HeaderReading.read(file, columns, prefix: prefix)
                    guard reading.fault == nil, reading.cells != sound else { continue }
                    #expect(
                        reading.remark != "" || reading.cells.dropFirst().allSatisfy { !$0.isEmpty },
                        "\(length), prefix \(prefix): \(reading.cells)")
                }
            }
        }
    }

    @Test("a length that passes over what is wanted, into something that is no element, is found out")
    func passedOver() throws {
        let columns = try IndexColumns(Self.names)
        let file = Self.file(commentLength: 9000)
        for prefix in [300, 700, 1024, 8192, file.count] {
            let reading = HeaderReading.read(file, columns, prefix: prefix)
            #expect(reading.fault != nil || reading.remark.contains("may be missing"), "\(prefix): \(reading)")
        }
    }

    @Test(
        "what is broken behind the last wanted element leaves the row",
        arguments: [TransferSyntax.explicitLittleEndian, TransferSyntax.implicitLittleEndian])
    func brokenBehind(_ syntax: String) throws {
        let columns = try IndexColumns(Self.names)
        var long = Bytes()
        long.explicit(0x0029_1001, "OB", [1, 2, 3], length: 0x1000_0000)
        var disorder = Bytes()
        disorder.explicit(0x0029_0010, "LO", "AB")
        disorder.explicit(0x0028_0002, "US", [1, 0])
        disorder.explicit(0x0028_0004, "CS", [0x41], length: 500)
        // A damaged length between private elements: then what is no element.
        var lost = Bytes()
        lost.explicit(0x0029_0010, "LO", "AB")
        lost.explicit(0x0029_1001, "UN", [UInt8](repeating: 0x31, count: 64), length: 6)
        lost.explicit(0x0029_1002, "LO", "CD")
        let behinds: [[UInt8]] = [
            lost.bytes,
            [0x28], [0x28, 0, 2, 1, 0x55], [0x28, 0, 2, 1, 0x55, 0x53, 2, 0], long.bytes, disorder.bytes,
            [0x28, 0, 2, 1, 0x55, 0x53, 0xFF, 0xFF, 1], [0x29, 0, 0x10, 0, 0x4C, 0x4F, 9],
        ]
        for behind in behinds {
            let file = Self.file(syntax, behind: behind)
            for prefix in [200, 700, file.count - 1, file.count] {
                let reading = HeaderReading.read(file, columns, prefix: prefix)
                #expect(
                    reading.cells == ["1.2.3.4", "Doe^Jane", "4711", "1.2.3.5", "1.2.3.6", "12"],
                    "\(behind), prefix \(prefix): \(String(describing: reading.fault))")
            }
        }
    }

    @Test("an instance without what every instance has is a row, without a remark when it is whole")
    func withoutIdentifiers() throws {
        var file = Bytes.part10()
        file.explicit(0x0010_0020, "LO", "4711")
        file.explicit(0x0028_0101, "US", [12, 0])
        file.explicit(0x0029_0010, "LO", "HILUM TEST")
        file.explicit(0x0029_1001, "OB", [UInt8](repeating: 0, count: 9000))
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        for prefix in [200, 1024, 8192, file.bytes.count] {
            let reading = HeaderReading.read(file.bytes, try IndexColumns(Self.names), prefix: prefix)
            #expect(reading.cells == ["", "", "4711", "", "", "12"], "\(prefix)")
            #expect(reading.remark == "", "\(prefix)")
        }
    }

    @Test("a value that ends far beyond the file is truncated, at its element")
    func farBeyond() throws {
        let columns = try IndexColumns(Self.names)
        var file = Bytes.part10()
        file.explicit(0x0008_0018, "UI", "1.2.3.4\0")
        let place = file.bytes.count
        file.explicit(0x0009_1001, "OB", [UInt8](repeating: 1, count: 3000), length: 540_000_000)
        for prefix in [200, 1000, file.bytes.count - 1, file.bytes.count] {
            let fault = HeaderReading.read(file.bytes, columns, prefix: prefix).fault
            #expect(fault?.code == .truncated, "\(prefix)")
            #expect(fault?.offset == place, "\(prefix)")
        }
    }

    @Test("a deflated data set that does not inflate, or to more than is read, says so")
    func deflated() throws {
        let columns = try IndexColumns(Self.names)
        let head = Bytes.part10("1.2.840.10008.1.2.1.99").bytes
        let broken = HeaderReading.read(head + [UInt8](repeating: 0xFF, count: 500), columns)
        #expect(broken.fault?.code == .deflate)
        // Private elements of 64 KiB of zeros: one block that copies what was before it, again and again.
        var bomb = head
        var element = Bytes()
        element.explicit(0x0009_10BB, "OB", [], length: 0x7FFF_FFFE)
        // A stored block with the element's head and a zero, then blocks of fixed codes: 258 bytes from one before.
        let stored = element.bytes + [0]
        bomb += [0, UInt8(stored.count), 0, ~UInt8(stored.count), 0xFF] + stored
        var bits = BitWriter()
        bits.put(1, 1)
        bits.put(1, 2)
        for _ in 0..<40_000 {
            bits.putCode(0b1100_0101, 8)  // 285: 258 bytes
            bits.putCode(0, 5)  // distance 1
        }
        bits.putCode(0, 7)
        let fault = HeaderReading.read(bomb + bits.bytes + [0, 0, 0], columns).fault
        #expect(fault?.code == .deflate)
        #expect(fault?.problem.contains("inflates to more than") == true)
        #expect(fault?.cure.contains("fetch") == false)
    }
}

/// Bits of a deflate stream (RFC 1951 3.1.1).
private struct BitWriter {
    var bytes: [UInt8] = []
    private var used = 8

    mutating func put(_ value: Int, _ count: Int) {
        for bit in 0..<count { putBit(value >> bit & 1) }
    }

    /// A prefix code: its highest bit first.
    mutating func putCode(_ value: Int, _ count: Int) {
        for bit in (0..<count).reversed() { putBit(value >> bit & 1) }
    }

    private mutating func putBit(_ bit: Int) {
        if used == 8 {
            bytes.append(0)
            used = 0
        }
        bytes[bytes.count - 1] |= UInt8(bit) << UInt8(used)
        used += 1
    }
}
