import CPlatform
import DriverWire
import Glibc
import Synchronization

/// Calls and messages on their way to a driver's process: written at once by whoever makes them, what the socket does not
/// take later by the thread that watches the process.
final class Outlet: Sendable {
    private struct State {
        var descriptor: Int32
        var bytes: [UInt8] = []
        var written = 0
        var waitsForRoom = false
        var calls: UInt64 = 0
        var taken: UInt64 = 0
    }

    private let state: Mutex<State>
    private let poller: Int32
    private let token: UInt64

    init(descriptor: Int32, poller: Int32, token: UInt64) {
        state = Mutex(State(descriptor: descriptor))
        self.poller = poller
        self.token = token
    }

    /// Calls sent that are to be answered.
    var calls: UInt64 { state.withLock { $0.calls } }

    func send(_ frame: CallFrame, _ bytes: [UInt8]) {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            frame.encode(bytes, into: &state.bytes)
            if frame.kind != .close { state.calls += 1 }
            if !state.waitsForRoom { write(&state) }
        }
    }

    /// Sends a message to a service.
    ///
    /// - Returns: bytes that wait for the process to read.
    @discardableResult
    func send(_ message: ServiceMessage) -> Int {
        state.withLock { state in
            guard state.descriptor >= 0 else { return 0 }
            message.encode(into: &state.bytes)
            if !state.waitsForRoom { write(&state) }
            return state.bytes.count - state.written
        }
    }

    /// Bytes taken by the process so far, and whether more wait.
    var progress: (taken: UInt64, waits: Bool) { state.withLock { ($0.taken, $0.waitsForRoom) } }

    /// The socket has room again.
    func hasRoom() {
        state.withLock { state in if state.descriptor >= 0 { write(&state) } }
    }

    /// After this nothing is written: the descriptor may be closed.
    func shut() {
        state.withLock { state in
            state.descriptor = -1
            state.bytes = []
        }
    }

    private func write(_ state: inout State) {
        while state.written < state.bytes.count {
            let sent = state.bytes.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[state.written...])
                return hilum_send_some(state.descriptor, rest.baseAddress, UInt64(rest.count))
            }
            // An error is the end of the process, which is noticed by its descriptor.
            guard sent > 0 else { break }
            state.written += Int(sent)
            state.taken &+= UInt64(sent)
        }
        let isDone = state.written == state.bytes.count
        if isDone {
            state.bytes.removeAll(keepingCapacity: state.bytes.capacity <= 1 << 20)
            state.written = 0
        } else if state.written > 1 << 20 {
            state.bytes.removeFirst(state.written)
            state.written = 0
        }
        if state.waitsForRoom == isDone {
            state.waitsForRoom = !isDone
            _ = hilum_poll_change(poller, 1, state.descriptor, isDone ? 0 : 1, token)
        }
    }
}
