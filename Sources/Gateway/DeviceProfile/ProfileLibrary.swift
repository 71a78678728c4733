/// Profiles by id, read from folders of profile folders.
///
/// A library is a value: `reloaded()` gives another one and says what changed, so that a running gateway goes on with the
/// old one when the new text is broken.
public struct ProfileLibrary: Sendable {
    /// Folders that hold profile folders, in the order searched: of two profiles with one id the first counts.
    public let folders: [String]
    /// Profiles that can be used, by id.
    public private(set) var profiles: [String: DeviceProfile] = [:]
    /// Everything that is wrong, errors and warnings, sorted by place.
    public private(set) var issues: [ProfileIssue] = []
    /// Id by alias.
    private var aliases: [String: String] = [:]
    /// Ids asked for; nil: all.
    private let wanted: Set<String>?

    /// Reads profiles.
    ///
    /// - Parameters:
    ///   - folders: folders that hold profile folders; each may also be a profile folder itself.
    ///   - wanted: ids or aliases to read, with what they extend, when not all are needed; nil: all.
    public init(folders: [String], only wanted: Set<String>? = nil) {
        self.folders = folders
        self.wanted = wanted
        var loader = ProfileLoader(folders: folders)
        let ids: [String]
        if let wanted {
            let known = wanted.filter { loader.folder(of: $0) != nil }
            // An alias is found only by looking into every profile.
            ids = known.count == wanted.count ? wanted.sorted() : loader.allIDs
        } else {
            ids = loader.allIDs
        }
        for id in ids {
            guard let profile = loader.load(id) else { continue }
            profiles[profile.id] = profile
        }
        for id in profiles.keys.sorted() {
            guard let profile = profiles[id] else { continue }
            for alias in profile.aliases {
                let other = aliases[alias] ?? (loader.folder(of: alias) != nil ? alias : nil)
                if let other {
                    loader.note(
                        ProfileIssue(
                            .error, file: FileAccess.join(profile.folder, "profile.yaml"),
                            line: loader.lineOfAliases(id),
                            "the alias \"\(alias)\" of \(id) already means \(other)", cure: "remove it from one of them"
                        ))
                } else {
                    aliases[alias] = id
                }
            }
        }
        if let wanted, profiles.count > wanted.count {
            let used = Set(wanted.compactMap { aliases[$0] ?? $0 })
            profiles = profiles.filter { used.contains($0.key) }
        }
        issues = Array(Set(loader.issues)).sorted()
    }

    /// A library of profiles made elsewhere: for tests.
    public init(profiles: [DeviceProfile]) {
        folders = []
        wanted = nil
        for profile in profiles {
            self.profiles[profile.id] = profile
            for alias in profile.aliases { aliases[alias] = profile.id }
        }
    }

    /// The profile with an id or alias.
    public subscript(_ id: String) -> DeviceProfile? { profiles[id] ?? aliases[id].flatMap { profiles[$0] } }

    /// Ids, sorted.
    public var ids: [String] { profiles.keys.sorted() }

    /// Errors only.
    public var errors: [ProfileIssue] { issues.filter { $0.severity == .error } }

    /// An id or alias that was probably meant.
    public func suggestion(for id: String) -> String? {
        closestName(to: id, among: profiles.keys.sorted() + aliases.keys.sorted())
    }

    /// Reads the folders again.
    ///
    /// Profiles whose new text is broken are kept as they were: `library.issues` says what is wrong with the new text.
    public func reloaded() -> (library: ProfileLibrary, changes: ProfileChanges) {
        var next = ProfileLibrary(folders: folders, only: wanted)
        var changes = ProfileChanges()
        let broken = Set(next.errors.map { FileAccess.name(of: FileAccess.parent(of: $0.file)) })
        for (id, profile) in profiles where next.profiles[id] == nil {
            if broken.contains(id) || FileAccess.exists(FileAccess.join(profile.folder, "profile.yaml")) {
                next.profiles[id] = profile
                for alias in profile.aliases where next.aliases[alias] == nil { next.aliases[alias] = id }
                changes.broken.append(id)
            } else {
                changes.removed.append(id)
            }
        }
        for (id, profile) in next.profiles {
            guard let before = profiles[id] else {
                changes.added.append(id)
                continue
            }
            if before.revision != profile.revision || before.folder != profile.folder { changes.changed.append(id) }
        }
        changes.sort()
        return (next, changes)
    }

    /// Reads one profile folder (what it extends is looked for beside it and in `folders`).
    ///
    /// - Returns: the profile with its warnings.
    /// - Throws: `ProfileFault` with everything that is wrong.
    public static func load(
        folder: String, searching folders: [String] = []
    ) throws(ProfileFault) -> (profile: DeviceProfile, warnings: [ProfileIssue]) {
        var path = folder
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        var loader = ProfileLoader(folders: [path, FileAccess.parent(of: path)] + folders)
        let profile = loader.load(folder: path)
        let issues = Array(Set(loader.issues)).sorted()
        guard let profile, !issues.contains(where: { $0.severity == .error }) else { throw ProfileFault(issues) }
        return (profile, issues)
    }

    /// Reads a profile from its text; `extends` is looked for in `parents`. For tests and editors.
    public static func parse(
        _ text: [UInt8], path: String = "profile.yaml", parents: [String: [UInt8]] = [:]
    ) throws(ProfileFault) -> (profile: DeviceProfile, warnings: [ProfileIssue]) {
        var loader = ProfileLoader(texts: parents)
        let profile = loader.load(text: text, path: path)
        let issues = Array(Set(loader.issues)).sorted()
        guard let profile, !issues.contains(where: { $0.severity == .error }) else { throw ProfileFault(issues) }
        return (profile, issues)
    }
}

/// What a reload changed. Ids, sorted.
public struct ProfileChanges: Sendable, Equatable {
    /// New ones.
    public var added: [String] = []
    /// Whose resolved text changed.
    public var changed: [String] = []
    /// Whose folder is gone.
    public var removed: [String] = []
    /// Whose new text cannot be used; the old one goes on.
    public var broken: [String] = []

    /// True when nothing changed.
    public var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty && broken.isEmpty }

    /// No changes.
    public init() {}

    mutating func sort() {
        added.sort()
        changed.sort()
        removed.sort()
        broken.sort()
    }
}
