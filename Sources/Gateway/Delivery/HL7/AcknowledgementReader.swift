import HL7v2

/// What a receiver answers, as far as it matters here.
struct ReceivedAcknowledgement: Sendable, Equatable {
    /// MSA-1; nil when it is none of table 0008.
    var code: HL7AcknowledgementCode?
    /// MSA-1 as sent.
    var codeText: String
    /// MSA-2: the message it is about.
    var controlID: String
    /// MSA-3 and ERR, in one line for people.
    var reason: String
    /// MSH-15 asks for a commit acknowledgement of this acknowledgement (AL).
    var wantsCommit: Bool
    /// The acknowledgement itself, for answering it.
    var message: HL7Message

    /// Reads an answer; the text says what it is instead.
    static func read(_ bytes: UnsafeRawBufferPointer) -> Result<ReceivedAcknowledgement, ORUFault> {
        let message: HL7Message
        do { message = try HL7Message(parsing: bytes) } catch { return .failure(ORUFault(description: "\(error)")) }
        guard let msa = message.firstSegment(.msa) else {
            return .failure(ORUFault(description: "the answer has no MSA segment"))
        }
        func text(_ path: HL7Path, _ segment: Int) -> String { message.string(path, in: segment).trimmed }
        let codeText = text(Path.msa1, msa)
        var reasons = [text(Path.msa3, msa)]
        if let err = message.firstSegment(Path.err) {
            reasons += [text(Path.err8, err), text(Path.err7, err), text(Path.err3, err), text(Path.err1, err)]
        }
        let known = HL7AcknowledgementCode(rawValue: codeText.uppercased())
        return .success(
            ReceivedAcknowledgement(
                code: known, codeText: String(codeText.prefix(8)), controlID: text(Path.msa2, msa),
                reason: String(reasons.first { !$0.isEmpty }?.printable.prefix(300) ?? ""),
                wantsCommit: message.header(15).trimmed == "AL", message: message))
    }

    static func == (left: ReceivedAcknowledgement, right: ReceivedAcknowledgement) -> Bool {
        left.codeText == right.codeText && left.controlID == right.controlID && left.reason == right.reason
    }

    private enum Path {
        static let msa1 = HL7Path(.msa, field: 1)
        static let msa2 = HL7Path(.msa, field: 2)
        static let msa3 = HL7Path(.msa, field: 3)
        static let err = HL7SegmentName("ERR")
        static let err1 = HL7Path(err, field: 1)
        static let err3 = HL7Path(err, field: 3, component: 2)
        static let err7 = HL7Path(err, field: 7)
        static let err8 = HL7Path(err, field: 8)
    }
}

extension String {
    /// Without white space around it.
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    /// With blanks for control characters, so that a receiver cannot write lines of its own into a log.
    var printable: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            let isControl =
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            scalars.append(isControl ? " " : scalar)
        }
        return String(scalars)
    }
}
