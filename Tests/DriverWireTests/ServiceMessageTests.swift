import DriverWire
import Testing

/// Messages of services on the socket.
struct ServiceMessageTests {
    private static let message = ServiceMessage(
        "stored", id: 0x0102_0304_0506_0708,
        fields: [.init("path", "/a=b/ü"), .init("empty", ""), .init("file", "1"), .init("file", "2")],
        body: [0, 0x1F, 255])

    private func frame(_ message: ServiceMessage) -> [UInt8] {
        var bytes: [UInt8] = []
        message.encode(into: &bytes)
        return bytes
    }

    @Test func comesBackAsItWas() throws {
        let bytes = frame(Self.message)
        #expect(bytes.prefix(4).elementsEqual([UInt8(bytes.count - 4), 0, 0, 0]))
        let read = try #require(bytes[4...].withUnsafeBytes { ServiceMessage(frame: $0) })
        #expect(read == Self.message)
        #expect(read["path"] == "/a=b/ü" && read.all("file") == ["1", "2"] && read["empty"] == "" && read["no"] == nil)
    }

    @Test func partsAreTheSameBytes() throws {
        let bytes = frame(Self.message)
        let parts = bytes[4...].withUnsafeBytes { frame in
            ServiceFrame.parts(of: frame).map { ($0.id, Array($0.head), Array($0.body)) }
        }
        let (id, head, body) = try #require(parts)
        #expect(id == Self.message.id && body == Self.message.body)
        var again: [UInt8] = []
        let isTaken = head.withUnsafeBytes { ServiceFrame.append(id: id, head: $0, bodyCount: body.count, to: &again) }
        #expect(isTaken && again + body == bytes)
    }

    /// Whatever comes, nothing traps: a frame is a message or it is none.
    @Test func anyBytes() {
        let whole = Array(frame(Self.message)[4...])
        for count in 0..<whole.count {
            let cut = Array(whole.prefix(count))
            let read = cut.withUnsafeBytes { ServiceMessage(frame: $0) }
            let parts = cut.withUnsafeBytes { ServiceFrame.parts(of: $0)?.id }
            #expect((read == nil) == (parts == nil))
            if count < ServiceMessage.headerSize { #expect(read == nil) }
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255, using: &generator) }
            _ = bytes.withUnsafeBytes { ServiceMessage(frame: $0) }
            _ = bytes.withUnsafeBytes { ServiceFrame.parts(of: $0)?.body.count }
        }
    }

    @Test func tooLongIsNotBegun() {
        var bytes: [UInt8] = [1, 2]
        let head = [UInt8](repeating: 0x41, count: 10)
        for count in [-1, ServiceMessage.longest, Int.max] {
            let isTaken = head.withUnsafeBytes { ServiceFrame.append(id: 1, head: $0, bodyCount: count, to: &bytes) }
            #expect(!isTaken && bytes == [1, 2])
        }
    }
}
