import CharacterSets

/// A row cut into cells.
struct CutRow {
    var cells: [String]
    /// Whether nothing can be missing from a cell: a separator, a closing quote or the row's end stands behind it.
    var isWhole: [Bool]
}

/// Why a row cannot be cut.
struct CutFault: Error {
    var text: String
    /// Bytes from the start of the row's text.
    var offset: Int
}

/// Cuts rows at separators; quotes as in RFC 4180.
struct RowCutter {
    var separator: UInt8
    var quote: UInt8?

    func cut(_ text: String, isEnded: Bool) throws(CutFault) -> CutRow {
        let bytes = Array(text.utf8)
        var row = CutRow(cells: [], isWhole: [])
        var index = 0
        while true {
            var cell: [UInt8] = []
            var isClosed = false
            let start = index
            var opening = index
            while opening < bytes.count, bytes[opening] == 0x20, bytes[opening] != separator { opening += 1 }
            if let quote, opening < bytes.count, bytes[opening] == quote {
                index = opening + 1
                while index < bytes.count {
                    if bytes[index] != quote {
                        cell.append(bytes[index])
                    } else if index + 1 < bytes.count, bytes[index + 1] == quote {
                        cell.append(quote)
                        index += 1
                    } else {
                        isClosed = true
                        index += 1
                        break
                    }
                    index += 1
                }
                while isClosed, index < bytes.count, bytes[index] != separator {
                    guard bytes[index] <= 0x20 else {
                        throw CutFault(
                            text: "text behind a closing quote: the quotes do not fit together", offset: index)
                    }
                    index += 1
                }
                if !isClosed, isEnded { throw CutFault(text: "a quote that is not closed", offset: start) }
            } else {
                while index < bytes.count, bytes[index] != separator {
                    cell.append(bytes[index])
                    index += 1
                }
            }
            row.cells.append(String(decoding: cell, as: UTF8.self))
            row.isWhole.append(isClosed || isEnded || index < bytes.count)
            guard index < bytes.count else { return row }
            index += 1
        }
    }
}
