/// Who may be at the other end of a TCP connection: an address, a network, or anyone.
public enum NetworkPeer: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// `any`: every address. Only for a device that is alone on its port.
    case any
    /// An exact address (`10.0.0.7`, `fd00::7`) or a network (`10.0.0.0/24`).
    case network(IPNetwork)

    /// Reads `any`, an IPv4 or IPv6 address, or a network in CIDR notation. Nil for anything else (host names as well: what
    /// they mean can change, and who a device is must not).
    public init?(_ text: String) {
        if text == "any" {
            self = .any
        } else if let network = IPNetwork(text) {
            self = .network(network)
        } else {
            return nil
        }
    }

    /// As written in hilum.yaml.
    public var description: String {
        switch self {
        case .any: return "any"
        case .network(let network): return network.description
        }
    }

    /// How closely this names a peer: the longer the prefix, the closer; -1 when it does not take the address. IPv4 counts
    /// as the IPv4-mapped part of IPv6, so an address is always closer than a network, and a network than `any`.
    func closeness(to address: IPNetwork) -> Int {
        switch self {
        case .any: return 0
        case .network(let network): return network.contains(address) ? network.prefix + 1 : -1
        }
    }
}

/// An IP address with a prefix length; IPv4 is held as IPv4-mapped IPv6 (RFC 4291 2.5.5.2), so that a listener on `::` and
/// one on `0.0.0.0` tell peers apart alike.
public struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    /// The upper 64 bits.
    let high: UInt64
    /// The lower 64 bits.
    let low: UInt64
    /// Bits that count, 0 … 128 (IPv4: 96 … 128).
    let prefix: Int

    /// Reads `a.b.c.d`, an IPv6 address, or either with `/n`. Bits after the prefix are ignored.
    public init?(_ text: String) {
        var address = Substring(text)
        var length: Int?
        if let slash = text.firstIndex(of: "/") {
            address = text[..<slash]
            let digits = text[text.index(after: slash)...]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(digits) else {
                return nil
            }
            length = number
        }
        if let four = Self.ipv4(address) {
            guard (length ?? 32) <= 32 else { return nil }
            self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(four), prefix: 96 + (length ?? 32))
        } else if let (high, low) = Self.ipv6(address) {
            guard (length ?? 128) <= 128 else { return nil }
            self.init(high: high, low: low, prefix: length ?? 128)
        } else {
            return nil
        }
    }

    private init(high: UInt64, low: UInt64, prefix: Int) {
        let mask = Self.mask(prefix)
        self.high = high & mask.high
        self.low = low & mask.low
        self.prefix = prefix
    }

    /// True when `other` lies inside.
    public func contains(_ other: IPNetwork) -> Bool {
        let mask = Self.mask(prefix)
        return other.prefix >= prefix && other.high & mask.high == high && other.low & mask.low == low
    }

    /// True when the two share an address.
    public func overlaps(_ other: IPNetwork) -> Bool { contains(other) || other.contains(self) }

    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF && prefix >= 96 }

    /// True for 127.0.0.0/8 and ::1.
    public var isLoopback: Bool {
        (isIPv4 && prefix >= 104 && (low >> 24) & 0xFF == 127) || (high == 0 && low == 1 && prefix == 128)
    }

    /// As written in hilum.yaml; the prefix is left out for a single address.
    public var description: String {
        if isIPv4 {
            let text = "\((low >> 24) & 255).\((low >> 16) & 255).\((low >> 8) & 255).\(low & 255)"
            return prefix == 128 ? text : "\(text)/\(prefix - 96)"
        }
        let groups = (0..<8).map { index -> String in
            let word = index < 4 ? high : low
            return String((word >> UInt64(48 - 16 * (index % 4))) & 0xFFFF, radix: 16)
        }
        let text = Self.shortened(groups)
        return prefix == 128 ? text : "\(text)/\(prefix)"
    }

    private static func mask(_ prefix: Int) -> (high: UInt64, low: UInt64) {
        func word(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits)) }
        return (word(prefix), word(prefix - 64))
    }

    /// RFC 5952 4.2: the longest run of two or more zero groups becomes `::`.
    private static func shortened(_ groups: [String]) -> String {
        var best = 0..<0
        var start = 0
        for (index, group) in (groups + ["end"]).enumerated() where group != "0" {
            if index - start > max(1, best.count) { best = start..<index }
            start = index + 1
        }
        if best.isEmpty { return groups.joined(separator: ":") }
        return groups[..<best.lowerBound].joined(separator: ":") + "::"
            + groups[best.upperBound...].joined(separator: ":")
    }

    private static func ipv4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            // Leading zeros are refused: some programs read 010 as eight.
            guard (1...3).contains(part.utf8.count), part == "0" || !part.hasPrefix("0"),
                part.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let byte = UInt8(part)
            else { return nil }
            address = address << 8 | UInt32(byte)
        }
        return address
    }

    private static func ipv6(_ text: Substring) -> (UInt64, UInt64)? {
        // Zone indices (%eth0) name an interface, not a peer.
        guard text.utf8.count >= 2, text.utf8.count <= 45, !text.contains("%") else { return nil }
        var head: [UInt16] = []
        var tail: [UInt16] = []
        if let gap = doubleColon(in: text) {
            guard let before = groups(text[..<gap.lowerBound]), let after = groups(text[gap.upperBound...]),
                before.count + after.count <= 7
            else { return nil }
            (head, tail) = (before, after)
        } else {
            guard let all = groups(text), all.count == 8 else { return nil }
            head = all
        }
        let words = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
        let high = words[..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = words[4...].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        return (high, low)
    }

    /// Where `::` stands; nil when there is none or it would be ambiguous (`:::` is caught by the groups around it).
    private static func doubleColon(in text: Substring) -> Range<Substring.Index>? {
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if next < text.endIndex, text[index] == ":", text[next] == ":" { return index..<text.index(after: next) }
            index = next
        }
        return nil
    }

    private static func groups(_ text: Substring) -> [UInt16]? {
        if text.isEmpty { return [] }
        var words: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains("."), let four = ipv4(part) {
                words.append(UInt16(four >> 16))
                words.append(UInt16(four & 0xFFFF))
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }),
                    let word = UInt16(part, radix: 16)
                else { return nil }
                words.append(word)
            }
        }
        return words
    }
}
