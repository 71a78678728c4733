import DICOM
import JSONText

/// What the answer to a request means for its instances (PS3.18 10.5.3).
struct STOWJudge {
    let base: String
    /// Microseconds since 1970, UTC.
    let now: Int64

    /// What the answer means.
    enum Verdict {
        /// Each instance by itself: by SOP Instance UID; those that are not there were not named.
        case each([String: Attempt], unnamed: Attempt)
        /// All of them alike.
        case all(Attempt)
        /// The request as a whole; perhaps one instance of it is to blame: they are to be sent one by one.
        case divide(reason: String, alone: Attempt)
    }

    func judge(status: Int, retryAfter: String?, body: [UInt8]) -> Verdict {
        let named = STOWJudge.read(body)
        var reason = "\(base) answered \(status)"
        if named == nil, !(200...299).contains(status) {
            let text = String(decoding: body.prefix(200), as: UTF8.self).printable.trimmed
            if !text.isEmpty { reason += ": \(text)" }
        }
        let wait = retryAfter.flatMap { RetryAfter.read($0, now: now) }
        switch status {
        case 200...299, 409:
            guard let named else {
                return .all(.failed(reason: "\(reason) without naming what it stored", retryAfter: wait))
            }
            return .each(
                named.mapValues { $0.attempt(receiver: base) },
                unnamed: .failed(reason: "\(reason) without naming it", retryAfter: wait))
        case 408, 425, 429, 502, 503, 504:
            return .all(.unreachable(reason: reason, isSent: false, retryAfter: wait))
        case 401, 403, 407:
            return .all(.unreachable(reason: "\(reason); check the credentials", isSent: false, retryAfter: wait))
        case 507: return .all(.unreachable(reason: "\(reason); it is full", isSent: false, retryAfter: wait))
        case 400, 413, 422: return .divide(reason: reason, alone: .refused(reason: reason))
        case 500...599:
            return .divide(reason: reason, alone: .unreachable(reason: reason, isSent: true, retryAfter: wait))
        default:
            return .all(
                .unreachable(
                    reason: "\(reason); is this the base of a DICOMweb server that takes STOW-RS?", isSent: false,
                    retryAfter: wait))
        }
    }

    /// Statuses by SOP Instance UID; nil: not a response to a store request.
    private static func read(_ body: [UInt8]) -> [String: StoreStatus]? {
        guard !body.isEmpty, let json = try? JSONValue(parsing: body),
            let dataSet = try? DataSet(json: json.array?.first ?? json)
        else { return nil }
        let stored = dataSet.items(.referencedSOPSequence)
        let failed = dataSet.items(.failedSOPSequence)
        guard !stored.isEmpty || !failed.isEmpty else { return nil }
        var statuses: [String: StoreStatus] = [:]
        for item in stored {
            guard let uid = item.string(.referencedSOPInstanceUID) else { continue }
            let warning = item.integer(Tag(0x0008, 0x1196)).map { UInt16(clamping: $0) } ?? 0
            // It is stored, whatever number the warning has.
            statuses[uid] = StoreStatus(code: warning == 0 || warning >> 12 == 0xB ? warning : 0x0001, comment: "")
        }
        for item in failed {
            guard let uid = item.string(.referencedSOPInstanceUID) else { continue }
            let reason = item.integer(.failureReason).map { UInt16(clamping: $0) } ?? 0x0110
            // Named as failed: a reason that means success elsewhere does not make it stored.
            let isFailure = reason != 0 && reason != 1 && reason >> 12 != 0xB && reason != 0x0107 && reason != 0x0116
            statuses[uid] = StoreStatus(code: isFailure ? reason : 0x0110, comment: "")
        }
        return statuses
    }
}
