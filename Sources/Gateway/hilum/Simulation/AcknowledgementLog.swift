import Glibc

/// A line for each message that the gateway acknowledged, on disk before the device goes on: what the gateway must still
/// have after it was killed.
final class AcknowledgementLog: Sendable {
    private let descriptor: Int32

    /// Opens a file to append to.
    init(path: String) throws(CommandFailure) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .wrong, "--log \(path): \(String(cString: strerror(errno)))",
                cure: "name a file in a folder that is there")
        }
    }

    deinit { _ = close(descriptor) }

    /// Time (µs since 1970), device, round, number, control id, specimens (comma between), separated by tabs.
    func append(_ message: SimulatedMessage, device: String) {
        append([
            device, "\(message.repetition)", "\(message.index)", message.controlID,
            message.specimens.joined(separator: ","),
        ])
    }

    /// Time (µs since 1970) and the fields, separated by tabs.
    func append(_ fields: [String]) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let time = Int64(now.tv_sec) &* 1_000_000 &+ Int64(now.tv_nsec) / 1000
        let line = Array((["\(time)"] + fields).joined(separator: "\t").utf8) + [0x0A]
        _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        fdatasync(descriptor)
    }
}
