import CharacterSets

/// How the character set of a message is found.
public enum HL7CharacterSetChoice: Sendable, Hashable {
    /// By the bytes first: pure ASCII and valid UTF-8 are what they are, whatever MSH-18 says. Else MSH-18 when it names a
    /// set that is neither of these; else what the bytes look like.
    case automatic
    /// MSH-18; as `automatic` when it is empty or names none.
    case declared
    /// Always this one.
    case fixed(CharacterSet)
}

/// Bytes that are no message: where and why.
public struct HL7Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Byte offset in what was given.
    public var offset: Int
    /// What is wrong.
    public var problem: String
    /// For people.
    public var description: String { "no HL7 message at byte \(offset): \(problem)" }
}

extension HL7Message {
    /// Most deviations that are noted.
    static let mostDeviations = 8

    /// Most segments of a message: a bound on memory, far above every message known.
    public static let mostSegments = 50_000

    /// Reads one message.
    ///
    /// - Parameters:
    ///   - bytes: from `MSH` to the end of its last segment; white space and a byte order mark before it are skipped.
    ///   - characterSet: how its character set is found.
    public init(parsing bytes: UnsafeRawBufferPointer, characterSet: HL7CharacterSetChoice = .automatic)
        throws(HL7Fault)
    {
        var start = 0
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { start = 3 }
        while start < bytes.count, bytes[start] <= 0x20 { start &+= 1 }
        let bytes = UnsafeRawBufferPointer(rebasing: bytes[start...])
        guard bytes.count >= 4, bytes[0] == 0x4D, bytes[1] == 0x53, bytes[2] == 0x48 else {
            throw HL7Fault(offset: start, problem: bytes.isEmpty ? "it is empty" : "it does not begin with MSH")
        }
        guard let delimiters = HL7Delimiters(header: bytes) else {
            throw HL7Fault(offset: start + 3, problem: "a field separator must follow MSH")
        }
        guard bytes.count <= Int(Int32.max) / 4 else {
            throw HL7Fault(offset: start, problem: "it is longer than 512 MiB")
        }
        self.delimiters = delimiters
        let set = HL7Message.characterSet(of: bytes, delimiters, characterSet)
        self.characterSet = set
        text = []
        unreadable = set.transcode(bytes, to: &text)
        findSegments()
        guard segments.count <= HL7Message.mostSegments else {
            throw HL7Fault(offset: start, problem: "it has more than \(HL7Message.mostSegments) segments")
        }
    }

    /// Reads one message.
    public init(parsing bytes: [UInt8], characterSet: HL7CharacterSetChoice = .automatic) throws(HL7Fault) {
        // A closure of withUnsafeBytes cannot throw a typed error here.
        let result = bytes.withUnsafeBytes { bytes -> Result<HL7Message, HL7Fault> in
            do throws(HL7Fault) {
                return .success(try HL7Message(parsing: bytes, characterSet: characterSet))
            } catch let fault {
                return .failure(fault)
            }
        }
        self = try result.get()
    }

    /// Where the messages of a block begin and end: each line that begins with `MSH` and a delimiter starts one. Batch
    /// headers and whatever else comes before the first one are left out.
    public static func messages(in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        var starts: [Int] = []
        var isLineStart = true
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if isLineStart, byte == 0x4D, index &+ 3 < bytes.count, bytes[index &+ 1] == 0x53,
                bytes[index &+ 2] == 0x48,
                HL7Delimiters.isSign(bytes[index &+ 3])
            {
                starts.append(index)
            }
            isLineStart = byte < 0x21 ? byte != 0x20 && byte != 0x09 || isLineStart : byte > 0x7F && isLineStart
            index &+= 1
        }
        return starts.indices.map { starts[$0]..<($0 + 1 < starts.count ? starts[$0 + 1] : bytes.count) }
    }

    private static func characterSet(
        of bytes: UnsafeRawBufferPointer, _ delimiters: HL7Delimiters, _ choice: HL7CharacterSetChoice
    ) -> CharacterSet {
        if case .fixed(let set) = choice { return set }
        if CharacterSet.isASCII(bytes) { return .ascii }
        let declared = declaredCharacterSet(bytes, delimiters)
        if choice == .declared, let declared { return declared }
        if CharacterSet.isValidUTF8(bytes) { return .utf8 }
        if let declared, declared != .utf8, declared != .ascii { return declared }
        return CharacterSet.detect(bytes)
    }

    /// MSH-18, first repetition, read from the bytes as they came.
    private static func declaredCharacterSet(
        _ bytes: UnsafeRawBufferPointer, _ delimiters: HL7Delimiters
    ) -> CharacterSet? {
        var number = 1
        var name: [UInt8] = []
        for byte in bytes {
            if byte == 0x0D || byte == 0x0A || number > 18 { break }
            if byte == delimiters.field {
                number &+= 1
            } else if number == 18 {
                if byte == delimiters.repetition || byte == delimiters.component { break }
                name.append(byte)
            }
        }
        return CharacterSet(name: String(decoding: name, as: UTF8.self))
    }

    mutating func note(_ offset: Int, _ text: String) {
        if deviations.count < HL7Message.mostDeviations { deviations.append(Deviation(offset: offset, text: text)) }
    }

    /// One pass over the text: lines, and the field separators in them.
    private mutating func findSegments() {
        segments.reserveCapacity(24)
        fields.reserveCapacity(text.count / 4)
        let count = text.count
        let separator = delimiters.field
        text.withUnsafeBufferPointer { text in
            var index = 0
            while index < count, segments.count <= HL7Message.mostSegments {
                // Line ends, and indentation before a segment.
                while index < count, text[index] == 0x0D || text[index] == 0x0A { index &+= 1 }
                var start = index
                while start < count, text[start] == 0x20 || text[start] == 0x09 { start &+= 1 }
                if start >= count { break }
                let name = HL7Message.segmentName(text, at: start, separator)
                var end = start
                if let name {
                    let first = fields.count
                    fields.append(Int32(truncatingIfNeeded: start))
                    while end < count, text[end] != 0x0D, text[end] != 0x0A {
                        if text[end] == separator { fields.append(Int32(truncatingIfNeeded: end &+ 1)) }
                        end &+= 1
                    }
                    segments.append(
                        Segment(name: name, span: start..<end, firstField: first, fieldCount: fields.count &- first))
                } else if let last = segments.indices.last {
                    // The rest of a field that has a line end in it: from here as it stands, indentation and all.
                    end = index
                    while end < count, text[end] != 0x0D, text[end] != 0x0A {
                        if text[end] == separator { fields.append(Int32(truncatingIfNeeded: end &+ 1)) }
                        end &+= 1
                    }
                    segments[last].span = segments[last].span.lowerBound..<end
                    segments[last].fieldCount = fields.count &- segments[last].firstField
                    if deviations.count < HL7Message.mostDeviations {
                        deviations.append(
                            Deviation(offset: index, text: "a line end inside segment \(segments[last].name)"))
                    }
                }
                index = end
            }
        }
    }

    /// The name of a segment that begins at `start`: three characters, then a separator or the end of the line.
    private static func segmentName(
        _ text: UnsafeBufferPointer<UInt8>, at start: Int, _ separator: UInt8
    ) -> HL7SegmentName? {
        guard text.count - start >= 3 else { return nil }
        if text.count - start > 3 {
            let next = text[start + 3]
            guard next == separator || next == 0x0D || next == 0x0A else { return nil }
        }
        return HL7SegmentName(text[start], text[start + 1], text[start + 2])
    }
}
