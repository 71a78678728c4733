import ResultModel

/// States of results as HL7 writes them.
enum ORUStatus {
    /// OBX-11, table 0085.
    static func observation(_ observation: Observation) -> StaticString {
        switch observation.status {
        case .registered: return "I"
        case .preliminary:
            if case .absent(let reason, _) = observation.value, reason != .temporarilyUnknown { return "X" }
            return "P"
        case .cancelled: return "X"
        case .enteredInError: return "W"
        case .final, .corrected, .amended:
            if case .absent = observation.value { return "X" }
            return observation.status == .final && !observation.replacesEarlier ? "F" : "C"
        }
    }

    /// OBR-25, table 0123: not more final than the least final of the results, nor than what the device said.
    static func order(_ report: Report, _ selected: [Int]) -> StaticString {
        var waiting = 0
        var preliminary = report.status == .preliminary ? 1 : 0
        var cancelled = 0
        var corrects = false
        for index in selected {
            let observation = report.observations[index]
            switch observation.status {
            case .registered: waiting += 1
            case .preliminary: preliminary += 1
            case .cancelled: cancelled += 1
            case .corrected, .amended, .enteredInError: corrects = true
            case .final: corrects = corrects || observation.replacesEarlier
            }
        }
        if report.status == .registered || (waiting == selected.count && preliminary == 0) { return "I" }
        if waiting + preliminary > 0 { return "P" }
        if cancelled == selected.count { return "X" }
        return corrects ? "C" : "F"
    }
}
