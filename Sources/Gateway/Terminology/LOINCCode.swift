/// The form of LOINC codes: digits, hyphen, check digit (LOINC Users' Guide, "LOINC codes and check digits").
public enum LOINCCode {
    /// What is wrong with a code, nil: its form and check digit are right. Whether LOINC has such a code is not asked.
    public static func problem(_ code: String) -> String? {
        let bytes = Array(code.utf8)
        guard let hyphen = bytes.firstIndex(of: UInt8(ascii: "-")), hyphen == bytes.count - 2, hyphen >= 1, hyphen <= 7,
            bytes.indices.allSatisfy({ $0 == hyphen || (bytes[$0] >= 0x30 && bytes[$0] <= 0x39) })
        else {
            if code.hasPrefix("LP") || code.hasPrefix("LA") || code.hasPrefix("LL") {
                return "\"\(code)\" is a LOINC part, answer or list, not a test"
            }
            return "\"\(code)\" is no LOINC code: up to seven digits, a hyphen and a check digit, as in 6690-2"
        }
        let right = checkDigit(bytes[..<hyphen])
        if bytes[hyphen + 1] != right {
            return "\"\(code)\" has the check digit \(digit(bytes[hyphen + 1])), but \(digit(right)) belongs to "
                + String(decoding: bytes[..<hyphen], as: UTF8.self)
        }
        return nil
    }

    private static func digit(_ byte: UInt8) -> String { String(decoding: [byte], as: UTF8.self) }

    /// Mod 10 algorithm: from the right every second digit, beginning with the last, is doubled, its digits added.
    private static func checkDigit(_ digits: ArraySlice<UInt8>) -> UInt8 {
        var sum = 0
        for (index, byte) in digits.reversed().enumerated() {
            let value = Int(byte) - 0x30
            let doubled = index % 2 == 0 ? value * 2 : value
            sum += doubled / 10 + doubled % 10
        }
        return UInt8(0x30 + (10 - sum % 10) % 10)
    }
}
