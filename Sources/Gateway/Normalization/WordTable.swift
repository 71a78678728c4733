import DeviceProfile
import Terminology

/// Words of a profile, quick to ask about texts that are no word: most values are numbers.
struct WordTable: Sendable {
    private let rules: [String: WordRule]
    /// First bytes of all words, in lower case; empty when there are none.
    private let firstBytes: [Bool]

    /// Longest text that is looked up.
    private static let longest = 200

    init(_ rules: [String: WordRule]) {
        self.rules = rules
        var first = [Bool](repeating: false, count: rules.isEmpty ? 0 : 256)
        for word in rules.keys { if let byte = word.utf8.first { first[Int(byte)] = true } }
        firstBytes = first
    }

    /// The rule for a text, upper and lower case ASCII alike.
    func rule(for text: String) -> WordRule? {
        guard !rules.isEmpty, let first = text.utf8.first, firstBytes[Int(first)] || firstBytes[Int(first | 0x20)],
            text.utf8.count <= WordTable.longest
        else { return nil }
        return rules[OrdinalWords.lowercased(text)]
    }
}
