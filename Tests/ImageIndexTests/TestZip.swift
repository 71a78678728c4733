/// Makes archives byte by byte, right ones and wrong ones.
struct TestZip {
    enum Packing {
        case stored
        /// Deflate, in blocks that are stored.
        case deflatedStored
        /// Deflate by the fixed code, literals only.
        case deflatedFixed
        /// The bytes, then zeros for 256 MiB, deflated by the fixed code.
        case bomb
    }

    var isLarge = false
    var comment: [UInt8] = []
    private var body: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0
    private var first: (packed: Int, size: Int, method: UInt16) = (0, 0, 0)

    mutating func add(
        _ name: String, _ bytes: [UInt8], _ packing: Packing, flags: UInt16 = 0, method: UInt16? = nil
    ) {
        let packed: [UInt8]
        switch packing {
        case .stored: packed = bytes
        case .deflatedStored: packed = Self.stored(bytes)
        case .deflatedFixed:
            var bits = BitWriter()
            bits.beginFixed()
            for byte in bytes { bits.literal(byte) }
            packed = bits.end()
        case .bomb:
            var bits = BitWriter()
            bits.beginFixed()
            for byte in bytes + [0] { bits.literal(byte) }
            for _ in 0..<(1 << 20) { bits.repeatLast258() }
            packed = bits.end()
        }
        let method = method ?? (packing == .stored ? 0 : 8)
        if count == 0 { first = (packed.count, bytes.count, method) }
        enter(name, at: body.count, packed.count, bytes.count, method, flags)
        body += Self.number(0x0403_4B50, 4) + Self.number(45, 2) + Self.number(Int(flags), 2)
        body += Self.number(Int(method), 2) + Self.number(0, 8) + Self.number(packed.count, 4)
        body += Self.number(bytes.count, 4) + Self.number(name.utf8.count, 2) + Self.number(0, 2)
        body += Array(name.utf8) + packed
    }

    /// One more entry with the bytes of the first.
    mutating func repeatFirst(as name: String) { enter(name, at: 0, first.packed, first.size, first.method, 0) }

    private mutating func enter(
        _ name: String, at offset: Int, _ packed: Int, _ size: Int, _ method: UInt16, _ flags: UInt16
    ) {
        var extra: [UInt8] = []
        if isLarge {
            extra = Self.number(1, 2) + Self.number(24, 2) + Self.number(size, 8) + Self.number(packed, 8)
            extra += Self.number(offset, 8)
        }
        let shown = isLarge ? [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF] : [packed, size, offset]
        directory += Self.number(0x0201_4B50, 4) + Self.number(45, 2) + Self.number(45, 2)
        directory += Self.number(Int(flags), 2) + Self.number(Int(method), 2) + Self.number(0, 8)
        directory += Self.number(shown[0], 4) + Self.number(shown[1], 4) + Self.number(name.utf8.count, 2)
        directory += Self.number(extra.count, 2) + Self.number(0, 2) + Self.number(0, 8) + Self.number(shown[2], 4)
        directory += Array(name.utf8) + extra
        count += 1
    }

    func bytes() -> [UInt8] {
        var all = body + directory
        if isLarge {
            let place = all.count
            all += Self.number(0x0606_4B50, 4) + Self.number(44, 8) + Self.number(45, 2) + Self.number(45, 2)
            all += Self.number(0, 8) + Self.number(count, 8) + Self.number(count, 8)
            all += Self.number(directory.count, 8) + Self.number(body.count, 8)
            all += Self.number(0x0706_4B50, 4) + Self.number(0, 4) + Self.number(place, 8) + Self.number(1, 4)
        }
        all += Self.number(0x0605_4B50, 4) + Self.number(0, 4)
        all += Self.number(isLarge ? 0xFFFF : count, 2) + Self.number(isLarge ? 0xFFFF : count, 2)
        all += Self.number(isLarge ? 0xFFFF_FFFF : directory.count, 4)
        all += Self.number(isLarge ? 0xFFFF_FFFF : body.count, 4)
        return all + Self.number(comment.count, 2) + comment
    }

    private static func number(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var packed: [UInt8] = []
        var start = 0
        repeat {
            let end = min(start + 60_000, bytes.count)
            packed.append(end == bytes.count ? 1 : 0)
            packed += number(end - start, 2) + number(~(end - start), 2) + bytes[start..<end]
            start = end
        } while start < bytes.count
        return packed
    }
}

/// Writes a deflate stream of one block by the fixed code (RFC 1951 3.2.6).
struct BitWriter {
    private var bytes: [UInt8] = []
    private var bits: UInt64 = 0
    private var count = 0

    mutating func put(_ value: UInt64, _ length: Int) {
        bits |= value << UInt64(count)
        count += length
        while count >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: bits))
            bits >>= 8
            count -= 8
        }
    }

    /// A code: its highest bit first.
    private mutating func code(_ value: Int, _ length: Int) {
        for place in (0..<length).reversed() { put(UInt64(value >> place & 1), 1) }
    }

    mutating func beginFixed() { put(0b011, 3) }

    mutating func literal(_ byte: UInt8) {
        if byte < 144 { code(0x30 + Int(byte), 8) } else { code(0x190 + Int(byte) - 144, 9) }
    }

    /// The last byte 258 times more: length symbol 285, distance 1.
    mutating func repeatLast258() {
        code(0xC5, 8)
        code(0, 5)
    }

    mutating func end() -> [UInt8] {
        code(0, 7)
        if count > 0 { put(0, 8 - count) }
        return bytes
    }
}
