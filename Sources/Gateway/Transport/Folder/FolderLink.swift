import Contracts
import Synchronization

/// One file of a watched folder being read.
final class FolderLink: Link {
    struct State {
        var isReading = true
        var isFinished = false
        var closeReason: String?
    }

    let device: String
    let peer: String
    let state = Mutex(State())
    private let wake: WakeSignal

    init(device: String, peer: String, wake: WakeSignal) {
        self.device = device
        self.peer = peer
        self.wake = wake
    }

    /// Nobody is at the other end of a file.
    func send(_ bytes: [UInt8]) {}

    /// A file is taken as a whole, when it is finished.
    func acknowledge() {}

    func finished() {
        state.withLock { if $0.closeReason == nil { $0.isFinished = true } }
        wake.signal()
    }

    func setReading(_ reading: Bool) {
        state.withLock { $0.isReading = reading }
        wake.signal()
    }

    func close(reason: String) {
        state.withLock { if $0.closeReason == nil, !$0.isFinished { $0.closeReason = reason } }
        wake.signal()
    }
}
