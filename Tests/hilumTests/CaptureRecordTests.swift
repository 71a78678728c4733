import Testing

@testable import hilum

@Suite("The file of a recorded line")
struct CaptureRecordTests {
    @Test("Every byte comes back, of the device alone, in the order recorded")
    func bytes() {
        let all = (0...255).map { UInt8($0) }
        var file = Array(CaptureRecord.signature.utf8)
        file += CaptureRecord.line(microseconds: 0, connection: 1, .event, Array("connected > here".utf8))
        file += CaptureRecord.line(microseconds: 5, connection: 1, .device, all)
        file += CaptureRecord.line(microseconds: 1_500_000, connection: 1, .host, [0x06])
        file += CaptureRecord.line(microseconds: 3_000_001, connection: 2, .device, Array("\\x41 \\".utf8))
        #expect(CaptureRecord.deviceBytes(of: file) == all + Array("\\x41 \\".utf8))
        let text = String(decoding: file, as: UTF8.self)
        #expect(text.contains("\n0.000005 1 > \\x00\\x01"))
        #expect(text.contains("\n1.500000 1 < \\x06\n3.000001 2 > \\\\x41 \\\\\n"))
    }

    @Test("A file cut at any byte gives a beginning of what it held, and no half of a line")
    func cut() throws {
        var file = Array(CaptureRecord.signature.utf8)
        for number in 0..<3 {
            file += CaptureRecord.line(microseconds: 0, connection: 1, .device, [UInt8(number), 0x5C])
        }
        let whole = try #require(CaptureRecord.deviceBytes(of: file))
        for length in CaptureRecord.signature.utf8.count...file.count {
            let read = try #require(CaptureRecord.deviceBytes(of: Array(file.prefix(length))))
            #expect(whole.starts(with: read) && read.count % 2 == 0)
        }
    }

    @Test("Other files are no recordings", arguments: [[], Array("hilum-capture 2\n".utf8), [0x05, 0x02]])
    func others(bytes: [UInt8]) {
        #expect(CaptureRecord.deviceBytes(of: bytes) == nil)
    }

    @Test(
        "Lines that nobody wrote are left out",
        arguments: ["x", "0 1 >", "0 1 > \\", "0 1 > \\x4", "0 1 > \\q", " ", ""])
    func odd(line: String) {
        #expect(CaptureRecord.deviceBytes(of: Array((CaptureRecord.signature + line + "\n").utf8)) == [])
    }
}
