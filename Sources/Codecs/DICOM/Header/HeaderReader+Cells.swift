extension HeaderReader {
    /// The text of a cell in UTF-8: trimmed, several values joined by a backslash; empty where the element is absent or
    /// empty.
    ///
    /// - Integers are in decimal, FL and FD the shortest decimal that reads as the same number (`5`, `0.25`, `1e-07`).
    /// - AT is `gggg,eeee` in hexadecimal.
    /// - A sequence is the number of its items.
    /// - OB, OW and other streams of bytes are base64 up to 64 bytes; of longer ones only `(N bytes)` is said. So is UN of an
    ///   element that the dictionary does not know, unless it is text by the look of its bytes.
    ///
    /// Bytes are valid in `body` only. A column that is none has an empty cell.
    public borrowing func withCell<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard column >= 0, column < plan.columnCount else {
            return body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        let slot = slot(column)
        guard let start = slot.start, let limit = limit(slot) else {
            return body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        if slot.vr == .UI || slot.vr == .CS, let plain = HeaderReader.trimmedOnly(slot) { return body(plain) }
        if isString(slot) {
            let count = Int(slot.length)
            return withUnsafeTemporaryAllocation(byteCount: CellText.most(count), alignment: 8) { memory in
                guard let base = memory.baseAddress,
                    let end = CellText.write(start, count, limit: limit, CellTrim(slot.vr), .plain, to: base)
                else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
                return body(UnsafeRawBufferPointer(start: base, count: end - base))
            }
        }
        return withUnsafeTemporaryAllocation(byteCount: CellNumber.most(slot), alignment: 8) { memory in
            guard let base = memory.baseAddress else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
            return body(UnsafeRawBufferPointer(start: base, count: CellNumber.write(slot, to: base) - base))
        }
    }

    /// The bytes of a cell as `withCell` gives them, for those to whom a generic result costs too much.
    public borrowing func visitCell(_ column: Int, _ body: (UnsafeRawBufferPointer) -> Void) { withCell(column, body) }

    /// The text of a cell.
    public borrowing func text(_ column: Int) -> String { withCell(column) { String(decoding: $0, as: UTF8.self) } }

    /// True where the cell is written as the string it is; false where it is made of bytes.
    @inline(__always) func isString(_ slot: HeaderSlot) -> Bool {
        if slot.vr.isString { return true }
        return slot.vr == .UN && (slot.flags.contains(.isUTF8) || DataSet.isText(slot.bytes))
    }

    /// The bytes of one value without padding; nil for several, and for what has other bytes than printable ASCII.
    private static func trimmedOnly(_ slot: HeaderSlot) -> UnsafeRawBufferPointer? {
        let bytes = slot.bytes
        var end = bytes.count
        while end > 0, bytes[end - 1] == 0 || bytes[end - 1] == 0x20 { end -= 1 }
        var start = 0
        while start < end, bytes[start] == 0x20 { start += 1 }
        for place in start..<end where bytes[place] < 0x20 || bytes[place] == 0x5C { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}

extension RowBuffer {
    /// Appends the text of a cell as `HeaderReader.withCell` gives it, without a copy between.
    ///
    /// - Returns: how many bytes it has; 0 for a column that is none.
    @discardableResult public mutating func append(cell column: Int, of reader: borrowing HeaderReader) -> Int {
        guard column >= 0, column < reader.plan.columnCount else { return 0 }
        let slot = reader.slot(column)
        guard let start = slot.start, let limit = reader.limit(slot) else { return 0 }
        let begin = count
        append(slot, reader, start, limit)
        return count - begin
    }

    @inline(__always) private mutating func append(
        _ slot: HeaderSlot, _ reader: borrowing HeaderReader, _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) {
        guard reader.isString(slot) else {
            reserve(CellNumber.most(slot))
            finish(at: CellNumber.write(slot, to: end))
            return
        }
        let length = Int(slot.length)
        reserve(CellText.most(length))
        if let end = CellText.write(start, length, limit: limit, CellTrim(slot.vr), .plain, to: end) { finish(at: end) }
    }

    /// Writes a number over four bytes that are there, the low byte first; does nothing where they are not.
    public mutating func store(_ number: UInt32, at offset: Int) {
        guard offset >= 0, offset <= count - 4 else { return }
        base.storeBytes(of: number.littleEndian, toByteOffset: offset, as: UInt32.self)
    }
}
