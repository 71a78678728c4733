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
    /// The profile is for the model that the device says it is.
    public var isNamed: Bool

    /// A candidate from its parts.
    public init(profile: DeviceProfile, rows: [JSONValue], faults: Int, isNamed: Bool = false) {
        self.profile = profile
        self.rows = rows
        self.faults = faults
        self.isNamed = isNamed
    }

    /// Longest value that is one, in bytes: an image or a curve is no result, whatever row it comes in.
    static let longestValue = 200

    /// Rows that say what was measured and what came of it.
    public var results: Int { resultRows.count }

    private var resultRows: [JSONValue] {
        rows.filter { row in
            let value = row["value"]?.string ?? ""
            return row["role"]?.string == "result" && !(row["test_code"]?.string ?? "").isEmpty && !value.isEmpty
                && value.utf8.count <= Self.longestValue
        }
    }

    /// Different tests of different specimens among them: where options look into the wrong part of a field, all tests have the
    /// name of the panel.
    public var distinct: Int {
        Set(resultRows.map { [$0["specimen_id"]?.string ?? "", $0["test_code"]?.string ?? ""] }).count
    }

    /// Words that still hold a delimiter: a part of them was meant.
    public var untidy: Int {
        rows.reduce(0) { count, row in
            count
                + ["specimen_id", "test_code", "value", "unit"].count { key in
                    let text = row[key]?.string ?? ""
                    // Two values in one field are meant so by some devices.
                    if key == "value" { return text.hasPrefix("^") || text.hasSuffix("^") }
                    return text.contains("^") || text.hasPrefix("/") && text.utf8.count > 1 && key == "test_code"
                        || text.hasSuffix("/") && key == "test_code"
                }
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

    /// A test of a specimen counts, a further result of it a little, a specimen id beside it counts, a delimiter that is left
    /// counts against it, a fault weighs more than a result: bytes that are half read by chance give faults.
    public var score: Int { 3 * distinct + results + 2 * identified - 3 * untidy - 6 * faults }

    /// The best; of equals a standard's profile, then the one with the fewest options, then by id. Before all others the
    /// profile of the model that the device says it is, if it reads without more faults than any: what it leaves out is
    /// left out on purpose.
    public static func best(of candidates: [DraftCandidate]) -> [DraftCandidate] {
        let useful = candidates.filter { $0.results > 0 }
        let fewest = useful.map(\.faults).min() ?? 0
        func place(_ candidate: DraftCandidate) -> (Int, Int, Int, Int, String) {
            (
                candidate.isNamed && candidate.faults == fewest ? 0 : 1, -candidate.score,
                candidate.profile.kind == .generic ? 0 : 1, candidate.profile.options.members.count,
                candidate.profile.id
            )
        }
        return useful.sorted { place($0) < place($1) }
    }

    /// True when a sender's own words hold the name of one of the profile's models, as a whole part: `XN-1000^00-27` is an
    /// XN-1000 and no XN-10.
    public static func isNamed(_ profile: DeviceProfile, by sender: String) -> Bool {
        func folded(_ text: some StringProtocol) -> String {
            text.lowercased().filter { $0.isLetter || $0.isNumber }
        }
        let parts = Set(sender.split(separator: "^").flatMap { [folded($0)] + $0.split(separator: " ").map(folded) })
        return ([profile.model] + profile.models).map(folded).contains { $0.count >= 4 && parts.contains($0) }
    }

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
                if seen.insert(key).inserted || isNamed(candidate, by: survey.sender) { found.append(candidate) }
            }
        }
        return found
    }
}
