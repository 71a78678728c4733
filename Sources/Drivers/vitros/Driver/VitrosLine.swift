import BlockDriverKit
import SerialBlocks

/// A line whose check is right. Offsets are those of the format: `!` is 0.
struct VitrosLine {
    /// Runs from 000 in each report.
    let number: Int
    /// What the line holds: a b c …
    let kind: UInt8
    private let columns: FixedColumns

    /// Reads a line; nil: its check is wrong, or it has no number.
    init?(_ text: [UInt8]) {
        guard let line = VitrosLine.checked(text) else { return nil }
        columns = FixedColumns([UInt8(ascii: "!")] + line)
        guard columns.firstUnprintable == nil, let number = columns.wholeNumber(1, 3), let kind = columns.byte(4) else {
            return nil
        }
        self.number = number
        self.kind = kind
    }

    /// The line without its check. Where a line broke off and the next one followed at once, the rest after the last `!` may
    /// be whole.
    private static func checked(_ text: [UInt8]) -> [UInt8]? {
        if isRight(text[...]) { return text.dropLast(2) }
        guard let start = text.lastIndex(of: UInt8(ascii: "!")) else { return nil }
        let rest = text[(start + 1)...]
        return isRight(rest) ? rest.dropLast(2) : nil
    }

    /// The sum of all from `!`, modulo 256, in two digits.
    private static func isRight(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.count >= 6 else { return false }
        return HexDigits.value(text.suffix(2)) == UInt32(BlockCheck.sum(text.dropLast(2)) &+ UInt8(ascii: "!"))
    }

    /// The text at a place, blanks removed; what the line is too short for counts as blank at its end.
    func text(_ offset: Int, _ length: Int) -> String {
        columns.trimmed(offset, min(length, max(0, columns.count - offset))) ?? ""
    }

    /// Whether the line reaches so far.
    func reaches(_ offset: Int) -> Bool { columns.count >= offset }
}
