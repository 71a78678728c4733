import Glibc

/// Why a serial port cannot be used, for people.
enum SerialFault {
    /// Settings that no port has.
    static func check(_ settings: SerialSettings) throws(LinkTrouble) {
        let path = settings.path
        if !(5...8).contains(settings.dataBits) {
            throw LinkTrouble("\(path): \(settings.dataBits) data bits", cure: "Write `data_bits: 7` or `8`.")
        }
        if !(1...2).contains(settings.stopBits) {
            throw LinkTrouble("\(path): \(settings.stopBits) stop bits", cure: "Write `stop_bits: 1` or `2`.")
        }
        if !(1...4_000_000).contains(settings.baud) {
            throw LinkTrouble(
                "\(path): \(settings.baud) baud", cure: "Write the speed set on the device, such as `baud: 9600`.")
        }
    }

    static func trouble(_ code: CInt, _ settings: SerialSettings) -> LinkTrouble {
        let path = settings.path
        switch code {
        case ENOENT, ENXIO, ENODEV, ENOTDIR:
            return LinkTrouble(
                "\(path): no such port",
                cure:
                    "Plug the adapter in; `ls /dev/serial/by-id/ /dev/ttyS*` lists the ports there are. It is opened as "
                    + "soon as it appears.")
        case EACCES, EPERM:
            let (group, user) = owners(path)
            return LinkTrouble(
                "\(path): no permission: it belongs to the group \(group), and the gateway runs as \(user)",
                cure: "`sudo usermod -aG \(group) \(user)`, then restart the gateway.")
        case EBUSY, EWOULDBLOCK:
            let holder = PortHolder.find(file: path)
            return LinkTrouble(
                "\(path): in use by \(holder ?? "another program")",
                cure:
                    "Stop it (`sudo fuser -v \(path)` names it); two devices cannot share a line. ModemManager takes new "
                    + "USB ports: `sudo systemctl disable --now ModemManager`.")
        case ENOTTY:
            return LinkTrouble(
                "\(path): not a serial port", cure: "`ls /dev/serial/by-id/ /dev/ttyS*` lists the ports there are.")
        case EINVAL:
            return LinkTrouble(
                "\(settings.summary): the port does not do these settings",
                cure: "Compare baud, data bits, parity, stop bits and flow control with the device and with what the "
                    + "adapter can do.")
        case EIO:
            return LinkTrouble(
                "\(path): there is no hardware behind the port (input/output error)",
                cure: "Choose another port: `dmesg | grep tty` shows those with hardware.")
        default:
            return LinkTrouble("\(path): cannot open: \(errorText(code))", cure: "Tried again by itself.")
        }
    }

    /// The group that may use the port, and who we are.
    private static func owners(_ path: String) -> (group: String, user: String) {
        var status = stat()
        var group = "dialout"
        if stat(path, &status) == 0, let entry = getgrgid(status.st_gid) {
            group = String(cString: entry.pointee.gr_name)
        }
        let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "user \(geteuid())"
        // A port of the group root is open to root alone; dialout is what udev gives.
        return (group == "root" ? "dialout" : group, user)
    }
}

extension SerialSettings {
    /// N, E, O, M or S.
    var parityLetter: UInt8 {
        switch parity {
        case .none: return UInt8(ascii: "N")
        case .even: return UInt8(ascii: "E")
        case .odd: return UInt8(ascii: "O")
        case .mark: return UInt8(ascii: "M")
        case .space: return UInt8(ascii: "S")
        }
    }
}
