import MLLP

/// First byte: framing and size of the pieces; the rest is the stream. Pieces and the whole must find the same messages.
func fuzzMLLP(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let stream = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    let framing: MLLPDecoder.Framing = first & 1 == 0 ? .blocks : .automatic
    let step = max(1, Int(first >> 1))
    func messages(inPiecesOf step: Int) -> [[UInt8]] {
        var decoder = MLLPDecoder(framing: framing, limit: 200)
        var messages: [[UInt8]] = []
        func keep(_ event: MLLPDecoder.Event) {
            if case .message(let bytes, _, _, _) = event { messages.append(Array(bytes)) }
        }
        for start in stride(from: 0, to: stream.count, by: step) {
            let end = min(stream.count, start + step)
            decoder.receive(UnsafeRawBufferPointer(rebasing: stream[start..<end]), keep)
        }
        decoder.flush(keep)
        return messages
    }
    precondition(messages(inPiecesOf: max(1, stream.count)) == messages(inPiecesOf: step))
}
