import JSONText

extension R4 {
    /// A code in a code system (R4 Coding). A code without system is no code: it is written as display only.
    public struct Coding: Sendable, Hashable {
        /// URI of the system.
        public var system: String
        /// The code.
        public var code: String
        /// For people.
        public var display: String
        /// A coding from its parts.
        public init(system: String, code: String, display: String = "") {
            self.system = system
            self.code = code
            self.display = display
        }
        /// As JSON.
        public func json() -> JSONValue {
            var object = JSONObject()
            if !R4.text(system).isEmpty, !R4.text(code).isEmpty {
                object.add("system", system)
                object.add("code", code)
            }
            object.add("display", display)
            return .object(object)
        }
    }

    /// Codings of one concept and its text (R4 CodeableConcept).
    public struct CodeableConcept: Sendable, Hashable {
        /// Codings, the preferred one first.
        public var codings: [Coding]
        /// As the user reads it.
        public var text: String
        /// A concept from its parts.
        public init(_ codings: [Coding] = [], text: String = "") {
            self.codings = codings
            self.text = text
        }
        /// As JSON.
        public func json() -> JSONValue {
            var object = JSONObject()
            object.add("coding", codings.map { $0.json() })
            object.add("text", text)
            return .object(object)
        }
    }

    /// A business identifier (R4 Identifier).
    public struct Identifier: Sendable, Hashable {
        /// URI of the namespace.
        public var system: String
        /// Unique in it; a string, never a number.
        public var value: String
        /// HL7 v2 table 0203: PLAC, FILL, PI …; empty when nothing is to be said.
        public var type: String
        /// An identifier from its parts.
        public init(system: String, value: String, type: String = "") {
            self.system = system
            self.value = value
            self.type = type
        }
        /// As JSON.
        public func json() -> JSONValue {
            var object = JSONObject()
            if !type.isEmpty {
                object.add("type", CodeableConcept([Coding(system: System.identifierType, code: type)]).json())
            }
            object.add("system", system)
            object.add("value", value)
            return .object(object)
        }
    }

    /// A reference (R4 Reference): literal by `target`, or logical by an identifier, or words only.
    public struct Reference: Sendable, Hashable {
        /// `urn:uuid:…`, `Patient/12`; empty for a logical reference.
        public var target: String
        /// Type of what is meant, for logical references.
        public var type: String
        /// Identifier of what is meant.
        public var identifier: Identifier?
        /// For people.
        public var display: String
        /// A reference from its parts.
        public init(target: String = "", type: String = "", identifier: Identifier? = nil, display: String = "") {
            self.target = target
            self.type = type
            self.identifier = identifier
            self.display = display
        }
        /// As JSON.
        public func json() -> JSONValue {
            var object = JSONObject()
            object.add("reference", target)
            object.add("type", type)
            object.add("identifier", identifier?.json())
            object.add("display", display)
            return .object(object)
        }
    }

    /// A measured amount (R4 Quantity).
    public struct Quantity: Sendable, Hashable {
        /// Digits as shown.
        public var value: Decimal
        /// `<`, `<=`, `>=`, `>`; empty: the number itself.
        public var comparator: String
        /// Unit for people.
        public var unit: String
        /// UCUM code; empty when not known.
        public var ucum: String
        /// A quantity from its parts.
        public init(value: Decimal, comparator: String = "", unit: String = "", ucum: String = "") {
            self.value = value
            self.comparator = comparator
            self.unit = unit
            self.ucum = ucum
        }
        /// As JSON.
        public func json() -> JSONValue {
            var object = JSONObject()
            object.append("value", .number(value.text))
            object.add("comparator", comparator)
            object.add("unit", unit.isEmpty ? ucum : unit)
            if !R4.text(ucum).isEmpty {
                object.add("system", System.ucum)
                object.add("code", ucum)
            }
            return .object(object)
        }
    }

    /// Contents with their type (R4 Attachment).
    public struct Attachment: Sendable, Hashable {
        /// MIME type; required beside data (invariant att-1).
        public var contentType: String
        /// Base64.
        public var data: String
        /// Title.
        public var title: String
        /// An attachment from its parts.
        public init(contentType: String, data: String, title: String = "") {
            self.contentType = contentType
            self.data = data
            self.title = title
        }
        /// As JSON.
        public func json() -> JSONValue {
            var object = JSONObject()
            object.add("contentType", contentType.isEmpty && !data.isEmpty ? "application/octet-stream" : contentType)
            if !data.isEmpty { object.append("data", .string(data)) }
            object.add("title", title)
            return .object(object)
        }
    }

    /// Texts as R4 Annotation.
    static func annotations(_ texts: [String]) -> [JSONValue] {
        texts.map { text in
            var object = JSONObject()
            object.add("text", text)
            return .object(object)
        }
    }
}
