/// How many columns of a terminal a text takes (Unicode Standard Annex #11: wide and fullwidth characters take two).
enum DisplayWidth {
    /// Columns of a text that holds no control characters (see `VisibleText`).
    static func of(_ text: some StringProtocol) -> Int {
        var ascii = 0
        for byte in text.utf8 {
            if byte >= 0x80 { return text.reduce(0) { $0 + of($1) } }
            ascii += 1
        }
        return ascii
    }

    /// Columns of one character: those of its widest scalar, so that a base with combining marks counts once.
    static func of(_ character: Character) -> Int {
        var width = 0
        for scalar in character.unicodeScalars {
            // U+FE0F asks for the emoji form, which terminals draw in two columns.
            width = max(width, scalar.value == 0xFE0F ? 2 : of(scalar))
        }
        return width
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// Ranges with East_Asian_Width W or F, taken together where only unassigned characters lie between them.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x25FD...0x25FE, 0x2614...0x2615,
        0x2648...0x2653, 0x26AA...0x26AB, 0x2705...0x2705, 0x274C...0x274C, 0x2753...0x2755, 0x2757...0x2757,
        0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF,
        0x1F004...0x1F004, 0x1F0CF...0x1F0CF, 0x1F18E...0x1F18E, 0x1F191...0x1F19A, 0x1F200...0x1F320,
        0x1F32D...0x1F64F, 0x1F680...0x1F6FF, 0x1F7E0...0x1F7EB, 0x1F90C...0x1FAFF, 0x20000...0x3FFFD,
    ]
}

extension StringProtocol {
    /// The text cut to at most `columns` columns, with `…` at the end where something was cut.
    func clipped(to columns: Int) -> String {
        guard columns >= 1 else { return "" }
        if DisplayWidth.of(self) <= columns { return String(self) }
        var text = ""
        var used = 0
        for character in self {
            let width = DisplayWidth.of(character)
            if used + width > columns - 1 { break }
            text.append(character)
            used += width
        }
        return text + "…"
    }

    /// The text with blanks up to `columns` columns.
    func padded(to columns: Int, alignment: Column.Alignment = .left) -> String {
        let blanks = String(repeating: " ", count: Swift.max(0, columns - DisplayWidth.of(self)))
        return alignment == .left ? self + blanks : blanks + self
    }
}
