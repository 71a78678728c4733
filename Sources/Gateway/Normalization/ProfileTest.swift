import DeviceProfile
import JSONText
import ResultModel

/// What a decode of one capture gave.
public struct ProfileDecode: Sendable {
    /// A fault that the driver or its host told.
    public struct Fault: Sendable {
        /// For people, as `hilum decode` prints it.
        public var text: String
        /// True when it is only counted: noise, a repeat.
        public var isNotice: Bool
        /// A fault from its parts.
        public init(text: String, isNotice: Bool) {
            self.text = text
            self.isNotice = isNotice
        }
    }
    /// Reports in the order they came.
    public var reports: [Report]
    /// Faults in the order they came.
    public var faults: [Fault]
    /// A decode from its parts.
    public init(reports: [Report], faults: [Fault] = []) {
        self.reports = reports
        self.faults = faults
    }
}

/// What became of one capture in one manner of delivery.
public struct ProfileTestOutcome: Sendable {
    /// Name of the capture.
    public var name: String
    /// `whole`, `byte by byte`, `random pieces (seed 1)`.
    public var delivery: String
    /// Rows that came out.
    public var rows: Int
    /// What differs; empty: passed.
    public var differences: [String]
    /// Rows that differ: they stand in `differences` as well, one a line.
    public var rowDifferences: [RowDifference] = []
    /// The rows that came out.
    public var actual: [JSONObject] = []
    /// What differs besides the rows: faults, a decode that failed.
    public var otherDifferences: [String] { Array(differences.dropFirst(rowDifferences.count)) }
    /// True when nothing differs.
    public var isPassed: Bool { differences.isEmpty }
}

/// Plays the captures of a profile folder and compares what comes out with what must.
public enum ProfileTest {
    /// Longest capture that is also delivered byte by byte: each piece costs a call of the driver.
    public static let longestByteByByte = 64 << 10

    /// Decodes bytes handed over piece by piece with a profile.
    public typealias Decode = (_ pieces: [[UInt8]], _ profile: DeviceProfile) async throws -> ProfileDecode

    /// Runs all cases of a folder, each whole, byte by byte and in random pieces.
    public static func run(_ folder: ProfileFolder, decode: Decode) async -> [ProfileTestOutcome] {
        var outcomes: [ProfileTestOutcome] = []
        for item in folder.cases { outcomes += await run(item, profile: folder.profile, decode: decode) }
        return outcomes
    }

    /// Runs one case.
    public static func run(_ item: ProfileCase, profile: DeviceProfile, decode: Decode) async -> [ProfileTestOutcome] {
        let bytes: [UInt8]
        do {
            bytes = try item.bytes()
        } catch {
            return [ProfileTestOutcome(name: item.name, delivery: "whole", rows: 0, differences: [error.description])]
        }
        guard let chosen = self.profile(item, profile, bytes) else {
            let problem = "there is no variant \"\(item.variant ?? "")\" in the profile \(profile.id)"
            return [ProfileTestOutcome(name: item.name, delivery: "whole", rows: 0, differences: [problem])]
        }
        var outcomes: [ProfileTestOutcome] = []
        for delivery in deliveries(bytes) {
            var outcome = ProfileTestOutcome(name: item.name, delivery: delivery.name, rows: 0, differences: [])
            do {
                let decoded = try await decode(delivery.pieces, chosen)
                let rows = decoded.reports.flatMap { ResultRow.rows(of: $0) }
                outcome.rows = rows.count
                outcome.actual = rows
                if let results = item.results {
                    outcome.rowDifferences = ResultComparison.rowDifferences(expected: results, actual: rows)
                    outcome.differences += outcome.rowDifferences.map(\.description)
                }
                outcome.differences += faultDifferences(item.faults, decoded.faults)
            } catch {
                outcome.differences.append("the decode failed: \(error)")
            }
            outcomes.append(outcome)
        }
        return outcomes
    }

    private static func profile(_ item: ProfileCase, _ profile: DeviceProfile, _ bytes: [UInt8]) -> DeviceProfile? {
        if let name = item.variant { return profile.resolved(variant: name) }
        return profile.variant(matching: bytes)?.profile ?? profile
    }

    /// The ways in which bytes may arrive.
    static func deliveries(_ bytes: [UInt8]) -> [(name: String, pieces: [[UInt8]])] {
        var deliveries = [(name: "whole", pieces: [bytes])]
        if bytes.count <= longestByteByByte { deliveries.append((name: "byte by byte", pieces: bytes.map { [$0] })) }
        for seed: UInt64 in [1, 2] {
            var random = SplitMix64(state: seed)
            var pieces: [[UInt8]] = []
            var at = 0
            while at < bytes.count {
                let length = min(bytes.count - at, Int(random.next() % 64) + 1)
                pieces.append(Array(bytes[at..<(at + length)]))
                at += length
            }
            deliveries.append((name: "random pieces (seed \(seed))", pieces: pieces))
        }
        return deliveries
    }

    /// What differs between the faults that must come, as patterns (nil: none but notices), and those that came.
    public static func faultDifferences(_ wanted: [String]?, _ faults: [ProfileDecode.Fault]) -> [String] {
        guard let wanted else {
            return faults.filter { !$0.isNotice }.map { "fault   \($0.text)" }
        }
        var found: [String] = []
        // Notices may stand between; those that are expected are taken in order.
        var rest = faults[...]
        for pattern in wanted {
            let glob = Glob(pattern)
            guard let index = rest.firstIndex(where: { glob.matches($0.text) }) else {
                found.append("missing fault \(pattern)")
                continue
            }
            found += rest[..<index].filter { !$0.isNotice }.map { "fault   \($0.text)" }
            rest = rest[(index + 1)...]
        }
        return found + rest.filter { !$0.isNotice }.map { "fault   \($0.text)" }
    }
}

/// Reproducible pieces (SplitMix64, Steele, Lea, Flood 2014).
struct SplitMix64 {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
