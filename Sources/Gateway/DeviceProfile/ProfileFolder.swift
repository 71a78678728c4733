import JSONText

/// A profile folder with what proves it: captures and what they must give.
public struct ProfileFolder: Sendable {
    /// Longest capture read.
    public static let longestCapture = 64 << 20

    /// Path of the folder.
    public var path: String
    /// The profile.
    public var profile: DeviceProfile
    /// Captures with their expectations, by name.
    public var cases: [ProfileCase]

    /// A folder from its parts.
    public init(path: String, profile: DeviceProfile, cases: [ProfileCase]) {
        self.path = path
        self.profile = profile
        self.cases = cases
    }

    /// Reads a folder.
    ///
    /// - Parameter folders: where profiles that it extends are looked for, besides beside it.
    /// - Returns: the folder, and everything that is worth a look: missing notes, captures without expectation.
    /// - Throws: `ProfileFault` when the profile cannot be used.
    public static func load(
        _ path: String, searching folders: [String] = []
    ) throws(ProfileFault) -> (folder: ProfileFolder, issues: [ProfileIssue]) {
        let (profile, warnings) = try ProfileLibrary.load(folder: path, searching: folders)
        var issues = warnings
        let cases = self.cases(path, &issues)
        checkCompleteness(path, profile, cases, &issues)
        return (ProfileFolder(path: path, profile: profile, cases: cases), issues.sorted())
    }

    /// Everything that is wrong with a folder; empty: nothing.
    public static func check(_ path: String, searching folders: [String] = []) -> [ProfileIssue] {
        do {
            return try load(path, searching: folders).issues
        } catch {
            return error.issues
        }
    }

    private static func cases(_ path: String, _ issues: inout [ProfileIssue]) -> [ProfileCase] {
        let captures = FileAccess.join(path, "captures")
        let expected = FileAccess.join(path, "expected")
        var names: Set<String> = []
        var cases: [String: ProfileCase] = [:]
        for file in FileAccess.names(in: captures) ?? [] {
            let name = stem(file)
            if !names.insert(name).inserted {
                issues.append(
                    ProfileIssue(
                        .error, file: FileAccess.join(captures, file), "two captures are called \(name)",
                        cure: "rename one"))
            }
            cases[name] = ProfileCase(name: name, capture: FileAccess.join(captures, file))
        }
        for file in FileAccess.names(in: expected) ?? [] {
            let name = stem(file)
            let place = FileAccess.join(expected, file)
            guard cases[name] != nil else {
                issues.append(
                    ProfileIssue(
                        .error, file: place, "there is no capture called \(name)",
                        cure: "add captures/\(name).bin, or remove it"))
                continue
            }
            if file.hasSuffix(".json") {
                read(json: place, into: &cases[name], &issues)
            } else if file.hasSuffix(".err") {
                read(faults: place, into: &cases[name], &issues)
            } else {
                issues.append(
                    ProfileIssue(.warning, file: place, "neither .json nor .err", cure: "rename it, or remove it"))
            }
        }
        for (name, item) in cases.sorted(by: { $0.key < $1.key }) where !item.hasExpectation {
            issues.append(
                ProfileIssue(
                    .error, file: item.capture, "nothing says what this capture must give",
                    cure: "write expected/\(name).json; hilum decode prints what it gives now"))
        }
        return cases.values.sorted { $0.name < $1.name }
    }

    private static func checkCompleteness(
        _ path: String, _ profile: DeviceProfile, _ cases: [ProfileCase], _ issues: inout [ProfileIssue]
    ) {
        if !FileAccess.exists(FileAccess.join(path, "NOTES.md")) {
            issues.append(
                ProfileIssue(
                    .warning, file: path, "there is no NOTES.md",
                    cure: "write how to set the analyser up and what is known to go wrong"))
        }
        let yaml = FileAccess.join(path, "profile.yaml")
        if cases.isEmpty, profile.support > .claimed {
            issues.append(
                ProfileIssue(
                    .error, file: yaml, "support is \(profile.support.rawValue), but there is no capture",
                    cure: "add captures and expected, or write support: claimed"))
        }
        if profile.vendor.isEmpty || profile.model.isEmpty, profile.kind != .generic {
            issues.append(
                ProfileIssue(.warning, file: yaml, "vendor or model is not given", cure: "write both as on the device"))
        }
    }

    private static func read(json path: String, into item: inout ProfileCase?, _ issues: inout [ProfileIssue]) {
        guard let bytes = contents(path, &issues) else { return }
        do {
            let document = try JSONValue(parsing: bytes)
            item?.instance = document["instance"]?.object
            let results = document["results"]?.array ?? document.array
            guard results != nil || item?.instance != nil else {
                issues.append(
                    ProfileIssue(
                        .error, file: path, "there are no results", cure: "write {\"format\": 1, \"results\": [ … ]}"))
                return
            }
            item?.results = results
            item?.variant = document["variant"]?.string
        } catch {
            let line = bytes.prefix(error.offset).count { $0 == 0x0A } + 1
            issues.append(ProfileIssue(.error, file: path, line: line, error.description, cure: "correct the JSON"))
        }
    }

    private static func read(faults path: String, into item: inout ProfileCase?, _ issues: inout [ProfileIssue]) {
        guard let bytes = contents(path, &issues) else { return }
        item?.faults = bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
            .filter { !$0.allSatisfy { $0 == " " || $0 == "\r" } }
    }

    private static func contents(_ path: String, _ issues: inout [ProfileIssue]) -> [UInt8]? {
        switch FileAccess.read(path, limit: longestCapture) {
        case .success(let bytes) where bytes.count <= longestCapture: return bytes
        case .success:
            issues.append(ProfileIssue(.error, file: path, "longer than \(longestCapture) bytes", cure: "divide it"))
        case .failure(let fault):
            issues.append(ProfileIssue(.error, file: path, "cannot be read: \(fault.text)", cure: fault.cure))
        }
        return nil
    }

    /// `cbc` of `cbc.bin`, `cbc.expected.json`.
    private static func stem(_ file: String) -> String {
        var name = file
        for suffix in [".json", ".err", ".expected", ".bin", ".hl7", ".txt", ".csv", ".dcm", ".capture"]
        where name.hasSuffix(suffix) {
            name.removeLast(suffix.count)
        }
        return name
    }
}

/// One capture with what it must give.
public struct ProfileCase: Sendable {
    /// Name of the file without its ending.
    public var name: String
    /// Path of the capture.
    public var capture: String
    /// Variant to use; nil: told by the first bytes.
    public var variant: String?
    /// The rows that must come out; nil: not said.
    public var results: [JSONValue]?
    /// Header values that a modality's file must give; nil: not said.
    public var instance: JSONObject?
    /// Patterns of the faults that must come out; nil: none but notices.
    public var faults: [String]?
    /// Whether anything is said about what must come out.
    var hasExpectation: Bool { results != nil || faults != nil || instance != nil }

    /// A case without expectations.
    public init(name: String, capture: String) {
        self.name = name
        self.capture = capture
    }

    /// Bytes of the capture: of a recording of `hilum capture` those that the device sent.
    ///
    /// - Throws: `ProfileFault` when it cannot be read.
    public func bytes() throws(ProfileFault) -> [UInt8] {
        switch FileAccess.read(capture, limit: ProfileFolder.longestCapture) {
        case .success(let bytes): return CaptureRecord.deviceBytes(of: bytes) ?? bytes
        case .failure(let fault):
            throw ProfileFault([ProfileIssue(.error, file: capture, "cannot be read: \(fault.text)", cure: fault.cure)])
        }
    }
}
