import CharacterSets

/// Reads one XML document: elements, attributes, text. A small part of XML on purpose.
///
/// Not accepted: document types, entities of one's own, more than one root. Nothing is fetched, nothing expands; the
/// recursion is bounded by `XMLLimits.depth`. Nothing traps.
public struct XMLReader {
    private let bytes: [UInt8]
    private let limits: XMLLimits
    private var index = 0
    private var elements = 0
    /// Elements that are open, the outermost first.
    private var open: [XMLElement] = []
    private var openText: [[UInt8]] = []
    private var root: XMLElement?

    /// Reads a document in the character set that it declares (UTF-8 without a declaration).
    public static func read(
        _ bytes: some Collection<UInt8>, limits: XMLLimits = XMLLimits()
    ) throws(XMLFault) -> XMLElement {
        var bytes = Array(bytes)
        let set = try characterSet(of: bytes)
        if set != .utf8 {
            var text: [UInt8] = []
            bytes.withUnsafeBytes { _ = set.transcode($0, to: &text) }
            bytes = text
        }
        var reader = XMLReader(bytes: bytes, limits: limits)
        return try reader.document()
    }

    private init(bytes: [UInt8], limits: XMLLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// What `encoding="…"` of the XML declaration says.
    public static func characterSet(of bytes: some Collection<UInt8>) throws(XMLFault) -> CharacterSet {
        let beginning = String(decoding: bytes.prefix(200), as: UTF8.self)
        guard beginning.utf8.starts(with: "<?xml".utf8) || beginning.utf8.dropFirst(3).starts(with: "<?xml".utf8),
            let end = beginning.range(of: "?>"), let start = beginning[..<end.lowerBound].range(of: "encoding")
        else { return .utf8 }
        let rest = beginning[start.upperBound..<end.lowerBound].drop { $0 == " " || $0 == "=" }
        guard let quote = rest.first, quote == "\"" || quote == "'" else { return .utf8 }
        let name = rest.dropFirst().prefix { $0 != quote }
        // Programs that write text into memory first declare UTF-16 and send UTF-8; a declaration that can be read in bytes
        // cannot be UTF-16.
        if name.lowercased().hasPrefix("utf-16") { return .utf8 }
        guard let set = CharacterSet(name: String(name)) else {
            throw XMLFault(.unknownCharacterSet(String(name.prefix(40))), at: 0)
        }
        return set
    }

    private mutating func document() throws(XMLFault) -> XMLElement {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "<") {
                try markup()
            } else {
                try text()
            }
        }
        guard open.isEmpty, let root else { throw XMLFault(.endsEarly, at: index) }
        return root
    }

    private func begins(_ text: StaticString) -> Bool {
        guard bytes.count - index >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { bytes[index..<index + $0.count].elementsEqual($0) }
    }

    /// Moves behind `end`.
    private mutating func skip(behind end: StaticString) throws(XMLFault) {
        let start = index
        while index < bytes.count {
            if begins(end) {
                index += end.utf8CodeUnitCount
                return
            }
            index += 1
        }
        throw XMLFault(.endsEarly, at: start)
    }

    private mutating func markup() throws(XMLFault) {
        if begins("<?") {
            try skip(behind: "?>")
        } else if begins("<!--") {
            index += 4
            try skip(behind: "-->")
        } else if begins("<![CDATA[") {
            let start = index + 9
            index = start
            try skip(behind: "]]>")
            guard !openText.isEmpty else { throw XMLFault(.unexpected("text"), at: start) }
            openText[openText.count - 1].append(contentsOf: bytes[start..<max(start, index - 3)])
        } else if begins("<!") {
            throw XMLFault(.declaration, at: index)
        } else if begins("</") {
            try endTag()
        } else {
            try startTag()
        }
    }

    private mutating func text() throws(XMLFault) {
        while index < bytes.count, bytes[index] != UInt8(ascii: "<") {
            let byte = bytes[index]
            if openText.isEmpty {
                guard byte <= 0x20 else { throw XMLFault(.unexpected("text"), at: index) }
                index += 1
            } else if byte == UInt8(ascii: "&") {
                openText[openText.count - 1].append(contentsOf: try entity())
            } else {
                openText[openText.count - 1].append(byte)
                index += 1
            }
        }
    }

    private mutating func skipBlanks() {
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
    }

    private mutating func name() throws(XMLFault) -> String {
        let start = index
        while index < bytes.count, XMLReader.isNameByte(bytes[index]) { index += 1 }
        guard index > start, !XMLReader.isDigitOrSign(bytes[start]) else {
            throw XMLFault(index < bytes.count ? .unexpected("a name that begins so") : .endsEarly, at: start)
        }
        guard index - start <= limits.name else { throw XMLFault(.tooLarge("bytes in a name"), at: start) }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: ":"), 0x80...0xFF:
            true
        default: false
        }
    }

    /// What may stand behind `<` in a value that a careless device writes: `<5.0`, `< 5`, `<=5`, `<.5`.
    static func mayFollowOpen(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, UInt8(ascii: "."), UInt8(ascii: "="), 0x20: true
        default: false
        }
    }

    private static func isDigitOrSign(_ byte: UInt8) -> Bool {
        byte < 0x3A
    }

    private mutating func startTag() throws(XMLFault) {
        let start = index
        index += 1
        var element = XMLElement(try name())
        element.offset = start
        guard root == nil || !open.isEmpty else { throw XMLFault(.unexpected("a second root"), at: start) }
        elements += 1
        guard elements <= limits.elements else { throw XMLFault(.tooLarge("elements"), at: start) }
        while true {
            let before = index
            skipBlanks()
            guard index < bytes.count else { throw XMLFault(.endsEarly, at: start) }
            if bytes[index] == UInt8(ascii: ">") {
                index += 1
                guard open.count < limits.depth else { throw XMLFault(.tooLarge("levels"), at: start) }
                open.append(element)
                openText.append([])
                return
            }
            if begins("/>") {
                index += 2
                close(element)
                return
            }
            guard index > before else { throw XMLFault(.unexpected("a sign"), at: index) }
            guard element.attributes.count < limits.attributes else {
                throw XMLFault(.tooLarge("attributes"), at: index)
            }
            let attribute = try attribute()
            guard element.attribute(attribute.name) == nil else {
                throw XMLFault(.repeatedAttribute(attribute.name), at: index)
            }
            element.attributes.append(attribute)
        }
    }

    private mutating func attribute() throws(XMLFault) -> XMLElement.Attribute {
        let name = try name()
        skipBlanks()
        guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else {
            throw XMLFault(.unexpected("an attribute without a value"), at: index)
        }
        index += 1
        skipBlanks()
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'") else {
            throw XMLFault(.unexpected("a value without quotes"), at: index)
        }
        let quote = bytes[index]
        index += 1
        var value: [UInt8] = []
        while index < bytes.count, bytes[index] != quote {
            switch bytes[index] {
            case UInt8(ascii: "<"):
                let next = index + 1 < bytes.count ? bytes[index + 1] : 0
                guard next == quote || next == bytes[index] || XMLReader.mayFollowOpen(next) else {
                    throw XMLFault(.unexpected("<"), at: index)
                }
                value.append(bytes[index])
                index += 1
            case UInt8(ascii: "&"): value.append(contentsOf: try entity())
            default:
                value.append(bytes[index])
                index += 1
            }
        }
        guard index < bytes.count else { throw XMLFault(.endsEarly, at: index) }
        index += 1
        return XMLElement.Attribute(name: name, value: String(decoding: value, as: UTF8.self))
    }

    private mutating func endTag() throws(XMLFault) {
        let start = index
        index += 2
        let name = try name()
        skipBlanks()
        guard index < bytes.count, bytes[index] == UInt8(ascii: ">") else {
            throw XMLFault(index < bytes.count ? .unexpected("a sign") : .endsEarly, at: index)
        }
        index += 1
        guard var element = open.popLast() else { throw XMLFault(.unexpected("</\(name)>"), at: start) }
        guard element.name == name else {
            throw XMLFault(.mismatchedEnd(open: element.name, found: name), at: start)
        }
        element.text = XMLElement.trimmed(String(decoding: openText.popLast() ?? [], as: UTF8.self))
        close(element)
    }

    private mutating func close(_ element: XMLElement) {
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].children.append(element)
        }
    }

    /// `&lt;` `&gt;` `&amp;` `&quot;` `&apos;` `&#10;` `&#x0A;`; control characters become blanks.
    private mutating func entity() throws(XMLFault) -> String.UTF8View {
        let start = index
        index += 1
        var name: [UInt8] = []
        while index < bytes.count, bytes[index] != UInt8(ascii: ";"), name.count < 12 {
            name.append(bytes[index])
            index += 1
        }
        guard index < bytes.count, bytes[index] == UInt8(ascii: ";") else {
            throw XMLFault(.unexpected("&"), at: start)
        }
        index += 1
        let word = String(decoding: name, as: UTF8.self)
        switch word {
        case "lt": return "<".utf8
        case "gt": return ">".utf8
        case "amp": return "&".utf8
        case "quot": return "\"".utf8
        case "apos": return "'".utf8
        default:
            let isHexadecimal = word.hasPrefix("#x") || word.hasPrefix("#X")
            guard word.hasPrefix("#"),
                let number = UInt32(word.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10),
                let scalar = Unicode.Scalar(number)
            else { throw XMLFault(.unknownEntity(word), at: start) }
            return String(number < 0x20 ? " " : Character(scalar)).utf8
        }
    }
}

extension StringProtocol {
    /// Where a text stands, without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) {
                return start..<(index(start, offsetBy: text.count, limitedBy: endIndex) ?? endIndex)
            }
            start = index(after: start)
        }
        return nil
    }
}
