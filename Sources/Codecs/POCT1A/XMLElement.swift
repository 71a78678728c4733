/// An element with what it holds. Comments and processing instructions are left out.
public struct XMLElement: Sendable, Equatable {
    /// One attribute.
    public struct Attribute: Sendable, Equatable {
        /// Its name as written, prefix included.
        public var name: String
        /// Its value, entities replaced.
        public var value: String
    }

    /// Name as written, prefix included.
    public var name: String
    /// Attributes in the order written.
    public var attributes: [Attribute] = []
    /// Elements inside, in the order written.
    public var children: [XMLElement] = []
    /// Text inside, joined, blanks at both ends removed.
    public var text = ""
    /// Where its start tag begins: bytes from the start of the document.
    public var offset = 0

    /// An element without anything in it.
    public init(_ name: String) { self.name = name }

    /// Value of an attribute; nil when it is not there.
    public func attribute(_ name: String) -> String? {
        for attribute in attributes where attribute.name == name { return attribute.value }
        return nil
    }

    /// The first child of a name.
    public func child(_ name: String) -> XMLElement? {
        for child in children where child.name == name { return child }
        return nil
    }

    /// All children of a name.
    public func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The first element of a name inside, at any depth, in the order written.
    public func descendant(_ name: String) -> XMLElement? {
        for child in children {
            if child.name == name { return child }
            if let found = child.descendant(name) { return found }
        }
        return nil
    }

    /// Attribute `V` of POCT1-A, blanks at both ends removed; the text of the element where there is no attribute; "" for
    /// neither.
    public var value: String { XMLElement.trimmed(attribute("V") ?? text) }

    /// `value` of the first child of a name; "" when it is not there.
    public func value(of name: String) -> String { child(name)?.value ?? "" }

    static func trimmed(_ text: String) -> String {
        let utf8 = text.utf8
        guard let first = utf8.first, let last = utf8.last, first <= 0x20 || last <= 0x20 else { return text }
        guard let start = utf8.firstIndex(where: { $0 > 0x20 }), let end = utf8.lastIndex(where: { $0 > 0x20 }) else {
            return ""
        }
        return String(decoding: utf8[start...end], as: UTF8.self)
    }
}
