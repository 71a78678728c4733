/// The cells of a row, valid while it is written.
struct SQLiteRow {
    /// Path, then a cell a column.
    let cells: UnsafeMutableBufferPointer<UnsafeRawBufferPointer>

    /// UTF-8 of a column by its place; empty: absent.
    func cell(_ place: Int) -> UnsafeRawBufferPointer {
        place + 1 < cells.count ? cells[place + 1] : UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// As the row shows it.
    var path: UnsafeRawBufferPointer { cell(-1) }
}

/// A column of a table that rows are inserted into.
struct SQLiteCell {
    /// Name.
    var name: String
    /// Place in a row.
    var place: Int
    /// True where the standard says whole number.
    var isInteger: Bool
    /// True where each frame of an image may say something else.
    var isOfFrame: Bool
}

extension SQLiteIndex {
    /// Writes a row of the current file, or of an entry of it.
    func write(_ row: SQLiteRow) throws(SQLiteFault) {
        guard current.id != 0 else { return }
        guard let addFrame, let number = columns.frameNumber else {
            return try writeInstance(row, file: try file(of: row.path), isMultiframe: false)
        }
        // The rows of an image's frames follow each other; the first one brings its instance.
        let isFirst = SQLiteIndex.integer(row.cell(number)).map { $0 <= 1 } ?? true
        if isFirst || !current.row.path.elementsEqual(row.path) {
            current.row = (Array(row.path), try file(of: row.path))
            let frames = columns.numberOfFrames.flatMap { SQLiteIndex.integer(row.cell($0)) } ?? 1
            try writeInstance(row, file: current.row.file, isMultiframe: frames > 1)
        }
        addFrame.bind(1, current.row.file)
        var index: Int32 = 2
        for cell in frameCells {
            bind(row.cell(cell.place), isInteger: cell.isInteger, addFrame, index)
            index += 1
        }
        try addFrame.run()
        pending += 1
    }

    /// Writes what is wrong with the current file or an entry of it.
    func fail(
        _ path: UnsafeRawBufferPointer, offset: UnsafeRawBufferPointer, reason: UnsafeRawBufferPointer,
        text: UnsafeRawBufferPointer
    ) throws(SQLiteFault) {
        guard current.id != 0 else { return }
        addError.bind(1, try file(of: path))
        addError.bind(2, Self.integer(offset))
        addError.bindText(3, reason)
        addError.bindText(4, text)
        try addError.run()
        tally.written += 1
        pending += 1
    }

    private func writeInstance(_ row: SQLiteRow, file: Int64, isMultiframe: Bool) throws(SQLiteFault) {
        addInstance.bind(1, file)
        addInstance.bind(2, try series(row))
        var index: Int32 = 3
        for cell in instanceCells {
            if isMultiframe, cell.isOfFrame {
                addInstance.bind(index, UnsafeRawBufferPointer(start: nil, count: 0))
            } else {
                bind(row.cell(cell.place), isInteger: cell.isInteger, addInstance, index)
            }
            index += 1
        }
        let remark = row.cell(columns.names.count)
        if Self.isText(row.path) {
            addInstance.bind(index, remark)
        } else {
            let said = remark.isEmpty ? "" : String(decoding: remark, as: UTF8.self) + "; "
            addInstance.bind(index, said + "the path is not in UTF-8")
        }
        try addInstance.run()
        tally.written += 1
        pending += 1
    }

    @inline(__always)
    private func bind(_ cell: UnsafeRawBufferPointer, isInteger: Bool, _ statement: SQLiteStatement, _ index: Int32) {
        if isInteger, let number = Self.integer(cell) {
            statement.bind(index, number)
        } else {
            statement.bind(index, cell)
        }
    }

    /// True for UTF-8, which paths need not be.
    private static func isText(_ path: UnsafeRawBufferPointer) -> Bool {
        var place = 0
        while place < path.count, path[place] < 0x80 { place += 1 }
        return place == path.count || String(validating: path, as: UTF8.self) != nil
    }

    /// A whole number of at most 18 digits; nil for anything else.
    static func integer(_ cell: UnsafeRawBufferPointer) -> Int64? {
        var place = 0
        let isNegative = cell.first == UInt8(ascii: "-")
        if isNegative { place = 1 }
        guard cell.count > place, cell.count - place <= 18 else { return nil }
        var value: Int64 = 0
        while place < cell.count {
            let digit = cell[place] &- 0x30
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int64(digit)
            place += 1
        }
        return isNegative ? -value : value
    }
}
