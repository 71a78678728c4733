/// The frame of a service message in place, for the driver process, which hands head and body on as they are.
public enum ServiceFrame {
    /// Appends a frame up to its body, of which `bodyCount` bytes must follow.
    ///
    /// - Returns: false when the message would be longer than `ServiceMessage.longest`; nothing is appended then.
    public static func append(
        id: UInt64, head: UnsafeRawBufferPointer, bodyCount: Int, to buffer: inout [UInt8]
    ) -> Bool {
        let longest = ServiceMessage.longest - ServiceMessage.headerSize
        guard head.count <= longest, bodyCount >= 0, bodyCount <= longest - head.count else { return false }
        buffer.appendLittleEndian(UInt32(ServiceMessage.headerSize + head.count + bodyCount))
        buffer.appendLittleEndian(id)
        buffer.appendLittleEndian(UInt32(head.count))
        buffer.append(contentsOf: head)
        return true
    }

    /// The parts of a frame's body; nil: it is none.
    public static func parts(
        of frame: UnsafeRawBufferPointer
    ) -> (id: UInt64, head: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer)? {
        guard frame.count >= ServiceMessage.headerSize else { return nil }
        let length = Int(frame.littleEndian(at: 8) as UInt32)
        guard length <= frame.count - ServiceMessage.headerSize else { return nil }
        let end = ServiceMessage.headerSize + length
        return (
            frame.littleEndian(at: 0), UnsafeRawBufferPointer(rebasing: frame[ServiceMessage.headerSize..<end]),
            UnsafeRawBufferPointer(rebasing: frame[end...])
        )
    }
}
