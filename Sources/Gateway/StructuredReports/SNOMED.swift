import ResultModel

/// SNOMED CT as DICOM uses it.
public enum SNOMED {
    /// URI of SNOMED CT.
    public static let system = "http://snomed.info/sct"

    /// The concept that an identifier of SNOMED RT stands for (PS3.16 annex O); nil: DICOM never used that identifier.
    ///
    /// Before 2019 DICOM wrote `T-32600` under the designators SRT, SNM3 and 99SDM (PS3.16 section 8.2); devices still do.
    public static func concept(identifier: String) -> String? {
        find(identifier, "=", in: identifiers, separator: 0x20)
    }

    /// The concept of Body Part Examined (0018,0015), a defined term of PS3.16 annex L; nil: it is none.
    public static func bodyPart(_ term: String) -> Coding? {
        guard !term.isEmpty, let found = find(term.uppercased(), "|", in: bodyParts, separator: 0x0A) else {
            return nil
        }
        let parts = found.split(separator: "|", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        return Coding(system: system, code: String(parts[0]), display: String(parts[1]))
    }

    /// Binary search over entries that are separated by one byte (or a line end): what stands behind `key` and `mark`.
    private static func find(_ key: String, _ mark: String, in table: StaticString, separator: UInt8) -> String? {
        let wanted = Array((key + mark).utf8)
        return table.withUTF8Buffer { bytes in
            func isEnd(_ byte: UInt8) -> Bool { byte == separator || byte == 0x0A }
            var low = 0
            var high = bytes.count
            while low < high {
                let middle = (low + high) / 2
                var start = middle
                while start > low, !isEnd(bytes[start - 1]) { start -= 1 }
                var end = middle
                while end < high, !isEnd(bytes[end]) { end += 1 }
                let entry = bytes[start..<end]
                if entry.starts(with: wanted) { return String(decoding: entry.dropFirst(wanted.count), as: UTF8.self) }
                if entry.lexicographicallyPrecedes(wanted) { low = end + 1 } else { high = max(low, start - 1) }
            }
            return nil
        }
    }
}
