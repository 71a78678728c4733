/// The data elements of PS3.6 and, for group 0000, of PS3.7: representation, multiplicity and keyword of a tag, and the tag
/// of a keyword.
public enum DataDictionary {
    /// What the standard says of an element.
    public struct Entry: Sendable, Equatable {
        /// Tag; that of a repeating group is the one asked for.
        public var tag: Tag
        /// Value representation; where there is a choice, the one to take when nothing else tells (US, OW).
        public var vr: VR
        /// True where another element decides between US and SS (Pixel Representation).
        public var isSignedByPixelRepresentation: Bool
        /// Value multiplicity as the standard writes it: `1`, `1-n`, `2-2n`.
        public var multiplicity: String
        /// Keyword.
        public var keyword: String

        /// True when the multiplicity is one.
        public var isSingleValued: Bool { multiplicity == "1" }
    }

    /// The entry of a tag. Nil for private elements and for what the standard does not know.
    public static func entry(_ tag: Tag) -> Entry? {
        if tag.isPrivate { return nil }
        if let place = index.place(of: tag.number) { return index.entry(at: place, tag: tag) }
        return repeating(tag)
    }

    /// Representation of a tag; UL for group lengths, LO for private creators, nil for what is not known.
    public static func vr(_ tag: Tag) -> VR? {
        if tag.isGroupLength { return .UL }
        if tag.isPrivate { return tag.isPrivateCreator ? .LO : nil }
        if let place = index.place(of: tag.number) { return index.vr(at: place).vr }
        return repeating(tag)?.vr
    }

    /// The tag with a keyword. Repeating groups by their first: `OverlayRows` is (6000,0010).
    public static func tag(keyword: String) -> Tag? {
        if let number = index.keywords[keyword] { return Tag(number) }
        return nil
    }

    /// Every tag that has an entry of its own, in order; those of repeating groups are not among them.
    public static var tags: [Tag] { index.tags }

    static func repeating(_ tag: Tag) -> Entry? {
        for mask in masks where tag.number & mask.fixed == mask.number {
            var entry = mask.entry
            entry.tag = tag
            return entry
        }
        return nil
    }

    /// Two letters of the table. XS: US or SS; XB: OB or OW; XL: US, SS or OW; XW: US or OW.
    static func vr(code first: UInt8, _ second: UInt8) -> (vr: VR, isSigned: Bool) {
        if let vr = VR(first, second) { return (vr, false) }
        switch second {
        case UInt8(ascii: "S"): return (.US, true)
        case UInt8(ascii: "B"), UInt8(ascii: "L"), UInt8(ascii: "W"): return (.OW, false)
        default: return (.UN, false)
        }
    }

    static let index = DictionaryIndex()

    static let masks: [(number: UInt32, fixed: UInt32, entry: Entry)] = {
        var masks: [(number: UInt32, fixed: UInt32, entry: Entry)] = []
        for line in String(describing: repeatingElements).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 4 else { continue }
            var number: UInt32 = 0
            var fixed: UInt32 = 0
            for digit in words[0] {
                number = number << 4 | UInt32(digit.hexDigitValue ?? 0)
                fixed = fixed << 4 | (digit == "x" ? 0 : 15)
            }
            let letters = Array(words[1].utf8)
            let known = letters.count == 2 ? vr(code: letters[0], letters[1]) : (.UN, false)
            masks.append(
                (
                    number, fixed,
                    Entry(
                        tag: Tag(number), vr: known.vr, isSignedByPixelRepresentation: known.isSigned,
                        multiplicity: String(words[2]), keyword: String(words[3]))
                ))
        }
        return masks
    }()
}

/// The table's lines by tag and by keyword. Made once, at the first question; the text itself stays where it is.
struct DictionaryIndex: Sendable {
    private let numbers: [UInt32]
    private let lines: [UInt32]
    private let representations: [(vr: VR, isSigned: Bool)]
    let keywords: [String: UInt32]

    init() {
        var numbers: [UInt32] = []
        var lines: [UInt32] = []
        var representations: [(vr: VR, isSigned: Bool)] = []
        var keywords: [String: UInt32] = [:]
        numbers.reserveCapacity(5200)
        lines.reserveCapacity(5200)
        representations.reserveCapacity(5200)
        keywords.reserveCapacity(5400)
        DataDictionary.standardElements.withUTF8Buffer { text in
            var start = 0
            while start + 12 < text.count {
                var number: UInt32 = 0
                for place in start..<start + 8 {
                    let byte = text[place]
                    number = number << 4 | UInt32(byte < 0x3A ? byte & 15 : byte & 7 + 9)
                }
                numbers.append(number)
                lines.append(UInt32(start))
                representations.append(DataDictionary.vr(code: text[start + 9], text[start + 10]))
                var end = start + 12
                var keyword = end
                while end < text.count, text[end] != 0x0A {
                    if text[end] == 0x20 { keyword = end + 1 }
                    end += 1
                }
                keywords[String(decoding: text[keyword..<end], as: UTF8.self)] = number
                start = end + 1
            }
        }
        let own = Set(numbers)
        for mask in DataDictionary.masks where keywords[mask.entry.keyword] == nil {
            // The first of the group that is not an element of its own.
            let isTaken = own.contains(mask.number)
            keywords[mask.entry.keyword] = isTaken ? mask.number | 0x1111_1111 & ~mask.fixed : mask.number
        }
        self.numbers = numbers
        self.lines = lines
        self.representations = representations
        self.keywords = keywords
    }

    var tags: [Tag] { numbers.map { Tag($0) } }

    /// Place of a tag by binary search.
    func place(of number: UInt32) -> Int? {
        var low = 0
        var high = numbers.count
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < numbers.count && numbers[low] == number ? low : nil
    }

    func vr(at place: Int) -> (vr: VR, isSigned: Bool) { representations[place] }

    func entry(at place: Int, tag: Tag) -> DataDictionary.Entry {
        let start = Int(lines[place]) + 12
        let (multiplicity, keyword) = DataDictionary.standardElements.withUTF8Buffer { text in
            var blank = start
            while blank < text.count, text[blank] != 0x20 { blank += 1 }
            var end = blank
            while end < text.count, text[end] != 0x0A { end += 1 }
            return (
                String(decoding: text[start..<blank], as: UTF8.self),
                String(decoding: text[min(blank + 1, end)..<end], as: UTF8.self)
            )
        }
        let known = representations[place]
        return DataDictionary.Entry(
            tag: tag, vr: known.vr, isSignedByPixelRepresentation: known.isSigned, multiplicity: multiplicity,
            keyword: keyword)
    }
}
