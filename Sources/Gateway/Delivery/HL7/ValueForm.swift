import FHIR
import ResultModel

/// How a value goes into OBX-2 and OBX-5 for one receiver.
enum ValueForm {
    /// NM.
    case number(String)
    /// SN: comparator, number, separator, number.
    case structured(String, String, String, String)
    /// CWE, CE: code, text, system.
    case coded(String, String, String, isCWE: Bool)
    /// ST.
    case string(String)
    /// TX.
    case text(String)
    /// ED.
    case encapsulated(Attachment)
    /// HD: a UID.
    case identifier(String)
    /// RP: a URL of DICOM objects.
    case pointer(String)
    /// OBX-2 and OBX-5 empty.
    case none

    init(_ value: ObservationValue, _ profile: ReceiverProfile) {
        let isText = profile.numbers == .text
        switch value {
        case .quantity(let quantity):
            let isNumber = ValueForm.isNumber(quantity.number)
            if isNumber, quantity.comparator == nil {
                self = .number(quantity.number)
            } else if isNumber, !isText {
                self = .structured(quantity.comparator?.rawValue ?? "", quantity.number, "", "")
            } else {
                self = .words((quantity.comparator?.rawValue ?? "") + quantity.number)
            }
        case .ratio(let comparator, let numerator, let denominator):
            if !isText, ValueForm.isNumber(numerator), ValueForm.isNumber(denominator) {
                self = .structured(comparator?.rawValue ?? "", numerator, ":", denominator)
            } else {
                self = .words((comparator?.rawValue ?? "") + numerator + ":" + denominator)
            }
        case .range(let low, let high):
            if !isText, ValueForm.isNumber(low.number), ValueForm.isNumber(high.number) {
                self = .structured("", low.number, "-", high.number)
            } else {
                self = .words(low.number + "-" + high.number)
            }
        case .coded(let text, let coding):
            if profile.codes == .text {
                self = .words(text.isEmpty ? coding?.display ?? "" : text)
            } else {
                self = .coded(
                    coding?.code ?? "", text.isEmpty ? coding?.display ?? "" : text,
                    coding.map { ValueForm.systemName($0.system) } ?? "", isCWE: profile.version >= .v25)
            }
        case .text(let text): self = .words(text)
        case .attachment(let attachment): self = .encapsulated(attachment)
        case .absent: self = .none
        }
    }

    /// ST holds 199 characters and one line (HL7 v2.5.1 section 2.A.72); more is TX.
    private static func words(_ text: String) -> ValueForm {
        if text.isEmpty { return .none }
        let isLong = text.utf8.count > 199 || text.utf8.contains { $0 == 0x0A || $0 == 0x0D }
        return isLong ? .text(text) : .string(text)
    }

    /// OBX-2.
    var type: StaticString {
        switch self {
        case .number: "NM"
        case .structured: "SN"
        case .coded(_, _, _, let isCWE): isCWE ? "CWE" : "CE"
        case .string: "ST"
        case .text: "TX"
        case .encapsulated: "ED"
        case .identifier: "HD"
        case .pointer: "RP"
        case .none: ""
        }
    }

    /// OBX-5.
    func write(to writer: inout SegmentWriter) {
        switch self {
        case .number(let number): writer.text(number)
        case .structured(let comparator, let first, let separator, let second):
            writer.text(comparator)
            writer.component(2, first)
            writer.component(3, separator)
            writer.component(4, second)
        case .coded(let code, let text, let system, _):
            writer.text(code)
            writer.component(2, text)
            if !code.isEmpty { writer.component(3, system) }
        case .string(let text): writer.text(text)
        case .text(let text):
            for line in ValueForm.lines(text) {
                writer.repetition()
                writer.text(line)
            }
        case .encapsulated(let attachment):
            let (type, subtype) = ValueForm.encapsulatedType(attachment.contentType)
            writer.component(2, type)
            writer.component(3, subtype)
            writer.component(4, "Base64")
            writer.component(5)
            writer.append { Base64.append(attachment.data, to: &$0) }
        case .identifier(let uid):
            writer.component(2, uid)
            writer.component(3, "ISO")
        case .pointer(let address):
            writer.text(address)
            writer.component(3, "IM")
            writer.component(4, "DICOM")
        case .none: break
        }
    }

    /// TX is lines as repetitions (HL7 v2.5.1 section 2.A.78). A line is broken at a blank where it would pass the 199
    /// bytes, escapes counted, that receivers keep room for.
    static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            var start = line.startIndex
            var lastBlank: String.Index?
            var length = 0
            var index = start
            while index < line.endIndex {
                let character = line[index]
                length += cost(character)
                if length > 199, index > start {
                    let end = lastBlank ?? index
                    lines.append(String(line[start..<end]))
                    start = lastBlank.map { line.index(after: $0) } ?? index
                    index = start
                    lastBlank = nil
                    length = 0
                    continue
                }
                if character == " ", index > start { lastBlank = index }
                index = line.index(after: index)
            }
            if start < line.endIndex { lines.append(String(line[start...])) }
        }
        return lines
    }

    /// Bytes that a character takes in a field.
    private static func cost(_ character: Character) -> Int {
        switch character {
        case "|", "^", "~", "\\", "&": 3
        default: character.utf8.reduce(0) { $0 + ($1 < 0x20 || $1 == 0x7F ? 5 : 1) }
        }
    }

    /// NM: sign, digits, full stop, digits (HL7 v2.5.1 section 2.A.47).
    static func isNumber(_ text: String) -> Bool {
        var hasDigit = false
        var hasPoint = false
        for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case 0x30...0x39: hasDigit = true
            case UInt8(ascii: "."):
                if hasPoint { return false }
                hasPoint = true
            case UInt8(ascii: "-"), UInt8(ascii: "+"): if index > 0 { return false }
            default: return false
            }
        }
        return hasDigit
    }

    /// HL7 table 0396 for the systems this gateway knows.
    static func systemName(_ system: String) -> String { CodingScheme.designator(uri: system) ?? "L" }

    /// ED-2 (table 0191) and ED-3 (table 0291).
    private static func encapsulatedType(_ contentType: String) -> (String, String) {
        let parts = contentType.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return ("AP", "octet-stream") }
        let subtype = parts[1].prefix { $0 != ";" }
        switch parts[0] {
        case "image": return ("IM", subtype == "bmp" || subtype == "x-ms-bmp" ? "x-bmp" : subtype.uppercased())
        case "text": return ("TEXT", subtype.lowercased())
        case "audio": return ("AU", subtype.uppercased())
        default: return ("AP", subtype == "pdf" ? "PDF" : String(subtype))
        }
    }
}
