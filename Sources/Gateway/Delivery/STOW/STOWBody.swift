import Glibc
import NIOCore
import NIOPosix

/// The body of a request (RFC 2387), read from the files as the receiver takes it: memory does not depend on their size.
struct STOWBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let parts: [STOWPart]
    let boundary: String

    /// A random one, which no file holds.
    static func makeBoundary() -> String {
        "hilum-\(String(UInt64.random(in: .min ... .max), radix: 36))\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }

    /// Value of Content-Type.
    var contentType: String { "multipart/related; type=\"application/dicom\"; boundary=\(boundary)" }

    /// Bytes in all.
    var length: Int64 {
        parts.reduce(Int64(STOWBody.end(boundary).utf8.count)) { sum, part in
            sum &+ Int64(STOWBody.start(boundary).utf8.count) &+ part.length &+ 2
        }
    }

    private static func start(_ boundary: String) -> String {
        "--\(boundary)\r\nContent-Type: application/dicom\r\n\r\n"
    }
    private static func end(_ boundary: String) -> String { "--\(boundary)--\r\n" }

    func makeAsyncIterator() -> Iterator { Iterator(parts: parts[...], boundary: boundary) }

    /// A file is not any more what it was when the request began.
    struct Fault: Error, CustomStringConvertible {
        let path: String
        let description: String
    }

    struct Iterator: AsyncIteratorProtocol {
        /// Bytes read at a time.
        private static let piece: Int64 = 256 << 10

        fileprivate var parts: ArraySlice<STOWPart>
        let boundary: String
        private var file: OpenFile?
        private var at: Int64 = 0
        private var hasEnded = false

        fileprivate init(parts: ArraySlice<STOWPart>, boundary: String) {
            self.parts = parts
            self.boundary = boundary
        }

        mutating func next() async throws -> ByteBuffer? {
            guard let part = parts.first else {
                if hasEnded { return nil }
                hasEnded = true
                return ByteBuffer(string: STOWBody.end(boundary))
            }
            guard let open = file else {
                file = try OpenFile(part.item.path)
                at = part.offset
                var start = ByteBuffer(string: STOWBody.start(boundary))
                start.writeBytes(part.head)
                return start
            }
            let left = part.offset &+ part.rest &- at
            guard left > 0 else {
                file = nil
                parts.removeFirst()
                return ByteBuffer(string: "\r\n")
            }
            let (place, count) = (at, Int(Swift.min(left, Iterator.piece)))
            let piece = try await NIOThreadPool.singleton.runIfActive { try open.read(at: place, count: count) }
            at &+= Int64(piece.readableBytes)
            return piece
        }
    }
}

/// A file that is closed when it is let go.
private final class OpenFile: Sendable {
    private let descriptor: CInt
    private let path: String

    init(_ path: String) throws(STOWBody.Fault) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            throw STOWBody.Fault(path: path, description: "\(path) cannot be read: \(IOErrorText.text(errno))")
        }
    }

    deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

    func read(at offset: Int64, count: Int) throws(STOWBody.Fault) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        var done = 0
        repeat {
            done = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
                Swift.max(0, pread(descriptor, bytes.baseAddress, count, off_t(offset)))
            }
        } while done == 0 && errno == EINTR
        if done == 0 { throw STOWBody.Fault(path: path, description: "\(path) is shorter than it was") }
        return buffer
    }
}
