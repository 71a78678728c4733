import FHIR
import ResultModel

extension SegmentWriter {
    /// A time as HL7 TS: the digits that are known, and the zone beside a time of day (HL7 v2.5.1 section 2.A.77).
    /// Text that is no ISO 8601 date is left out.
    mutating func time(_ time: ClinicalTime?, withZone: Bool) {
        guard let time else { return }
        var local = time.local
        local.withUTF8 { utf8 in
            var digits = 0
            var fraction = 0
            for (index, byte) in utf8.enumerated() {
                switch byte {
                case 0x30...0x39: if fraction > 0 { fraction += 1 } else { digits += 1 }
                case UInt8(ascii: "-") where index == 4 || index == 7: break
                case UInt8(ascii: "T") where index == 10, 0x20 where index == 10: break
                case UInt8(ascii: ":") where index == 13 || index == 16: break
                case UInt8(ascii: ".") where index == 19: fraction = 1
                default: return
                }
            }
            // Fractions: four digits at most. Years, months and so on are whole pairs.
            guard digits >= 4, digits <= 14, digits % 2 == 0 else { return }
            append { bytes in
                var kept = 0
                for byte in utf8 where (byte >= 0x30 && byte <= 0x39) || (byte == UInt8(ascii: ".") && fraction > 1) {
                    if kept == 19 { break }
                    bytes.append(byte)
                    kept += 1
                }
                if digits >= 10, withZone, let offset = time.utcOffset { SegmentWriter.zone(offset, into: &bytes) }
            }
        }
    }

    /// An instant to the millisecond with its zone.
    mutating func time(unixMicroseconds: Int64, utcOffset: Int32, withZone: Bool) {
        let civil = CivilTime(unixMicroseconds: unixMicroseconds, utcOffset: utcOffset)
        append { bytes in
            SegmentWriter.digits(civil.year, 4, into: &bytes)
            SegmentWriter.digits(civil.month, 2, into: &bytes)
            SegmentWriter.digits(civil.day, 2, into: &bytes)
            SegmentWriter.digits(civil.hour, 2, into: &bytes)
            SegmentWriter.digits(civil.minute, 2, into: &bytes)
            SegmentWriter.digits(civil.second, 2, into: &bytes)
            bytes.append(UInt8(ascii: "."))
            SegmentWriter.digits(civil.microsecond / 1000, 3, into: &bytes)
            if withZone { SegmentWriter.zone(utcOffset, into: &bytes) }
        }
    }

    private static func digits(_ number: Int, _ width: Int, into bytes: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: (number / divisor) % 10))
            divisor /= 10
        }
    }

    private static func zone(_ offset: Int32, into bytes: inout [UInt8]) {
        guard offset > -86_400, offset < 86_400 else { return }
        bytes.append(UInt8(ascii: offset < 0 ? "-" : "+"))
        let minutes = Int(offset < 0 ? -offset : offset) / 60
        digits(minutes / 60, 2, into: &bytes)
        digits(minutes % 60, 2, into: &bytes)
    }
}
