import CPlatform
import DriverWire
import Glibc

/// Events on their way to the gateway, gathered so that one write carries many.
struct EventOutlet {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// Bytes gathered above which they are written at once.
    static let writeAbove = 32 << 10

    init(descriptor: Int32) {
        self.descriptor = descriptor
        buffer.reserveCapacity(2 * EventOutlet.writeAbove)
    }

    mutating func hello(status: Int32, _ text: String) {
        var frame = EventFrame(.hello, instance: 0, input: 0)
        frame.status = status
        send(frame, text)
    }

    mutating func send(_ frame: EventFrame, _ text: String) {
        var text = text
        text.withUTF8 { send(frame, UnsafeRawBufferPointer($0)) }
    }

    mutating func send(_ frame: EventFrame, _ bytes: UnsafeRawBufferPointer) {
        frame.encode(bytes, into: &buffer)
        if buffer.count >= EventOutlet.writeAbove { flush() }
    }

    /// Writes all that was gathered. The gateway always reads, so a wait here is short. Without a gateway there is no
    /// reason to go on.
    mutating func flush() {
        buffer.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                let sent = hilum_send_some(descriptor, piece.baseAddress, UInt64(piece.count))
                guard sent > 0 else { exit(ExitStatus.finished) }
                rest = rest.dropFirst(Int(sent))
            }
        }
        buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 20)
    }
}
