import CharacterSets

extension RowBuffer {
    /// Appends numbers and what else is made of bytes.
    @inline(never) mutating func appendNumber(_ slot: HeaderSlot, _ form: CellForm) {
        let most = CellNumber.most(slot)
        if slot.isOneNumber || slot.vr == .SQ {
            // Nothing to escape in one number.
            reserve(most)
            finish(at: CellNumber.write(slot, to: end))
            return
        }
        if slot.isNumbers {
            let isEscaped = form == .json || form == .tsv
            reserve(most)
            let begin = count
            finish(at: CellNumber.numbers(slot.bytes, slot.vr, isEscaped: isEscaped, to: end))
            if form == .csv { defuse(from: begin) }
            return
        }
        withUnsafeTemporaryAllocation(byteCount: most, alignment: 8) { memory in
            guard let base = memory.baseAddress else { return }
            let end = UnsafeRawPointer(CellNumber.write(slot, to: base))
            appendString(UnsafeRawPointer(base), end - UnsafeRawPointer(base), limit: end, .none, form)
        }
    }

    @inline(__always) mutating func appendString(
        _ start: UnsafeRawPointer, _ count: Int, limit: UnsafeRawPointer, _ trim: CellTrim, _ form: CellForm
    ) {
        reserve(CellText.most(count))
        let begin = self.count
        if let end = CellText.write(start, count, limit: limit, trim, form, to: end) {
            finish(at: end)
            if form == .csv { defuse(from: begin) }
            return
        }
        append(UInt8(ascii: "\""))
        reserve(CellText.most(count))
        if let end = CellText.write(start, count, limit: limit, trim, .quotedCSV, to: end) { finish(at: end) }
        defuse(from: begin + 1)
        append(UInt8(ascii: "\""))
    }

    /// Puts a `'` before a cell that a spreadsheet would take for a formula.
    @inline(__always) private mutating func defuse(from begin: Int) {
        guard count > begin else { return }
        switch base.load(fromByteOffset: begin, as: UInt8.self) {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0D: quote(begin)
        default: break
        }
    }

    @inline(never) private mutating func quote(_ begin: Int) {
        let cell = UnsafeRawBufferPointer(start: base + begin, count: count - begin)
        if RowBuffer.isNumbers(cell) { return }
        append(0)
        (base + begin + 1).copyMemory(from: base + begin, byteCount: count - begin - 1)
        base.storeBytes(of: UInt8(ascii: "'"), toByteOffset: begin, as: UInt8.self)
    }

    /// True for decimal numbers with backslashes between, as PS3.5 6.2 writes them.
    private static func isNumbers(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var digits = 0
        var hasPoint = false
        var exponent: Int?
        var previous: UInt8 = 0x5C
        for byte in bytes {
            switch byte {
            case 0x30...0x39: if let count = exponent { exponent = count + 1 } else { digits += 1 }
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard previous == 0x5C || previous | 0x20 == UInt8(ascii: "e") else { return false }
            case UInt8(ascii: "."):
                if hasPoint || exponent != nil { return false }
                hasPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                if digits == 0 || exponent != nil { return false }
                exponent = 0
            case 0x5C:
                if digits == 0 || exponent == 0 { return false }
                (digits, hasPoint, exponent) = (0, false, nil)
            default: return false
            }
            previous = byte
        }
        return digits > 0 && exponent != 0
    }

    /// Appends a path.
    ///
    /// - Returns: false when it was not UTF-8.
    mutating func appendPath(_ path: UnsafeRawBufferPointer, _ form: CellForm) -> Bool {
        guard let start = path.baseAddress else { return true }
        if RowBuffer.isText(path) {
            appendString(start, path.count, limit: start + path.count, .none, form)
            return true
        }
        var text: [UInt8] = []
        _ = CharacterSet.utf8.transcode(path, to: &text)
        appendText(text, form)
        return false
    }

    /// True for UTF-8.
    static func isText(_ path: UnsafeRawBufferPointer) -> Bool {
        CharacterSet.isASCII(path) || CharacterSet.isValidUTF8(path)
    }

    /// Appends text as a cell.
    mutating func appendText(_ text: String, _ form: CellForm) { appendText(Array(text.utf8), form) }

    private mutating func appendText(_ text: [UInt8], _ form: CellForm) {
        text.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            appendString(start, bytes.count, limit: start + bytes.count, .none, form)
        }
    }
}
