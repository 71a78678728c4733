import DeviceProfile
import JSONText

/// One way of reading captures that was tried: a driver with options, and what came of it.
public struct DraftCandidate: Sendable {
    /// The profile whose driver and options were tried.
    public var profile: DeviceProfile
    /// Rows that came out, as `hilum decode` prints them.
    public var rows: [JSONValue]
    /// Faults but notices.
    public var faults: Int

    /// A candidate from its parts.
    public init(profile: DeviceProfile, rows: [JSONValue], faults: Int) {
        self.profile = profile
        self.rows = rows
        self.faults = faults
    }

    /// Rows that say what was measured and what came of it.
    public var results: Int {
        rows.count { row in
            row["role"]?.string == "result" && !(row["test_code"]?.string ?? "").isEmpty
                && !(row["value"]?.string ?? "").isEmpty
        }
    }

    /// Rows whose specimen is known.
    public var identified: Int { rows.count { !($0["specimen_id"]?.string ?? "").isEmpty } }

    /// What each row says, in short: to compare two ways of reading.
    var readings: [String] {
        rows.map { row in
            ["specimen_id", "test_code", "value", "unit"].compactMap { row[$0]?.string }.filter { !$0.isEmpty }
                .joined(separator: " ")
        }
    }

    /// A result counts, a specimen id beside it counts, a fault weighs more than a result: bytes that are half read by
    /// chance give faults.
    public var score: Int { 4 * results + 2 * identified - 6 * faults }

    /// The best; of equals a standard's profile, then the one with the fewest options, then by id.
    public static func best(of candidates: [DraftCandidate]) -> [DraftCandidate] {
        candidates.filter { $0.results > 0 }.sorted { left, right in
            (-left.score, left.rank, left.profile.options.members.count, left.profile.id)
                < (-right.score, right.rank, right.profile.options.members.count, right.profile.id)
        }
    }

    private var rank: Int { profile.kind == .generic ? 0 : 1 }

    /// The profiles worth a try on bytes: one for each driver with each set of options.
    public static func profiles(of library: ProfileLibrary, for survey: WireSurvey) -> [DeviceProfile] {
        var seen: Set<String> = []
        var found: [DeviceProfile] = []
        let all = library.profiles.values.sorted {
            ($0.kind == .generic ? 0 : 1, $0.id) < ($1.kind == .generic ? 0 : 1, $1.id)
        }
        for profile in all {
            for candidate in [profile] + profile.variants.map(\.profile) where !candidate.isImaging {
                guard survey.drivers.isEmpty || survey.drivers.contains(candidate.driver) else { continue }
                let key = candidate.driver + JSONValue.object(candidate.options).text()
                if seen.insert(key).inserted { found.append(candidate) }
            }
        }
        return found
    }
}
