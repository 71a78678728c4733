import Contracts
import Synchronization

/// One open serial line. May be used from any thread; the line's own thread does the work.
final class SerialLink: Link {
    struct State {
        var waiting: [UInt8] = []
        var isReading = true
        var isOpen = true
        var closeReason: String?
    }

    let device: String
    let peer: String
    let state = Mutex(State())
    private let wake: WakeSignal

    /// Bytes that may wait to go out: minutes of a serial line.
    static let outboundLimit = 1 << 20

    init(device: String, peer: String, wake: WakeSignal) {
        self.device = device
        self.peer = peer
        self.wake = wake
    }

    func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        state.withLock { state in
            guard state.isOpen else { return }
            guard state.waiting.count &+ bytes.count <= Self.outboundLimit else {
                state.isOpen = false
                state.closeReason = "the device takes nothing: over \(Self.outboundLimit) bytes wait to be sent"
                return
            }
            state.waiting.append(contentsOf: bytes)
        }
        wake.signal()
    }

    /// A line has nothing to acknowledge but by what is sent.
    func acknowledge() {}

    /// A line does not end.
    func finished() {}

    func setReading(_ reading: Bool) {
        state.withLock { $0.isReading = reading }
        wake.signal()
    }

    func close(reason: String) {
        state.withLock { state in
            guard state.closeReason == nil else { return }
            state.isOpen = false
            state.closeReason = reason
        }
        wake.signal()
    }
}
