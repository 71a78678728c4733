import DeviceProfile
import Foundation

/// Finding the profile that a command names: by id or alias among those that come with the program, or by its folder.
enum ProfileLookup {
    /// The profile.
    ///
    /// - Throws: `CommandFailure` with every error of a broken profile, or the likeliest id of an unknown one.
    static func profile(_ name: String, folders: [String] = []) throws -> DeviceProfile {
        if name.contains("/") || FileManager.default.fileExists(atPath: "\(name)/profile.yaml") {
            return try load(folder: name, searching: Installation.profileFolders(folders))
        }
        let library = ProfileLibrary(folders: Installation.profileFolders(folders), only: [name])
        if let profile = library[name] { return profile }
        let own = library.errors.map(\.description)
        if !own.isEmpty {
            throw CommandFailure(.wrong, "the profile \(name) cannot be used:\n" + own.joined(separator: "\n"))
        }
        let near = library.suggestion(for: name).map { "did you mean \($0)?" }
        throw CommandFailure(.wrong, "there is no profile \(name)", cure: near ?? "see hilum profile list")
    }

    private static func load(folder: String, searching folders: [String]) throws -> DeviceProfile {
        do {
            return try ProfileLibrary.load(folder: folder, searching: folders).profile
        } catch {
            let fault: ProfileFault = error
            throw CommandFailure(
                .wrong,
                "the profile in \(folder) cannot be used:\n" + fault.issues.map(\.description).joined(separator: "\n"))
        }
    }

    /// Folders of the profiles that a command names, by path, id or alias; all when it names none.
    static func folders(_ names: [String], in places: [String]) throws -> [String] {
        let library = ProfileLibrary(folders: places)
        if names.isEmpty { return library.profiles.values.map(\.folder).sorted() }
        return try names.map { name in
            if FileManager.default.fileExists(atPath: "\(name)/profile.yaml") { return name }
            if let folder = library[name]?.folder { return folder }
            // One that is broken is not in the library, but its folder is there.
            let candidates = places.map { "\($0)/\(name)" }
            if let folder = candidates.first(where: { FileManager.default.fileExists(atPath: "\($0)/profile.yaml") }) {
                return folder
            }
            let near = library.suggestion(for: name).map { "did you mean \($0)?" }
            throw CommandFailure(.wrong, "there is no profile \(name)", cure: near ?? "see hilum profile list")
        }
    }
}
