/// A document that an observation reviewer sends (POCT01, device messaging layer): header, and elements with an attribute V.
public struct POCT1Document: Sendable {
    private var text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
    private let root: String

    /// A document with its header.
    ///
    /// - Parameters:
    ///   - root: `ACK.R01`
    ///   - controlID: HDR.control_id
    ///   - created: HDR.creation_dttm, ISO 8601 with zone
    public init(_ root: String, controlID: String, created: String) {
        self.root = root
        text += "<\(root)><HDR>"
        add("HDR.message_type", root)
        add("HDR.control_id", controlID)
        add("HDR.version_id", "POCT1")
        add("HDR.creation_dttm", created)
        text += "</HDR>"
    }

    /// Adds an object with its attributes (`ACK`: `ACK.type_cd` …); those without a value are left out.
    public mutating func object(_ name: String, _ fields: KeyValuePairs<String, String>) {
        text += "<\(name)>"
        for (field, value) in fields where !value.isEmpty { add("\(name).\(field)", value) }
        text += "</\(name)>"
    }

    /// The bytes, UTF-8.
    public var bytes: [UInt8] { Array("\(text)</\(root)>".utf8) }

    private mutating func add(_ name: String, _ value: String) {
        text += "<\(name) V=\"\(POCT1Document.escaped(value))\" />"
    }

    static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "\u{0}"..."\u{1F}": text += " "
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
