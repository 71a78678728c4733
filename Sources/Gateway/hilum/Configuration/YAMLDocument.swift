import JSONText
import Yams

/// One YAML file on its way into structs: collects every fault instead of stopping at the first.
final class YAMLDocument {
    /// Longest file read.
    static let longest = 4 << 20
    /// Most nodes visited: a file of a few lines with nested aliases can stand for billions.
    static let mostNodes = 100_000
    /// Deepest nesting taken.
    static let deepest = 32

    /// Path as given.
    let file: String
    /// What is wrong so far.
    private(set) var faults: [ConfigurationFault] = []
    /// True when the file cannot be used.
    var hasErrors: Bool { faults.contains { $0.severity == .error } }
    private var visited = 0
    private var isExhausted = false

    init(file: String) { self.file = file }

    /// Adds a fault.
    func fault(_ severity: ConfigurationFault.Severity = .error, line: Int, _ problem: String, cure: String) {
        faults.append(ConfigurationFault(severity, at: Place(file: file, line: line), problem, cure: cure))
    }

    /// Adds a fault found elsewhere.
    func add(_ fault: ConfigurationFault) { faults.append(fault) }

    /// The mapping at the top of a text; nil with faults recorded where there is none.
    func top(of text: String) -> YAMLMapping? {
        guard text.utf8.count <= Self.longest else {
            fault(line: 0, "the file is larger than \(Self.longest >> 20) MiB", cure: "this is no configuration file")
            return nil
        }
        guard isShallow(text) else { return nil }
        do {
            guard let node = try compose(yaml: text) else {
                fault(line: 0, "the file is empty", cure: "write at least `state:`, `devices:` and `destinations:`")
                return nil
            }
            return YAMLMapping(node, path: "", document: self, line: 1)
        } catch let error as YamlError {
            record(error)
        } catch {
            fault(line: 0, "not readable as YAML: \(error)", cure: "correct the file")
        }
        return nil
    }

    /// Counts a node; false once there are too many.
    func visit(line: Int) -> Bool {
        visited += 1
        if visited > Self.mostNodes, !isExhausted {
            isExhausted = true
            fault(
                line: line, "the file stands for more than \(Self.mostNodes) values", cure: "remove the nested aliases")
        }
        return !isExhausted
    }

    /// The parser is recursive: a text of nothing but opening brackets may not exhaust the stack.
    private func isShallow(_ text: String) -> Bool {
        var line = 1
        var run = 0
        for byte in text.utf8 {
            switch byte {
            case 0x0A: line += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"): run += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): run = max(0, run - 1)
            default: break
            }
            if run > 256 {
                fault(line: line, "more than 256 brackets are open", cure: "close them")
                return false
            }
        }
        return true
    }

    private func record(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let around = context.map { " (\($0.text))" } ?? ""
            let hasTab = problem.contains("cannot start any token")
            fault(
                line: mark.line, "not YAML: \(problem)\(around), column \(mark.column)",
                cure: hasTab ? "indent with blanks, not tabs" : "correct the indentation, quotes or colons here")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.sorted().map { "\"\($0)\"" }
            fault(
                line: context.mark.line, "\(keys.joined(separator: ", ")) is written twice in one place",
                cure: "keep one of them")
        case .reader(let problem, _, _, _):
            fault(line: 0, "not YAML: \(problem)", cure: "save the file as UTF-8 text")
        default:
            fault(line: 0, "not readable as YAML", cure: "correct the file")
        }
    }
}

extension Node {
    /// Line, counted from 1; 0 where unknown.
    var line: Int { mark?.line ?? 0 }

    /// True for `key:` without a value, `~` and `null`.
    var isNull: Bool {
        guard case .scalar(let scalar) = self else { return false }
        return scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// What it is, for messages.
    var kindName: String {
        switch self {
        case .mapping: "a map"
        case .sequence: "a list"
        case .scalar(let scalar): isNull ? "nothing" : "\"\(scalar.string)\""
        case .alias: "an alias"
        }
    }

    /// The node as JSON: plain `true`, `1`, `2.5` as such, everything quoted as text.
    func json(in document: YAMLDocument, depth: Int = 0) -> JSONValue {
        guard document.visit(line: line) else { return .null }
        guard depth < YAMLDocument.deepest else {
            document.fault(line: line, "nested deeper than \(YAMLDocument.deepest) levels", cure: "make it flatter")
            return .null
        }
        switch self {
        case .alias: return .null
        case .sequence(let sequence): return .array(sequence.map { $0.json(in: document, depth: depth + 1) })
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, value) in mapping {
                object.append(key.scalar?.string ?? "", value.json(in: document, depth: depth + 1))
            }
            return .object(object)
        case .scalar(let scalar):
            if isNull { return .null }
            guard scalar.style == .plain else { return .string(scalar.string) }
            switch scalar.string {
            case "true", "True", "TRUE": return .bool(true)
            case "false", "False", "FALSE": return .bool(false)
            default: return Self.isNumber(scalar.string) ? .number(scalar.string) : .string(scalar.string)
            }
        }
    }

    /// A number as JSON writes it; `007` and `1_000` stay text.
    private static func isNumber(_ text: String) -> Bool {
        guard case .number? = try? JSONValue(parsing: text) else { return false }
        return true
    }
}
