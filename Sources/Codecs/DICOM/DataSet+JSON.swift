import JSONText

/// A value that a DICOM JSON text may give by reference instead of holding it (PS3.18 F.2.6).
public struct BulkDataReference: Sendable {
    /// Tags and item numbers (from 1) from the top of the data set: `54000100/1/54001010`.
    public var path: String
    /// The element.
    public var element: Element

    /// Bytes of the value.
    public var count: Int {
        switch element.value {
        case .bytes(let bytes): bytes.count
        case .fragments(let fragments): fragments.reduce(0) { $0 + $1.count }
        case .items: 0
        }
    }
}

extension DataSet {
    /// The data set in the DICOM JSON model (PS3.18 annex F), in UTF-8 whatever its character set.
    ///
    /// DS and IS are numbers with the digits that were sent, or strings where they are no numbers. Group lengths and group
    /// 0002 are left out.
    ///
    /// - Parameter bulkDataURI: where a value of OB, OD, OF, OL, OV, OW or UN can be had; nil to hold it in the text (base64).
    ///   Encapsulated pixel data can only be referred to: without an URI they have no value.
    public func json(bulkDataURI: (BulkDataReference) -> String? = { _ in nil }) -> JSONValue {
        .object(json(path: "", bulkDataURI))
    }

    private func json(path: String, _ bulkDataURI: (BulkDataReference) -> String?) -> JSONObject {
        var object = JSONObject()
        for element in elements where !element.tag.isGroupLength && element.tag.group != 2 {
            let name = element.tag.description
            object.append(name, .object(json(element, name, path, bulkDataURI)))
        }
        return object
    }

    private func json(
        _ element: Element, _ name: String, _ path: String, _ bulkDataURI: (BulkDataReference) -> String?
    ) -> JSONObject {
        var vr = element.effectiveVR
        if case .items = element.value { vr = .SQ }
        if vr == .SQ, case .bytes = element.value, !element.isEmpty { vr = .UN }
        var object = JSONObject()
        object.append("vr", .string(vr.rawValue))
        if element.isEmpty { return object }
        switch vr {
        case .SQ:
            guard case .items(let items) = element.value else { return object }
            let values = items.enumerated().map { place, item in
                JSONValue.object(item.json(path: "\(path)\(name)/\(place + 1)/", bulkDataURI))
            }
            object.append("Value", .array(values))
        case .OB, .OD, .OF, .OL, .OV, .OW, .UN:
            if let uri = bulkDataURI(BulkDataReference(path: path + name, element: element)) {
                object.append("BulkDataURI", .string(uri))
            } else if case .bytes(let bytes) = element.value {
                object.append("InlineBinary", .string(Base64.encode(bytes)))
            }
        default:
            if let values = jsonValues(element, vr) { object.append("Value", .array(values)) }
        }
        return object
    }

    /// Nil when there is nothing but padding.
    private func jsonValues(_ element: Element, _ vr: VR) -> [JSONValue]? {
        if element.tag == .specificCharacterSet { return [.string("ISO_IR 192")] }
        let texts = strings(of: element)
        if texts.isEmpty { return nil }
        switch vr {
        case .PN: return texts.map { $0.isEmpty ? .null : DataSet.json(name: PersonName($0)) }
        case .DS, .IS:
            return texts.map { text in
                text.isEmpty ? .null : DICOMNumber.json(text).map { .number($0) } ?? .string(text)
            }
        case .FD, .FL: return texts.map { JSONText.JSONValue.float($0) }
        case .SL, .SS, .UL, .US: return texts.map { .number($0) }
        case .SV, .UV:
            // Beyond 2^53 many readers of JSON lose digits.
            return texts.map { $0.utf8.count > 15 ? .string($0) : .number($0) }
        default: return texts.map { $0.isEmpty ? .null : .string($0) }
        }
    }

    private static func json(name: PersonName) -> JSONValue {
        var object = JSONObject()
        for (key, group) in [
            ("Alphabetic", name.alphabetic), ("Ideographic", name.ideographic), ("Phonetic", name.phonetic),
        ] where !group.isEmpty {
            object.append(key, .string(group.text))
        }
        return .object(object)
    }
}

extension JSONValue {
    /// Not a number and the infinities have no number in JSON: PS3.18 F.2.3 has them as strings.
    fileprivate static func float(_ text: String) -> JSONValue {
        switch text {
        case "nan", "-nan", "snan": .string("NaN")
        case "inf", "-inf": .string(text)
        default: .number(text)
        }
    }
}

extension DICOMNumber {
    /// The digits of a decimal string as JSON writes a number: `+01.50` is `1.50`, `.5` is `0.5`, `5.` is `5`. Nil when it is
    /// none.
    public static func json(_ text: String) -> String? {
        let text = trimmed(text)
        guard isDecimal(text) else { return nil }
        var bytes = Array(text.utf8)
        var exponent: [UInt8] = []
        if let place = bytes.firstIndex(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
            exponent = Array(bytes[place...])
            bytes.removeSubrange(place...)
        }
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative || bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
        while bytes.count > 1, bytes[0] == 0x30, (0x30...0x39).contains(bytes[1]) { bytes.removeFirst() }
        if bytes.first == UInt8(ascii: ".") { bytes.insert(0x30, at: 0) }
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        return (isNegative ? "-" : "") + String(decoding: bytes + exponent, as: UTF8.self)
    }
}
