import CharacterSets

/// A message read: its text as UTF-8 and the places of its segments and fields in it. Components are found when asked for.
///
/// Lenient: whatever begins with `MSH` and a delimiter is a message. Segments may end in CR, LF or CR LF; a line that does
/// not begin like a segment belongs to the field before it (a line feed inside a field); unknown segments are kept. What
/// was put right is told in `deviations`. Asking for what is not there gives an empty span. Nothing traps.
public struct HL7Message: Sendable {
    /// A stretch of `text`.
    public typealias Span = Range<Int>

    /// A segment: its name, and its fields as a stretch of the field table.
    public struct Segment: Sendable {
        /// Name.
        public var name: HL7SegmentName
        /// Where it begins and ends in `text`, without the line end.
        public var span: Span
        /// Place of its first field (the name) in the field table.
        var firstField: Int
        /// How many fields it has, the name counted.
        var fieldCount: Int
    }

    /// Something that the standard does not allow and that was read all the same.
    public struct Deviation: Sendable, Equatable {
        /// Byte offset in the text.
        public var offset: Int
        /// What it is.
        public var text: String
    }

    /// The message in UTF-8.
    public internal(set) var text: [UInt8]
    /// Its separators.
    public internal(set) var delimiters: HL7Delimiters
    /// Character set that its bytes were read in.
    public internal(set) var characterSet: CharacterSet
    /// Characters that could not be read and are U+FFFD now.
    public internal(set) var unreadable = 0
    /// All segments in order; the first is MSH.
    public internal(set) var segments: [Segment] = []
    /// What was put right, the first few.
    public internal(set) var deviations: [Deviation] = []
    /// Where each field begins, over all segments; the end is one before the next one's begin.
    var fields: [Int32] = []

    /// The first segment with a name from `start` on; nil when there is none.
    public func firstSegment(_ name: HL7SegmentName, from start: Int = 0) -> Int? {
        var index = max(0, start)
        while index < segments.count {
            if segments[index].name == name { return index }
            index &+= 1
        }
        return nil
    }

    /// A field by its number in the standard; empty when it is not there. MSH-1 is the separator itself.
    public func field(_ number: Int, of segment: Int) -> Span {
        guard segments.indices.contains(segment), number > 0 else { return 0..<0 }
        let entry = segments[segment]
        var place = number
        if entry.name == .msh {
            if number == 1 { return entry.span.lowerBound + 3..<min(entry.span.lowerBound + 4, entry.span.upperBound) }
            place = number - 1
        }
        guard place < entry.fieldCount else { return 0..<0 }
        let index = entry.firstField + place
        let start = Int(fields[index])
        let end = place + 1 < entry.fieldCount ? Int(fields[index + 1]) - 1 : entry.span.upperBound
        return start..<max(start, end)
    }

    /// How many fields a segment has, as the standard counts them.
    public func fieldCount(of segment: Int) -> Int {
        guard segments.indices.contains(segment) else { return 0 }
        return segments[segment].fieldCount - (segments[segment].name == .msh ? 0 : 1)
    }

    /// A part of a span between separators, counted from 1; empty when it is not there.
    public func part(_ number: Int, of span: Span, by separator: UInt8) -> Span {
        guard number > 0, span.upperBound <= text.count else { return 0..<0 }
        var start = span.lowerBound
        var left = number - 1
        var index = span.lowerBound
        while index < span.upperBound {
            if text[index] == separator {
                if left == 0 { return start..<index }
                left -= 1
                start = index + 1
            }
            index += 1
        }
        return left == 0 ? start..<span.upperBound : 0..<0
    }

    /// A repetition of a field.
    public func repetition(_ number: Int, of field: Span) -> Span {
        part(number, of: field, by: delimiters.repetition)
    }

    /// A component of a repetition.
    public func component(_ number: Int, of repetition: Span) -> Span {
        part(number, of: repetition, by: delimiters.component)
    }

    /// A subcomponent of a component.
    public func subcomponent(_ number: Int, of component: Span) -> Span {
        part(number, of: component, by: delimiters.subcomponent)
    }

    /// Calls `body` with each part of a span between separators.
    public func forEachPart(of span: Span, by separator: UInt8, _ body: (Span) -> Void) {
        guard span.upperBound <= text.count, !span.isEmpty else { return }
        var start = span.lowerBound
        var index = start
        while index < span.upperBound {
            if text[index] == separator {
                body(start..<index)
                start = index + 1
            }
            index += 1
        }
        body(start..<span.upperBound)
    }

    /// What stands at a path in a segment, not unescaped; empty when it is not there.
    public func span(_ path: HL7Path, in segment: Int) -> Span {
        var span = field(path.field, of: segment)
        // MSH-1 and MSH-2 hold the separators themselves.
        if span.isEmpty || path.field <= 2 && segments[segment].name == .msh { return span }
        if let number = path.repetition {
            span = repetition(number, of: span)
        } else if path.component != .whole {
            span = repetition(1, of: span)
        }
        span = part(path.component, of: span, by: delimiters.component)
        return part(path.subcomponent, of: span, by: delimiters.subcomponent)
    }

    private func part(_ part: HL7Path.Part, of span: Span, by separator: UInt8) -> Span {
        switch part {
        case .whole: return span
        case .number(let number): return self.part(number, of: span, by: separator)
        case .firstFilled:
            var found = 0..<0
            forEachPart(of: span, by: separator) { if found.isEmpty { found = trimmed($0) } }
            return found
        }
    }

    /// A span without blanks at both ends.
    public func trimmed(_ span: Span) -> Span {
        var (start, end) = (span.lowerBound, min(span.upperBound, text.count))
        while start < end, text[start] <= 0x20 { start += 1 }
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        return start..<max(start, end)
    }
}
