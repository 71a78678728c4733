import CPlatform
import Contracts
import Glibc
import Logging
import Synchronization

/// Keeps a serial line open, on a thread of its own: opens it, serves it, and when it is lost looks for its return.
final class SerialEndpoint: Sendable {
    private struct State {
        var isStopped = false
        var link: SerialLink?
    }

    let device: String
    let settings: SerialSettings
    private let hub: LinkHub
    private let wake = WakeSignal()
    private let end = EndSignal()
    private let state = Mutex(State())

    /// Bytes read at a time: more than a line at 115,200 baud brings in 100 ms.
    private static let readSize = 4096
    /// Seconds without progress in sending after which the line counts as held by the device.
    private static let stallSeconds = 15.0

    init(device: String, settings: SerialSettings, hub: LinkHub) {
        self.device = device
        self.settings = settings
        self.hub = hub
    }

    var openLink: SerialLink? { state.withLock { $0.link } }

    func start() {
        if !IOThread.start({ self.run() }) {
            end.signal()
            hub.report(
                LinkTrouble(
                    "\(settings.path): the system gives no thread for it", cure: "Raise TasksMax= and LimitNPROC=."),
                device: device)
        }
    }

    func stop() async {
        let link = state.withLock { state -> SerialLink? in
            state.isStopped = true
            return state.link
        }
        link?.close(reason: "the device's settings were changed or taken away")
        wake.signal()
        await end.wait()
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func run() {
        defer { end.signal() }
        var shortLives = 0
        while !isStopped {
            do throws(LinkTrouble) {
                let port = try SerialPort.open(settings)
                let heard = serve(port)
                shortLives = heard ? 0 : min(shortLives + 1, 10)
            } catch {
                hub.report(error, device: device)
                shortLives = 0
            }
            // A port that opens and is lost at once again and again is asked less and less often.
            let pause = settings.reopenAfter * Double(max(1, shortLives))
            if !isStopped { wake.wait(seconds: pause.isFinite ? max(0.02, pause) : 1) }
        }
    }

    /// Serves an open port until it is lost or closed. True when something was received.
    private func serve(_ port: SerialPort) -> Bool {
        let link = SerialLink(device: device, peer: settings.summary, wake: wake)
        let isStopped = state.withLock { state -> Bool in
            state.link = link
            return state.isStopped
        }
        if isStopped { return false }
        hub.well(device)
        hub.sink.handle(.up(link))
        var server = SerialServer(port: port, link: link, hub: hub, wake: wake)
        let reason = server.run(readSize: Self.readSize, stallSeconds: Self.stallSeconds)
        link.state.withLock { state in
            state.isOpen = false
            state.waiting = []
        }
        state.withLock { $0.link = nil }
        port.close()
        hub.sink.handle(.down(link, reason: reason))
        return server.heard
    }
}

/// The loop around poll(2) of one open port.
struct SerialServer {
    let port: SerialPort
    let link: SerialLink
    let hub: LinkHub
    let wake: WakeSignal
    private var filter = LineErrorFilter()
    private(set) var heard = false
    private var toldErrors = false
    private var outgoing: [UInt8] = []
    private var written = 0
    private var stalledSince: Int64?
    private var toldStall = false

    init(port: SerialPort, link: SerialLink, hub: LinkHub, wake: WakeSignal) {
        self.port = port
        self.link = link
        self.hub = hub
        self.wake = wake
    }

    /// Returns why the link is down.
    mutating func run(readSize: Int, stallSeconds: Double) -> String {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: readSize, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let (isReading, closeReason) = takeOutgoing()
            if let closeReason {
                // What was said before the close is still sent, but a line that is held up does not hold us.
                if written < outgoing.count { _ = port.writeAll(Array(outgoing[written...]), stallLimit: 500) }
                return closeReason
            }
            guard flush(stallSeconds) else { return "the port is gone while sending (unplugged?)" }
            var entries = [
                pollfd(fd: port.descriptor, events: 0, revents: 0),
                pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            if isReading { entries[0].events |= Int16(POLLIN) }
            if written < outgoing.count { entries[0].events |= Int16(POLLOUT) }
            let ready = poll(&entries, 2, written < outgoing.count || wake.descriptor < 0 ? 1000 : -1)
            if ready < 0, errno != EINTR { return "poll: \(errorText(errno))" }
            if entries[1].revents != 0 { wake.clear() }
            let events = CInt(entries[0].revents)
            if events & POLLNVAL != 0 { return "the port is gone (unplugged?)" }
            // A port that is gone is read to its end even when reading is held up: nothing that came is lost.
            if events & (POLLIN | POLLHUP | POLLERR) != 0, let reason = read(buffer, untilGone: events & POLLIN == 0) {
                return reason
            }
        }
    }

    private mutating func takeOutgoing() -> (isReading: Bool, closeReason: String?) {
        if written == outgoing.count {
            outgoing.removeAll(keepingCapacity: true)
            written = 0
        }
        return link.state.withLock { state in
            if !state.waiting.isEmpty {
                outgoing.append(contentsOf: state.waiting)
                state.waiting.removeAll(keepingCapacity: true)
            }
            return (state.isReading, state.closeReason)
        }
    }

    /// False when the port is gone.
    private mutating func flush(_ stallSeconds: Double) -> Bool {
        guard written < outgoing.count else { return true }
        guard let count = outgoing[written...].withUnsafeBytes({ port.write($0) }) else { return false }
        written += count
        let now = hub.clock.now().monotonic
        if count > 0 || stalledSince == nil {
            stalledSince = written < outgoing.count ? now : nil
        } else if let since = stalledSince, !toldStall, now - since > Int64(stallSeconds * 1_000_000) {
            toldStall = true
            hub.report(
                LinkTrouble(
                    "\(link.peer): the device takes nothing for \(Int(stallSeconds)) s (flow control holds the line)",
                    cure:
                        "Compare the flow control (`flow`) with the device's; a cable without RTS/CTS needs `flow: none`."
                ),
                device: link.device)
        }
        return true
    }

    /// Reads once, or until the port is gone. Returns why the link is down.
    private mutating func read(_ buffer: UnsafeMutableRawBufferPointer, untilGone: Bool) -> String? {
        while true {
            switch port.read(into: buffer) {
            case .bytes(let count):
                take(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
                if !untilGone { return nil }
            case .nothing:
                return untilGone ? "the port hung up" : nil
            case .gone(let code):
                return code == 0 || code == EIO
                    ? "the port is gone: unplugged, or closed at the other end" : "the port is gone: \(errorText(code))"
            }
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) {
        heard = true
        let data = port.settings.reportsLineErrors ? filter.data(in: bytes) : Array(bytes)
        if filter.errors > 0, !toldErrors {
            toldErrors = true
            hub.report(
                LinkTrouble(
                    "\(link.peer): bytes come with parity or framing errors",
                    cure: "Compare baud, data bits, parity and stop bits with the device's settings; then check cable, "
                        + "plugs and earthing."), device: link.device)
        }
        if !data.isEmpty { hub.sink.handle(.received(link, data, hub.clock.now())) }
    }
}
