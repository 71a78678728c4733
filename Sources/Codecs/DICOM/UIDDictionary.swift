/// UIDs that PS3.6 annex A registers.
public enum UIDDictionary {
    /// Kind of a registered UID.
    public enum Kind: Sendable { case sopClass, metaSOPClass, transferSyntax }

    /// Name of a SOP class or transfer syntax; nil for what is not registered.
    public static func name(_ uid: String) -> String? { entries[uid]?.name }

    /// Kind of a registered UID.
    public static func kind(_ uid: String) -> Kind? { entries[uid]?.kind }

    /// UIDs of all storage SOP classes, retired ones too, sorted: what a storage SCP accepts.
    public static let storageSOPClasses: [String] = entries.filter { isStorage($0.key, $0.value) }.map(\.key).sorted()

    /// True for a storage SOP class, retired ones too.
    public static func isStorageSOPClass(_ uid: String) -> Bool { entries[uid].map { isStorage(uid, $0) } ?? false }

    /// UIDs of all transfer syntaxes, sorted.
    public static let transferSyntaxes: [String] = entries.filter { $0.value.kind == .transferSyntax }.map(\.key)
        .sorted()

    private static func isStorage(_ uid: String, _ entry: (name: String, kind: Kind)) -> Bool {
        entry.kind == .sopClass && entry.name.contains("Storage") && !entry.name.contains("Commitment")
            && !entry.name.contains("Media Storage")
    }

    private static let entries: [String: (name: String, kind: Kind)] = {
        var entries: [String: (name: String, kind: Kind)] = [:]
        for line in String(describing: registeredUIDs).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3 else { continue }
            let kind: Kind = parts[1] == "S" ? .sopClass : parts[1] == "M" ? .metaSOPClass : .transferSyntax
            entries[String(parts[0])] = (String(parts[2]), kind)
        }
        return entries
    }()
}
