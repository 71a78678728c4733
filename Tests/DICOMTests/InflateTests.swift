import Foundation
import Testing

@testable import DICOM

@Suite("Deflated data sets")
struct InflateTests {
    /// A deflated file, in stored blocks.
    static let file: [UInt8] = {
        var body = Bytes()
        body.explicit(0x0010_0010, "PN", "Stored^Name ")
        body.explicit(0x0010_0020, "LO", "42")
        body.explicit(0x7FE0_0010, "OW", [UInt8](repeating: 3, count: 50))
        return Bytes.part10(TransferSyntax.deflatedLittleEndian).bytes + stored(body.bytes)
    }()

    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt32(bytes.count)
        return [1] + Bytes.little(count, 2) + Bytes.little(~count, 2) + bytes
    }

    /// One zero byte and `count` times 258 more, by the fixed codes.
    static func bomb(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var bit = 0
        func put(_ value: Int, _ size: Int, highFirst: Bool) {
            for place in 0..<size {
                if bit % 8 == 0 { bytes.append(0) }
                let isSet = value >> (highFirst ? size - 1 - place : place) & 1 == 1
                if isSet { bytes[bytes.count - 1] |= 1 << UInt8(bit % 8) }
                bit += 1
            }
        }
        put(1, 1, highFirst: false)
        put(1, 2, highFirst: false)
        put(0x30, 8, highFirst: true)
        for _ in 0..<count {
            put(0b1100_0101, 8, highFirst: true)
            put(0, 5, highFirst: true)
        }
        put(0, 7, highFirst: true)
        return bytes
    }

    private static let text = (0..<60).map { "\($0) bottles of beer on the wall, " }.joined()

    /// The text as zlib deflates it with fixed and with own codes.
    private static let vectors = [
        """
        M1BIyi8pyUktVshPU0hKTS1SyM9TKMlIVShPzMnRUTDEL22EX9oYv7QJfmlT/NJm+KXN8Utb4Je2JBAsBgTkCYSbIY\
        GAMyQQcoYEgs6QQNgZEgg8QwKhZ0gg+AwJhJ8RgfAzIpTuCISfEYHwMyIQfkYEws+IQPgZEQg/IwLhZ0Qg/IwJhJ8x\
        gfAzJpRxCYSfMYHwMyYQfsYEws+YQPgZEwg/YwLhZ0Ig/EwIhJ8JgfAzIVTyEQg/EwLhZ0Ig/EwIhJ8JgfAzIRB+pg\
        TCz5RA+JkSCD9TAuFnSqjqIBB+pgTCz5RA+JkSCD9TAuEHAA==
        """,
        """
        hdXJDQJBDAXRVBwAh7H9zRIOI/WIQ4uRoCXSJwPXuW5PXjbbz7Xm+Np52D7Gx863rdew33POi3mfo8/ZZ/W5+nzt86\
        3P9z4/gGWDDm4OcA5yDnQOdg54DnoOfA5+AX5Bcwd+AX4BfgF+AX4BfgF+AX4Jfgl+SYsLfgl+CX4Jfgl+CX4JfgI/\
        gZ/AT3T5wE/gJ/AT+An8BH4FfgV+BX4FfkWvA/wK/Ar8CvwK/P4=
        """,
    ].compactMap { Data(base64Encoded: $0).map { [UInt8]($0) } }

    private func inflate(_ bytes: [UInt8], limit: Int = 1 << 20) -> Inflate {
        var inflate = Inflate(limit: limit)
        inflate.run(bytes, from: 0)
        return inflate
    }

    @Test("stored, fixed and own codes, with and without the header of zlib")
    func blocks() {
        #expect(Self.vectors.count == 2)
        for bytes in Self.vectors + [Self.stored(Array(Self.text.utf8))] {
            for bytes in [bytes, [0x78, 0x9C] + bytes] {
                let result = inflate(bytes)
                #expect(result.fault == nil)
                #expect(String(decoding: result.output, as: UTF8.self) == Self.text)
            }
        }
    }

    @Test("every beginning gives a beginning of the text, and says that it ends in the middle")
    func prefixes() {
        for bytes in Self.vectors {
            for count in 0..<bytes.count {
                let result = inflate(Array(bytes.prefix(count)))
                #expect(Self.text.utf8.starts(with: result.output))
                #expect(result.fault?.code == .truncated)
            }
        }
    }

    @Test("changed bytes never trap and never pass the limit")
    func mutations() {
        var random = SplitMix64(5)
        for _ in 0..<3000 {
            var bytes = Self.vectors.randomElement(using: &random) ?? []
            for _ in 0...2 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            #expect(inflate(bytes, limit: 3000).output.count <= 3000)
        }
    }

    @Test("a bomb ends at the limit")
    func bombs() {
        let result = inflate(Self.bomb(40_000), limit: 1 << 20)
        #expect(result.output.count <= 1 << 20)
        #expect(result.fault?.code == .deflate)
        #expect(inflate(Self.bomb(100)).output.count == 25_801)
    }

    @Test("a deflated file, whole and its header")
    func files() throws {
        let file = try DICOMFile.read(Self.file)
        #expect(file.dataSet.string(.patientName) == "Stored^Name")
        #expect(file.extent == .whole)
        let header = try DICOMFile.read(Self.file, options: .header)
        #expect(header.dataSet.string(.patientID) == "42")
        if case .pixelData = header.extent {} else { Issue.record("\(header.extent)") }
    }

    @Test("the header of a deflated bomb costs no more than its header")
    func bombHeader() throws {
        // Zero bytes after the header are no elements: it ends there.
        let bytes = Bytes.part10(TransferSyntax.deflatedLittleEndian).bytes + Self.bomb(100_000)
        var options = DICOMFile.ReadOptions.header
        options.isPrefix = false
        options.largestInflated = 1 << 20
        let file = try DICOMFile.read(bytes, options: options)
        #expect(!file.faults.isEmpty)
    }
}
