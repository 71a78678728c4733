import CHilumDriver
import CPlatform
import DriverWire
import Glibc
import Synchronization

/// Messages of a service on their way to the gateway: from any thread, one whole frame after the other. Whoever emits waits
/// while the gateway is behind.
final class ServiceOutlet: Sendable {
    private let descriptor: Int32
    private let isWriting = Mutex<Void>(())

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Writes a message of the host's own.
    func send(_ message: ServiceMessage) {
        var frame: [UInt8] = []
        message.encode(into: &frame)
        isWriting.withLock { _ in frame.withUnsafeBytes { write($0) } }
    }

    /// Writes a message of the module. What cannot be a message is left out, and said.
    func send(_ message: UnsafePointer<hilum_service_message>?) {
        guard let message, Int(message.pointee.struct_size) >= MemoryLayout<hilum_service_message>.size else {
            DriverHostProcess.complain("the service told a message without struct_size: left out")
            return
        }
        let head = ServiceOutlet.bytes(message.pointee.head)
        let body = ServiceOutlet.bytes(message.pointee.body)
        var start: [UInt8] = []
        guard ServiceFrame.append(id: message.pointee.id, head: head, bodyCount: body.count, to: &start) else {
            DriverHostProcess.complain(
                "the service told a message of \(head.count) and \(body.count) bytes, too long: left out")
            return
        }
        // One write for the common small message.
        let isSmall = body.count <= 16 << 10
        if isSmall { start.append(contentsOf: body) }
        isWriting.withLock { _ in
            start.withUnsafeBytes { write($0) }
            if !isSmall { write(body) }
        }
    }

    private static func bytes(_ bytes: hilum_bytes) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.bytes == nil ? 0 : bytes.count)
    }

    /// Without a gateway there is no reason to go on; other threads may be in the module, so nothing is torn down.
    private func write(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let sent = hilum_send_some(descriptor, piece.baseAddress, UInt64(piece.count))
            guard sent > 0 else { _exit(ExitStatus.finished) }
            rest = rest.dropFirst(Int(sent))
        }
    }
}
