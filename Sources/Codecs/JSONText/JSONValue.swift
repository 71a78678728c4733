/// A JSON value (RFC 8259). Numbers stay the text they were written in; members of objects keep their order.
public enum JSONValue: Sendable, Equatable {
    /// `null`
    case null
    /// `true`, `false`
    case bool(Bool)
    /// A number as written.
    case number(String)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object(JSONObject)

    /// The member of an object; nil for anything else.
    public subscript(_ key: String) -> JSONValue? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// The element of an array; nil for anything else or out of range.
    public subscript(_ index: Int) -> JSONValue? {
        if case .array(let array) = self, array.indices.contains(index) { array[index] } else { nil }
    }

    /// The text of a string; nil for anything else.
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The value of `true` or `false`; nil for anything else.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The value of a number that is an integer in range; nil for anything else.
    public var int: Int? { if case .number(let text) = self { Int(text) } else { nil } }
    /// The elements of an array; nil for anything else.
    public var array: [JSONValue]? { if case .array(let array) = self { array } else { nil } }
    /// The object; nil for anything else.
    public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

    /// An integer as a number.
    public static func number(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }
    /// Strings as an array.
    public static func strings(_ values: some Sequence<String>) -> JSONValue { .array(values.map { .string($0) }) }
}

/// Members in the order written. Setting an existing key keeps its place; setting nil removes it.
public struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// A member.
    public struct Member: Sendable, Equatable {
        /// Name.
        public var key: String
        /// Value.
        public var value: JSONValue
        /// A member from its parts.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// All members.
    public private(set) var members: [Member]

    /// An object without members.
    public init() { members = [] }

    /// Members as written; of two with one key the later one counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = []
        for (key, value) in elements { self[key] = value }
    }

    /// Adds a member without looking for its key: for writers that know their keys are distinct.
    public mutating func append(_ key: String, _ value: JSONValue) { members.append(Member(key, value)) }

    /// Value of a key. Linear search: objects here are small.
    public subscript(_ key: String) -> JSONValue? {
        get { members.last { $0.key == key }?.value }
        set {
            if let index = members.firstIndex(where: { $0.key == key }) {
                if let newValue { members[index].value = newValue } else { members.remove(at: index) }
            } else if let newValue {
                members.append(Member(key, newValue))
            }
        }
    }
}
