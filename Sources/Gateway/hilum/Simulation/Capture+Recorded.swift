import DeviceProfile

extension Capture {
    /// Longest pause of a recording that is kept: nobody waits for the night between two days.
    static let longestPause = Duration.seconds(10)

    /// The device's side of a recording of `hilum capture`, each piece with the pause before it and what the host had said since
    /// the last one. Nil where it is none, or the device said nothing.
    init?(recorded file: [UInt8]) {
        guard let events = CaptureRecord.events(of: file) else { return nil }
        var units: [Unit] = []
        var (last, hostBytes): (Int64, Int) = (events.first?.microseconds ?? 0, 0)
        for event in events {
            switch event.direction {
            case .event: continue
            case .host: hostBytes += event.bytes.count
            case .device:
                let pause = min(.microseconds(max(0, event.microseconds - last)), Self.longestPause)
                units.append(
                    Unit(
                        kind: .recorded(pause: pause, hostBytes: hostBytes), bytes: event.bytes,
                        text: 0..<event.bytes.count))
                hostBytes = 0
            }
            last = event.microseconds
        }
        if units.isEmpty { return nil }
        self.init(framing: .recorded, messages: [Message(units: units)])
    }
}
