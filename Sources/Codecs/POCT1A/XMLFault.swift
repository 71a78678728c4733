/// Why a document cannot be read, and where.
public struct XMLFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Sendable, Equatable {
        /// The text ends before the document does.
        case endsEarly
        /// Something stands where XML allows nothing of the kind.
        case unexpected(String)
        /// An end tag that does not belong to the element that is open.
        case mismatchedEnd(open: String, found: String)
        /// `<!DOCTYPE`, `<!ENTITY`: not accepted, whatever they say.
        case declaration
        /// `&name;` other than the five of XML itself.
        case unknownEntity(String)
        /// An attribute that stands twice in one tag.
        case repeatedAttribute(String)
        /// More elements, attributes or levels than `XMLLimits` allows.
        case tooLarge(String)
        /// A character set that is not known.
        case unknownCharacterSet(String)
    }

    /// What is wrong.
    public var reason: Reason
    /// Bytes from the start of the document.
    public var offset: Int

    /// A fault at a place.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// For people.
    public var description: String {
        let what =
            switch reason {
            case .endsEarly: "the document ends too early"
            case .unexpected(let what): "\(what) where XML allows none"
            case .mismatchedEnd(let open, let found): "</\(found)> ends <\(open)>"
            case .declaration: "a document type or entity declaration, which is not accepted"
            case .unknownEntity(let name): "the entity &\(name);, which XML does not know"
            case .repeatedAttribute(let name): "the attribute \(name) twice in one tag"
            case .tooLarge(let what): "too many \(what)"
            case .unknownCharacterSet(let name): "the character set \"\(name)\", which is not known"
            }
        return "\(what) (byte \(offset) of the document)"
    }
}

/// Bounds on what a document may hold: memory stays a small multiple of its size.
public struct XMLLimits: Sendable, Equatable {
    /// Elements inside each other.
    public var depth = 32
    /// Elements in all.
    public var elements = 20_000
    /// Attributes of one element.
    public var attributes = 64
    /// Bytes of a name.
    public var name = 128
    /// The usual bounds.
    public init() {}
}
