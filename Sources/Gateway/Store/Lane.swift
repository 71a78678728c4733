import ResultModel

/// What must stay in order: results of one patient, or of one specimen where the device knows no patient.
///
/// 32 bits: that two patients share a lane now and then only makes one wait for the other.
enum Lane {
    static func of(_ report: Report) -> UInt32 {
        if let patient = report.patient, !patient.id.isEmpty { return fold(Digest.of("patient", patient.id)) }
        if !report.specimen.id.isEmpty { return fold(Digest.of("specimen", report.device, report.specimen.id)) }
        return fold(Digest.of("report", report.device, String(report.id)))
    }

    private static func fold(_ digest: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: digest ^ digest >> 32) }
}
