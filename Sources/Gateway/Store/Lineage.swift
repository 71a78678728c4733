import ResultModel

/// What is new in a report compared with what the same device said about the same specimen before: resends, corrections,
/// late preliminary results.
///
/// Rules
/// - A result is known by the device's code, the run and its place among results of the same code and run.
/// - *Same*: value, unit, flags, status and time as sent are equal. A result with a time is compared with every earlier one
///   (an old batch sent again does not undo a correction); without a time only with the newest.
/// - All results the same: the report is a repeat, unless it names a patient and the earlier one did not, or the earlier
///   one is held and this one is not.
/// - A result that differs from one that was given out as final replaces it; `final` becomes `corrected`.
/// - A preliminary result after a final one is kept and not posted.
/// - Reports that name different patients have nothing to do with each other.
struct Lineage {
    /// An earlier report.
    struct Earlier {
        var id: Int64
        var state: ReportState
        var lane: UInt32?
        var report: Report
    }

    /// What was found.
    struct Finding {
        /// The report that this one repeats.
        var repeats: Int64?
        /// Some result replaces an earlier one.
        var corrects = false
        /// Places of results that must not be posted.
        var omitted: [Int] = []
        /// Nothing is left to be posted.
        var isLate = false
        /// Held reports that this one makes unnecessary.
        var supersedes: [Int64] = []
        /// Reports that were given out and that this one corrects in all their results.
        var correctedWhole: [Int64] = []
        /// Lane of the newest related report.
        var lane: UInt32?
    }

    private struct Place {
        var earlier: Int
        var observation: Int
    }

    /// Compares, and marks what replaces an earlier result. `earlier`: newest first, no repeats.
    static func compare(_ report: inout Report, isHeld: Bool, with earlier: [Earlier]) -> Finding {
        var finding = Finding()
        let related = earlier.filter { isRelated($0, report) }
        guard let newest = related.first, !report.observations.isEmpty else { return finding }
        finding.lane = newest.lane
        let keys = related.map { Keys($0.report) }
        let own = Keys(report)
        var sameAs: [Int] = []
        var lateAgain: [Int] = []
        var fresh = 0
        for index in report.observations.indices {
            let places = places(of: own.list[index], in: keys)
            let observation = report.observations[index]
            let given = places.first { related[$0.earlier].state == .stored && !report.isQC }
            let before = given.map { related[$0.earlier].report.observations[$0.observation].status }
            let replaces = before?.isGivenAsFinal ?? false
            let isLate = replaces && (observation.status == .preliminary || observation.status == .registered)
            if let same = same(observation, places, related, isHeld: isHeld) {
                sameAs.append(same)
                if isLate { lateAgain.append(index) }
                continue
            }
            if isLate {
                finding.omitted.append(index)
                continue
            }
            fresh += 1
            guard replaces else { continue }
            report.observations[index].replacesEarlier = true
            if observation.status == .final { report.observations[index].status = .corrected }
            finding.corrects = true
        }
        if finding.corrects, report.status == .final { report.status = .corrected }
        if fresh == 0, finding.omitted.isEmpty {
            let witness = sameAs.min() ?? 0
            let known = related[witness].report.patient?.id ?? ""
            if known.isEmpty, let patient = report.patient, !patient.id.isEmpty {
                return finding
            }
            finding.repeats = related[witness].id
            return finding
        }
        finding.isLate = fresh == 0
        finding.omitted = (finding.omitted + lateAgain).sorted()
        settleEarlier(&finding, report, isHeld: isHeld, own: own, related: related, keys: keys)
        return finding
    }

    /// Which results of a report that waited were given out by a later one meanwhile.
    static func overtaken(_ report: Report, by later: [Earlier]) -> [Int] {
        let related = later.filter { $0.state == .stored && isRelated($0, report) }
        let keys = related.map { Keys($0.report) }
        return Keys(report).list.enumerated().filter { !places(of: $0.element, in: keys).isEmpty }.map(\.offset)
    }

    // MARK: Parts

    private static func isRelated(_ earlier: Earlier, _ report: Report) -> Bool {
        guard earlier.report.isQC == report.isQC, earlier.state != .superseded, earlier.state != .repeat else {
            return false
        }
        let (one, other) = (earlier.report.patient?.id ?? "", report.patient?.id ?? "")
        return one.isEmpty || other.isEmpty || one == other
    }

    private static func same(
        _ observation: Observation, _ places: [Place], _ related: [Earlier], isHeld: Bool
    ) -> Int? {
        let isTimed = !observation.asSent.time.isEmpty || observation.effective != nil
        for place in isTimed ? places[...] : places.prefix(1) {
            let earlier = related[place.earlier]
            if earlier.state == .held, !isHeld { continue }
            if isSame(observation, earlier.report.observations[place.observation]) { return place.earlier }
        }
        return nil
    }

    static func isSame(_ one: Observation, _ other: Observation) -> Bool {
        one.asSent.value == other.asSent.value && one.asSent.unit == other.asSent.unit
            && one.asSent.flags == other.asSent.flags && one.asSent.status == other.asSent.status
            && one.asSent.time == other.asSent.time && hasSameStatus(one, other) && one.effective == other.effective
            && sameForm(one.value, other.value)
    }

    /// A final result that was stored as the correction of an earlier one is still the same when it comes again.
    private static func hasSameStatus(_ one: Observation, _ other: Observation) -> Bool {
        func plain(_ status: Observation.Status) -> Observation.Status { status == .corrected ? .final : status }
        return plain(one.status) == plain(other.status)
    }

    /// Attachments are compared by content; everything else is told by the words as sent.
    private static func sameForm(_ one: ObservationValue, _ other: ObservationValue) -> Bool {
        if case .attachment(let first) = one, case .attachment(let second) = other { return first == second }
        return true
    }

    private static func settleEarlier(
        _ finding: inout Finding, _ report: Report, isHeld: Bool, own: Keys, related: [Earlier], keys: [Keys]
    ) {
        guard !isHeld, !finding.isLate else { return }
        for (index, earlier) in related.enumerated() {
            let isCovered = keys[index].list.allSatisfy { own.places[$0] != nil }
            guard isCovered else { continue }
            if earlier.state == .held { finding.supersedes.append(earlier.id) }
            if earlier.state == .stored, finding.omitted.isEmpty { finding.correctedWhole.append(earlier.id) }
        }
    }

    private static func places(of key: UInt64, in keys: [Keys]) -> [Place] {
        var places: [Place] = []
        for (earlier, keys) in keys.enumerated() {
            if let observation = keys.places[key] { places.append(Place(earlier: earlier, observation: observation)) }
        }
        return places
    }

    /// Code, run and place among results of the same code and run, as digests. In time linear in the results, whatever
    /// they are called.
    private struct Keys {
        var list: [UInt64] = []
        var places: [UInt64: Int] = [:]

        init(_ report: Report) {
            var seen: [UInt64: UInt64] = [:]
            list.reserveCapacity(report.observations.count)
            for (place, observation) in report.observations.enumerated() {
                let base = Digest.of(observation.asSent.code, observation.run)
                let occurrence = seen[base, default: 0]
                seen[base] = occurrence + 1
                let key = base &+ occurrence &* 0x9E37_79B9_7F4A_7C15
                list.append(key)
                places[key] = place
            }
        }
    }
}

extension Observation.Status {
    /// Given out as something a clinician may rely on: never goes back to preliminary.
    var isGivenAsFinal: Bool {
        switch self {
        case .final, .corrected, .amended, .enteredInError: true
        case .registered, .preliminary, .cancelled: false
        }
    }
}

/// FNV-1a, 64 bits: short keys, no defence against forgery needed.
enum Digest {
    static func of(_ texts: String...) -> UInt64 {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for text in texts {
            for byte in text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
            digest = (digest ^ 0xFF) &* 0x100_0000_01B3
        }
        return digest
    }
}
