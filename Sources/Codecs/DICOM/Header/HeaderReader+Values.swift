extension HeaderReader {
    /// The whole value of a column, as `DataSet.text(_:)` gives it: padding trimmed around the whole, several values with
    /// backslashes between; nil when the element is absent, empty, or has no text (sequences, streams of bytes).
    public borrowing func value(_ column: Int) -> String? {
        guard let slot = heldSlot(column) else { return nil }
        guard isText(slot) else { return HeaderReader.numbers(slot, of: slot.vr).text(HeaderReader.anyTag) }
        guard let bytes = HeaderReader.trimmed(slot.bytes, slot.vr) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The first value of a column that is not empty, as `DataSet.string(_:)` gives it.
    public borrowing func firstValue(_ column: Int) -> String? {
        var first: String?
        eachValue(column) { value in
            if !value.isEmpty { first = value }
            return value.isEmpty
        }
        return first
    }

    /// The values of a column, as `DataSet.strings(_:)` gives them: each trimmed, those in the middle may be empty.
    public borrowing func values(_ column: Int) -> [String] {
        var values: [String] = []
        eachValue(column) { value in
            values.append(value)
            return true
        }
        return values == [""] ? [] : values
    }

    /// Hands the values of a column to `body`, until it returns false.
    private borrowing func eachValue(_ column: Int, _ body: (String) -> Bool) {
        guard let slot = heldSlot(column) else { return }
        guard isText(slot) else {
            for value in HeaderReader.numbers(slot, of: slot.vr).strings(HeaderReader.anyTag) where !body(value) {
                return
            }
            return
        }
        var rest = slot.bytes
        while true {
            let end = slot.vr.isMultiValued ? rest.firstIndex(of: UInt8(ascii: "\\")) : nil
            let value = HeaderReader.trimmed(UnsafeRawBufferPointer(rebasing: rest[..<(end ?? rest.endIndex)]), slot.vr)
            guard body(value.map { String(decoding: $0, as: UTF8.self) } ?? ""), let end else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        }
    }

    /// The first value of a column as an integer, as `DataSet.integer(_:)` gives it.
    public borrowing func integer(_ column: Int) -> Int? {
        guard let slot = heldSlot(column) else { return nil }
        guard isText(slot) else {
            if slot.vr == .US, slot.length >= 2 {
                return Int(UInt16(littleEndian: slot.bytes.loadUnaligned(as: UInt16.self)))
            }
            return HeaderReader.numbers(slot, of: slot.vr).integer(HeaderReader.anyTag)
        }
        return firstValue(column).flatMap { DICOMNumber.integer($0) }
    }

    /// Number of items of a column that is a sequence; nil where only reading the whole data set tells (bytes of UN).
    public borrowing func itemCount(_ column: Int) -> Int? {
        guard let slot = heldSlot(column) else { return 0 }
        if slot.vr == .SQ { return Int(slot.items) }
        return slot.vr == .UN ? nil : 0
    }

    /// True where the element of a column is absent, or has no bytes and no items.
    public borrowing func isEmpty(_ column: Int) -> Bool { heldSlot(column) == nil }

    /// True where the file was of a kind that is left to `DICOMFile.read` (big endian, deflated, odd structure).
    public var wasReadWhole: Bool {
        // Only what is passed over by lengths stays in the first bytes.
        slots[plan.syntaxSlot].flags.contains(.isKept) || slots[plan.syntaxSlot].start == nil
    }

    /// By what text was read, where not as declared; nil where the text of the columns is ASCII.
    public var characterSetFinding: CharacterSetFinding? { notes.finding }

    /// False where text of other elements than the columns could still show that text is in another character set: then only
    /// the whole data set tells. Always true where the character set is not to be detected, and for ASCII.
    public var isTextSettled: Bool {
        guard text.detects else { return true }
        let hasConverted = (0..<plan.slotCount).contains { slots[$0].flags.contains(.isUTF8) }
        return !hasConverted || text.detection.isSettled(text.declared.set)
    }

    // MARK: Slots

    /// The slot of a column with a value in it.
    private borrowing func heldSlot(_ column: Int) -> HeaderSlot? {
        guard column >= 0, column < plan.columnCount else { return nil }
        let slot = slot(column)
        return slot.start == nil || slot.length == 0 && slot.items == 0 ? nil : slot
    }

    private borrowing func isText(_ slot: HeaderSlot) -> Bool { isString(slot) }

    /// Stands for whatever tag the column has: binary numbers are read by their representation alone.
    private static var anyTag: Tag { Tag(0x0009, 0x1001) }

    /// A data set with nothing but the bytes of a slot.
    private static func numbers(_ slot: HeaderSlot, of vr: VR) -> DataSet {
        if vr == .SQ || vr == .UN { return DataSet() }
        return DataSet(elements: [Element(anyTag, vr, bytes: [UInt8](slot.bytes))])
    }

    /// Bytes of text without padding (PS3.5 6.2); nil where none is left.
    private static func trimmed(_ bytes: UnsafeRawBufferPointer, _ vr: VR) -> UnsafeRawBufferPointer? {
        var (start, end) = (0, bytes.count)
        while end > 0, bytes[end - 1] == 0x20 || bytes[end - 1] == 0 { end -= 1 }
        if vr != .LT, vr != .ST, vr != .UT, vr != .UC {
            while start < end, bytes[start] == 0x20 { start += 1 }
        }
        return start < end ? UnsafeRawBufferPointer(rebasing: bytes[start..<end]) : nil
    }
}
