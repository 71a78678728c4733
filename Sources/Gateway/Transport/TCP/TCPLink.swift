import Contracts
import NIOCore
import Synchronization

/// One TCP connection. May be used from any thread.
final class TCPLink: Link {
    /// What goes out. Bytes of several sends are put together until the event loop comes round, so that a group commit
    /// which releases many answers costs one write a connection.
    private struct Outbound {
        var isOpen = true
        var waiting = ByteBuffer()
        var inFlight = 0
        var isFlushPlanned = false
        var closeReason: String?
    }

    let device: String
    let peer: String
    let channel: any Channel
    private let limit: Int
    private let outbound = Mutex(Outbound())
    /// When the device was last heard, in nanoseconds of the event loops' clock.
    let lastHeard: Atomic<UInt64>
    /// It was announced: TLS, if any, is agreed on.
    let isUp = Atomic(false)

    init(device: String, peer: String, channel: any Channel, outboundLimit: Int) {
        self.device = device
        self.peer = peer
        self.channel = channel
        limit = outboundLimit
        lastHeard = Atomic(NIODeadline.now().uptimeNanoseconds)
    }

    /// Why this side closed the link; nil when it did not.
    var closeReason: String? { outbound.withLock { $0.closeReason } }

    func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        enum Next { case nothing, flush, overflow }
        let next = outbound.withLock { outbound -> Next in
            guard outbound.isOpen else { return .nothing }
            if outbound.waiting.readableBytes &+ outbound.inFlight &+ bytes.count > limit { return .overflow }
            outbound.waiting.writeBytes(bytes)
            if outbound.isFlushPlanned { return .nothing }
            outbound.isFlushPlanned = true
            return .flush
        }
        switch next {
        case .nothing: break
        case .flush: onLoop { self.flush() }
        case .overflow: abort(reason: "the device takes nothing: over \(limit) bytes wait to be sent")
        }
    }

    /// A TCP connection has nothing to acknowledge but by what is sent.
    func acknowledge() {}

    /// The device has closed its side and has all its answers.
    func finished() { close(reason: Self.finishedReason) }
    static let finishedReason = "closed by the device"

    func setReading(_ reading: Bool) {
        onLoop { try? self.channel.syncOptions?.setOption(.autoRead, value: reading) }
    }

    func close(reason: String) {
        guard beginClosing(reason) else { return }
        onLoop {
            self.flush()
            // An empty write completes after everything before it was taken by the kernel.
            self.channel.writeAndFlush(ByteBuffer()).whenComplete { _ in self.channel.close(promise: nil) }
            // A device that takes nothing must not hold the descriptor.
            self.channel.eventLoop.scheduleTask(in: .seconds(2)) { self.channel.close(promise: nil) }
        }
    }

    /// Closes without waiting for what is still to be sent.
    func abort(reason: String) {
        guard beginClosing(reason) else { return }
        onLoop { self.channel.close(promise: nil) }
    }

    /// The connection is gone: later sends are dropped.
    func wentDown() {
        outbound.withLock { outbound in
            outbound.isOpen = false
            outbound.waiting = ByteBuffer()
        }
    }

    private func beginClosing(_ reason: String) -> Bool {
        outbound.withLock { outbound in
            guard outbound.closeReason == nil else { return false }
            outbound.isOpen = false
            outbound.closeReason = reason
            return true
        }
    }

    private func flush() {
        let bytes = outbound.withLock { outbound -> ByteBuffer in
            defer { outbound.waiting = ByteBuffer() }
            outbound.isFlushPlanned = false
            outbound.inFlight &+= outbound.waiting.readableBytes
            return outbound.waiting
        }
        let count = bytes.readableBytes
        guard count > 0 else { return }
        channel.writeAndFlush(bytes).whenComplete { [self] _ in
            outbound.withLock { $0.inFlight &-= count }
        }
    }

    private func onLoop(_ action: @escaping @Sendable () -> Void) {
        if channel.eventLoop.inEventLoop {
            action()
        } else {
            channel.eventLoop.execute(action)
        }
    }
}
