import JSONText
import Yams

/// A map of a YAML file, read key by key. Whatever is not asked for until `finish` is an unknown key.
struct YAMLMapping {
    /// Where it stands: `devices[2].link`; empty at the top.
    let path: String
    /// First line.
    let line: Int
    /// Its file.
    let document: YAMLDocument
    private var entries: [(key: String, line: Int, value: Node)] = []
    private var asked: [String] = []

    /// The mapping in a node; nil with a fault recorded when it is something else.
    init?(_ node: Node, path: String, document: YAMLDocument, line: Int) {
        self.path = path
        self.document = document
        self.line = line
        guard document.visit(line: line) else { return nil }
        guard case .mapping(let mapping) = node else {
            let what = path.isEmpty ? "the file" : path
            document.fault(
                line: line, "\(what) must be a map of keys, not \(node.kindName)", cure: "write `key: value`")
            return nil
        }
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                document.fault(line: key.line, "a key must be a word", cure: "write `key: value`")
                continue
            }
            entries.append((name, key.line, value))
        }
    }

    /// Path of a key.
    func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Place of a key, or of the map when the key is missing.
    func place(_ key: String? = nil) -> Place {
        let found = key.flatMap { key in entries.first { $0.key == key }?.line }
        return Place(file: document.file, line: found ?? line)
    }

    /// Keys as written.
    var keys: [String] { entries.map(\.key) }

    /// True when the key is there with a value. Counts as asking for it.
    mutating func has(_ key: String) -> Bool {
        asked.append(key)
        return entries.contains { $0.key == key && !$0.value.isNull }
    }

    /// The node of a key; nil when it is missing or null.
    mutating func node(_ key: String, required: Bool = false) -> Node? {
        asked.append(key)
        if let entry = entries.first(where: { $0.key == key }), !entry.value.isNull { return entry.value }
        if required {
            let inside = path.isEmpty ? "" : " in \(path)"
            document.fault(line: place(key).line, "\"\(key)\" is missing\(inside)", cure: "add `\(key): …`")
        }
        return nil
    }

    /// A fault about the value of a key.
    func fault(_ key: String, _ problem: String, cure: String, _ severity: ConfigurationFault.Severity = .error) {
        document.fault(severity, line: place(key).line, "\(path(key)): \(problem)", cure: cure)
    }

    /// Records keys that nobody asked for. `later`: keys that a later version knows.
    mutating func finish(later: [String] = []) {
        for entry in entries where !asked.contains(entry.key) {
            if later.contains(entry.key) {
                document.fault(
                    line: entry.line, "\(path(entry.key)) is not available in this version", cure: "remove it")
            } else {
                let inside = path.isEmpty ? "" : " in \(path)"
                document.fault(
                    line: entry.line, "unknown key \"\(entry.key)\"\(inside)",
                    cure: Spelling.cure(for: entry.key, among: asked))
            }
        }
    }

    // MARK: Values

    /// A text: any scalar, exactly as written, so that `007` stays `007`.
    mutating func text(_ key: String, required: Bool = false) -> String? {
        guard let node = node(key, required: required) else { return nil }
        guard let scalar = node.scalar else {
            fault(key, "must be a text, not \(node.kindName)", cure: "write `\(key): text`")
            return nil
        }
        return scalar.string
    }

    /// Texts: a list of scalars, or one scalar.
    mutating func texts(_ key: String) -> [String]? {
        guard let node = node(key) else { return nil }
        if let scalar = node.scalar { return [scalar.string] }
        guard case .sequence(let sequence) = node else {
            fault(key, "must be a list, not \(node.kindName)", cure: "write `\(key): [a, b]`")
            return nil
        }
        return sequence.compactMap { element in
            if let text = element.scalar?.string { return text }
            fault(key, "must be a list of texts; one is \(element.kindName)", cure: "write `\(key): [a, b]`")
            return nil
        }
    }

    /// An integer within limits.
    mutating func integer(_ key: String, in range: ClosedRange<Int>, required: Bool = false) -> Int? {
        guard let node = node(key, required: required) else { return nil }
        guard let text = node.scalar?.string, let value = Int(text), range.contains(value) else {
            fault(
                key, "must be a whole number, not \(node.kindName)",
                cure: "write a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// Yes or no.
    mutating func flag(_ key: String) -> Bool? {
        guard let node = node(key) else { return nil }
        switch node.scalar?.string.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            fault(key, "must be true or false, not \(node.kindName)", cure: "write `\(key): true` or `\(key): false`")
            return nil
        }
    }

    /// One of a closed set of words.
    mutating func choice<Choice: RawRepresentable<String>>(
        _ key: String, among choices: [Choice], required: Bool = false
    ) -> Choice? {
        guard let node = node(key, required: required) else { return nil }
        let word = node.scalar?.string ?? ""
        if let value = choices.first(where: { $0.rawValue == word }) { return value }
        let words = choices.map(\.rawValue)
        fault(key, "\(node.kindName) is not possible here", cure: Spelling.cure(for: word, among: words))
        return nil
    }

    /// One of a closed set of words.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, of type: Choice.Type, required: Bool = false
    ) -> Choice? {
        choice(key, among: Array(type.allCases), required: required)
    }

    /// A span of time with its unit: `500ms`, `30s`, `5m`, `2h`, `7d`.
    mutating func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        guard let node = node(key) else { return nil }
        guard let text = node.scalar?.string, let value = Duration(written: text) else {
            fault(
                key, "\(node.kindName) is no span of time", cure: "write a number with its unit: 500ms, 30s, 5m, 2h, 7d"
            )
            return nil
        }
        guard range.contains(value) else {
            fault(
                key, "\(text) is out of range", cure: "from \(range.lowerBound.written) to \(range.upperBound.written)")
            return nil
        }
        return value
    }

    /// A number of bytes with its unit: `64KiB`, `10MB`, `2GiB`.
    mutating func size(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = node(key) else { return nil }
        guard let text = node.scalar?.string, let value = ByteCount.read(text), range.contains(value) else {
            fault(
                key, "\(node.kindName) is no possible size",
                cure: "write a number with its unit, from \(ByteCount.written(range.lowerBound)) to "
                    + ByteCount.written(range.upperBound))
            return nil
        }
        return value
    }

    /// A map, read by `body`. Unknown keys in it are recorded.
    mutating func map<Value>(
        _ key: String, required: Bool = false, later: [String] = [], _ body: (inout YAMLMapping) -> Value?
    ) -> Value? {
        guard let node = node(key, required: required),
            var mapping = YAMLMapping(node, path: path(key), document: document, line: place(key).line)
        else { return nil }
        let value = body(&mapping)
        mapping.finish(later: later)
        return value
    }

    /// A list of maps, each read by `body`.
    mutating func maps<Value>(_ key: String, _ body: (inout YAMLMapping) -> Value?) -> [Value] {
        guard let node = node(key) else { return [] }
        guard case .sequence(let sequence) = node else {
            fault(key, "must be a list, not \(node.kindName)", cure: "begin each entry with `- `")
            return []
        }
        return sequence.enumerated().compactMap { index, element in
            let path = "\(path(key))[\(index)]"
            guard var mapping = YAMLMapping(element, path: path, document: document, line: element.line)
            else { return nil }
            let value = body(&mapping)
            mapping.finish()
            return value
        }
    }

    /// Whatever is there, as JSON.
    mutating func json(_ key: String) -> JSONValue? { node(key)?.json(in: document) }
}
