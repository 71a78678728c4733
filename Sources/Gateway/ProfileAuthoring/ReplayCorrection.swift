import ResultModel

/// Whether what a replay reads may go out as the correction of a stored report without a person looking at each row.
///
/// Receivers replace a result by its owner, the device's code and its place, so these must be the same, result by result. Only
/// what is said about a result may differ: value, unit, flags, range, status, comments.
public enum ReplayCorrection {
    /// Why a person has to look. Texts for people.
    public struct Obstacle: Error, Sendable, Equatable {
        /// Why.
        public var text: String
        /// An obstacle.
        public init(_ text: String) { self.text = text }
    }

    /// Aspects that a correction may change.
    static let harmless: Set<ReplayDifference.Aspect> = [.value, .unit, .flag, .status, .time, .details]

    /// The report that corrects a stored one.
    ///
    /// - Parameter replayed: all reports that the replay makes of the same bytes.
    public static func of(_ stored: Report, in replayed: [Report]) -> Result<Report, Obstacle> {
        if stored.specimen.id.isEmpty {
            return .failure(Obstacle("it names no specimen, and receivers could not find what it corrects"))
        }
        if stored.isQC { return .failure(Obstacle("it is control material")) }
        let near = replayed.filter { isAbout($0, stored) }
        guard let report = near.first else { return .failure(Obstacle("its owner or its results are not the same")) }
        if near.count > 1 { return .failure(Obstacle("the replay makes \(near.count) reports that could be it")) }
        if let hold = report.holds.first {
            return .failure(Obstacle("it would be held: \(hold.text.isEmpty ? hold.reason.rawValue : hold.text)"))
        }
        let differences = ReplayComparison.differences(
            stored: ReplayedRow.rows(of: stored, message: 0), replayed: ReplayedRow.rows(of: report, message: 0))
        for difference in differences {
            guard difference.kind == .changed else {
                return .failure(Obstacle("a result is \(difference.kind.rawValue)"))
            }
            if let aspect = difference.aspects.first(where: { !harmless.contains($0) }) {
                return .failure(Obstacle("the \(aspect.rawValue) of \(difference.stored?.code ?? "a result") differs"))
            }
            if difference.aspects.contains(.time), stored.specimen.isRunningNumber {
                return .failure(Obstacle("its time differs, and its specimen is known by number and day"))
            }
        }
        return .success(report)
    }

    /// True when it is about the same specimen, patient and order, and has the same results in the same order.
    private static func isAbout(_ report: Report, _ stored: Report) -> Bool {
        report.device == stored.device && report.specimen.id == stored.specimen.id
            && report.specimen.isRunningNumber == stored.specimen.isRunningNumber
            && (report.patient?.id ?? "") == (stored.patient?.id ?? "") && report.isQC == stored.isQC
            && report.order.placerID == stored.order.placerID && report.order.fillerID == stored.order.fillerID
            && report.observations.count == stored.observations.count
            && zip(report.observations, stored.observations).allSatisfy { one, other in
                one.asSent.code == other.asSent.code && one.run == other.run && one.role == other.role
            }
    }
}
