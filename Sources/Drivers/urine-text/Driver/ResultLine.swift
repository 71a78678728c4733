import BlockDriverKit
import SerialBlocks

/// A line of a printed report: a mark, a name, a grade, a value, a unit; grade, value and unit may be missing, not all.
struct ResultLine: Equatable {
    var isMarked = false
    var name: String
    var grade = ""
    var value = ""
    var unit = ""

    /// Words that stand for a value.
    private static let words: Set<String> = [
        "neg", "neg.", "negative", "norm", "norm.", "normal", "pos", "pos.", "positive", "trace",
    ]

    /// Reads a line; nil: it is none.
    init?(_ line: String) {
        var text = FixedColumns.trimmed(line)[...]
        if text.first == "*" {
            isMarked = true
            text.removeFirst()
        }
        var parts = text.split(separator: " ").map(String.init)[...]
        guard let name = parts.popFirst(), name.first?.isLetter == true, name.utf8.count <= 12 else { return nil }
        self.name = name
        if let first = parts.first, ResultLine.isGrade(first) {
            grade = first
            parts.removeFirst()
        } else if let first = parts.first, ResultLine.words.contains(first.lowercased()),
            let next = parts.dropFirst().first, NumberText.isComparable(next) || ResultLine.divided(next) != nil
        {
            // `URO Normal 3.3 umol/l`: with a number, the word is its grade.
            grade = first
            parts.removeFirst()
        }
        // `>= 1000`: a comparator may stand apart.
        if parts.count > 1, let first = parts.first, [">", "<", ">=", "<="].contains(first),
            let next = parts.dropFirst().first, NumberText.isNumber(next)
        {
            value = first + next
            parts = parts.dropFirst(2)
        } else if let first = parts.first, let (number, rest) = ResultLine.divided(first) {
            value = number
            parts = [rest] + parts.dropFirst()
        } else if let first = parts.first,
            NumberText.isComparable(first) || ResultLine.words.contains(first.lowercased())
        {
            value = first
            parts.removeFirst()
        }
        // What is left is the unit; a number in it is no unit, and the line is not understood.
        unit = parts.joined(separator: " ")
        if parts.contains(where: { $0.first?.isNumber == true || NumberText.isComparable($0) }) { return nil }
        if value.isEmpty {
            guard !grade.isEmpty else { return nil }
            value = grade
            grade = ""
        }
    }

    /// `100mg/dl`: number and unit; nil: not so.
    private static func divided(_ text: String) -> (number: String, unit: String)? {
        let end = text.firstIndex { !($0.isNumber || "<>=.".contains($0)) } ?? text.endIndex
        let (number, unit) = (String(text[..<end]), String(text[end...]))
        guard NumberText.isComparable(number), let first = unit.first, first.isLetter || first == "/",
            !unit.contains(where: \.isNumber)
        else { return nil }
        return (number, unit)
    }

    /// `-`, `+-`, `+` … `++++`, `1+` … `4+`, `trace` before a value.
    private static func isGrade(_ text: String) -> Bool {
        if ["-", "+-", "-+", "+/-", "+", "++", "+++", "++++"].contains(text) || text.lowercased() == "trace" {
            return true
        }
        let bytes = Array(text.utf8)
        return bytes.count == 2
            && (bytes[0] == UInt8(ascii: "+") && bytes[1] >= 0x31 && bytes[1] <= 0x34
                || bytes[1] == UInt8(ascii: "+") && bytes[0] >= 0x31 && bytes[0] <= 0x34)
    }
}
