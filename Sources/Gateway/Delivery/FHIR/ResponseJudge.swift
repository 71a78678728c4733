import FHIR

/// What an HTTP answer to a transaction means for the item.
struct ResponseJudge {
    let base: String
    /// Entries in our transaction.
    let entries: Int
    /// Microseconds since 1970, UTC.
    let now: Int64

    func judge(status: Int, retryAfter: String?, body: [UInt8]) -> Attempt {
        if (200...299).contains(status) { return judgeTransaction(status, body) }
        let outcome = OutcomeText(body)
        let wait = retryAfter.flatMap { RetryAfter.read($0, now: now) }
        let reason = "\(base) answered \(status)" + (outcome.text.isEmpty ? "" : ": \(outcome.text)")
        switch status {
        case 412: return .refused(reason: ResponseJudge.severalMatches(reason))
        case 409:
            return outcome.isMultiple ? .refused(reason: ResponseJudge.severalMatches(reason)) : .busy(reason: reason)
        case 408, 425, 429, 502, 503, 504: return .unreachable(reason: reason, isSent: false, retryAfter: wait)
        // Perhaps this very bundle: counted for the item when others are taken.
        case 500...599: return .unreachable(reason: reason, isSent: true, retryAfter: wait)
        case 401, 403, 407:
            return .unreachable(reason: "\(reason); check the credentials", isSent: false, retryAfter: wait)
        case 300...399, 404, 405, 410, 415:
            if outcome.isOutcome, status >= 400 { return .refused(reason: reason) }
            return .unreachable(
                reason: "\(reason); is this the base of a FHIR R4 server that takes transactions?", isSent: false,
                retryAfter: wait)
        default: return .refused(reason: reason)
        }
    }

    private static func severalMatches(_ reason: String) -> String {
        "several resources of the server match one identifier: \(reason); a person has to merge them there, then resend"
    }

    private func judgeTransaction(_ status: Int, _ body: [UInt8]) -> Attempt {
        let response: R4.TransactionResponse
        do { response = try R4.TransactionResponse(parsing: body) } catch {
            // Success was said, but not by something that took a transaction.
            return .unreachable(
                reason: "\(base) answered \(status), but \(error.problem)", isSent: true, retryAfter: nil)
        }
        guard response.entries.count == entries else {
            return .unreachable(
                reason: "\(base) answered for \(response.entries.count) entries of \(entries)", isSent: true,
                retryAfter: nil)
        }
        for (index, entry) in response.entries.enumerated() where !(200...299).contains(entry.status) {
            let words = entry.outcome.map { ": \($0.summary)" } ?? ""
            let reason = "\(base) answered \(entry.status) for entry \(index)\(words)"
            switch entry.status {
            case 412: return .refused(reason: ResponseJudge.severalMatches(reason))
            case 409, 429, 500...599: return .failed(reason: reason, retryAfter: nil)
            default: return .refused(reason: reason)
            }
        }
        let created = response.entries.filter { $0.status == 201 }.count
        return .delivered(note: "\(status), \(created) created, \(response.entries.count - created) updated")
    }

    /// Words of an answer that is no success.
    private struct OutcomeText {
        var text = ""
        var isOutcome = false
        var isMultiple = false

        init(_ body: [UInt8]) {
            if let outcome = R4.OperationOutcome(parsing: body) {
                text = outcome.summary.printable
                isOutcome = true
                isMultiple = outcome.saysMultipleMatches
            } else {
                text = String(String(decoding: body.prefix(200), as: UTF8.self).printable.trimmed)
            }
        }
    }
}
