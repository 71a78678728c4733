/// A value of PN: up to three groups of up to five components (PS3.5 6.2.1).
public struct PersonName: Sendable, Hashable {
    /// One way of writing the name.
    public struct Group: Sendable, Hashable {
        /// Family name complex.
        public var family = ""
        /// Given name complex.
        public var given = ""
        /// Middle name.
        public var middle = ""
        /// Name prefix.
        public var prefix = ""
        /// Name suffix.
        public var suffix = ""

        /// An empty group.
        public init() {}

        /// Reads `family^given^middle^prefix^suffix`; more components than five go to the suffix.
        public init(_ text: some StringProtocol) {
            let parts = text.split(separator: "^", maxSplits: 4, omittingEmptySubsequences: false).map {
                DataSet.trimmed(String($0), .PN)
            }
            for (place, part) in parts.enumerated() {
                switch place {
                case 0: family = part
                case 1: given = part
                case 2: middle = part
                case 3: prefix = part
                default: suffix = part
                }
            }
        }

        /// True when nothing is in it.
        public var isEmpty: Bool { self == Group() }

        /// `family^given^…` without the empty components at the end.
        public var text: String {
            var parts = [family, given, middle, prefix, suffix]
            while parts.last?.isEmpty == true { parts.removeLast() }
            return parts.joined(separator: "^")
        }
    }

    /// In letters; for names of one byte a character.
    public var alphabetic = Group()
    /// In ideographs: Chinese characters, Kanji, Hanja.
    public var ideographic = Group()
    /// By sound: Hiragana, Katakana, Hangul.
    public var phonetic = Group()

    /// An empty name.
    public init() {}

    /// Reads `alphabetic=ideographic=phonetic`.
    public init(_ text: some StringProtocol) {
        let groups = text.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false)
        if groups.count > 0 { alphabetic = Group(groups[0]) }
        if groups.count > 1 { ideographic = Group(groups[1]) }
        if groups.count > 2 { phonetic = Group(groups[2]) }
    }

    /// True when nothing is in it.
    public var isEmpty: Bool { alphabetic.isEmpty && ideographic.isEmpty && phonetic.isEmpty }

    /// The value as DICOM writes it, without empty groups at the end.
    public var text: String {
        var groups = [alphabetic.text, ideographic.text, phonetic.text]
        while groups.last?.isEmpty == true { groups.removeLast() }
        return groups.joined(separator: "=")
    }

    /// The group to show and to send where there is room for one: the ideographic, else the alphabetic, else the phonetic.
    public var preferred: Group {
        if !ideographic.isEmpty { return ideographic }
        return alphabetic.isEmpty ? phonetic : alphabetic
    }
}

extension DataSet {
    /// The first value of a PN element; nil when absent or empty.
    public func personName(_ tag: Tag) -> PersonName? { string(tag).map { PersonName($0) } }

    /// The values of a PN element.
    public func personNames(_ tag: Tag) -> [PersonName] { strings(tag).map { PersonName($0) } }
}
