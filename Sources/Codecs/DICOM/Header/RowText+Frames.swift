extension RowText {
    /// Appends the row of a frame; the same as `appendCells`, from what the row before had in common with it.
    @inline(__always) func appendFrame(
        _ path: UnsafeRawBufferPointer, _ reader: borrowing HeaderReader, _ form: CellForm, to buffer: inout RowBuffer
    ) {
        let frame = frame
        let pieces = frame.pieces
        let rows = reader.frameRows
        let slots = reader.frameSlots
        let prefixLimit = reader.prefixLimit ?? UnsafeRawPointer(slots)
        let storeLimit = reader.store.limit ?? prefixLimit
        let most = frame.most &+ FrameRows.mostText &+ 32
        let first = reader.plan.frameColumns.first
        if !rows.putBeginning(path, frame, to: &buffer) {
            let begin = buffer.count
            buffer.reserve(most)
            buffer.finish(at: frame.put(pieces[0], to: buffer.end))
            let isPathText = buffer.appendPath(path, form)
            for column in 0..<first {
                buffer.reserve(most)
                buffer.finish(at: frame.put(pieces[column &+ 1], to: buffer.end))
                let slot = slots[column]
                buffer.append(slot, reader, limit: slot.flags.contains(.isKept) ? storeLimit : prefixLimit, form)
            }
            buffer.withBytes { row in
                rows.keepBeginning(
                    path, frame, isPathText: isPathText, UnsafeRawBufferPointer(rebasing: row[begin...]))
            }
        }
        buffer.reserve(most)
        var out = buffer.end
        var room = buffer.room - most
        for column in first..<columns.count {
            // What stands between cells, and a cell as it was before, always have room behind `out`.
            let slot = slots[column]
            if slot.start == nil {
                out = frame.put(pieces[column &+ 1], to: out)
                continue
            }
            let limit = slot.flags.contains(.isKept) ? storeLimit : prefixLimit
            if let end = rows.put(column, slot, limit: limit, to: out) {
                out = end
            } else {
                let begin = out - buffer.base
                buffer.finish(at: frame.put(pieces[column &+ 1], to: out))
                buffer.append(slot, reader, limit: limit, form)
                buffer.withBytes { row in
                    rows.keep(column, slot, UnsafeRawBufferPointer(rebasing: row[begin...]))
                }
                out = buffer.end
                room = buffer.room - most
            }
            if out > room {
                buffer.finish(at: out)
                buffer.reserve(most)
                out = buffer.end
                room = buffer.room - most
            }
        }
        out = frame.put(pieces[columns.count &+ 1], to: out)
        buffer.finish(at: out)
        if reader.hasRemark || !rows.isPathText { buffer.appendText(remark(reader, rows.isPathText), form) }
        buffer.reserve(frame.most)
        buffer.finish(at: frame.put(pieces[columns.count &+ 2], to: buffer.end))
    }
}

extension RowBuffer {
    /// Appends a cell.
    @inline(__always) mutating func append(
        _ slot: HeaderSlot, _ reader: borrowing HeaderReader, limit: UnsafeRawPointer, _ form: CellForm
    ) {
        guard let start = slot.start else { return }
        if reader.isString(slot) {
            appendString(start, Int(slot.length), limit: limit, CellTrim(slot.vr), form)
        } else {
            appendNumber(slot, form)
        }
    }
}
