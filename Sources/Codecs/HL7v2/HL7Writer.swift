import CharacterSets

/// Writes messages as the standard wants them: segments end in CR, no separators that nothing follows, delimiters and
/// control characters in text escaped. Bytes go to one buffer, in the order of the calls.
///
/// Order of calls: `begin` a segment; then for each field that holds something, in rising order, `field`, `text`, and
/// inside it `component`, `subcomponent`, `repetition`; at the end `finish`. Separators are written only once something
/// follows them.
public struct HL7Writer: Sendable {
    /// Separators used.
    public let delimiters: HL7Delimiters
    /// Character set of the bytes.
    public let characterSet: CharacterSet
    /// Characters that the set lacks and that were written as `?`.
    public private(set) var substituted = 0
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    private var fieldNumber = 0
    private var componentNumber = 1
    private var subcomponentNumber = 1
    private var pendingFields = 0
    private var pendingRepetitions = 0
    private var pendingComponents = 0
    private var pendingSubcomponents = 0
    private var isInSegment = false

    /// A writer with an empty buffer.
    public init(characterSet: CharacterSet = .utf8, delimiters: HL7Delimiters = .standard, capacity: Int = 1024) {
        self.characterSet = characterSet
        self.delimiters = delimiters
        bytes.reserveCapacity(capacity)
    }

    /// Ends the last segment and gives what was written.
    public mutating func finish() -> [UInt8] {
        endSegment()
        return bytes
    }

    /// Starts a segment. `MSH` gets MSH-1 and MSH-2 as well: its next field is 3.
    public mutating func begin(_ name: StaticString) {
        endSegment()
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        isInSegment = true
        resetField(0)
        if bytes.count >= 3, bytes.suffix(3).elementsEqual("MSH".utf8) {
            bytes.append(delimiters.field)
            bytes.append(delimiters.component)
            bytes.append(delimiters.repetition)
            bytes.append(delimiters.escape)
            bytes.append(delimiters.subcomponent)
            fieldNumber = 2
        }
    }

    /// Moves to a field. Fields must rise: a number not above the present one goes on in the present one.
    public mutating func field(_ number: Int) {
        guard number > fieldNumber else { return }
        let skipped = number - fieldNumber
        resetField(number)
        pendingFields += skipped
    }

    /// Moves to the next repetition of the present field.
    public mutating func repetition() {
        pendingRepetitions += 1
        pendingComponents = 0
        pendingSubcomponents = 0
        componentNumber = 1
        subcomponentNumber = 1
    }

    /// Moves to a component of the present repetition; components must rise.
    public mutating func component(_ number: Int) {
        guard number > componentNumber else { return }
        pendingComponents += number - componentNumber
        pendingSubcomponents = 0
        componentNumber = number
        subcomponentNumber = 1
    }

    /// Moves to a subcomponent of the present component; subcomponents must rise.
    public mutating func subcomponent(_ number: Int) {
        guard number > subcomponentNumber else { return }
        pendingSubcomponents += number - subcomponentNumber
        subcomponentNumber = number
    }

    /// Moves to a field and writes text.
    public mutating func field(_ number: Int, _ text: String) {
        guard !text.isEmpty else { return }
        field(number)
        self.text(text)
    }

    /// Moves to a component and writes text.
    public mutating func component(_ number: Int, _ text: String) {
        guard !text.isEmpty else { return }
        component(number)
        self.text(text)
    }

    /// Writes text, escaped: a line end as `\X0D\` and `\X0A\`.
    public mutating func text(_ text: String) { write(text, lineEnd: nil) }

    /// Writes formatted text (type FT), escaped: a line end as `\.br\`.
    public mutating func formattedText(_ text: String) { write(text, lineEnd: ".br") }

    /// Writes bytes as they are: they must be in the character set, and escaped or meant as structure.
    public mutating func raw(_ raw: some Collection<UInt8>) {
        guard !raw.isEmpty else { return }
        writeSeparators()
        bytes.append(contentsOf: raw)
    }

    /// Writes a time (`HL7Time`).
    public mutating func time(unix: Int64, utcOffset: Int32, zone: Bool) {
        writeSeparators()
        HL7Time.append(unix: unix, utcOffset: utcOffset, zone: zone, to: &bytes)
    }

    private mutating func endSegment() {
        if isInSegment { bytes.append(0x0D) }
        isInSegment = false
    }

    private mutating func resetField(_ number: Int) {
        fieldNumber = number
        componentNumber = 1
        subcomponentNumber = 1
        pendingRepetitions = 0
        pendingComponents = 0
        pendingSubcomponents = 0
        if number == 0 { pendingFields = 0 }
    }

    private mutating func writeSeparators() {
        func append(_ separator: UInt8, _ count: inout Int) {
            while count > 0 {
                bytes.append(separator)
                count -= 1
            }
        }
        append(delimiters.field, &pendingFields)
        append(delimiters.repetition, &pendingRepetitions)
        append(delimiters.component, &pendingComponents)
        append(delimiters.subcomponent, &pendingSubcomponents)
    }

    private mutating func write(_ text: String, lineEnd: StaticString?) {
        guard !text.isEmpty else { return }
        writeSeparators()
        var text = text
        var needsEscape = false
        var isASCII = true
        text.withUTF8 { utf8 in
            for byte in utf8 {
                if byte >= 0x80 { isASCII = false } else if mustEscape(byte) { needsEscape = true }
            }
            if !needsEscape, isASCII || characterSet == .utf8 { bytes.append(contentsOf: utf8) }
        }
        if needsEscape {
            var escaped: [UInt8] = []
            escape(text, lineEnd: lineEnd, to: &escaped)
            substituted &+= characterSet.encode(String(decoding: escaped, as: UTF8.self), to: &bytes)
        } else if !isASCII, characterSet != .utf8 {
            substituted &+= characterSet.encode(text, to: &bytes)
        }
    }

    private func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || byte == delimiters.field || byte == delimiters.component
            || byte == delimiters.repetition || byte == delimiters.escape || byte == delimiters.subcomponent
    }

    private func escape(_ text: String, lineEnd: StaticString?, to escaped: inout [UInt8]) {
        func sequence(_ letters: some Sequence<UInt8>) {
            escaped.append(delimiters.escape)
            escaped.append(contentsOf: letters)
            escaped.append(delimiters.escape)
        }
        let digits = Array("0123456789ABCDEF".utf8)
        var isAfterReturn = false
        for byte in text.utf8 {
            defer { isAfterReturn = byte == 0x0D }
            guard byte < 0x80, mustEscape(byte) else {
                escaped.append(byte)
                continue
            }
            switch byte {
            case delimiters.field: sequence([UInt8(ascii: "F")])
            case delimiters.component: sequence([UInt8(ascii: "S")])
            case delimiters.repetition: sequence([UInt8(ascii: "R")])
            case delimiters.escape: sequence([UInt8(ascii: "E")])
            case delimiters.subcomponent: sequence([UInt8(ascii: "T")])
            case 0x0D, 0x0A:
                guard let lineEnd else { fallthrough }
                // CR LF is one line end.
                if byte == 0x0A, isAfterReturn { continue }
                lineEnd.withUTF8Buffer { sequence($0) }
            default: sequence([UInt8(ascii: "X"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
        }
    }
}
