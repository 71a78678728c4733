import ResultModel
import Terminology

/// ISO 8601 local times of a device message to clinical times. The same time comes with every result of a sample, so the
/// last answer is kept.
struct TimeReader {
    let zone: any ZoneRules
    private var lastText = ""
    private var lastTime: ClinicalTime?

    init(zone: any ZoneRules) { self.zone = zone }

    /// The time; nil when the text is empty or no time that exists.
    mutating func read(_ text: String) -> ClinicalTime? {
        if text.isEmpty { return nil }
        if text == lastText { return lastTime }
        lastText = text
        lastTime = TimeReader.parse(text, zone: zone)
        return lastTime
    }

    /// `2024`, `2024-03`, `2024-03-18`, `2024-03-18T09:15`, `2024-03-18T09:15:00.5+08:00`; fractions are left out.
    static func parse(_ text: String, zone: any ZoneRules) -> ClinicalTime? {
        let bytes = Array(text.utf8.prefix(40))
        var at = 0
        func number(_ digits: Int) -> Int? {
            guard at + digits <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[at..<(at + digits)] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            at += digits
            return value
        }
        func skip(_ byte: Unicode.Scalar) -> Bool {
            guard at < bytes.count, bytes[at] == UInt8(ascii: byte) else { return false }
            at += 1
            return true
        }
        func local() -> String { String(decoding: bytes[..<at], as: UTF8.self) }

        guard let year = number(4), year >= 1 else { return nil }
        if at == bytes.count { return ClinicalTime(local: local()) }
        guard skip("-"), let month = number(2), (1...12).contains(month) else { return nil }
        if at == bytes.count { return ClinicalTime(local: local()) }
        guard skip("-"), let day = number(2), day >= 1, day <= days(in: month, of: year) else { return nil }
        if at == bytes.count { return ClinicalTime(local: local()) }
        guard skip("T"), let hour = number(2), hour <= 23, skip(":"), let minute = number(2), minute <= 59 else {
            return nil
        }
        var second = 0
        if skip(":") {
            // 60 is a leap second.
            guard let value = number(2), value <= 60 else { return nil }
            second = min(value, 59)
        }
        let localText = local()
        if skip(".") || skip(",") {
            while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39 { at += 1 }
        }
        if at == bytes.count {
            let offset = zone.utcOffset(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
            return ClinicalTime(local: localText, utcOffset: offset)
        }
        if skip("Z") { return at == bytes.count ? ClinicalTime(local: localText, utcOffset: 0) : nil }
        let isWest = bytes[at] == UInt8(ascii: "-")
        guard skip("+") || skip("-"), let hours = number(2), hours <= 15 else { return nil }
        _ = skip(":")
        let minutes = at == bytes.count ? 0 : number(2)
        guard let minutes, minutes <= 59, at == bytes.count else { return nil }
        let offset = Int32(hours * 3600 + minutes * 60)
        return ClinicalTime(local: localText, utcOffset: isWest ? -offset : offset)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}
