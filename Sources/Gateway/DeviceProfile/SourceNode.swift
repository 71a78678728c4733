/// A piece of YAML with the place it was written at, so that what is inherited can still be complained about where it
/// stands.
struct SourceNode: Sendable {
    /// A key with its value.
    struct Member: Sendable {
        var key: String
        /// Place of the key.
        var file: Int
        var line: Int
        var value: SourceNode
    }

    enum Content: Sendable {
        /// Nothing: empty, `~` or `null`.
        case null
        /// Text; `isPlain` when it was written without quotes.
        case scalar(String, isPlain: Bool)
        case sequence([SourceNode])
        case mapping([Member])
    }

    var content: Content
    /// Index into the table of files.
    var file: Int
    /// Counted from 1.
    var line: Int

    var members: [Member]? { if case .mapping(let members) = content { members } else { nil } }
    var elements: [SourceNode]? { if case .sequence(let elements) = content { elements } else { nil } }
    var scalar: String? { if case .scalar(let text, _) = content { text } else { nil } }
    var isNull: Bool { if case .null = content { true } else { false } }

    /// Member of a mapping.
    func member(_ key: String) -> Member? { members?.first { $0.key == key } }

    /// What it is, for messages.
    var kindName: String {
        switch content {
        case .null: "nothing"
        case .scalar(let text, _): "the text \"\(text.prefix(40))\""
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }

    /// This node with `overlay` laid over it: maps are merged by key, anything else is replaced, and a key whose value
    /// in the overlay is null is taken away.
    func overlaid(by overlay: SourceNode) -> SourceNode {
        guard case .mapping(var merged) = content, case .mapping(let changes) = overlay.content else { return overlay }
        var places: [String: Int] = [:]
        for (index, member) in merged.enumerated() { places[member.key] = index }
        var removed: Set<String> = []
        for change in changes {
            if let index = places[change.key] {
                if change.value.isNull {
                    removed.insert(change.key)
                } else {
                    let value = merged[index].value.overlaid(by: change.value)
                    merged[index] = Member(key: change.key, file: change.file, line: change.line, value: value)
                }
            } else if !change.value.isNull {
                places[change.key] = merged.count
                merged.append(change)
            }
        }
        if !removed.isEmpty { merged.removeAll { removed.contains($0.key) } }
        return SourceNode(content: .mapping(merged), file: overlay.file, line: overlay.line)
    }

    /// This mapping without some keys.
    func without(_ keys: Set<String>) -> SourceNode {
        guard case .mapping(let members) = content else { return self }
        return SourceNode(content: .mapping(members.filter { !keys.contains($0.key) }), file: file, line: line)
    }

    /// This mapping with some keys only.
    func only(_ keys: [String]) -> SourceNode {
        guard case .mapping(let members) = content else { return self }
        return SourceNode(content: .mapping(members.filter { keys.contains($0.key) }), file: file, line: line)
    }

    /// A profile with another one laid over it. Options belong to a driver: they do not go over to another one. Of `tcp`
    /// there is one: listen and connect are not merged.
    func profileOverlaid(by overlay: SourceNode) -> SourceNode {
        var base = self
        if let driver = overlay.member("driver")?.value.scalar, driver != member("driver")?.value.scalar {
            base = base.without(["options"])
        }
        if overlay.member("link")?.value.member("tcp") != nil, case .mapping(var members) = base.content,
            let index = members.firstIndex(where: { $0.key == "link" })
        {
            members[index].value = members[index].value.without(["tcp"])
            base.content = .mapping(members)
        }
        return base.overlaid(by: overlay)
    }

    /// Adds what matters to a digest: keys, values and their order, not places or comments.
    func digest(into digest: inout TextDigest) {
        switch content {
        case .null: digest.add(byte: 0)
        case .scalar(let text, let isPlain):
            digest.add(byte: isPlain ? 1 : 2)
            digest.add(text)
        case .sequence(let elements):
            digest.add(byte: 3)
            for element in elements { element.digest(into: &digest) }
            digest.add(byte: 4)
        case .mapping(let members):
            digest.add(byte: 5)
            for member in members {
                digest.add(member.key)
                member.value.digest(into: &digest)
            }
            digest.add(byte: 6)
        }
    }
}

/// FNV-1a, 64 bits: recognises a change of text, is no protection against an adversary.
struct TextDigest {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

    /// Adds text and an end mark.
    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte: byte) }
        add(byte: 0xFF)
    }

    /// Sixteen hexadecimal digits.
    var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
