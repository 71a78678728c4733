/// What the status of a C-STORE response (PS3.4 B.2.3, PS3.7 C) or a failure reason of STOW-RS (PS3.18 10.5.3) means for the
/// instance.
struct StoreStatus {
    let code: UInt16
    /// What the receiver said about it (0000,0902); may be empty.
    let comment: String

    /// `A700 out of resources: disk full`.
    var words: String {
        let said = comment.isEmpty ? "" : ": \(comment)"
        return "\(StoreStatus.digits(code)) \(meaning)\(said)"
    }

    /// The attempt that this status ends.
    ///
    /// - Parameters:
    ///   - receiver: for the reason: `PACS at 10.0.0.7:104`.
    func attempt(receiver: String) -> Attempt {
        let reason = "\(receiver) answered \(words)"
        switch code {
        case 0x0000: return .delivered(note: comment.isEmpty ? "" : words)
        // Warnings: it is stored.
        case 0x0001, 0x0107, 0x0116, 0xB000...0xBFFF: return .delivered(note: words)
        // It has it: from an attempt whose answer was lost, or by another way.
        case 0x0111: return .delivered(note: words)
        case 0xA700...0xA7FF: return .unreachable(reason: reason, isSent: false, retryAfter: nil)
        case 0x0124:
            return .unreachable(reason: "\(reason); let it accept our AE title", isSent: false, retryAfter: nil)
        // Many archives say "cannot understand" of what they could not do just then: a few more attempts, then a person.
        case 0x0110, 0xC000...0xC121, 0xC123...0xCFFF: return .failed(reason: reason, retryAfter: nil)
        default: return .refused(reason: reason)
        }
    }

    private var meaning: String {
        switch code {
        case 0x0000: "success"
        case 0x0106: "invalid attribute value"
        case 0x0107: "attribute list warning"
        case 0x0110: "processing failure"
        case 0x0111: "duplicate SOP instance"
        case 0x0112: "no such object instance"
        case 0x0117: "invalid object instance"
        case 0x0122: "SOP class not supported"
        case 0x0124: "not authorised"
        case 0x0210: "duplicate invocation"
        case 0x0211: "unrecognised operation"
        case 0x0212: "mistyped argument"
        case 0xA700...0xA7FF: "out of resources"
        case 0xA900...0xA9FF: "data set does not match SOP class"
        case 0xB000: "stored with coerced elements"
        case 0xB006: "stored without some elements"
        case 0xB007: "stored though the data set does not match the SOP class"
        case 0xB000...0xBFFF: "stored with a warning"
        case 0xC122: "transfer syntax not supported"
        case 0xC000...0xCFFF: "cannot understand"
        default: "failure"
        }
    }

    /// Four hexadecimal digits.
    static func digits(_ code: UInt16) -> String {
        let digits = String(code, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
