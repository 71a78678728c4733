/// The media types that a client takes, the best first (PS3.18 8.7.5): the query parameter `accept`, else the field Accept,
/// else anything.
struct Acceptance: Sendable {
    /// Ranges by falling weight.
    let ranges: [MediaType]

    /// Reads query and field.
    init(query: WebQuery, field: String?) throws(WebFault) {
        let texts = query.all("accept")
        let text = texts.isEmpty ? field : texts.joined(separator: ",")
        guard let text, !text.isEmpty else {
            ranges = MediaType("*/*").map { [$0] } ?? []
            return
        }
        ranges = MediaType.list(text)
        guard !ranges.isEmpty else {
            throw .notAcceptable("\(WebResource.printable(text)) names no media type (RFC 9110 12.5.1)")
        }
    }

    /// The first of the media types that a range covers, in the client's order.
    func first(of offered: [String]) -> String? {
        for range in ranges where !range.isMultipart {
            if let found = offered.first(where: range.covers) { return found }
        }
        return nil
    }

    /// The media type of JSON answers (PS3.18 8.7.3.2); both name the same bytes.
    func json() throws(WebFault) -> String {
        if let found = first(of: ["application/dicom+json", "application/json"]) { return found }
        throw .notAcceptable("this resource is given as application/dicom+json (PS3.18 8.7.3.2)")
    }
}
