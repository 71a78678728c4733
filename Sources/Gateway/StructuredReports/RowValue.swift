import ResultModel

/// A value in the making: normalised, and as sent.
struct RowValue {
    var kind: String
    var value: ObservationValue
    var sent: String
    var unit = ""
    var remark: String?
}

extension ContentRows {
    /// The value of an item that becomes a row; nil for others, and for empty text.
    static func value(_ item: ContentItem) -> RowValue? {
        switch item.value {
        case .number(let number): return RowValue(number)
        case .code(let code): return RowValue(code)
        case .text(let text): return RowValue(text: text)
        case .time(let time): return RowValue(text: time)
        default: return nil
        }
    }
}

extension RowValue {
    init(_ number: MeasuredNumber) {
        self.init(
            kind: "NUM", value: number.value, sent: number.text.isEmpty ? number.qualifier?.words ?? "" : number.text,
            unit: number.unit?.value ?? "", remark: number.remark)
    }

    init(_ code: CodedConcept) {
        let coding = code.coding
        self.init(
            kind: "CODE", value: .coded(text: code.words, coding: coding.system.isEmpty ? nil : coding),
            sent: code.words)
    }

    /// nil when nothing is left of the text. Lines end in LF.
    init?(text: String) {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map { line in
            var line = line
            while line.last?.isWhitespace == true { line.removeLast() }
            return String(line)
        }
        var kept = lines[...]
        while kept.last?.isEmpty == true { kept.removeLast() }
        while kept.first?.isEmpty == true { kept.removeFirst() }
        guard !kept.isEmpty else { return nil }
        let words = kept.joined(separator: "\n")
        self.init(kind: "TEXT", value: .text(words), sent: words)
    }
}
