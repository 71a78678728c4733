import Glibc

/// Who has a port or device file, from /proc: for the message that it is taken.
enum PortHolder {
    /// `python3 (pid 812)`; nil when it cannot be found (other users' processes are visible to root only).
    static func find(port: Int) -> String? {
        let inodes = Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listening(port: port, in: readText($0) ?? "") })
        guard !inodes.isEmpty else { return nil }
        return process { target in
            target.hasPrefix("socket:[") && inodes.contains(String(target.dropFirst(8).dropLast()))
        }
    }

    /// Who has a file open (it may be this process); nil when it cannot be found.
    static func find(file path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        let text = String(cString: real)
        return process { $0 == text }
    }

    /// The first process that has a descriptor whose link in /proc fits.
    private static func process(holding fits: (String) -> Bool) -> String? {
        for process in names(in: "/proc") {
            guard let pid = Int(process) else { continue }
            for descriptor in names(in: "/proc/\(pid)/fd") {
                guard let target = linkTarget("/proc/\(pid)/fd/\(descriptor)"), fits(target) else { continue }
                let name = readText("/proc/\(pid)/comm")?.split(separator: "\n").first.map(String.init) ?? "a process"
                return "\(name) (pid \(pid))"
            }
        }
        return nil
    }

    private static func linkTarget(_ path: String) -> String? {
        var target = [CChar](repeating: 0, count: 4096)
        let length = readlink(path, &target, target.count)
        guard length > 0 else { return nil }
        return String(decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
