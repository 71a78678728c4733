import LIS01

/// Tells frames, blocks and plain records apart by the first bytes of a link (`framing: auto`).
///
/// ENQ or STX begin a LIS01 link, SOH a block, and a line that begins with `H` and two delimiters plain records. Anything
/// else before that is skipped: noise, comment lines.
struct FramingDetector {
    enum Finding: Equatable {
        case nothing
        /// From this index on.
        case frames(Int)
        case block(Int)
        /// A header begins. `kept`: its bytes that came in earlier pieces.
        case records(index: Int, kept: [UInt8])
    }

    private var atLineStart = true
    private var line: [UInt8] = []
    /// Bytes skipped that are no controls and no blanks.
    private(set) var skipped = 0
    /// Nothing received is still needed.
    var isEmpty: Bool { line.isEmpty }

    mutating func look(at bytes: UnsafeRawBufferPointer) -> Finding {
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case ControlCharacter.enq, ControlCharacter.stx: return .frames(index)
            case ControlCharacter.soh: return .block(index)
            // Blanks, and the byte order mark that editors put before UTF-8.
            case 0x20 where atLineStart, 0x09 where atLineStart, 0xEF where atLineStart, 0xBB where atLineStart,
                0xBF where atLineStart:
                line = []
            case 0..<0x20:
                atLineStart = true
                line = []
            default:
                skipped &+= 1
                guard atLineStart else { continue }
                line.append(byte)
                let isPossible = line[0] == UInt8(ascii: "H") && line.dropFirst().allSatisfy(isDelimiter)
                if !isPossible {
                    atLineStart = false
                    line = []
                } else if line.count == 3 {
                    return .records(index: index + 1, kept: line)
                }
            }
        }
        return .nothing
    }

    private func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}
