/// Finds elements of the top level in the first bytes of a file, without making anything of them: the hot path of reading
/// headers in bulk.
///
/// Made once for a list of tags, run on many buffers: a run allocates nothing. It covers what nearly all files are: Part 10
/// with preamble, little endian, explicit or implicit. Whatever else it meets it does not judge but leaves to
/// `DICOMFile.read` (`.unusual`). Sequences are skipped: an element inside one never is taken for the study's.
///
/// It ends at the first tag beyond the last wanted one; elements that come late, out of order, are not found.
public struct HeaderScan: Sendable {
    /// Where a value is.
    public struct Slot: Sendable, Equatable {
        /// Offset of the value in the buffer.
        public var offset: UInt32
        /// Bytes of the value.
        public var length: UInt32
        /// The two letters of the representation as they stand in the file, the first one in the low byte; 0 in an implicit
        /// data set. `SQ` and `UN` of undefined length have the length of all their items.
        public var vr: UInt16
        /// False where the element was not met.
        public var isPresent: Bool
    }

    /// How a run ended.
    public enum Outcome: Sendable, Equatable {
        /// All that is wanted was passed; the offset of the next element.
        case done(end: Int)
        /// The buffer ends too early: so many bytes from the beginning of the file are needed to go on.
        case needsMore(atLeast: Int)
        /// To be read by `DICOMFile.read`: the offset of what is not covered here.
        case unusual(at: Int)
    }

    /// The wanted tags, sorted, each once.
    public let tags: [Tag]
    /// A slot for each tag.
    public internal(set) var slots: [Slot]
    /// True when the last buffer had an implicit data set.
    public internal(set) var isImplicit = false
    /// Where the Transfer Syntax UID of the last buffer is; length 0 when it has none.
    public internal(set) var transferSyntax: Slot
    let wanted: [UInt32]

    static let absent = Slot(offset: 0, length: 0, vr: 0, isPresent: false)

    /// A scan for elements of the top level, those of group 0002 included.
    public init(_ tags: some Sequence<Tag>) {
        self.tags = Set(tags).sorted()
        wanted = self.tags.map(\.number) + [UInt32.max]
        slots = [Slot](repeating: Self.absent, count: self.tags.count)
        transferSyntax = Self.absent
    }

    /// Place of a tag among the slots.
    public func place(of tag: Tag) -> Int? { tags.firstIndex(of: tag) }

    /// The bytes of a slot's value in the buffer that was scanned, without blanks and NULs around; nil when the element is
    /// absent.
    public func value(_ place: Int, in buffer: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard slots.indices.contains(place), slots[place].isPresent else { return nil }
        var start = Int(slots[place].offset)
        var end = start + Int(slots[place].length)
        guard end <= buffer.count else { return nil }
        while end > start, buffer[end - 1] == 0x20 || buffer[end - 1] == 0 { end -= 1 }
        while start < end, buffer[start] == 0x20 { start += 1 }
        return UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    }
}
