import Foundation

/// Where the parts that come with the program are: beside it in a build folder, or as a package installs them.
enum Installation {
    /// Folder of the running program, links resolved.
    static let programFolder: URL = {
        let path =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(filePath: path).deletingLastPathComponent()
    }()

    /// The program that loads drivers.
    static var driverHost: String { programFolder.appending(path: "hilum-driver-host").path }

    /// Folders in which driver modules are looked for: those of the site, then those that come with the program.
    static func driverFolders(_ ofSite: [String]) -> [String] {
        ofSite + [programFolder.path, programFolder.appending(path: "../lib/hilum/drivers").standardized.path]
    }

    /// Folders in which profiles are looked for: those of the site, then those that come with the program
    /// (`share/hilum/DeviceProfiles` of an installation, `DeviceProfiles` of a checkout above its build folder).
    static func profileFolders(_ ofSite: [String]) -> [String] {
        ofSite + [builtInProfiles].compactMap(\.self)
    }

    /// The profiles that come with the program; nil when there are none.
    static var builtInProfiles: String? {
        var candidates = [programFolder.appending(path: "../share/hilum/DeviceProfiles").standardized]
        var folder = programFolder
        for _ in 0..<5 {
            candidates.append(folder.appending(path: "DeviceProfiles"))
            folder = folder.deletingLastPathComponent()
        }
        return candidates.first {
            FileManager.default.fileExists(atPath: $0.appending(path: "profile.schema.json").path)
        }?.path
    }
}
