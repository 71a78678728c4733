/// What is wrong with bytes that should be DICOM: where, why, and what to do.
public struct DICOMFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Kind of fault.
    public enum Code: String, Sendable, Equatable {
        /// Neither a file of PS3.10 nor a data set without its header.
        case notDICOM
        /// Ends in the middle of an element.
        case truncated
        /// A length that goes beyond what encloses it, or that cannot be.
        case length
        /// A value representation that is none.
        case valueRepresentation
        /// Tags not in ascending order, or one twice.
        case order
        /// Delimiter or item where none may be, or none where one must be.
        case structure
        /// Sequences in sequences deeper than is read.
        case nesting
        /// File Meta Information that is missing, in part or wrong.
        case metaInformation
        /// A deflated data set that does not inflate, or to more than is allowed.
        case deflate
        /// A value that is not of its representation.
        case value
        /// A character set that is not known, or text that is not in it.
        case characterSet
        /// JSON that is not of the DICOM JSON model.
        case json
    }

    /// Kind.
    public var code: Code
    /// Byte offset in what was read; in a deflated data set, in the inflated bytes.
    public var offset: Int
    /// Element concerned.
    public var tag: Tag?
    /// What is wrong.
    public var problem: String
    /// What was done about it, or what to do.
    public var cure: String

    /// A fault from its parts.
    public init(_ code: Code, at offset: Int, tag: Tag? = nil, _ problem: String, cure: String = "") {
        self.code = code
        self.offset = offset
        self.tag = tag
        self.problem = problem
        self.cure = cure
    }

    /// Text for people.
    public var description: String {
        var text = "at byte \(offset)"
        if let tag {
            text += ", (\(tag))"
            if let keyword = tag.keyword { text += " \(keyword)" }
        }
        text += ": \(problem)"
        return cure.isEmpty ? text : "\(text); \(cure)"
    }
}
