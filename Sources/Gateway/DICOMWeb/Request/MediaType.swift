/// A media type or media range with its parameters (RFC 9110 8.3.1, 12.5.1).
struct MediaType: Sendable, Equatable {
    /// Type, lower case; `*` in a range.
    var type: String
    /// Subtype, lower case; `*` in a range.
    var subtype: String
    /// Parameters other than q; names in lower case, values without their quotes.
    var parameters: [String: String]
    /// Weight, 0 to 1.
    var quality: Double

    /// `type/subtype`.
    var essence: String { "\(type)/\(subtype)" }

    /// For `multipart/related` what its parts are, else what it is itself (PS3.18 8.7.1).
    var part: String { isMultipart ? parameters["type"]?.lowercased() ?? "" : essence }
    /// multipart/related.
    var isMultipart: Bool { type == "multipart" && subtype == "related" }
    /// The parameter `transfer-syntax` (PS3.18 8.7.3.5.2); nil: absent.
    var transferSyntax: String? { parameters["transfer-syntax"] }

    /// True when the range covers a media type.
    func covers(_ essence: String) -> Bool {
        if type == "*" { return true }
        if subtype == "*" { return essence.hasPrefix(type + "/") }
        return self.essence == essence
    }

    /// Most ranges that are read of a field.
    static let mostRanges = 64

    /// Reads the value of an Accept field; ranges of equal weight stay in order, those of weight 0 are left out.
    ///
    /// - Returns: an empty list when nothing in it is a media range.
    static func list(_ field: some StringProtocol) -> [MediaType] {
        var ranges: [MediaType] = []
        for item in split(field, at: ",").prefix(mostRanges) {
            if let range = MediaType(item), range.quality > 0 { ranges.append(range) }
        }
        // The sort is not stable by contract: the place breaks ties.
        return ranges.enumerated()
            .sorted { ($0.element.quality, -$0.offset) > ($1.element.quality, -$1.offset) }
            .map(\.element)
    }

    /// Reads one range; nil: it is none.
    init?(_ text: some StringProtocol) {
        let pieces = MediaType.split(text, at: ";").map(MediaType.trimmed)
        guard let name = pieces.first else { return nil }
        let halves = name.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else { return nil }
        type = String(halves[0])
        subtype = String(halves[1])
        parameters = [:]
        quality = 1
        for piece in pieces.dropFirst() {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            let name = MediaType.trimmed(piece[..<equals]).lowercased()
            let value = MediaType.unquoted(MediaType.trimmed(piece[equals...].dropFirst()))
            if name == "q" {
                quality = Double(value).map { min(max($0, 0), 1) } ?? 0
            } else if !name.isEmpty, parameters[name] == nil {
                parameters[name] = value
            }
        }
    }

    /// Splits outside of quotes.
    private static func split(_ text: some StringProtocol, at separator: Character) -> [String] {
        var parts: [String] = []
        var part = ""
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if isEscaped {
                isEscaped = false
                part.append(character)
            } else if character == "\\", isQuoted {
                isEscaped = true
                part.append(character)
            } else if character == "\"" {
                isQuoted.toggle()
                part.append(character)
            } else if character == separator, !isQuoted {
                parts.append(part)
                part = ""
            } else {
                part.append(character)
            }
        }
        parts.append(part)
        return parts.filter { !trimmed($0).isEmpty }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let start = text.firstIndex(where: { !blank($0) }), let end = text.lastIndex(where: { !blank($0) }) else {
            return ""
        }
        return String(text[start...end])
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        var out = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                isEscaped = false
                out.append(character)
            }
        }
        return out
    }
}
