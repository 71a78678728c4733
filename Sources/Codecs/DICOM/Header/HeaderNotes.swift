/// What was not as it should be in the file that was read last, kept as little as possible until a remark is asked for.
struct HeaderNotes {
    /// What reading found.
    struct Kinds: OptionSet {
        let rawValue: UInt8
        static let order = Kinds(rawValue: 1)
        static let cut = Kinds(rawValue: 2)
        static let unknownTerm = Kinds(rawValue: 4)
        static let otherText = Kinds(rawValue: 8)
        static let noSyntax = Kinds(rawValue: 16)
        static let others = Kinds(rawValue: 32)
    }

    var kinds: Kinds = []
    /// Slots whose values were cut.
    private(set) var cutSlots: [Int] = []
    /// Faults of the codec that concern the file as a whole.
    private(set) var faults: [String] = []
    var finding: CharacterSetFinding?
    var unknownTerms: [String] = []
    /// By what text is read, for unknown terms.
    var usedSet = ""

    mutating func clear() {
        if kinds.isEmpty { return }
        self = HeaderNotes()
    }

    mutating func cut(_ slot: Int) {
        kinds.insert(.cut)
        cutSlots.append(slot)
    }

    /// What is missing may have been lost, because of a fault.
    mutating func doubt(_ why: DICOMFault) {
        kinds.insert(.others)
        faults.append("damaged at byte \(why.offset) (\(why.problem)): elements behind it may be missing")
    }

    /// Faults that say how the file as a whole was read; others concern elements that may not even be wanted.
    mutating func take(_ all: [DICOMFault]) {
        for fault in all {
            switch fault.code {
            case .metaInformation where fault.tag == .transferSyntaxUID && fault.problem.hasSuffix("missing"):
                kinds.insert(.noSyntax)
            case .metaInformation:
                kinds.insert(.others)
                faults.append(fault.cure.isEmpty ? fault.problem : "\(fault.problem): \(fault.cure)")
            case .order where fault.tag == nil: kinds.insert(.order)
            // File Meta Information behind elements of the data set.
            case .structure where fault.tag?.group == 2: kinds.insert(.order)
            default: break
            }
        }
    }
}

extension HeaderReader {
    /// True when there is something to remark.
    public var hasRemark: Bool { !notes.kinds.isEmpty }

    /// What was not as declared or not as it should be, in words, with `; ` between; empty for a file that is well.
    public var remark: String {
        if notes.kinds.isEmpty { return "" }
        var remarks: [String] = notes.faults
        if notes.kinds.contains(.noSyntax) { remarks.append("no Transfer Syntax UID: found by looking") }
        if notes.kinds.contains(.order) { remarks.append("elements out of order or twice: the first of two counts") }
        if let finding = notes.finding {
            let declared =
                finding.declared.terms.isEmpty ? "not declared" : "declared as \(finding.declared.declaration)"
            remarks.append(
                "text is read as \(finding.used.name) (\(finding.confidence.rawValue)), \(declared): \(finding.reason)")
        }
        if !notes.unknownTerms.isEmpty {
            remarks.append(
                "unknown character set \(notes.unknownTerms.joined(separator: ", ")): text is read as \(notes.usedSet)")
        }
        for slot in notes.cutSlots {
            remarks.append("\(name(ofSlot: slot)) is longer than \(HeaderReader.longestValue) bytes: cut")
        }
        return remarks.joined(separator: "; ")
    }

    private func name(ofSlot slot: Int) -> String {
        if slot < plan.tags.count { return plan.tags[slot].keyword ?? plan.tags[slot].description }
        return plan.specials.first { $0.slot == slot }.map { columns.columns[$0.column].name } ?? ""
    }
}
