/// Times as devices write them, as ISO 8601 (LIS02-A2 5.6.2: YYYYMMDD[HHMMSS][±HHMM]).
enum TimeText {
    /// ISO 8601 local time with no more digits than sent, the zone only if sent; nil: not a time.
    ///
    /// Separators between the parts (`2024-03-18 12:30`, `2024/03/18`) are accepted, fractions of a second left out.
    static func iso(_ text: String) -> String? {
        if text.utf8.count == 14 || text.utf8.count == 12 || text.utf8.count == 8 {
            let usual: String?? = text.utf8.withContiguousStorageIfAvailable { plain($0) }
            if let usual, let usual { return usual }
        }
        return lenient(text)
    }

    /// YYYYMMDD[HHMM[SS]], nothing else: what nearly all devices send.
    private static func plain(_ text: UnsafeBufferPointer<UInt8>) -> String? {
        for byte in text where byte < 0x30 || byte > 0x39 { return nil }
        func pair(_ index: Int) -> Int { Int(text[index] - 0x30) * 10 + Int(text[index + 1] - 0x30) }
        guard pair(0) > 0, 1...12 ~= pair(4), 1...31 ~= pair(6) else { return nil }
        if text.count > 8 { guard pair(8) <= 24, pair(10) <= 59, text.count < 14 || pair(12) <= 60 else { return nil } }
        let count = text.count == 8 ? 10 : text.count == 12 ? 16 : 19
        return String(unsafeUninitializedCapacity: count) { iso in
            var target = 0
            for (index, digit) in text.enumerated() {
                switch index {
                case 4, 6: iso[target] = UInt8(ascii: "-")
                case 8: iso[target] = UInt8(ascii: "T")
                case 10, 12: iso[target] = UInt8(ascii: ":")
                default: target -= 1
                }
                target += 1
                iso[target] = digit
                target += 1
            }
            return count
        }
    }

    private static func lenient(_ text: String) -> String? {
        var digits: [UInt8] = []
        var zone: [UInt8] = []
        var zoneSign: UInt8?
        var isFraction = false
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39:
                if zoneSign != nil {
                    zone.append(byte)
                } else if !isFraction {
                    digits.append(byte)
                }
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                // A hyphen before the time of day separates; behind it, it begins a zone.
                if byte == UInt8(ascii: "-"), digits.count < 10 { continue }
                guard zoneSign == nil, digits.count >= 8 else { return nil }
                zoneSign = byte
            case UInt8(ascii: "."): if digits.count >= 14 { isFraction = true }
            case UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: " "), UInt8(ascii: "T"): continue
            case UInt8(ascii: "Z"):
                zoneSign = UInt8(ascii: "+")
                zone = Array("0000".utf8)
            default: return nil
            }
            if digits.count > 14 || zone.count > 4 { return nil }
        }
        guard [4, 6, 8, 10, 12, 14].contains(digits.count), zoneSign == nil || zone.count == 4 || zone.count == 2 else {
            return nil
        }
        func pair(_ index: Int) -> Int {
            index + 1 < digits.count ? Int(digits[index] - 0x30) * 10 + Int(digits[index + 1] - 0x30) : -1
        }
        let month = pair(4)
        let day = pair(6)
        guard pair(0) > 0, month != 0, month <= 12, day != 0, day <= 31, pair(8) <= 24, pair(10) <= 59, pair(12) <= 60
        else { return nil }
        var iso: [UInt8] = []
        iso.reserveCapacity(25)
        for (index, digit) in digits.enumerated() {
            switch index {
            case 4, 6: iso.append(UInt8(ascii: "-"))
            case 8: iso.append(UInt8(ascii: "T"))
            case 10, 12: iso.append(UInt8(ascii: ":"))
            default: break
            }
            iso.append(digit)
        }
        if let zoneSign, digits.count > 8 {
            iso.append(zoneSign)
            iso.append(contentsOf: zone.prefix(2))
            iso.append(UInt8(ascii: ":"))
            iso.append(contentsOf: zone.count == 4 ? zone[2...] : Array("00".utf8)[...])
        }
        return String(decoding: iso, as: UTF8.self)
    }

    /// YYYYMMDDHHMMSS of an instant in a zone: for headers that we write.
    static func compact(unixMicroseconds: Int64, utcOffset: Int32) -> String {
        let seconds = (unixMicroseconds / 1_000_000) &+ Int64(utcOffset)
        guard seconds > 0, seconds < 253_402_300_800 else { return "" }
        let days = seconds / 86400
        let rest = Int(seconds % 86400)
        // Civil date of a day number: eras of 400 years beginning on 1 March.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = Int(dayOfYear - (153 * monthIndex + 2) / 5 + 1)
        let month = Int(monthIndex < 10 ? monthIndex + 3 : monthIndex - 9)
        let year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year) + two(month) + two(day)
            + two(rest / 3600) + two(rest / 60 % 60) + two(rest % 60)
    }
}
