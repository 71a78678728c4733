/// How the bytes of a cell are put into a row.
enum CellForm {
    /// As they are.
    case plain
    /// Within a JSON string.
    case json
    /// Tab, line feed, carriage return and backslash as `\t \n \r \\`; other control characters as U+FFFD.
    case tsv
    /// RFC 4180 without quotes: a comma, a quote or the end of a line asks for quotes.
    case csv
    /// RFC 4180 between quotes.
    case quotedCSV
}

/// How a string value is trimmed (PS3.5 6.2).
enum CellTrim {
    /// Value by value: blanks before, blanks and NULs behind.
    case values
    /// Value by value, behind only: UC.
    case valueEnds
    /// One value with backslashes of its own: blanks and NULs behind.
    case end
    /// One value, both sides.
    case both
    /// Not at all: a path, a remark.
    case none

    @inline(__always) init(_ vr: VR) {
        switch vr {
        case .ST, .LT, .UT: self = .end
        case .UC: self = .valueEnds
        case .UR, .UN: self = .both
        default: self = .values
        }
    }
}

/// Writes string values byte by byte into reserved memory, by eight bytes at a time where nothing is special.
///
/// Bounds: of the source, nothing at or behind `limit` is read; `most(_:)` bytes of room are needed for the output, and up to
/// seven more are overwritten behind it.
enum CellText {
    /// Most bytes that so many become in any form, quotes and the sign before a formula included.
    @inline(__always) static func most(_ count: Int) -> Int { count &* 6 &+ 64 }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    @inline(__always) private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }

    /// Bytes that need a look, their lowest one exact. In UTF-8 those above 7F do not.
    @inline(__always) private static func special(_ word: UInt64, _ form: CellForm) -> UInt64 {
        // Below 20: exact for the lowest byte.
        var found = (word &- ones &* 0x20) & ~word & highs
        found |= zeros(word ^ (ones &* 0x5C))
        if form != .plain && form != .tsv { found |= zeros(word ^ (ones &* 0x22)) }
        if form == .csv { found |= zeros(word ^ (ones &* 0x2C)) }
        if form == .tsv || form == .csv || form == .quotedCSV { found |= zeros(word ^ (ones &* 0x7F)) }
        return found
    }

    /// Writes a value trimmed.
    ///
    /// - Returns: the end of what was written; nil when `.csv` has to be `.quotedCSV`.
    @inline(__always) static func write(
        _ start: UnsafeRawPointer, _ count: Int, limit: UnsafeRawPointer, _ trim: CellTrim, _ form: CellForm,
        to output: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer? {
        var place = start
        var end = start + count
        while trim != .none, end > place {
            let byte = (end - 1).load(as: UInt8.self)
            guard byte == 0x20 || byte == 0 else { break }
            end -= 1
        }
        let trimsStart = trim == .values || trim == .both
        if trimsStart { while place < end, place.load(as: UInt8.self) == 0x20 { place += 1 } }
        let splits = trim == .values || trim == .valueEnds
        var out = output
        var valueStart = output
        while place < end {
            let left = end - place
            var found: UInt64
            if limit - place >= 8 {
                let word = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
                out.storeBytes(of: word.littleEndian, as: UInt64.self)
                found = special(word, form)
                if left < 8 { found &= (1 &<< UInt64(truncatingIfNeeded: left &* 8)) &- 1 }
                if found == 0 {
                    let step = left < 8 ? left : 8
                    place += step
                    out += step
                    continue
                }
                let plain = found.trailingZeroBitCount &>> 3
                place += plain
                out += plain
            } else {
                let byte = place.load(as: UInt8.self)
                if special(UInt64(byte) | 0x4141_4141_4141_4100, form) == 0 {
                    out.storeBytes(of: byte, as: UInt8.self)
                    place += 1
                    out += 1
                    continue
                }
            }
            let byte = place.load(as: UInt8.self)
            if byte == 0x5C, splits {
                while out > valueStart, (out - 1).load(as: UInt8.self) == 0x20 { out -= 1 }
                if form == .json || form == .tsv {
                    out.storeBytes(of: 0x5C5C, as: UInt16.self)
                    out += 2
                } else {
                    out.storeBytes(of: 0x5C, as: UInt8.self)
                    out += 1
                }
                place += 1
                if trimsStart { while place < end, place.load(as: UInt8.self) == 0x20 { place += 1 } }
                valueStart = out
                continue
            }
            if byte == 0, splits {
                // Padding of a value that is not the last.
                var next = place
                while next < end, next.load(as: UInt8.self) == 0 || next.load(as: UInt8.self) == 0x20 { next += 1 }
                if next < end, next.load(as: UInt8.self) == 0x5C {
                    place = next
                    continue
                }
            }
            guard let next = escape(byte, form, to: out) else { return nil }
            out = next
            place += 1
        }
        return out
    }

    /// Writes one special byte. Nil when it asks for quotes.
    @inline(never) private static func escape(
        _ byte: UInt8, _ form: CellForm, to output: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer? {
        func put(_ bytes: UInt8...) -> UnsafeMutableRawPointer {
            for (place, byte) in bytes.enumerated() { output.storeBytes(of: byte, toByteOffset: place, as: UInt8.self) }
            return output + bytes.count
        }
        switch form {
        case .plain: return put(byte)
        case .json:
            switch byte {
            case 0x22, 0x5C: return put(0x5C, byte)
            case 0x0A: return put(0x5C, UInt8(ascii: "n"))
            case 0x0D: return put(0x5C, UInt8(ascii: "r"))
            case 0x09: return put(0x5C, UInt8(ascii: "t"))
            default:
                let low = byte & 15
                return put(
                    0x5C, UInt8(ascii: "u"), 0x30, 0x30, 0x30 | byte >> 4, low < 10 ? 0x30 | low : 0x57 + low)
            }
        case .tsv:
            switch byte {
            case 0x5C: return put(0x5C, 0x5C)
            case 0x0A: return put(0x5C, UInt8(ascii: "n"))
            case 0x0D: return put(0x5C, UInt8(ascii: "r"))
            case 0x09: return put(0x5C, UInt8(ascii: "t"))
            default: return put(0xEF, 0xBF, 0xBD)
            }
        case .csv, .quotedCSV:
            switch byte {
            case 0x5C, 0x09: return put(byte)
            case 0x22, 0x2C, 0x0A, 0x0D:
                if form == .csv { return nil }
                return byte == 0x22 ? put(0x22, 0x22) : put(byte)
            default: return put(0xEF, 0xBF, 0xBD)
            }
        }
    }
}
