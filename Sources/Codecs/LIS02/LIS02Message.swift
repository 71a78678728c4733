/// A stretch of the text of a message: a field, a component. Empty where the device sent nothing.
public struct LIS02Span: Sendable, Equatable {
    /// First byte, index into `LIS02Message.text`.
    public var start: Int
    /// One past the last byte.
    public var end: Int
    /// A span from its ends.
    public init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = end
    }
    /// Nothing.
    public static let nothing = LIS02Span(0, 0)
    /// Whether there is nothing in it.
    public var isEmpty: Bool { end <= start }
}

/// A record: its type and where its fields are.
public struct LIS02Record: Sendable, Equatable {
    /// H P O R C Q L M S, or another letter; 0 for a line that is no record.
    public var type: UInt8
    /// The whole record.
    public var span: LIS02Span
    /// Index of the start of its first field in the message's table of fields.
    var firstField: Int
    /// How many fields it has.
    public var fieldCount: Int
}

/// The records of one message (LIS02-A2, ASTM E1394), as offsets over one array of UTF-8 bytes.
///
/// Lenient: whatever comes gives a message; what departs from the standard is listed in `deviations`. Nothing is copied
/// until a value is asked for.
public struct LIS02Message: Sendable {
    /// The message in UTF-8.
    public let text: [UInt8]
    /// What the header says.
    public let delimiters: LIS02Delimiters
    /// Records in the order sent. Records of unknown type are among them.
    public private(set) var records: [LIS02Record] = []
    /// What is not as the standard says, the first few.
    public private(set) var deviations: [LIS02Deviation] = []
    /// Offsets of the fields' starts, and for each record one more behind its last.
    private var fields: [Int] = []

    /// How many deviations are listed at most.
    public static let mostDeviations = 16

    /// Parses a message. `text`: records ended by CR, LF or CR LF, in UTF-8; the first one a header. Blanks before a record
    /// are skipped.
    public init(utf8 text: [UInt8]) {
        self.text = text
        var delimiters: LIS02Delimiters?
        var records: [LIS02Record] = []
        var fields: [Int] = []
        records.reserveCapacity(24)
        fields.reserveCapacity(256)
        text.withUnsafeBufferPointer { text in
            var start = 0
            while start < text.count {
                var end = start
                while end < text.count, text[end] != 0x0D, text[end] != 0x0A { end += 1 }
                let next = end + 1
                while start < end, text[start] == 0x20 || text[start] == 0x09 { start += 1 }
                if start < end {
                    if delimiters == nil || text[start] == UInt8(ascii: "H") {
                        let line = UnsafeBufferPointer(rebasing: text[start..<end])
                        delimiters = LIS02Delimiters(header: line) ?? delimiters
                    }
                    let separator = delimiters?.field ?? LIS02Delimiters.usual.field
                    let first = fields.count
                    fields.append(start)
                    var index = start
                    while index < end {
                        if text[index] == separator { fields.append(index + 1) }
                        index += 1
                    }
                    fields.append(end + 1)
                    let count = fields.count - first - 1
                    let isRecord = fields[first + 1] - start == 2 && LIS02Message.isType(text[start])
                    records.append(
                        LIS02Record(
                            type: isRecord ? text[start] : 0, span: LIS02Span(start, end), firstField: first,
                            fieldCount: count))
                }
                start = next
            }
        }
        self.delimiters = delimiters ?? .usual
        self.records = records
        self.fields = fields
        deviations = LIS02Deviation.list(in: self, most: LIS02Message.mostDeviations)
    }

    /// Field `number` of a record, counted from 1 (H.1 is "H"). Empty where there is none.
    public func field(_ record: LIS02Record, _ number: Int) -> LIS02Span {
        guard number >= 1, number <= record.fieldCount else { return .nothing }
        let index = record.firstField + number - 1
        guard index >= 0, index + 1 < fields.count else { return .nothing }
        return LIS02Span(fields[index], fields[index + 1] - 1)
    }

    /// Repeat `number` of a field, counted from 1.
    public func `repeat`(_ span: LIS02Span, _ number: Int) -> LIS02Span { part(span, number, delimiters.repeat) }

    /// How many repeats a field has: 0 for an empty field.
    public func repeatCount(_ span: LIS02Span) -> Int {
        guard !span.isEmpty else { return 0 }
        var count = 1
        for index in span.start..<min(span.end, text.count) where text[index] == delimiters.repeat { count += 1 }
        return count
    }

    /// Component `number` of a field or repeat, counted from 1.
    public func component(_ span: LIS02Span, _ number: Int) -> LIS02Span { part(span, number, delimiters.component) }

    /// The `ordinal`-th component (from 1) that holds anything but blanks.
    public func filledComponent(_ span: LIS02Span, _ ordinal: Int = 1) -> LIS02Span {
        var rest = span
        var left = ordinal
        while rest.start < rest.end {
            let stop = firstIndex(of: delimiters.component, in: rest) ?? rest.end
            let part = trimmed(LIS02Span(rest.start, stop))
            if !part.isEmpty {
                left -= 1
                if left == 0 { return part }
            }
            rest.start = stop + 1
        }
        return .nothing
    }

    /// The last component that holds anything but blanks.
    public func lastFilledComponent(_ span: LIS02Span) -> LIS02Span {
        var end = span.end
        while span.start < end {
            var start = end
            while start > span.start, text[start - 1] != delimiters.component { start -= 1 }
            let part = trimmed(LIS02Span(start, end))
            if !part.isEmpty { return part }
            end = start - 1
        }
        return .nothing
    }

    /// Without blanks at both ends.
    public func trimmed(_ span: LIS02Span) -> LIS02Span {
        var start = max(0, span.start)
        var end = min(span.end, text.count)
        while start < end, text[start] <= 0x20 { start += 1 }
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        return LIS02Span(start, max(start, end))
    }

    /// Without blanks and empty components at its end, and blanks at its start: `9.34^^^^` is `9.34`.
    public func withoutTrailingComponents(_ span: LIS02Span) -> LIS02Span {
        var span = trimmed(span)
        while span.end > span.start, text[span.end - 1] == delimiters.component || text[span.end - 1] <= 0x20 {
            span.end -= 1
        }
        return span
    }

    private func part(_ span: LIS02Span, _ number: Int, _ delimiter: UInt8) -> LIS02Span {
        guard number >= 1 else { return .nothing }
        var rest = LIS02Span(max(0, span.start), min(span.end, text.count))
        var left = number
        while rest.start <= rest.end {
            let stop = firstIndex(of: delimiter, in: rest) ?? rest.end
            left -= 1
            if left == 0 { return LIS02Span(rest.start, stop) }
            rest.start = stop + 1
        }
        return .nothing
    }

    private func firstIndex(of byte: UInt8, in span: LIS02Span) -> Int? {
        var index = span.start
        while index < span.end, index < text.count {
            if text[index] == byte { return index }
            index += 1
        }
        return nil
    }

    private static func isType(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }
}
