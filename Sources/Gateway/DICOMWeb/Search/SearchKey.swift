import ImagingModel

/// What the value of a key asks for (PS3.18 8.3.4.1, PS3.4 C.2.2.2).
enum SearchKey {
    /// Nil: universal, the attribute is only given back.
    static func matching(_ attribute: ImageAttribute, _ value: String) throws(WebFault) -> Matching? {
        if value.isEmpty || value == "*" { return nil }
        if value == "\"\"" { return .absent }
        guard value.utf8.count <= 4096 else { throw bad(attribute, value, "at most 4096 bytes") }
        switch attribute.comparison {
        case .none: return nil
        case .uid:
            let uids = value.split(whereSeparator: { $0 == "," || $0 == "\\" }).map(String.init)
            for uid in uids where !WebResource.isUID(uid) { throw bad(attribute, uid, "a UID: digits and dots") }
            return .uids(uids)
        case .date: return try range(attribute, value, digits: 8, "a date YYYYMMDD, or a range YYYYMMDD-YYYYMMDD")
        case .time: return try range(attribute, value, digits: 2, "a time HHMMSS, or a range HHMMSS-HHMMSS")
        case .integer:
            guard let number = Int(value) else { throw bad(attribute, value, "a whole number") }
            return .single(String(number))
        case .text, .personName:
            return value.contains(where: { $0 == "*" || $0 == "?" }) ? .wildcard(value) : .single(value)
        }
    }

    private static func range(
        _ attribute: ImageAttribute, _ value: String, digits least: Int, _ form: String
    ) throws(WebFault) -> Matching {
        let ends = value.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        for end in ends where !end.isEmpty {
            let whole = end.prefix { $0 != "." }
            let isDate = attribute.comparison == .date
            guard end.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || (!isDate && $0 == UInt8(ascii: ".")) }),
                isDate ? end.utf8.count == least : (least...6).contains(whole.utf8.count) && whole.utf8.count % 2 == 0
            else { throw bad(attribute, value, form) }
        }
        guard ends.count == 2 else { return .single(value) }
        let from = ends[0].isEmpty ? nil : String(ends[0])
        let to = ends[1].isEmpty ? nil : String(ends[1])
        guard from != nil || to != nil else { throw bad(attribute, value, form) }
        return .range(from: from, to: to)
    }

    private static func bad(_ attribute: ImageAttribute, _ value: String, _ form: String) -> WebFault {
        .badRequest(
            "\(attribute.tag.keyword ?? attribute.rawValue)=\(WebResource.printable(value)): \(form)")
    }
}
