import CPlatform
import Glibc
import Synchronization

/// One pseudo-terminal: a device file that another program opens as a serial port, and our end of it.
public final class PseudoTerminal: Sendable {
    /// Our end, non-blocking.
    public let master: CInt
    /// Path of the device file, `/dev/pts/7`.
    public let path: String
    private let isOpen = Mutex(true)

    /// Makes a pseudo-terminal in raw mode.
    public init() throws(LinkTrouble) {
        var name = [CChar](repeating: 0, count: 128)
        master = platform_pty_open(&name, name.count)
        guard master >= 0 else {
            throw LinkTrouble(
                "no pseudo-terminal to be had: \(errorText(errno))",
                cure:
                    "/dev/ptmx and /dev/pts must be there (in a container: mount devpts), and /proc/sys/kernel/pty/max not "
                    + "reached.")
        }
        path = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    deinit { close() }

    /// Closes our end: whoever has the device file open sees the line hang up, as when a USB adapter is pulled.
    public func close() {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if wasOpen { Glibc.close(master) }
    }
}

/// Two pseudo-terminals joined as by a null-modem cable: what is written to one device file is read from the other. For
/// simulators, tests and the demo site.
public final class PseudoTerminalPair: Sendable {
    private struct State {
        var isUnplugged = false
        var links: [String] = []
    }
    private let first: PseudoTerminal
    private let second: PseudoTerminal
    private let wake = WakeSignal()
    private let end = EndSignal()
    private let state = Mutex(State())

    /// Joins two new pseudo-terminals.
    ///
    /// - Parameter links: paths at which symbolic links to the device files are made, so that they have names that stay; an
    ///   existing symbolic link there is replaced, anything else is an error.
    public init(links: (first: String, second: String)? = nil) throws(LinkTrouble) {
        first = try PseudoTerminal()
        second = try PseudoTerminal()
        if let links {
            try Self.link(links.first, to: first.path)
            try Self.link(links.second, to: second.path)
            state.withLock { $0.links = [links.first, links.second] }
        }
        // Holding the device sides open ourselves keeps the masters readable while nobody else has them open.
        let held = [platform_serial_open(first.path), platform_serial_open(second.path)]
        guard held.allSatisfy({ $0 >= 0 }),
            IOThread.start({ [first, second, wake, end] in
                Self.copy(first.master, second.master, wake)
                first.close()
                second.close()
                for descriptor in held { close(descriptor) }
                end.signal()
            })
        else {
            for descriptor in held where descriptor >= 0 { close(descriptor) }
            throw LinkTrouble(
                "no thread or descriptor for a pair of pseudo-terminals", cure: "Raise LimitNOFILE= and TasksMax=.")
        }
    }

    deinit { unplug() }

    /// Device file of one end.
    public var firstPath: String { first.path }
    /// Device file of the other.
    public var secondPath: String { second.path }

    /// Pulls the cable: both ends hang up, and the symbolic links go.
    public func unplug() {
        let links = state.withLock { state -> [String]? in
            guard !state.isUnplugged else { return nil }
            state.isUnplugged = true
            return state.links
        }
        guard let links else { return }
        for path in links { Glibc.unlink(path) }
        wake.signal()
    }

    /// Waits until both ends are closed after `unplug`.
    public func waitUntilUnplugged() async { await end.wait() }

    private static func link(_ path: String, to target: String) throws(LinkTrouble) {
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK { Glibc.unlink(path) }
        guard symlink(target, path) == 0 else {
            throw LinkTrouble(
                "\(path): the link to a pseudo-terminal cannot be made: \(errorText(errno))",
                cure: "The folder must exist and be writable, and nothing else may have the name.")
        }
    }

    /// Copies both ways until woken. A direction is read only when what it has read before is written: a reader that stops
    /// holds up the writer, as a real line with flow control.
    private static func copy(_ first: CInt, _ second: CInt, _ wake: WakeSignal) {
        var ways = [Way(from: first, to: second), Way(from: second, to: first)]
        while true {
            var entries = [
                pollfd(fd: first, events: 0, revents: 0), pollfd(fd: second, events: 0, revents: 0),
                pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            for (index, way) in ways.enumerated() {
                if way.isEmpty {
                    entries[index].events |= Int16(POLLIN)
                } else {
                    entries[1 - index].events |= Int16(POLLOUT)
                }
            }
            guard poll(&entries, 3, -1) >= 0 || errno == EINTR else { return }
            if entries[2].revents != 0 { return }
            if (entries[0].revents | entries[1].revents) & Int16(POLLERR | POLLNVAL) != 0 { return }
            for index in ways.indices { ways[index].move() }
        }
    }

    private struct Way {
        let from: CInt
        let to: CInt
        var buffer = [UInt8](repeating: 0, count: 4096)
        var start = 0
        var count = 0

        init(from: CInt, to: CInt) {
            self.from = from
            self.to = to
        }

        var isEmpty: Bool { start == count }

        mutating func move() {
            if isEmpty {
                start = 0
                count = max(0, read(from, &buffer, buffer.count))
            }
            guard !isEmpty else { return }
            let written = buffer[start..<count].withUnsafeBytes { write(to, $0.baseAddress, $0.count) }
            start += max(0, written)
        }
    }
}
