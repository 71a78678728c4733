import DriverKit
import DriverWire
import HL7v2

extension MessageReader {
    /// OBX-5 of type ED (source ^ type ^ subtype ^ encoding ^ data) or RP (pointer ^ application ^ type ^ subtype).
    func readAttachment(_ row: inout DeviceMessage.Result, contentType: String?) {
        let value = message.field(5, of: current)
        func part(_ number: Int) -> HL7Message.Span { message.component(number, of: value) }
        if row.valueType == "RP" {
            row.value = message.string(part(1))
            row.contentType = contentType ?? Attachments.contentType(message.string(part(3)), message.string(part(4)))
            return
        }
        guard message.text[value].contains(message.delimiters.component) else {
            return readBareData(&row, message.trimmed(value), contentType: contentType)
        }
        row.contentType = contentType ?? Attachments.contentType(message.string(part(2)), message.string(part(3)))
        let encoding = message.string(part(4)).lowercased()
        let data = message.trimmed(part(5))
        switch encoding {
        case "hex":
            row.data = Attachments.base64(ofHexadecimal: message.text[data])
        case "a", "none":
            row.data = Base64Text.encode(Array(message.string(data).utf8))
        default:
            // Base64, also when the device does not say so. Line ends may stand in it, as such or as escapes.
            let text = message.string(data)
            row.data = String(decoding: text.utf8.filter { $0 > 0x20 }, as: UTF8.self)
        }
        if data.isEmpty { sayEmpty(&row) }
    }

    /// Base64 alone, without the parts that ED asks for.
    private func readBareData(_ row: inout DeviceMessage.Result, _ data: HL7Message.Span, contentType: String?) {
        row.contentType = contentType ?? ""
        row.data = String(decoding: message.string(data).utf8.filter { $0 > 0x20 }, as: UTF8.self)
        if data.isEmpty { sayEmpty(&row) }
    }

    private func sayEmpty(_ row: inout DeviceMessage.Result) {
        row.isUsable = false
        row.absentReason = "the attachment is empty"
    }
}

enum Attachments {
    /// `Image`, `BMP` → `image/bmp`; "" where it means nothing (HL7 tables 0191 and 0291, and whole words).
    static func contentType(_ type: String, _ subtype: String) -> String {
        let type = type.lowercased()
        if type.contains("/") { return clean(type) }
        let subtype = clean(subtype.lowercased())
        let main: String
        switch type {
        case "im", "image": main = "image"
        case "ap", "application", "ns", "sd", "si": main = "application"
        case "tx", "text", "ft": main = "text"
        case "au", "audio": main = "audio"
        default: return subtype == "pdf" ? "application/pdf" : ""
        }
        switch subtype {
        case "": return main == "application" ? "application/octet-stream" : main == "text" ? "text/plain" : ""
        case "jpg": return "\(main)/jpeg"
        case "tif": return "\(main)/tiff"
        default: return "\(main)/\(subtype)"
        }
    }

    private static func clean(_ text: String) -> String {
        String(text.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "/.+-".contains($0)) }.prefix(64))
    }

    /// Pairs of hexadecimal digits as Base64; anything else between them is passed over.
    static func base64(ofHexadecimal digits: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x41...0x46: value = digit - 0x37
            case 0x61...0x66: value = digit - 0x57
            default: continue
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return Base64Text.encode(bytes)
    }
}
