import LIS01

/// LIS01 receiver and link: any bytes, in pieces and with clock steps that the input itself names, under options that its
/// first byte chooses. Nothing may trap; what is held stays within the limits.
func fuzzLIS01(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    var options = LIS01Options()
    options.frames = [.numbered, .bare, .either, .numbered][Int(first & 3)]
    options.checksum = [.required, .noted, .none, .required][Int(first >> 2 & 3)]
    options.checksFrameNumbers = first & 0x10 == 0
    options.doubledControls = first & 0x20 != 0
    options.longestFrame = 1000
    options.longestMessage = 4000
    var link = LIS01Link(role: first & 0x40 == 0 ? .computer : .instrument, options: options)
    var outputs: [LIS01Output] = []
    var now: Int64 = 0
    if first & 0x80 != 0 { link.send(id: 1, text: Array("H|\\^&\rL|1\r".utf8), now: now, outputs: &outputs) }
    var index = 1
    var accepted = 0
    while index < bytes.count {
        let size = min(Int(bytes[index] & 63) + 1, bytes.count - index)
        now += Int64(bytes[index] >> 6) * 5_000_000
        link.receive(UnsafeRawBufferPointer(rebasing: bytes[index..<index + size]), now: now, outputs: &outputs)
        if let deadline = link.deadline, now >= deadline { link.timeout(now: now, outputs: &outputs) }
        for output in outputs { if case .frame(let frame) = output { accepted += frame.text.count } }
        outputs.removeAll(keepingCapacity: true)
        index += size
    }
    precondition(accepted <= bytes.count, "more text accepted than received")
    precondition(link.received == UInt64(bytes.count - 1), "bytes lost count")
}
