import DICOM
import ImagingModel

/// A search (PS3.18 10.6.1), read from the path and the query.
struct SearchRequest: Sendable {
    /// The question to the archive, with one result more than is given.
    var query: ImageQuery
    /// Results given at most.
    var limit: Int
    /// True where the client would take more than are given.
    var isCapped: Bool
    /// Attributes given besides those that PS3.18 10.6.3.3 demands.
    var included: Set<ImageAttribute>
    /// What could not be done as asked, for the Warning field.
    var warnings: [String]

    /// Reads a search.
    ///
    /// - Parameters:
    ///   - level: what is searched for.
    ///   - study: Study Instance UID of the path.
    ///   - series: Series Instance UID of the path.
    ///   - parameters: the query.
    ///   - most: results that the server gives at most.
    init(_ level: QueryLevel, study: String?, series: String?, parameters: WebQuery, most: Int) throws(WebFault) {
        query = ImageQuery(level)
        included = []
        warnings = []
        let asked = try parameters.number("limit", in: 0...Int(Int32.max))
        limit = min(asked ?? most, most)
        isCapped = limit != asked
        query.offset = try parameters.number("offset", in: 0...Int(Int32.max)) ?? 0
        query.limit = limit + 1
        for (name, value) in parameters.parameters {
            switch name {
            case "limit", "offset", "accept", "charset": continue
            case "fuzzymatching": try readFuzzy(value)
            case "includefield": include(value)
            case "emptyvaluematching", "multiplevaluematching": continue
            default: try readKey(name, value)
            }
        }
        try hold(.studyInstanceUID, to: study)
        try hold(.seriesInstanceUID, to: series)
    }

    private mutating func readFuzzy(_ value: String) throws(WebFault) {
        switch value {
        case "false": return
        case "true":
            // The words are those of PS3.18 10.6.1.2.4.
            warnings.append("The fuzzymatching parameter is not supported. Only literal matching has been performed.")
        default: throw .badRequest("fuzzymatching=\(WebResource.printable(value)): true or false")
        }
    }

    /// PS3.18 8.3.4.3: tags or keywords, comma separated; `all`. Unknown ones do no harm.
    private mutating func include(_ list: String) {
        for word in list.split(separator: ",").map(String.init) {
            if word == "all" {
                included.formUnion(ImageAttribute.allCases)
            } else if let attribute = SearchRequest.attribute(word) {
                included.insert(attribute)
            }
        }
    }

    private mutating func readKey(_ name: String, _ value: String) throws(WebFault) {
        guard let attribute = try SearchRequest.known(name) else {
            if !value.isEmpty {
                warnings.append("\(WebResource.printable(name)) is not kept here and was not matched.")
            }
            return
        }
        guard let matching = try SearchKey.matching(attribute, value) else {
            included.insert(attribute)
            return
        }
        if case .uids(let more) = matching, case .uids(let earlier)? = query.keys[attribute] {
            query.keys[attribute] = .uids(earlier + more)
        } else if query.keys[attribute] != nil {
            throw .badRequest("\(WebResource.printable(name)) comes twice")
        } else {
            query.keys[attribute] = matching
        }
        included.insert(attribute)
    }

    /// The path wins; a key that contradicts it finds nothing.
    private mutating func hold(_ attribute: ImageAttribute, to uid: String?) throws(WebFault) {
        guard let uid else { return }
        if case .uids(let asked)? = query.keys[attribute], !asked.contains(uid) {
            throw .badRequest("\(attribute.tag.keyword ?? attribute.rawValue) in the query is not that of the path")
        }
        query.keys[attribute] = .uids([uid])
    }

    /// The attribute of a key; nil: an element of the standard, or a private one, that is not kept.
    private static func known(_ name: String) throws(WebFault) -> ImageAttribute? {
        if let attribute = attribute(name) { return attribute }
        let isElement = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            Tag(String(part)) != nil || Tag(keyword: String(part)) != nil
        }
        guard isElement else {
            throw .badRequest(
                "\(WebResource.printable(name)) is no query parameter, no keyword and no tag (PS3.18 10.6.1.2)")
        }
        return nil
    }

    /// The attribute of a tag, a keyword, or of a path through Request Attributes Sequence.
    private static func attribute(_ name: String) -> ImageAttribute? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let last = parts.last, let tag = Tag(last) ?? Tag(keyword: last) else { return nil }
        guard let attribute = ImageAttribute(tag) else { return nil }
        let isNested = attribute == .requestedProcedureID || attribute == .scheduledStepID
        guard parts.count == (isNested ? 2 : 1) else { return nil }
        if isNested, Tag(parts[0]) ?? Tag(keyword: parts[0]) != Tag(0x0040, 0x0275) { return nil }
        return attribute
    }
}
