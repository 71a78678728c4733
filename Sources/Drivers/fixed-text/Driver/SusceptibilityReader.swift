import BlockDriverKit
import DriverKit
import DriverWire
import SerialBlocks

/// Reads printed pages of identification and susceptibility (analysers' sheet 5.23, microscan-report): `Specimen : n`,
/// `ID # : n`, `Iso/Result: 01  organism`, then drugs with MIC and category, in one column or several.
struct SusceptibilityReader {
    /// How a category is printed; a star may follow.
    private static let categories: Set<String> = [
        "S", "I", "R", "MS", "NS", "SDD", "N/R", "BLAC", "BLA", "IB", "EBL", "ESBL", "ESBL?", "TFG", "POS", "NEG",
    ]
    /// Labels of lines, in lower case.
    private enum Label: String, CaseIterable {
        case specimen = "specimen"
        case patient = "id #"
        case isolate = "iso/result"
    }

    /// A word of a line, and whether a column begins with it.
    private struct Word {
        var text: String
        var beginsColumn: Bool
    }

    /// - Parameter isEnded: a form feed ended the page.
    func read(_ bytes: [UInt8], isEnded: Bool) -> TextContent {
        var message = DeviceMessage(protocolName: "printed page", isComplete: isEnded)
        var remarks: [TextContent.Remark] = []
        var specimens: Set<String> = []
        var patients: Set<String> = []
        var isolate = ""
        for (line, at, isWhole) in PrinterText.lines(bytes) {
            if let id = Self.word(.specimen, in: line) { specimens.insert(id) }
            if let id = Self.word(.patient, in: line) { patients.insert(id) }
            if let text = Self.text(.isolate, in: line) {
                let (number, organism) = Self.organism(text)
                isolate = number
                guard isWhole, !organism.isEmpty else { continue }
                var row = DeviceMessage.Result()
                (row.code, row.value, row.subID) = ("ORGANISM", organism, number)
                message.results.append(row)
            } else if !isolate.isEmpty, !line.contains(":") {
                // A line that was cut may lack figures of its last value.
                guard isWhole else {
                    remarks.append(
                        .init(severity: .lost, text: "the page ends within a line; it was not taken", at: at))
                    continue
                }
                message.results += drugs(in: line, isolate: isolate, at: at, &remarks)
            }
        }
        guard !message.results.isEmpty else { return .aside("a page without organism or drugs: no results") }
        guard specimens.count <= 1, patients.count <= 1 else {
            return .unreadable("a page with two specimens or patients: whose results they are is not certain", at: 0)
        }
        if !isEnded {
            let text = "the page ended without a form feed; it is kept as incomplete and waits for a person"
            remarks.append(.init(severity: .lost, text: text, at: bytes.count))
        }
        var order = DeviceMessage.Order()
        order.specimenID = specimens.first ?? ""
        if let id = patients.first {
            var patient = DeviceMessage.Patient()
            patient.id = id
            message.patients.append(patient)
            order.patient = 0
        }
        message.orders.append(order)
        for index in message.results.indices { message.results[index].order = 0 }
        return .message(message, remarks: remarks)
    }

    /// What stands behind a label and its colon; nil: the label is not in the line.
    private static func text(_ label: Label, in line: String) -> Substring? {
        let lower = line.lowercased()
        guard lower.utf8.count == line.utf8.count else { return nil }
        var rest = Array(lower.utf8)[...]
        let wanted = Array(label.rawValue.utf8)
        while rest.count >= wanted.count {
            if rest.starts(with: wanted) {
                let behind = rest.dropFirst(wanted.count).drop { $0 == 0x20 }
                if behind.first == UInt8(ascii: ":") {
                    return Substring(String(decoding: Array(line.utf8)[(behind.startIndex + 1)...], as: UTF8.self))
                }
            }
            rest = rest.dropFirst()
        }
        return nil
    }

    private static func word(_ label: Label, in line: String) -> String? {
        guard let word = text(label, in: line)?.split(separator: " ").first, word.contains(where: \.isNumber) else {
            return nil
        }
        return String(word)
    }

    /// `01  Escherichia coli   …`: number, and the name up to the next column.
    private static func organism(_ text: Substring) -> (number: String, name: String) {
        var words = words(String(text))[...]
        guard let number = words.popFirst() else { return ("", "") }
        guard number.text.allSatisfy(\.isNumber) else { return ("", "") }
        var name: [String] = []
        for (index, word) in words.enumerated() {
            if index > 0, word.beginsColumn { break }
            name.append(word.text)
        }
        return (number.text, name.joined(separator: " "))
    }

    private static func words(_ line: String) -> [Word] {
        var words: [Word] = []
        var gap = 2
        for part in line.split(separator: " ", omittingEmptySubsequences: false) {
            if part.isEmpty {
                gap += 1
            } else {
                words.append(Word(text: String(part), beginsColumn: gap > 0))
                gap = 0
            }
        }
        return words
    }

    private func drugs(
        in line: String, isolate: String, at: Int, _ remarks: inout [TextContent.Remark]
    ) -> [DeviceMessage.Result] {
        var rows: [DeviceMessage.Result] = []
        var words = Self.words(line)[...]
        var name: [String] = []
        while let word = words.popFirst() {
            let category = words.first.flatMap { Self.category($0.text) }
            if !name.isEmpty, Self.isMIC(word.text) {
                // A number alone, without a category, may be anything.
                if category == nil, NumberText.isNumber(word.text) {
                    name.append(word.text)
                    continue
                }
                if category != nil { words.removeFirst() }
                add(name, word.text, category, isolate, at, &rows, &remarks)
                name = []
            } else if !name.isEmpty, word.beginsColumn, let alone = Self.category(word.text) {
                add(name, "", alone, isolate, at, &rows, &remarks)
                name = []
            } else if word.beginsColumn {
                // The name before it had neither MIC nor category: the drug was not tested.
                name = [word.text]
            } else {
                name.append(word.text)
            }
        }
        return rows
    }

    private func add(
        _ name: [String], _ mic: String, _ category: String?, _ isolate: String, _ at: Int,
        _ rows: inout [DeviceMessage.Result], _ remarks: inout [TextContent.Remark]
    ) {
        let drug = name.joined(separator: " ")
        guard drug.first?.isLetter == true, !name.contains(where: { NumberText.isComparable($0) }) else {
            let text = "a line with \"\(drug)\" before \"\(mic)\" is not understood; it was not taken: look at the page"
            remarks.append(.init(severity: .lost, text: text, at: at))
            return
        }
        var row = DeviceMessage.Result()
        (row.code, row.value, row.subID) = (drug, mic.isEmpty ? category ?? "" : mic, isolate)
        row.flags = category.map { [$0] } ?? []
        rows.append(row)
    }

    private static func category(_ word: String) -> String? {
        let plain = word.hasSuffix("*") ? String(word.dropLast()) : word
        return categories.contains(plain.uppercased()) ? word : nil
    }

    /// `8`, `<=4`, `>16/8`: concentrations of a drug, or of two that are given together.
    private static func isMIC(_ word: String) -> Bool {
        let parts = word.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, NumberText.isComparable(first), !first.hasPrefix("-") else {
            return false
        }
        return parts.dropFirst().allSatisfy { NumberText.isNumber($0) && !$0.hasPrefix("-") }
    }
}
