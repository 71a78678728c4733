import JSONText

extension R4 {
    /// A transaction: all entries are taken, or none (R4 http 3.1.0.11.2).
    public struct Bundle: Sendable {
        /// What the server is to do with a resource.
        public enum Action: Sendable, Hashable {
            /// `PUT Type?identifier=system|value`: a new version of what has the identifier, or a new resource. The only
            /// form that is safe to repeat and takes corrections.
            case conditionalUpdate
            /// `POST Type` with ifNoneExist: made when nothing has the identifier, left alone otherwise.
            case conditionalCreate
            /// `PUT Type/id` with an id of our own.
            case update(id: String)
            /// `POST Type`: made anew each time.
            case create
        }

        /// One resource in the transaction.
        public struct Entry: Sendable {
            /// `urn:uuid:…`, by which other entries refer to it.
            public var fullURL: String
            /// The resource.
            public var resource: JSONValue
            /// `PUT` or `POST`.
            public var method: String
            /// Relative to the server's base.
            public var url: String
            /// Query of a conditional create.
            public var ifNoneExist: String
            /// An entry from its parts.
            public init(fullURL: String, resource: JSONValue, method: String, url: String, ifNoneExist: String) {
                self.fullURL = fullURL
                self.resource = resource
                self.method = method
                self.url = url
                self.ifNoneExist = ifNoneExist
            }
        }

        /// Entries in the order added.
        public private(set) var entries: [Entry] = []

        /// An empty transaction.
        public init() {}

        /// Adds a resource.
        ///
        /// - Parameters:
        ///   - fullURL: `urn:uuid:…`.
        /// - Returns: a reference to it. A conditional action on a resource without identifier becomes `create`.
        @discardableResult
        public mutating func add(_ resource: some R4Resource, fullURL: String, action: Action) -> Reference {
            let type = type(of: resource).resourceType
            var entry = Entry(fullURL: fullURL, resource: resource.json(), method: "POST", url: type, ifNoneExist: "")
            let query = resource.businessIdentifier.map(Bundle.query)
            switch (action, query) {
            case (.conditionalUpdate, let query?):
                entry.method = "PUT"
                entry.url = type + "?" + query
            case (.conditionalCreate, let query?): entry.ifNoneExist = query
            case (.update(let id), _):
                entry.method = "PUT"
                entry.url = type + "/" + id
            default: break
            }
            entries.append(entry)
            return Reference(target: fullURL)
        }

        /// Adds an entry as it is.
        public mutating func add(_ entry: Entry) { entries.append(entry) }

        /// `identifier=system|value`, escaped for a search (R4 search 3.1.1.4.0.1: `\`, `$`, `,`, `|`) and for a URL.
        public static func query(_ identifier: Identifier) -> String {
            var query = "identifier="
            percentEncode(searchEscape(R4.text(identifier.system)), to: &query)
            query += "|"
            percentEncode(searchEscape(R4.text(identifier.value)), to: &query)
            return query
        }

        static func searchEscape(_ text: String) -> String {
            guard text.utf8.contains(where: { [0x5C, 0x24, 0x2C, 0x7C].contains($0) }) else { return text }
            var escaped = ""
            for character in text {
                if "\\$,|".contains(character) { escaped.append("\\") }
                escaped.append(character)
            }
            return escaped
        }

        static func percentEncode(_ text: String, to query: inout String) {
            let hexadecimal = Array("0123456789ABCDEF".unicodeScalars)
            for byte in text.utf8 {
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "!"),
                    UInt8(ascii: "*"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "'"):
                    query.unicodeScalars.append(Unicode.Scalar(byte))
                default:
                    query.unicodeScalars.append("%")
                    query.unicodeScalars.append(hexadecimal[Int(byte >> 4)])
                    query.unicodeScalars.append(hexadecimal[Int(byte & 15)])
                }
            }
        }

        /// As JSON.
        public func json() -> JSONValue {
            var object: JSONObject = ["resourceType": .string("Bundle"), "type": .string("transaction")]
            object.add(
                "entry",
                entries.map { entry -> JSONValue in
                    var request = JSONObject()
                    request.add("method", entry.method)
                    request.add("url", entry.url)
                    request.add("ifNoneExist", entry.ifNoneExist)
                    return .object([
                        "fullUrl": .string(entry.fullURL), "resource": entry.resource, "request": .object(request),
                    ])
                })
            return .object(object)
        }
    }

    /// A UUID made of three numbers (RFC 9562 section 5.8, version 8), so that the same thing has the same name at
    /// every attempt.
    public static func urn(_ first: UInt32, _ second: Int64, _ index: Int) -> String {
        let high = UInt64(bitPattern: second)
        let low = UInt64(truncatingIfNeeded: index)
        func hexadecimal(_ value: UInt64, _ digits: Int) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        return "urn:uuid:" + hexadecimal(UInt64(first), 8) + "-" + hexadecimal(high >> 48, 4) + "-8"
            + hexadecimal((high >> 36) & 0xFFF, 3) + "-8" + hexadecimal((high >> 24) & 0xFFF, 3) + "-"
            + hexadecimal(high & 0xFF_FFFF, 6) + hexadecimal(low & 0xFF_FFFF, 6)
    }
}
