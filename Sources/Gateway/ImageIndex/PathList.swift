import Glibc

/// Paths from a descriptor, each ended by a line feed or, when there is a NUL among the first 4 KiB, by NUL: no path is
/// longer, and none has a NUL in it.
final class PathList {
    /// PATH_MAX of Linux.
    static let longest = 4096
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    private var place = 0
    private var ending: UInt8?
    private var isAtEnd = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// No whole path is at hand.
    var wouldWait: Bool {
        if isAtEnd { return false }
        guard let ending else { return true }
        while place < bytes.count, bytes[place] == ending { place += 1 }
        return !bytes[place...].contains(ending)
    }

    /// The next path; nil at the end, on a fault of reading and when the run is stopped.
    func next(_ isStopped: () -> Bool) -> [UInt8]? {
        while true {
            if ending == nil, isAtEnd || bytes.count > Self.longest || bytes.contains(0) {
                ending = bytes.contains(0) ? 0 : 0x0A
            }
            if let ending {
                if let end = bytes[place...].firstIndex(of: ending) {
                    defer { place = end + 1 }
                    if end == place { continue }
                    return Array(bytes[place..<end])
                }
                if isAtEnd {
                    defer { place = bytes.count }
                    return place < bytes.count ? Array(bytes[place...]) : nil
                }
                // Longer than any path: let it be told as one that is none, in pieces of bounded size.
                if bytes.count - place > Self.longest * 2 {
                    defer { place = bytes.count }
                    return Array(bytes[place...])
                }
            }
            guard more(isStopped) else { return nil }
        }
    }

    private func more(_ isStopped: () -> Bool) -> Bool {
        if place > 0 {
            bytes.removeFirst(place)
            place = 0
        }
        while !isStopped() {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, 100)
            if ready == 0 || ready < 0 && errno == EINTR { continue }
            var chunk = [UInt8](repeating: 0, count: 1 << 14)
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            if count <= 0 {
                isAtEnd = true
            } else {
                bytes.append(contentsOf: chunk[..<count])
            }
            return true
        }
        return false
    }
}
