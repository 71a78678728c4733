import DeviceProfile
import Foundation
import Glibc
import Synchronization
import Transport

/// A line of which at least one side is serial, passed on byte by byte and recorded; or only listened to.
///
/// One thread moves the bytes. A side that takes nothing for a while holds up the other: nothing is read from it until there is
/// room, so that its own flow control stops it. A side that is not there is opened again and again; what the other says meanwhile
/// is in the recording and nowhere else, as on a line that is not plugged in.
final class LineTap {
    /// Bytes that may wait for one side before the other is not read any more.
    static let mostWaiting = 65_536
    /// Pause between attempts to open a side.
    static let openPause = Duration.seconds(1)

    /// How a side is opened. Called on a thread of its own; nil: not yet.
    typealias Opening = @Sendable () throws -> SentEndpoint?

    /// An endpoint on its way from the thread that opened it.
    struct SentEndpoint: @unchecked Sendable {
        // @unchecked: the opening thread forgets it as it hands it over.
        let endpoint: TapEndpoint
    }

    private final class Side {
        let name: String
        let direction: CaptureRecord.Direction
        let open: Opening
        var endpoint: TapEndpoint?
        /// Bytes for it that it has not taken yet.
        var waiting: [UInt8] = []
        /// Bytes for it that came while it was not there.
        var unsent = 0
        var trouble = ""
        let opened = Mutex<Result<SentEndpoint?, any Error>?>(nil)
        var isOpening = false
        var nextTry = ContinuousClock.now

        init(_ name: String, _ direction: CaptureRecord.Direction, _ open: @escaping Opening) {
            self.name = name
            self.direction = direction
            self.open = open
        }
    }

    private let device: Side
    private let host: Side?
    private let isListenOnly: Bool
    private let recorder: CaptureRecorder
    /// Tells whoever stands before the terminal that a side is there, or why not.
    private let say: (String) -> Void
    private(set) var connections = 0

    /// - Parameters:
    ///   - host: nil: there is one wire only.
    ///   - isListenOnly: nothing is ever written to either side.
    init(
        device: (name: String, open: Opening), host: (name: String, open: Opening)?, isListenOnly: Bool,
        recorder: CaptureRecorder, say: @escaping (String) -> Void
    ) {
        self.device = Side(device.name, .device, device.open)
        self.host = host.map { Side($0.name, .host, $0.open) }
        self.isListenOnly = isListenOnly
        self.recorder = recorder
        self.say = say
    }

    /// Passes on until it is stopped.
    func run(until isStopped: StopFlag) {
        while !isStopped.isSet {
            for side in [device, host].compactMap(\.self) { openIfNeeded(side) }
            wait()
            pass(from: device, to: host)
            if let host { pass(from: host, to: device) }
        }
        // What was read is still passed on, as far as it goes at once.
        for side in [device, host].compactMap(\.self) { flush(side) }
        device.endpoint = nil
        host?.endpoint = nil
    }

    private func openIfNeeded(_ side: Side) {
        if side.isOpening, let result = side.opened.withLock({ $0 }) {
            side.opened.withLock { $0 = nil }
            side.isOpening = false
            side.nextTry = .now + Self.openPause
            switch result {
            case .success(let sent?):
                side.endpoint = sent.endpoint
                side.trouble = ""
                connections += 1
                recorder.note("\(side.name): open", connection: connections)
                say("\(side.name): open")
            // A listener to which nobody has come yet is asked again at once.
            case .success(nil): side.nextTry = .now
            case .failure(let error):
                let text = "\(side.name): \(error)"
                if text != side.trouble {
                    recorder.note(text, connection: max(1, connections))
                    say(text)
                }
                side.trouble = text
            }
        }
        guard side.endpoint == nil, !side.isOpening, side.nextTry <= .now else { return }
        side.isOpening = true
        let (open, opened) = (side.open, SideResult(side))
        Thread.detachNewThread {
            let result = Result { try open() }
            opened.put(result)
        }
    }

    /// Where a thread that opens a side leaves what came of it.
    private struct SideResult: @unchecked Sendable {
        // @unchecked: only the mutex of the side is touched.
        private let side: Side
        init(_ side: Side) { self.side = side }
        func put(_ result: Result<SentEndpoint?, any Error>) { side.opened.withLock { $0 = result } }
    }

    private func wait() {
        var entries: [pollfd] = []
        for (side, other) in [(device, host), (host, device)] {
            guard let side, let endpoint = side.endpoint else { continue }
            var events: Int32 = 0
            if isListenOnly || (other?.waiting.count ?? 0) < Self.mostWaiting { events |= POLLIN }
            if !side.waiting.isEmpty { events |= POLLOUT }
            entries.append(pollfd(fd: endpoint.descriptor, events: Int16(events), revents: 0))
        }
        let pause: Int32 = entries.count == (host == nil ? 1 : 2) ? 200 : 20
        _ = poll(&entries, nfds_t(entries.count), pause)
    }

    private func pass(from source: Side, to sink: Side?) {
        flush(source)
        guard let endpoint = source.endpoint, isListenOnly || (sink?.waiting.count ?? 0) < Self.mostWaiting else {
            return
        }
        switch endpoint.read() {
        case .nothing: break
        case .bytes(let bytes):
            if let sink, !isListenOnly { give(bytes, to: sink) }
            recorder.record(bytes, source.direction, connection: max(1, connections))
        case .gone(let how): lose(source, how)
        }
    }

    private func give(_ bytes: [UInt8], to sink: Side) {
        guard sink.endpoint != nil else {
            sink.unsent += bytes.count
            return
        }
        if sink.unsent > 0 {
            recorder.note(
                "\(sink.unsent) bytes before this did not reach \(sink.name): it was not there",
                connection: max(1, connections))
            sink.unsent = 0
        }
        sink.waiting += bytes
        flush(sink)
    }

    private func flush(_ side: Side) {
        while !side.waiting.isEmpty, let endpoint = side.endpoint {
            guard let count = endpoint.write(side.waiting[...]) else { return lose(side, "takes nothing any more") }
            if count == 0 { return }
            side.waiting.removeFirst(count)
        }
    }

    private func lose(_ side: Side, _ how: String) {
        recorder.note("\(side.name): \(how)", connection: max(1, connections))
        say("\(side.name): \(how)")
        side.endpoint = nil
        side.unsent += side.waiting.count
        side.waiting = []
        side.nextTry = .now + Self.openPause
    }
}
