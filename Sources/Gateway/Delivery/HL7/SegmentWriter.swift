/// Writes segments into one buffer: separators only before something that is there, so none trail; delimiters in text
/// escaped; fields that the site overrides replaced (HL7 v2.5.1 section 2.7).
struct SegmentWriter {
    /// What the site wants in a field, ready to be written.
    struct Override: Equatable {
        var field: Int
        var bytes: [UInt8]
    }

    private(set) var bytes: [UInt8] = []
    private var overrides: ArraySlice<Override> = []
    private var doneFields = 0
    private var doneComponents = 1
    private var wantedField = 0
    private var wantedComponent = 1
    private var wantedRepetition = false
    private var isOverridden = false

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    /// Starts a segment. In MSH the separator itself is field 1, so fields count from there.
    mutating func begin(_ tag: StaticString, overrides: [Override]) {
        tag.withUTF8Buffer { bytes.append(contentsOf: $0) }
        self.overrides = overrides[...]
        doneFields = 0
        doneComponents = 1
        wantedField = 0
        isOverridden = false
    }

    /// MSH-1 and MSH-2 as written.
    mutating func writeDelimiters() {
        bytes.append(contentsOf: #"|^~\&"#.utf8)
        doneFields = 2
        wantedField = 2
    }

    mutating func end() {
        writeOverrides(before: Int.max)
        bytes.append(0x0D)
    }

    /// The next text goes into this field; fields must come in order.
    mutating func field(_ number: Int) {
        isOverridden = false
        if !overrides.isEmpty {
            writeOverrides(before: number)
            if let first = overrides.first, first.field == number {
                write(first)
                overrides.removeFirst()
                isOverridden = true
                return
            }
        }
        wantedField = number
        wantedComponent = 1
        wantedRepetition = false
    }

    /// The next text goes into this component of the field.
    mutating func component(_ number: Int) { wantedComponent = number }

    /// The next text starts a repetition of the field.
    mutating func repetition() {
        wantedRepetition = doneFields == wantedField
        wantedComponent = 1
    }

    private mutating func writeOverrides(before number: Int) {
        while let first = overrides.first, first.field < number {
            write(first)
            overrides.removeFirst()
        }
    }

    private mutating func write(_ override: Override) {
        guard !override.bytes.isEmpty, override.field > doneFields else { return }
        wantedField = override.field
        wantedComponent = 1
        wantedRepetition = false
        prepare()
        bytes.append(contentsOf: override.bytes)
    }

    private mutating func prepare() {
        if doneFields < wantedField {
            repeat {
                bytes.append(UInt8(ascii: "|"))
                doneFields += 1
            } while doneFields < wantedField
            doneComponents = 1
        } else if wantedRepetition {
            bytes.append(UInt8(ascii: "~"))
            doneComponents = 1
        }
        wantedRepetition = false
        while doneComponents < wantedComponent {
            bytes.append(UInt8(ascii: "^"))
            doneComponents += 1
        }
    }

    /// Text with delimiters escaped; a line end becomes `\.br\`, another control character `\Xhh\`.
    mutating func text(_ text: String) {
        guard !isOverridden, !text.isEmpty else { return }
        prepare()
        SegmentWriter.escape(text, into: &bytes)
    }

    /// Text in one component of the current field.
    mutating func component(_ number: Int, _ text: String) {
        component(number)
        self.text(text)
    }

    /// Text in one field.
    mutating func field(_ number: Int, _ text: String) {
        field(number)
        self.text(text)
    }

    /// Bytes that need no escapes.
    mutating func raw(_ raw: [UInt8]) {
        guard !isOverridden, !raw.isEmpty else { return }
        prepare()
        bytes.append(contentsOf: raw)
    }

    /// ASCII text that needs no escapes.
    mutating func literal(_ literal: StaticString) {
        guard !isOverridden, literal.utf8CodeUnitCount > 0 else { return }
        prepare()
        literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// A number.
    mutating func number(_ number: Int) {
        guard !isOverridden else { return }
        prepare()
        if number >= 0, number < 10 {
            bytes.append(0x30 + UInt8(number))
        } else {
            bytes.append(contentsOf: String(number).utf8)
        }
    }

    /// Bytes appended by a closure, which must append at least one.
    mutating func append(_ body: (inout [UInt8]) -> Void) {
        guard !isOverridden else { return }
        prepare()
        body(&bytes)
    }

    /// Appends text with escapes (HL7 v2.5.1 section 2.7).
    static func escape(_ text: String, into bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { utf8 in
            let isPlain = utf8.allSatisfy { byte in
                byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "|") && byte != UInt8(ascii: "^")
                    && byte != UInt8(ascii: "~") && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "&")
            }
            if isPlain { return bytes.append(contentsOf: utf8) }
            var previous: UInt8 = 0
            for byte in utf8 {
                escape(byte, after: previous, into: &bytes)
                previous = byte
            }
        }
    }

    private static func escape(_ byte: UInt8, after previous: UInt8, into bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "|"): bytes.append(contentsOf: #"\F\"#.utf8)
        case UInt8(ascii: "^"): bytes.append(contentsOf: #"\S\"#.utf8)
        case UInt8(ascii: "~"): bytes.append(contentsOf: #"\R\"#.utf8)
        case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\E\"#.utf8)
        case UInt8(ascii: "&"): bytes.append(contentsOf: #"\T\"#.utf8)
        case 0x0A where previous == 0x0D: break
        case 0x0A, 0x0D: bytes.append(contentsOf: #"\.br\"#.utf8)
        case 0..<0x20, 0x7F:
            let digits = Array("0123456789ABCDEF".utf8)
            bytes.append(contentsOf: #"\X"#.utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
            bytes.append(UInt8(ascii: "\\"))
        default: bytes.append(byte)
        }
    }
}
