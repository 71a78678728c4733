import JSONText
import ResultModel

/// Sends what a replay found as corrections, after a person has said so.
struct ReplaySending {
    let access: StateAccess
    let person: ControlRequest.Person
    let format: OutputFormat

    /// What came of it.
    struct Outcome {
        var sent = 0
        var refused = 0
    }

    /// Shows what would go out and what a person has to look at.
    static func preview(_ proposals: ReplayProposals, _ format: OutputFormat) -> String {
        if format == .json {
            return proposals.refused.map {
                JSONValue.object([
                    "kind": .string("not-sent"), "report": .number($0.report), "reason": .string($0.why),
                ]).text() + "\n"
            }.joined()
        }
        var text = "\n"
        for one in proposals.refused.prefix(50) {
            text += VisibleText.of("report \(one.report) is not sent: \(one.why)") + "\n"
        }
        if proposals.refused.count > 50 { text += "and \(proposals.refused.count - 50) more are not sent\n" }
        let places = Set(proposals.corrections.flatMap { $0.stored.deliveries.map(\.destination) }).sorted()
        let count = proposals.corrections.count
        text +=
            count == 0
            ? "no report can be sent as a correction\n"
            : "\(count) reports can be sent as corrections to \(places.joined(separator: ", "))\n"
        return text
    }

    /// Asks the person at the terminal.
    ///
    /// - Throws: `CommandFailure` where there is no terminal to ask at.
    static func confirm(_ count: Int) throws -> Bool {
        guard Terminal.error.isTerminal else {
            throw CommandFailure(.wrong, "nothing is sent: nobody can be asked here", cure: "add --yes")
        }
        Stream.error("Type \"send \(count)\" to send them, anything else to leave it: ")
        return readLine()?.split(separator: " ").joined(separator: " ") == "send \(count)"
    }

    /// Has the gateway post each correction; the store looks at each again.
    func send(_ proposals: ReplayProposals) async throws -> Outcome {
        var outcome = Outcome()
        for correction in proposals.corrections {
            let id = correction.stored.report.id
            do {
                let result = try await access.carry(
                    .correct(report: id, with: ControlRequest.StoredForm(correction.report), person))
                outcome.sent += 1
                let number = result["correction"]?.int ?? 0
                said(
                    "report \(id) is corrected by report \(number)",
                    [
                        "kind": .string("sent"), "report": .number(id), "correction": .number(number),
                    ])
            } catch let failure as CommandFailure where failure.status == .wrong {
                outcome.refused += 1
                said(
                    "report \(id) is not sent: \(failure.description)",
                    [
                        "kind": .string("not-sent"), "report": .number(id), "reason": .string(failure.description),
                    ])
            }
        }
        return outcome
    }

    private func said(_ words: String, _ object: JSONObject) {
        Stream.output(format == .json ? JSONValue.object(object).text() + "\n" : VisibleText.of(words) + "\n")
    }
}
