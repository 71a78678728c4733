import DeviceProfile
import ResultModel

/// What result states mean where the profile says nothing.
enum StatusMeanings {
    /// LIS02-A2 8.4.9 (R.9).
    static func lis02(_ status: String) -> StatusRule {
        switch status {
        case "C": rule(.corrected)
        case "P", "S": rule(.preliminary)
        case "I": rule(.registered)
        case "X": rule(.cancelled, absent: .notPerformed)
        case "R": rule(.final, isResent: true)
        case "W": rule(.final, isDoubtful: true)
        // F final, V verified, M MIC, Q answer to a query, N information; empty and the maker's own: nothing is doubted.
        default: rule(.final)
        }
    }

    /// HL7 v2.5.1 table 0085 (OBX-11).
    static func hl7(_ status: String) -> StatusRule {
        switch status {
        case "C": rule(.corrected)
        case "A", "B": rule(.amended)
        case "P", "S", "R": rule(.preliminary)
        case "I", "O": rule(.registered)
        case "X": rule(.cancelled, absent: .error)
        case "N": rule(.cancelled, absent: .notPerformed)
        case "D", "W": rule(.enteredInError)
        default: rule(.final)
        }
    }

    private static func rule(
        _ status: Observation.Status, absent: ObservationValue.AbsentReason? = nil, isDoubtful: Bool = false,
        isResent: Bool = false
    ) -> StatusRule {
        var rule = StatusRule()
        rule.status = status
        rule.absent = absent
        rule.isDoubtful = isDoubtful
        rule.isResent = isResent
        return rule
    }

    /// O.26 and OBR-25, as far as they say something about all results; nil: they say nothing.
    static func ofReport(_ reportType: String) -> Observation.Status? {
        switch reportType {
        case "P": .preliminary
        case "C": .corrected
        default: nil
        }
    }

    /// A report is not final before every result in it is.
    static func worst(of observations: [Observation], said: Observation.Status) -> Observation.Status {
        var hasResult = false
        var allCancelled = true
        var allInError = true
        var worst = said
        for row in observations where row.role == .result {
            hasResult = true
            if row.status != .cancelled { allCancelled = false }
            if row.status != .enteredInError { allInError = false }
            if rank(row.status) < rank(worst) { worst = row.status }
        }
        guard hasResult else { return said }
        if allCancelled { return .cancelled }
        if allInError { return .enteredInError }
        return worst
    }

    private static func rank(_ status: Observation.Status) -> Int {
        switch status {
        case .registered: 0
        case .preliminary: 1
        case .corrected: 2
        case .amended: 3
        case .final, .cancelled, .enteredInError: 4
        }
    }
}
