/// Writes the compact binary form of the model: LEB128 integers, length-prefixed UTF-8, references to earlier strings.
struct BinaryWriter {
    /// Strings of this many bytes or more are remembered: shorter ones cost no more than a reference.
    static let shortestRemembered = 6
    /// Strings remembered in one body; the search is linear.
    static let mostRemembered = 24

    var bytes: [UInt8] = []
    private var remembered: [String] = []

    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        remembered.removeAll(keepingCapacity: true)
    }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func count(_ value: Int) { number(UInt64(clamping: value)) }

    /// Zigzag: small numbers of either sign are short.
    mutating func signed(_ value: Int64) { number(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    /// Length and bytes; never a reference, so that what was written can be read on its own.
    mutating func plain(_ text: String) {
        let length = text.utf8.count
        count(length)
        if length > 0 { append(text) }
    }

    /// Twice the length and bytes, or twice the place among the remembered strings plus one.
    mutating func string(_ text: String) {
        let length = text.utf8.count
        if length >= Self.shortestRemembered {
            for place in remembered.indices
            where remembered[place].utf8.count == length && Self.sameBytes(remembered[place], text) {
                return number(UInt64(place) << 1 | 1)
            }
            if remembered.count < Self.mostRemembered { remembered.append(text) }
        }
        number(UInt64(length) << 1)
        if length > 0 { append(text) }
    }

    private mutating func append(_ text: String) {
        // Without a mutable copy: the string is not retained.
        if text.utf8.withContiguousStorageIfAvailable({ bytes.append(contentsOf: $0) }) == nil {
            bytes.append(contentsOf: text.utf8)
        }
    }

    mutating func strings(_ texts: [String]) {
        count(texts.count)
        for text in texts { string(text) }
    }

    mutating func raw(_ data: [UInt8]) {
        count(data.count)
        bytes.append(contentsOf: data)
    }

    /// `==` holds for texts that are canonically equal but differ in bytes; what was sent must come back as sent.
    static func sameBytes(_ one: String, _ other: String) -> Bool {
        // Equal as ASCII texts is equal in bytes; the slow way is for the rest.
        guard one == other else { return false }
        return one.utf8.count == other.utf8.count
            && (one.utf8.allSatisfy { $0 < 0x80 } || one.utf8.elementsEqual(other.utf8))
    }
}
