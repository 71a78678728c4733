import DeviceProfile
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

    @Test("Who spoke, when, and on which connection")
    func events() throws {
        var file = Array(CaptureRecord.signature.utf8)
        file += CaptureRecord.line(microseconds: 0, connection: 1, .event, Array("connected".utf8))
        file += CaptureRecord.line(microseconds: 61_000_007, connection: 12, .host, [0x06])
        file += Array("x 3 > y\n-1.000000 3 > z\n1.0 4 ? q\n".utf8)
        let events = try #require(CaptureRecord.events(of: file))
        #expect(events.map(\.microseconds) == [0, 61_000_007, 0, 0])
        #expect(events.map(\.connection) == [1, 12, 3, 3])
        #expect(events.map(\.direction) == [.event, .host, .device, .device])
        #expect(events[1].bytes == [0x06])
    }

    @Test("What the device said is played in the time of then, after what the host had said")
    func turns() throws {
        var file = Array(CaptureRecord.signature.utf8)
        func add(_ time: Int64, _ direction: CaptureRecord.Direction, _ bytes: String) {
            file += CaptureRecord.line(microseconds: time, connection: 1, direction, Array(bytes.utf8))
        }
        add(0, .event, "connected")
        add(1_000, .device, "A")
        add(2_000, .host, "ok")
        add(2_500, .host, "go")
        add(3_000, .device, "B")
        add(3_700, .device, "C")
        add(60_003_700, .device, "D")
        let capture = try #require(Capture(recorded: file))
        #expect(capture.framing == .recorded && capture.messages.count == 1)
        let units = try #require(capture.messages.first?.units)
        #expect(units.map(\.bytes) == [Array("A".utf8), Array("B".utf8), Array("C".utf8), Array("D".utf8)])
        #expect(
            units.map(\.kind) == [
                .recorded(pause: .milliseconds(1), hostBytes: 0), .recorded(pause: .microseconds(500), hostBytes: 4),
                .recorded(pause: .microseconds(700), hostBytes: 0),
                .recorded(pause: Capture.longestPause, hostBytes: 0),
            ])
        #expect(Capture(recorded: Array("plain".utf8)) == nil)
        #expect(Capture(recorded: Array(CaptureRecord.signature.utf8)) == nil)
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
