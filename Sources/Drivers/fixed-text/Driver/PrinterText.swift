import BlockDriverKit
import SerialBlocks

/// Text meant for a printer: what only steers the printer is left out.
enum PrinterText {
    /// Commands of one letter that take one more byte (ESC/P): fonts, line spacing, underline and the like.
    private static let withParameter: Set<UInt8> = Set("!-+/3ACJNQRSUWXaklprtwx".utf8)

    /// Lines without control characters and escape sequences.
    ///
    /// - Returns: the text of each line, and where it begins. The last one has no line end if `isEnded` is false there.
    static func lines(_ bytes: [UInt8]) -> [(text: String, at: Int, isEnded: Bool)] {
        var lines: [(text: String, at: Int, isEnded: Bool)] = []
        var line: [UInt8] = []
        var begin = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x1B {
                index += length(of: bytes[index...])
                continue
            }
            index += 1
            if byte == ControlByte.cr || byte == ControlByte.lf {
                if !line.isEmpty { lines.append((LatinText.string(line), begin, true)) }
                line = []
                begin = index
            } else if byte == 0x09 {
                line += [0x20, 0x20]
            } else if byte >= 0x20, byte != 0x7F {
                line.append(byte)
            }
        }
        if !line.isEmpty { lines.append((LatinText.string(line), begin, false)) }
        return lines
    }

    /// Bytes of the sequence that begins with ESC: ANSI (ESC [ … letter), PCL (ESC & ( ) * … capital), ESC/P.
    private static func length(of bytes: ArraySlice<UInt8>) -> Int {
        let rest = bytes.dropFirst()
        guard let kind = rest.first else { return 1 }
        let parameters = rest.dropFirst()
        switch kind {
        case UInt8(ascii: "["):
            let end = parameters.firstIndex { $0 >= 0x40 && $0 <= 0x7E }
            return (end ?? parameters.endIndex - 1) - bytes.startIndex + 1
        case UInt8(ascii: "&"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"):
            // No longer than a few numbers: a capital that is text is not waited for.
            let end = parameters.prefix(12).firstIndex { $0 >= 0x40 && $0 <= 0x5A }
            return end.map { $0 - bytes.startIndex + 1 } ?? 2
        default: return withParameter.contains(kind) && !parameters.isEmpty ? 3 : 2
        }
    }
}
