/// AE titles: names of DICOM applications (PS3.5 6.2, value representation AE).
enum ApplicationEntityTitle {
    /// PS3.5 6.2: 16 bytes at most.
    static let longest = 16

    /// Why a text is no AE title; nil: it is one. Blanks at both ends do not count (PS3.5 6.2).
    static func problem(_ text: String) -> String? {
        let title = trimmed(text)
        if title.isEmpty { return "is empty" }
        guard title.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            return "\"\(text)\" holds characters that an AE title cannot have"
        }
        if title.utf8.contains(UInt8(ascii: "\\")) { return "\"\(text)\" holds a backslash" }
        if title.utf8.count > longest { return "\"\(text)\" has \(title.utf8.count) characters" }
        return nil
    }

    /// The title without blanks at its ends.
    static func trimmed(_ text: String) -> String {
        var part = text[...]
        while part.first == " " { part.removeFirst() }
        while part.last == " " { part.removeLast() }
        return String(part)
    }

    /// Reads a title; a fault is recorded where the text is none.
    static func read(_ mapping: inout YAMLMapping, _ key: String, required: Bool = false) -> String? {
        mapping.text(key, required: required).flatMap { checked($0, key, &mapping) }
    }

    /// The title, trimmed; nil with a fault recorded where the text is none.
    static func checked(_ text: String, _ key: String, _ mapping: inout YAMLMapping) -> String? {
        guard let problem = problem(text) else { return trimmed(text) }
        mapping.fault(
            key, problem,
            cure: "write at most \(longest) letters, digits and blanks of ASCII, as the device has it: CT1")
        return nil
    }
}
