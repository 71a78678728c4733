import FHIR
import ResultModel

/// Names that stay the same when a result is corrected or sent again, so that a receiver replaces instead of adding.
///
/// A result is named by device, specimen, code and run. A specimen number that restarts names a specimen for a day only,
/// so the day goes with it. A result without specimen is named by patient and time of measurement.
struct ResultIdentity {
    /// Specimen part of the names; never empty.
    let specimen: String
    /// For each observation of the report: 1, or the count among those of the same code and run.
    let occurrences: [Int]

    init(_ item: OutboxIdentity) {
        let report = item.report
        specimen = ResultIdentity.specimenPart(item)
        occurrences = ResultIdentity.occurrences(report.observations)
    }

    /// The parts of an identity that do not depend on the queue.
    struct OutboxIdentity {
        let report: Report
        let gateway: String
        let item: Int64
    }

    private static func specimenPart(_ item: OutboxIdentity) -> String {
        let report = item.report
        if !report.specimen.id.isEmpty {
            return report.specimen.isRunningNumber ? day(of: report) + "." + report.specimen.id : report.specimen.id
        }
        let time = report.observations.lazy.compactMap { $0.effective?.local }.first ?? report.issued?.local ?? ""
        if let patient = report.patient, !patient.id.isEmpty, !time.isEmpty {
            return "P." + patient.id + "." + compact(time)
        }
        let number = report.id != 0 ? report.id : item.item
        return "R." + item.gateway + String(number, radix: 36, uppercase: true)
    }

    /// Local date of the measurement, else of the report, else of its receipt (UTC): `20260318`.
    private static func day(of report: Report) -> String {
        let local = report.observations.lazy.compactMap { $0.effective?.local }.first ?? report.issued?.local
        if let local, local.utf8.count >= 10 { return compact(String(local.prefix(10))) }
        return compact(R4.DateTime(unixMicroseconds: report.receivedAt).date)
    }

    private static func compact(_ time: String) -> String {
        String(decoding: time.utf8.filter { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)
    }

    /// The code by which the device itself names a result: it outlives changes of the profile.
    static func code(_ observation: Observation) -> String {
        if !observation.asSent.code.isEmpty { return observation.asSent.code }
        if !observation.localCode.isEmpty { return observation.localCode }
        return observation.loinc?.code ?? observation.display
    }

    static func occurrences(_ observations: [Observation]) -> [Int] {
        var digests: [UInt64] = []
        digests.reserveCapacity(observations.count)
        for observation in observations {
            var digest = Digest64()
            digest.add(code(observation))
            digest.add(observation.run)
            digests.append(digest.value)
        }
        var occurrences = [Int](repeating: 1, count: observations.count)
        if digests.count <= 64 {
            for index in digests.indices {
                for earlier in 0..<index where digests[earlier] == digests[index] { occurrences[index] += 1 }
            }
        } else {
            var seen: [UInt64: Int] = [:]
            for index in digests.indices {
                occurrences[index] = seen[digests[index], default: 0] + 1
                seen[digests[index]] = occurrences[index]
            }
        }
        return occurrences
    }
}

/// FNV-1a, 64 bits: the same on every machine and at every start.
struct Digest64 {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Adds text and a mark of its end.
    mutating func add(_ text: String) {
        var value = value
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
        self.value = (value ^ 0xFF) &* 0x100_0000_01B3
    }
}
