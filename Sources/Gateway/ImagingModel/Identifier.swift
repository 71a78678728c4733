import DICOM

/// Identifiers of C-FIND (PS3.4 C.4.1): keys in a request, and the response that has what the request asked for.
public enum Identifier {
    /// What a key asks for; nil: universal matching (C.2.2.2.3).
    ///
    /// - Parameter comparison: how the attribute is compared; ranges are read for dates and times only, lists for UIDs.
    public static func matching(_ text: String?, _ comparison: ImageAttribute.Comparison) -> Matching? {
        guard let text, !text.isEmpty else { return nil }
        if text == "\"\"" { return .absent }
        switch comparison {
        case .uid:
            let uids = text.split(separator: "\\").map(String.init).filter { !$0.isEmpty }
            return uids.isEmpty ? nil : .uids(uids)
        case .date: return range(text.without("./"))
        case .time: return range(text.without(":"))
        case .integer: return .single(text)
        case .none: return nil
        case .text, .personName:
            if text.allSatisfy({ $0 == "*" }) { return nil }
            return text.contains { $0 == "*" || $0 == "?" } ? .wildcard(text) : .single(text)
        }
    }

    private static func range(_ text: String) -> Matching? {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return text.allSatisfy { $0 == "*" } ? nil : .single(text) }
        if parts[0].isEmpty, parts[1].isEmpty { return nil }
        return .range(from: parts[0].isEmpty ? nil : parts[0], to: parts[1].isEmpty ? nil : parts[1])
    }

    /// The elements of `full` that `request` asks for, in sequences too; what is not there is given empty (C.2.2.1.3).
    ///
    /// A sequence that is asked for without an item, or with an empty one, is given whole.
    public static func answer(_ request: DataSet, from full: DataSet, always: [Tag] = []) -> DataSet {
        var answer = DataSet()
        for element in request.elements where !element.tag.isGroupLength && element.tag != .specificCharacterSet {
            let tag = element.tag
            guard let found = full[tag] else {
                answer[tag] = element.vr == .SQ ? Element(tag, .SQ, .items([])) : Element(tag, element.vr, bytes: [])
                continue
            }
            if let keys = request.item(tag), !keys.isEmpty {
                answer[tag] = Element(tag, .SQ, .items(full.items(tag).map { Self.answer(keys, from: $0) }))
            } else {
                answer[tag] = found
            }
        }
        for tag in always { if answer[tag]?.isEmpty ?? true, let found = full[tag] { answer[tag] = found } }
        return answer
    }

    /// A response in the character set in which it was asked for, where that can say it; else in UTF-8. Plain ASCII
    /// declares none.
    ///
    /// - Parameter full: written in UTF-8.
    public static func respond(_ request: DataSet, from full: DataSet, always: [Tag] = []) -> DataSet {
        var response = answer(request, from: full, always: always)
        response[.specificCharacterSet] = Element(.specificCharacterSet, .CS, bytes: Array("ISO_IR 192".utf8))
        let asked = request.characterSet
        if asked != .utf8 {
            var other = response
            if other.setCharacterSet(asked) == 0 { return other }
        }
        return response
    }
}
