/// Times of HL7 (HL7 v2.5.1, 2.A.77 TS): `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`.
public enum HL7Time {
    /// ISO 8601 with as many digits as were sent, the zone only if it was sent, fractions left out.
    ///
    /// Reads the standard's form and what devices make of it: `2024-03-18 12:38`, `2024/3/8 9:05:00`,
    /// `20240831 16:40.19`. Nil for what is no date: empty, zeros, month 13.
    public static func iso8601(_ text: some Collection<UInt8>) -> String? {
        let plain = text.withContiguousStorageIfAvailable { plainISO8601($0) } ?? nil
        return plain ?? anyISO8601(Array(text.prefix(64)))
    }

    /// The usual case at once: 8, 12 or 14 digits that are a date, nothing else.
    private static func plainISO8601(_ text: UnsafeBufferPointer<UInt8>) -> String? {
        let count = text.count
        guard count == 8 || count == 12 || count == 14 else { return nil }
        for byte in text where byte < 0x30 || byte > 0x39 { return nil }
        func number(_ start: Int) -> Int { Int(text[start] &- 0x30) &* 10 &+ Int(text[start + 1] &- 0x30) }
        let year = number(0) * 100 + number(2)
        guard year > 0, (1...12).contains(number(4)), (1...daysInMonth(year, number(4))).contains(number(6)) else {
            return nil
        }
        if count > 8, number(8) > 23 || number(10) > 59 { return nil }
        if count == 14, number(12) > 60 { return nil }
        return String(unsafeUninitializedCapacity: 20) { target in
            var place = 0
            for index in 0..<count {
                switch index {
                case 4, 6: target[place] = 0x2D
                case 8: target[place] = 0x54
                case 10, 12: target[place] = 0x3A
                default: place -= 1
                }
                place += 1
                target[place] = text[index]
                place += 1
            }
            return place
        }
    }

    private static func anyISO8601(_ text: [UInt8]) -> String? {
        var digits: [UInt8] = []
        var zone: [UInt8] = []
        var groupLength = 0
        var zoneSign: UInt8?
        func endGroup() {
            // 2024/3/8: single digits between signs are padded.
            if groupLength == 1, digits.count >= 5, digits.count % 2 == 1, let last = digits.popLast() {
                digits.append(0x30)
                digits.append(last)
            }
            groupLength = 0
        }
        scan: for byte in text {
            if zoneSign != nil {
                if byte >= 0x30, byte <= 0x39 { zone.append(byte) } else if byte != 0x3A { break scan }
                continue
            }
            switch byte {
            case 0x30...0x39:
                if digits.count < 14 { digits.append(byte) }
                groupLength &+= 1
            case 0x2B:  // +
                endGroup()
                zoneSign = byte
            case 0x2D:  // -
                endGroup()
                if digits.count >= 8 { zoneSign = byte }
            case 0x2E:
                endGroup()
                if digits.count >= 14 {  // A fraction: only a zone may follow.
                    groupLength = 0
                }
            case 0x20, 0x2F, 0x3A, 0x54, 0x74: endGroup()
            case 0x5A,
                0x7A where !digits.isEmpty:
                endGroup()
                zoneSign = 0x2B
                zone = [0x30, 0x30, 0x30, 0x30]
                break scan
            default: return nil
            }
        }
        endGroup()
        return assembled(digits, zoneSign: zoneSign, zone: zone)
    }

    private static func assembled(_ digits: [UInt8], zoneSign: UInt8?, zone: [UInt8]) -> String? {
        func number(_ start: Int, _ count: Int) -> Int {
            digits[start..<start + count].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        guard digits.count >= 4, digits.count % 2 == 0, number(0, 4) > 0 else { return nil }
        if digits.count >= 6, !(1...12).contains(number(4, 2)) { return nil }
        if digits.count >= 8, !(1...daysInMonth(number(0, 4), number(4, 2))).contains(number(6, 2)) { return nil }
        // An hour alone is written with its minutes in ISO 8601; HL7 allows it.
        var result = Array(digits[0..<4])
        if digits.count >= 6 { result += [0x2D] + digits[4..<6] }
        if digits.count >= 8 { result += [0x2D] + digits[6..<8] }
        if digits.count >= 10 {
            guard number(8, 2) < 24 else { return nil }
            result += [0x54] + digits[8..<10]
            if digits.count < 12 { result += [0x3A, 0x30, 0x30] }
        }
        if digits.count >= 12 {
            guard number(10, 2) < 60 else { return nil }
            result += [0x3A] + digits[10..<12]
        }
        if digits.count >= 14 {
            guard number(12, 2) <= 60 else { return nil }
            result += [0x3A] + digits[12..<14]
        }
        if digits.count >= 10, let zoneSign, zone.count == 4 {
            result += [zoneSign] + zone[0..<2] + [0x3A] + zone[2..<4]
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Days of a month of the Gregorian calendar; 31 for a month that is none.
    static func daysInMonth(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Appends an instant as `YYYYMMDDHHMMSS` and, when wanted, `±ZZZZ`.
    ///
    /// - Parameters:
    ///   - unix: microseconds since 1970, UTC; taken to the nearest year from 1 to 9999.
    ///   - utcOffset: seconds east of UTC.
    public static func append(unix: Int64, utcOffset: Int32, zone: Bool, to bytes: inout [UInt8]) {
        let earliest: Int64 = -62_135_596_800
        let latest: Int64 = 253_402_300_799
        let offset = Int64(max(-86_399, min(86_399, utcOffset)))
        var seconds = unix / 1_000_000 - (unix % 1_000_000 < 0 ? 1 : 0)
        seconds = max(earliest, min(latest, seconds &+ offset))
        var days = seconds / 86_400
        var ofDay = seconds % 86_400
        if ofDay < 0 {
            ofDay += 86_400
            days -= 1
        }
        // Days to a civil date, with years that begin in March, in eras of 400 years.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        append(yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0), digits: 4, to: &bytes)
        append(civilMonth, digits: 2, to: &bytes)
        append(day, digits: 2, to: &bytes)
        append(ofDay / 3600, digits: 2, to: &bytes)
        append(ofDay / 60 % 60, digits: 2, to: &bytes)
        append(ofDay % 60, digits: 2, to: &bytes)
        guard zone else { return }
        bytes.append(offset < 0 ? 0x2D : 0x2B)
        append(abs(offset) / 3600, digits: 2, to: &bytes)
        append(abs(offset) / 60 % 60, digits: 2, to: &bytes)
    }

    private static func append(_ value: Int64, digits: Int, to bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(truncatingIfNeeded: 0x30 + value / divisor % 10))
            divisor /= 10
        }
    }

    /// An ISO 8601 time in the standard's form: `2024-03-18T12:38:00+08:00` gives `20240318123800+0800`.
    public static func append(iso8601 text: String, to bytes: inout [UInt8]) {
        var place = 0
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x2B, 0x2E: bytes.append(byte)
            case 0x2D where place >= 10: bytes.append(byte)
            case 0x5A: bytes.append(contentsOf: "+0000".utf8)
            default: break
            }
            place &+= 1
        }
    }
}
