import JSONText

/// Compares what is stored of some messages with what a replay makes of the same bytes.
///
/// Rows belong together by specimen, patient, code and run; of several alike those that are equal first, then in the order
/// sent. What is left is paired by code and run alone (it moved), then by value as sent within its specimen (its code changed).
/// A row is never paired twice.
public enum ReplayComparison {
    /// Rows that are not the same, in the order of the stored ones; added ones last.
    public static func differences(stored: [ReplayedRow], replayed: [ReplayedRow]) -> [ReplayDifference] {
        var pairing = Pairing(stored: stored, replayed: replayed)
        pairing.pair { [$0.specimen, $0.patient, $0.isQC ? "qc" : "", $0.code, $0.text("run")] }
        pairing.pair { [$0.specimen, $0.code, $0.text("run")] }
        pairing.pair { [$0.code, $0.text("run")] }
        pairing.pair { $0.text("value").isEmpty ? nil : [$0.specimen, $0.text("value"), $0.text("time")] }
        var found: [ReplayDifference] = []
        for (index, row) in stored.enumerated() {
            guard let other = pairing.partner[index] else {
                found.append(ReplayDifference(kind: .gone, stored: row))
                continue
            }
            let fields = fields(row, replayed[other])
            guard !fields.isEmpty else { continue }
            let isMoved = fields.contains { $0.aspect == .owner || $0.key == "qc" }
            found.append(
                ReplayDifference(
                    kind: isMoved ? .moved : .changed, stored: row, replayed: replayed[other], fields: fields))
        }
        for (index, row) in replayed.enumerated() where !pairing.taken[index] {
            found.append(ReplayDifference(kind: .added, replayed: row))
        }
        return found
    }

    /// What differs between two rows, by aspect.
    static func fields(_ stored: ReplayedRow, _ replayed: ReplayedRow) -> [ReplayDifference.Field] {
        var keys = stored.fields.members.map(\.key)
        let known = Set(keys)
        keys += replayed.fields.members.map(\.key).filter { !known.contains($0) }
        let differing = keys.compactMap { key -> ReplayDifference.Field? in
            let (one, other) = (stored.fields[key], replayed.fields[key])
            guard one != other, !isStoresOwn(key, stored, one, other) else { return nil }
            return ReplayDifference.Field(key: key, stored: one, replayed: other)
        }
        return ReplayDifference.Aspect.allCases.flatMap { aspect in differing.filter { $0.aspect == aspect } }
    }

    /// The store makes `corrected` of the final results that replace earlier ones; a profile read again says `final`.
    private static func isStoresOwn(_ key: String, _ stored: ReplayedRow, _ one: JSONValue?, _ other: JSONValue?)
        -> Bool
    {
        let isMarked =
            switch key {
            case "result_status": stored.isMarkedCorrection
            case "report_status": stored.isReportMarked
            default: false
            }
        return isMarked && one?.string == "corrected" && other?.string == "final"
    }

    /// Which row of one side is which of the other.
    private struct Pairing {
        let stored: [ReplayedRow]
        let replayed: [ReplayedRow]
        var partner: [Int: Int] = [:]
        var taken: [Bool]

        init(stored: [ReplayedRow], replayed: [ReplayedRow]) {
            self.stored = stored
            self.replayed = replayed
            taken = Array(repeating: false, count: replayed.count)
        }

        /// Pairs what has the same key: equal rows first, then the rest in order. A row without key waits.
        mutating func pair(by key: (ReplayedRow) -> [String]?) {
            var free: [[String]: [Int]] = [:]
            for (index, row) in replayed.enumerated() where !taken[index] {
                if let key = key(row) { free[key, default: []].append(index) }
            }
            for isEqualWanted in [true, false] {
                for (index, row) in stored.enumerated() where partner[index] == nil {
                    guard let key = key(row), let candidates = free[key] else { continue }
                    let place =
                        isEqualWanted
                        ? candidates.firstIndex { fields(row, replayed[$0]).isEmpty } : candidates.indices.first
                    guard let place else { continue }
                    let other = candidates[place]
                    partner[index] = other
                    taken[other] = true
                    free[key]?.remove(at: place)
                }
            }
        }
    }
}
