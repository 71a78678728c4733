import JSONText

/// Reads one object of the options: typed members, each looked at once; what is left over is a mistake.
public struct OptionReader {
    /// Name of the object in messages: `options`, `options.rows[2]`.
    public let name: String
    private let object: JSONObject
    private var known: [String] = []

    /// Reads an object; null is an empty one.
    public init(_ value: JSONValue, name: String) throws(OptionsFault) {
        self.name = name
        switch value {
        case .object(let object): self.object = object
        case .null: object = JSONObject()
        default: throw OptionsFault("\(name): write an object, not \(value.text())")
        }
    }

    /// A member of any type; nil when it is missing or null.
    public mutating func value(_ key: String) -> JSONValue? {
        known.append(key)
        let value = object[key]
        return value == .null ? nil : value
    }

    /// A text.
    public mutating func text(_ key: String) throws(OptionsFault) -> String? {
        guard let value = value(key) else { return nil }
        switch value {
        case .string(let text): return text
        // YAML makes a number of `code: 05`; its text is what was meant.
        case .number(let text): return text
        default: throw OptionsFault("\(name).\(key): write a text, not \(value.text())")
        }
    }

    /// True or false.
    public mutating func flag(_ key: String) throws(OptionsFault) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.bool else {
            throw OptionsFault("\(name).\(key): write true or false, not \(value.text())")
        }
        return flag
    }

    /// A whole number in a range.
    public mutating func count(_ key: String, _ range: ClosedRange<Int>) throws(OptionsFault) -> Int? {
        guard let value = value(key) else { return nil }
        guard let count = value.int, range.contains(count) else {
            let limits = "\(range.lowerBound) to \(range.upperBound)"
            throw OptionsFault("\(name).\(key): write a whole number from \(limits), not \(value.text())")
        }
        return count
    }

    /// One of several words.
    public mutating func choice<Choice: Sendable>(
        _ key: String, _ choices: KeyValuePairs<String, Choice>
    ) throws(OptionsFault) -> Choice? {
        guard let text = try text(key) else { return nil }
        for (word, choice) in choices where word == text { return choice }
        let words = choices.map(\.key).joined(separator: ", ")
        throw OptionsFault("\(name).\(key): write one of \(words), not \"\(text)\"")
    }

    /// A text or a list of texts.
    public mutating func texts(_ key: String) throws(OptionsFault) -> [String]? {
        guard let value = value(key) else { return nil }
        return try OptionReader.texts(value, name: "\(name).\(key)")
    }

    /// A text, a number, true or false, or a list of texts and numbers, as texts.
    public static func texts(_ value: JSONValue, name: String) throws(OptionsFault) -> [String] {
        switch value {
        case .string(let text), .number(let text): return [text]
        case .bool(let flag): return [flag ? "true" : "false"]
        case .array(let values):
            var texts: [String] = []
            for value in values {
                switch value {
                case .string(let text), .number(let text): texts.append(text)
                default: throw OptionsFault("\(name): write texts, not \(value.text())")
                }
            }
            return texts
        default: throw OptionsFault("\(name): write a text or a list of texts, not \(value.text())")
        }
    }

    /// A list of objects (or one object), each with its name for messages.
    public mutating func objects(_ key: String) throws(OptionsFault) -> [OptionReader]? {
        guard let value = value(key) else { return nil }
        guard let values = value.array else { return [try OptionReader(value, name: "\(name).\(key)")] }
        var readers: [OptionReader] = []
        for (index, value) in values.enumerated() {
            readers.append(try OptionReader(value, name: "\(name).\(key)[\(index)]"))
        }
        return readers
    }

    /// Members in the order written.
    public var members: [JSONObject.Member] { object.members }

    /// Complains about members that nobody asked for.
    public func finish() throws(OptionsFault) {
        for member in object.members where !known.contains(member.key) {
            let near = known.min { OptionReader.distance($0, member.key) < OptionReader.distance($1, member.key) }
            let hint = near.map { OptionReader.distance($0, member.key) <= 3 ? "; did you mean \($0)?" : "" } ?? ""
            let all = known.sorted().joined(separator: ", ")
            throw OptionsFault("\(name).\(member.key): no such option\(hint) Known here: \(all)")
        }
    }

    private static func distance(_ first: String, _ second: String) -> Int {
        let first = Array(first.utf8.prefix(64))
        let second = Array(second.utf8.prefix(64))
        var row = Array(0...second.count)
        for (index, left) in first.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, right) in second.enumerated() {
                let above = row[column + 1]
                row[column + 1] = min(above + 1, row[column] + 1, diagonal + (left == right ? 0 : 1))
                diagonal = above
            }
        }
        return row[second.count]
    }
}
