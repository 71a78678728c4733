import CPlatform
import CSerialPort
import Glibc

/// An open serial port, for this process alone. Through libserialport; a pseudo-terminal or virtual port that it does not
/// take is opened by termios. Not thread-safe: one thread at a time.
public final class SerialPort {
    /// What a read found.
    public enum ReadResult: Sendable, Equatable {
        /// So many bytes, at least one.
        case bytes(Int)
        /// Nothing at the moment.
        case nothing
        /// The port is gone: unplugged, or the other end of a pseudo-terminal was closed. With the system's error number, 0
        /// for an orderly hang-up.
        case gone(CInt)
    }

    /// For poll(2). Reads and writes do not block.
    public let descriptor: CInt
    /// The settings it was opened with.
    public let settings: SerialSettings
    /// False for a pseudo-terminal or virtual port.
    public var usesLibrary: Bool { library != nil }
    private var library: OpaquePointer?
    private var isOpen = true

    private init(descriptor: CInt, settings: SerialSettings, library: OpaquePointer?) {
        self.descriptor = descriptor
        self.settings = settings
        self.library = library
    }

    deinit { close() }

    /// Opens a port and sets it up.
    ///
    /// - Throws: what is wrong with the port or the settings, and what to do.
    public static func open(_ settings: SerialSettings) throws(LinkTrouble) -> SerialPort {
        try SerialFault.check(settings)
        // libserialport knows ports by their device name only: /dev/serial/by-id/… are symbolic links.
        guard let real = realpath(settings.path, nil) else { throw SerialFault.trouble(errno, settings) }
        defer { free(real) }
        let port: SerialPort
        if let library = try openByLibrary(String(cString: real), settings) {
            var descriptor: CInt = -1
            guard sp_get_port_handle(library, &descriptor) == SP_OK, descriptor >= 0 else {
                sp_close(library)
                sp_free_port(library)
                throw SerialFault.trouble(EIO, settings)
            }
            port = SerialPort(descriptor: descriptor, settings: settings, library: library)
        } else {
            port = try openByTermios(real, settings)
        }
        if platform_serial_claim(port.descriptor) != 0 { throw SerialFault.trouble(errno, settings) }
        if platform_serial_finish(port.descriptor, settings.reportsLineErrors ? 1 : 0) != 0 {
            throw SerialFault.trouble(errno, settings)
        }
        return port
    }

    /// Reads what is there.
    public func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        guard isOpen else { return .gone(EBADF) }
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .gone(0) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothing
            case let code: return .gone(code)
            }
        }
    }

    /// Writes what the port takes at the moment. Returns how much, or nil when the port is gone.
    public func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard isOpen else { return nil }
        while true {
            let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: return 0
            default: return nil
            }
        }
    }

    /// Waits until there is something to read, or the port is gone, or so many milliseconds (-1: for ever). False: the time
    /// is up.
    public func waitForInput(milliseconds: Int) -> Bool { wait(for: POLLIN, milliseconds) }

    /// Waits until the port takes bytes.
    public func waitForRoom(milliseconds: Int) -> Bool { wait(for: POLLOUT, milliseconds) }

    /// Writes all of it, waiting for room. False when the port is gone or takes nothing for so long.
    public func writeAll(_ bytes: [UInt8], stallLimit milliseconds: Int = 10_000) -> Bool {
        var written = 0
        while written < bytes.count {
            guard let count = bytes[written...].withUnsafeBytes({ write($0) }) else { return false }
            written += count
            if count == 0, !waitForRoom(milliseconds: milliseconds) { return false }
        }
        return true
    }

    /// Lets what was written leave the port (500 ms at most) and closes it.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        platform_serial_drain(descriptor, 500)
        if let library {
            sp_close(library)
            sp_free_port(library)
        } else {
            platform_serial_close(descriptor)
        }
        library = nil
    }

    private func wait(for event: CInt, _ milliseconds: Int) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        return poll(&entry, 1, CInt(clamping: milliseconds)) > 0
    }

    // MARK: Opening

    /// Nil: libserialport does not take this port, termios may.
    private static func openByLibrary(_ path: String, _ settings: SerialSettings) throws(LinkTrouble) -> OpaquePointer?
    {
        var handle: OpaquePointer?
        guard sp_get_port_by_name(path, &handle) == SP_OK, let port = handle else { return nil }
        var result = sp_open(port, SP_MODE_READ_WRITE)
        var code = result == SP_ERR_FAIL ? sp_last_error_code() : 0
        if result == SP_OK {
            result = configure(port, settings)
            code = result == SP_ERR_FAIL ? sp_last_error_code() : result == SP_OK ? 0 : EINVAL
            if result != SP_OK { sp_close(port) }
        }
        guard result != SP_OK else { return port }
        sp_free_port(port)
        // Refused modem lines (TIOCMGET): a virtual port.
        if code == ENOTTY || (code == EINVAL && isVirtual(path)) || result == SP_ERR_SUPP { return nil }
        throw SerialFault.trouble(code, settings)
    }

    private static func isVirtual(_ path: String) -> Bool {
        // A port without hardware has no `device` entry.
        guard let name = path.split(separator: "/").last else { return true }
        return access("/sys/class/tty/\(name)/device", F_OK) != 0
    }

    private static func configure(_ port: OpaquePointer, _ settings: SerialSettings) -> sp_return {
        var handle: OpaquePointer?
        guard sp_new_config(&handle) == SP_OK, let config = handle else { return SP_ERR_MEM }
        defer { sp_free_config(config) }
        let parity: sp_parity
        switch settings.parity {
        case .none: parity = SP_PARITY_NONE
        case .even: parity = SP_PARITY_EVEN
        case .odd: parity = SP_PARITY_ODD
        case .mark: parity = SP_PARITY_MARK
        case .space: parity = SP_PARITY_SPACE
        }
        let flow = settings.flow
        let results = [
            sp_set_config_baudrate(config, CInt(clamping: settings.baud)),
            sp_set_config_bits(config, CInt(clamping: settings.dataBits)),
            sp_set_config_parity(config, parity),
            sp_set_config_stopbits(config, CInt(clamping: settings.stopBits)),
            sp_set_config_xon_xoff(config, flow == .xonxoff ? SP_XONXOFF_INOUT : SP_XONXOFF_DISABLED),
            sp_set_config_rts(
                config, flow == .rtscts ? SP_RTS_FLOW_CONTROL : settings.rts ? SP_RTS_ON : SP_RTS_OFF),
            sp_set_config_cts(config, flow == .rtscts ? SP_CTS_FLOW_CONTROL : SP_CTS_IGNORE),
            sp_set_config_dtr(
                config, flow == .dtrdsr ? SP_DTR_FLOW_CONTROL : settings.dtr ? SP_DTR_ON : SP_DTR_OFF),
            sp_set_config_dsr(config, flow == .dtrdsr ? SP_DSR_FLOW_CONTROL : SP_DSR_IGNORE),
        ]
        return results.first { $0 != SP_OK } ?? sp_set_config(port, config)
    }

    private static func openByTermios(
        _ path: UnsafePointer<CChar>, _ settings: SerialSettings
    ) throws(LinkTrouble) -> SerialPort {
        let descriptor = platform_serial_open(path)
        guard descriptor >= 0 else { throw SerialFault.trouble(errno, settings) }
        let port = SerialPort(descriptor: descriptor, settings: settings, library: nil)
        var line = platform_serial_settings(
            baud: Int32(clamping: settings.baud), data_bits: Int32(clamping: settings.dataBits),
            parity: CChar(bitPattern: settings.parityLetter), stop_bits: Int32(clamping: settings.stopBits),
            xonxoff: settings.flow == .xonxoff ? 1 : 0, rtscts: settings.flow == .rtscts ? 1 : 0)
        if platform_serial_configure(descriptor, &line) != 0 { throw SerialFault.trouble(errno, settings) }
        return port
    }
}
