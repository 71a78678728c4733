import Glibc

/// Who listens on a port, from /proc: for the message that the port is taken.
enum PortHolder {
    /// `python3 (pid 812)`; nil when it cannot be found (other users' processes are visible to root only).
    static func find(port: Int) -> String? {
        let inodes = Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listening(port: port, in: readText($0) ?? "") })
        guard !inodes.isEmpty else { return nil }
        for process in names(in: "/proc") {
            guard let pid = Int(process) else { continue }
            for descriptor in names(in: "/proc/\(pid)/fd") {
                var target = [UInt8](repeating: 0, count: 64)
                let length = target.withUnsafeMutableBytes { bytes in
                    bytes.withMemoryRebound(to: CChar.self) {
                        $0.baseAddress.map { readlink("/proc/\(pid)/fd/\(descriptor)", $0, bytes.count) } ?? -1
                    }
                }
                guard length > 9 else { continue }
                let text = String(decoding: target.prefix(length), as: UTF8.self)
                guard text.hasPrefix("socket:["), inodes.contains(String(text.dropFirst(8).dropLast())) else {
                    continue
                }
                let name = readText("/proc/\(pid)/comm")?.split(separator: "\n").first.map(String.init) ?? "a process"
                return "\(name) (pid \(pid))"
            }
        }
        return nil
    }

    /// Inodes of sockets in state LISTEN (0A) on the port. Columns as in proc_pid_net(5).
    static func listening(port: Int, in table: String) -> [String] {
        let wanted = String(port, radix: 16, uppercase: true)
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 9, fields[3] == "0A", let colon = fields[1].lastIndex(of: ":") else { return nil }
            let digits = fields[1][fields[1].index(after: colon)...].drop { $0 == "0" }
            return digits == wanted ? String(fields[9]) : nil
        }
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.first?.isNumber == true { names.append(name) }
        }
        return names
    }

    /// The text of a file in /proc, at most 4 MiB.
    private static func readText(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while bytes.count < 4 << 20 {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
