import DriverWire

/// First byte: size of the pieces. The rest is what a driver's process might send: frames in a stream, whatever the pieces;
/// and the text of a device message, which comes back the same once it has been read and written.
func fuzzDriverWire(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let stream = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    func frames(inPiecesOf step: Int) -> [Int] {
        var buffer = FrameBuffer(limit: 4096, usualSize: 256)
        var sizes: [Int] = []
        for start in stride(from: 0, to: stream.count, by: step) {
            buffer.append(stream[start..<min(stream.count, start + step)])
            do {
                while let size = try buffer.next({ body in
                    _ = EventFrame(body: body)
                    _ = CallFrame(body: body)
                    return body.count
                }) { sizes.append(size) }
            } catch {
                return sizes
            }
        }
        return sizes
    }
    precondition(frames(inPiecesOf: max(1, stream.count)) == frames(inPiecesOf: max(1, Int(first))))

    let message = DeviceMessage(decoding: stream)
    for result in message.results {
        if let order = result.order { precondition(message.orders.indices.contains(order)) }
    }
    let written = DeviceMessage(decoding: message.encoded())
    precondition(DeviceMessage(decoding: written.encoded()) == written)
    precondition(written.results.count == message.results.count)
}
