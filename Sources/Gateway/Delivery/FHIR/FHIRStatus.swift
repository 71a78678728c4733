import ResultModel

/// States as FHIR R4 writes them.
enum FHIRStatus {
    /// observation-status.
    static func observation(_ observation: Observation) -> String {
        switch observation.status {
        case .registered: "registered"
        case .preliminary: "preliminary"
        case .final: observation.replacesEarlier ? "corrected" : "final"
        case .corrected: "corrected"
        case .amended: "amended"
        case .cancelled: "cancelled"
        case .enteredInError: "entered-in-error"
        }
    }

    /// diagnostic-report-status: not final before every result in it is, nor before the device says so.
    static func report(_ report: Report, _ sent: [Observation]) -> String {
        var count: [Observation.Status: Int] = [:]
        for observation in sent { count[observation.status, default: 0] += 1 }
        let waiting = count[.registered] ?? 0
        let preliminary = count[.preliminary] ?? 0
        if !sent.isEmpty, count[.enteredInError] == sent.count { return "entered-in-error" }
        if !sent.isEmpty, count[.cancelled] == sent.count { return "cancelled" }
        if report.status == .registered || waiting == sent.count && !sent.isEmpty { return "registered" }
        if waiting + preliminary > 0 || report.status == .preliminary {
            return waiting > 0 || preliminary < sent.count && preliminary > 0 ? "partial" : "preliminary"
        }
        if count[.corrected] != nil || count[.enteredInError] != nil || sent.contains(where: \.replacesEarlier) {
            return "corrected"
        }
        // A study that grew after it was told: nothing said was wrong, there is more.
        let hasMore =
            report.imagingStudy != nil && report.observations.contains { $0.role == .info && $0.replacesEarlier }
        return count[.amended] == nil && !hasMore ? "final" : "amended"
    }
}
