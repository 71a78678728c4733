/// The query part of a URL: names and values in order, decoded (PS3.18 8.3.4).
struct WebQuery: Sendable, Equatable {
    /// Names and values; a name may come several times.
    var parameters: [(name: String, value: String)]

    /// Most parameters that are read.
    static let mostParameters = 200

    /// An empty query.
    init() { parameters = [] }

    /// Reads what follows the question mark.
    init(_ text: some StringProtocol) throws(WebFault) {
        parameters = []
        for part in text.split(whereSeparator: { $0 == "&" }) {
            guard parameters.count < WebQuery.mostParameters else {
                throw .badRequest("more than \(WebQuery.mostParameters) query parameters")
            }
            let equals = part.firstIndex(of: "=") ?? part.endIndex
            guard let name = PercentCoding.decode(part[..<equals], plusIsBlank: true),
                let value = PercentCoding.decode(part[equals...].dropFirst(), plusIsBlank: true)
            else {
                throw .badRequest("\(WebResource.printable(part)) is not percent-encoded UTF-8 (RFC 3986 2.1)")
            }
            parameters.append((name, value))
        }
    }

    /// The first value of a name.
    subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// All values of a name, those in lists by themselves.
    func all(_ name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }

    /// A whole number of a parameter; nil: absent.
    func number(_ name: String, in range: ClosedRange<Int>) throws(WebFault) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .badRequest(
                "\(name)=\(WebResource.printable(text)): a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    static func == (left: WebQuery, right: WebQuery) -> Bool {
        left.parameters.elementsEqual(right.parameters, by: ==)
    }
}
