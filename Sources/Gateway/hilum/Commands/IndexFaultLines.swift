import Glibc

/// What could not be read, told on standard error where no file lists it.
enum IndexFaultLines {
    /// At most so many are told.
    static let most = 20

    /// The lines of an errors file for people: path, place, reason.
    static func text(of file: String, terminal: Terminal) -> String {
        guard let stream = fopen(file, "re") else { return "" }
        defer { fclose(stream) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        var record: [UInt8] = []
        var text = ""
        var told = 0
        var isHead = true
        while told <= most {
            let count = getline(&line, &capacity, stream)
            guard count > 0, let line else { break }
            record += UnsafeRawBufferPointer(start: line, count: count)
            // A quoted cell may hold line feeds.
            if record.count(where: { $0 == UInt8(ascii: "\"") }) % 2 == 1, record.count < 1 << 16 { continue }
            let cells = Self.cells(record)
            record.removeAll(keepingCapacity: true)
            if isHead {
                isHead = false
                continue
            }
            guard cells.count >= 4, cells[2] != "not-dicom" else { continue }
            told += 1
            if told > most {
                text += "… and more; --errors FILE lists all\n"
                break
            }
            let place = cells[1].isEmpty ? "" : " byte \(cells[1]):"
            text +=
                VisibleText.of("\(cells[0]):\(place) ") + terminal.styled(VisibleText.of(cells[2]), .bad)
                + VisibleText.of(": \(cells[3])") + "\n"
        }
        return text
    }

    /// The cells of one record of RFC 4180.
    static func cells(_ record: [UInt8]) -> [String] {
        var cells: [[UInt8]] = [[]]
        var isQuoted = false
        var wasQuote = false
        for byte in record {
            if byte == UInt8(ascii: "\"") {
                // Two quotes within quotes are one.
                if !isQuoted, wasQuote { cells[cells.count - 1].append(byte) }
                isQuoted.toggle()
                wasQuote = !isQuoted
                continue
            }
            wasQuote = false
            if byte == UInt8(ascii: ","), !isQuoted {
                cells.append([])
            } else if isQuoted || byte != 0x0A && byte != 0x0D {
                cells[cells.count - 1].append(byte)
            }
        }
        return cells.map { String(decoding: $0, as: UTF8.self) }
    }
}
