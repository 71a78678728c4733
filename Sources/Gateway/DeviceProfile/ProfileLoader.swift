/// Reads profile files and what they extend, each file once.
struct ProfileLoader {
    /// Most profiles in one line of `extends`.
    static let longestLine = 8

    private(set) var issues: [ProfileIssue] = []
    /// Folder by id, of what was found in the folders.
    private var places: [String: String] = [:]
    /// Texts by id, instead of folders.
    private let texts: [String: [UInt8]]
    /// Paths of the files read; nodes name them by index.
    private var files: [String] = []
    /// What was read, by path; nil when it cannot be used.
    private var trees: [String: SourceNode?] = [:]

    init(folders: [String] = [], texts: [String: [UInt8]] = [:]) {
        self.texts = texts
        for folder in folders {
            if FileAccess.exists(FileAccess.join(folder, "profile.yaml")) {
                let id = FileAccess.name(of: folder)
                if places[id] == nil { places[id] = folder }
                continue
            }
            guard let names = FileAccess.names(in: folder) else {
                issues.append(
                    ProfileIssue(
                        .error, file: folder, "the folder of profiles cannot be read",
                        cure: "create it, or correct its path"))
                continue
            }
            for name in names where places[name] == nil {
                let path = FileAccess.join(folder, name)
                if FileAccess.exists(FileAccess.join(path, "profile.yaml")) {
                    places[name] = path
                } else if FileAccess.isFolder(path), ProfileReader.isIdentifier(name) {
                    issues.append(
                        ProfileIssue(
                            .warning, file: path, "the folder has no profile.yaml",
                            cure: "write one, or remove the folder"))
                }
            }
        }
    }

    var allIDs: [String] { places.keys.sorted() }

    func folder(of id: String) -> String? { places[id] }

    mutating func note(_ issue: ProfileIssue) { issues.append(issue) }

    /// Line of the key `aliases`, for complaints about them.
    func lineOfAliases(_ id: String) -> Int {
        guard let folder = places[id], let tree = trees[FileAccess.join(folder, "profile.yaml")] else { return 0 }
        return tree?.member("aliases")?.line ?? 0
    }

    /// Reads the profile of an id found in the folders.
    mutating func load(_ id: String) -> DeviceProfile? {
        guard let folder = places[id] else { return nil }
        return load(folder: folder)
    }

    /// Reads a profile folder.
    mutating func load(folder: String) -> DeviceProfile? {
        let path = FileAccess.join(folder, "profile.yaml")
        guard let own = tree(path) else { return nil }
        let name = FileAccess.name(of: folder)
        if let member = own.member("id"), let id = member.value.scalar, id != name, !name.isEmpty, name != ".",
            name != ".."
        {
            issues.append(
                ProfileIssue(
                    .error, file: path, line: member.value.line, "the id is \"\(id)\" but the folder is \"\(name)\"",
                    cure: "write id: \(name), or rename the folder"))
            return nil
        }
        return finish(own, folder: folder)
    }

    /// Reads a profile from text.
    mutating func load(text: [UInt8], path: String) -> DeviceProfile? {
        files.append(path)
        guard let own = ProfileSource.parse(text, path: path, file: files.count - 1, issues: &issues) else {
            return nil
        }
        return finish(own, folder: "")
    }

    private mutating func finish(_ own: SourceNode, folder: String) -> DeviceProfile? {
        guard own.members != nil else {
            issues.append(
                ProfileIssue(
                    .error, file: files.indices.contains(own.file) ? files[own.file] : "", line: own.line,
                    "the profile is \(own.kindName)", cure: "write keys: id: maker-model, driver: lis …"))
            return nil
        }
        guard let resolved = resolve(own) else { return nil }
        var reader = ProfileReader(files: files)
        var profile = reader.profile(resolved)
        issues += reader.issues
        if reader.issues.contains(where: { $0.severity == .error }) { return nil }
        profile.folder = folder
        for index in profile.variants.indices { profile.variants[index].profile.folder = folder }
        return profile
    }

    /// Lays a profile over what it extends.
    private mutating func resolve(_ own: SourceNode) -> SourceNode? {
        var line = [own]
        var seen: Set<String> = []
        if let id = own.member("id")?.value.scalar { seen.insert(id) }
        while let top = line.last, let member = top.member("extends"), !member.value.isNull {
            let path = files.indices.contains(top.file) ? files[top.file] : ""
            guard let parent = member.value.scalar else {
                issues.append(
                    ProfileIssue(
                        .error, file: path, line: member.line, "extends is \(member.value.kindName)",
                        cure: "write one id"))
                return nil
            }
            guard seen.insert(parent).inserted, line.count <= ProfileLoader.longestLine else {
                issues.append(
                    ProfileIssue(
                        .error, file: path, line: member.line, "extends goes round in a circle at \"\(parent)\"",
                        cure: "take one of the extends out"))
                return nil
            }
            guard let tree = parentTree(parent, of: path, line: member.line) else { return nil }
            line.append(tree)
        }
        guard var result = line.popLast() else { return nil }
        while let overlay = line.popLast() {
            // What names the parent itself is not inherited.
            result = result.without(["id", "aliases", "models", "extends", "documents", "support"])
                .profileOverlaid(by: overlay)
        }
        return result
    }

    private mutating func parentTree(_ parent: String, of path: String, line: Int) -> SourceNode? {
        if let text = texts[parent] {
            files.append(parent)
            return ProfileSource.parse(text, path: parent, file: files.count - 1, issues: &issues)
        }
        guard let folder = places[parent] else {
            let close = closestName(to: parent, among: places.keys.sorted() + texts.keys.sorted())
            issues.append(
                ProfileIssue(
                    .error, file: path, line: line, "extends \"\(parent)\", but there is no such profile",
                    cure: close.map { "did you mean \"\($0)\"?" } ?? "write the id of a profile beside this one"))
            return nil
        }
        let parentPath = FileAccess.join(folder, "profile.yaml")
        guard let tree = tree(parentPath), tree.members != nil else {
            issues.append(
                ProfileIssue(
                    .error, file: path, line: line, "extends \"\(parent)\", which cannot be used",
                    cure: "correct \(parentPath)"))
            return nil
        }
        return tree
    }

    private mutating func tree(_ path: String) -> SourceNode? {
        if let known = trees[path] { return known }
        files.append(path)
        var tree: SourceNode?
        switch FileAccess.read(path, limit: ProfileSource.longestFile) {
        case .failure(let fault):
            issues.append(ProfileIssue(.error, file: path, "cannot be read: \(fault.text)", cure: fault.cure))
        case .success(let bytes):
            tree = ProfileSource.parse(bytes, path: path, file: files.count - 1, issues: &issues)
        }
        trees[path] = .some(tree)
        return tree
    }
}
