import Glibc

/// Where the control socket of a state folder is: `STATE/control/hilum.sock`, in a folder that only the gateway's user can
/// enter.
enum ControlPath {
    /// The folder.
    static func folder(state: String) -> String { "\(state)/control" }
    /// The socket.
    static func socket(state: String) -> String { "\(folder(state: state))/hilum.sock" }

    /// A path for `bind` and `connect`, whose space is 108 bytes (unix(7)): a longer one goes by way of the open folder.
    ///
    /// - Returns: the path, and a descriptor to close afterwards (-1: none).
    static func reachable(_ path: String) -> (path: String, folder: Int32) {
        if path.utf8.count < 100 { return (path, -1) }
        let folder = open(Path.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0, let slash = path.lastIndex(of: "/") else { return (path, -1) }
        return ("/proc/self/fd/\(folder)/\(path[path.index(after: slash)...])", folder)
    }
}
