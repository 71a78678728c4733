import CPlatform
import Contracts
import Glibc

/// Reads one file and hands it on in pieces, as fast as the other side takes them.
struct FileReader {
    enum Check {
        case well
        /// Still being written.
        case changed
        case failed(CInt)
    }
    enum Outcome {
        /// Everything in it is durable.
        case finished
        /// Given up, by whom and why; to be read again later.
        case given(String)
    }

    let descriptor: CInt
    let stamp: FileStamp
    let link: FolderLink
    let hub: LinkHub
    let wake: WakeSignal
    private var head: [UInt8] = []

    /// Bytes handed on at a time.
    static let pieceSize = 65536
    /// A file up to this size is read whole, and checked for changes, before a byte of it is handed on.
    static let headLimit = 1 << 20

    init(descriptor: CInt, stamp: FileStamp, link: FolderLink, hub: LinkHub, wake: WakeSignal) {
        self.descriptor = descriptor
        self.stamp = stamp
        self.link = link
        self.hub = hub
        self.wake = wake
    }

    /// Reads the first part, which for nearly all files is all of it.
    mutating func readHead() -> Check {
        guard isUnchanged else { return .changed }
        while head.count < Self.headLimit {
            switch piece() {
            case .failure(let fault): return .failed(fault.code)
            case .success(let bytes):
                if bytes.isEmpty { return isUnchanged ? .well : .changed }
                head += bytes
            }
        }
        return isUnchanged ? .well : .changed
    }

    /// Hands the file on, and waits until it is finished or given up.
    mutating func handOver() -> Outcome {
        var start = 0
        while start < head.count {
            if let reason = waitUntilReading() { return .given(reason) }
            let end = min(head.count, start + Self.pieceSize)
            hub.sink.handle(.received(link, Array(head[start..<end]), hub.clock.now()))
            start = end
        }
        let isAll = head.count < Self.headLimit
        head = []
        while !isAll {
            if let reason = waitUntilReading() { return .given(reason) }
            switch piece() {
            case .failure(let fault): return .given("reading failed: \(errorText(fault.code))")
            case .success(let bytes):
                if bytes.isEmpty { break }
                hub.sink.handle(.received(link, bytes, hub.clock.now()))
                continue
            }
            break
        }
        guard isUnchanged else { return .given("the file was changed while it was read") }
        hub.sink.handle(.ended(link))
        while true {
            let (isFinished, reason) = link.state.withLock { ($0.isFinished, $0.closeReason) }
            if isFinished { return .finished }
            if let reason { return .given(reason) }
            wake.wait(seconds: 60)
        }
    }

    private struct ReadFault: Error { var code: CInt }

    private func piece() -> Result<[UInt8], ReadFault> {
        var code: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, count in
            var result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            while result < 0, errno == EINTR { result = Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
            if result < 0 { code = errno }
            count = max(0, result)
        }
        return code == 0 ? .success(bytes) : .failure(ReadFault(code: code))
    }

    /// Waits while reading is held up. Returns the reason when the link was closed.
    private func waitUntilReading() -> String? {
        while true {
            let (isReading, reason) = link.state.withLock { ($0.isReading, $0.closeReason) }
            if let reason { return reason }
            if isReading { return nil }
            wake.wait(seconds: 60)
        }
    }

    private var isUnchanged: Bool {
        var now = platform_file_stamp()
        guard platform_file_stamp(descriptor, &now) == 0, now.is_regular != 0 else { return false }
        return FileStamp(now) == stamp
    }
}
