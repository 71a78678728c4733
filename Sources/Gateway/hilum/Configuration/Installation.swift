import Glibc

/// Where the parts of the program are that are not in its executable.
enum Installation {
    /// Folders of the profiles that come with the program, those that exist.
    ///
    /// `HILUM_PROFILES`, else `../share/hilum/DeviceProfiles` seen from the executable, else `DeviceProfiles` in the
    /// nearest folder above it (a checkout).
    static var profileFolders: [String] {
        if let named = variable("HILUM_PROFILES") { return [named] }
        let installed = "\(Path.folder(of: executableFolder))/share/hilum/DeviceProfiles"
        return isFolder(installed) ? [installed] : above("DeviceProfiles").map { [$0] } ?? []
    }

    /// Folders with driver modules (`libhilum-driver-NAME.so`), in the order searched.
    ///
    /// `HILUM_DRIVERS`, the folder of the executable, `../lib/hilum` seen from it.
    static var driverFolders: [String] {
        let here = executableFolder
        return (variable("HILUM_DRIVERS").map { [$0] } ?? []) + [here, "\(Path.folder(of: here))/lib/hilum"]
    }

    /// `hilum-driver-host`, the program that drivers run in: beside the executable or in `../lib/hilum`.
    static var driverHost: String {
        if let named = variable("HILUM_DRIVER_HOST") { return named }
        let candidates = [executableFolder, "\(Path.folder(of: executableFolder))/lib/hilum"].map {
            "\($0)/hilum-driver-host"
        }
        return candidates.first { access($0, X_OK) == 0 } ?? "hilum-driver-host"
    }

    /// Folder of the running executable, links resolved.
    static let executableFolder: String = {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { space -> Int in
            guard let base = space.baseAddress else { return 0 }
            return readlink("/proc/self/exe", base.assumingMemoryBound(to: CChar.self), space.count)
        }
        guard count > 0 else { return "." }
        return Path.folder(of: String(decoding: buffer.prefix(count), as: UTF8.self))
    }()

    private static func above(_ name: String) -> String? {
        var folder = executableFolder
        while folder != "/", folder != "." {
            if isFolder("\(folder)/\(name)") { return "\(folder)/\(name)" }
            folder = Path.folder(of: folder)
        }
        return isFolder("/\(name)") ? "/\(name)" : nil
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return nil }
        return value
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
