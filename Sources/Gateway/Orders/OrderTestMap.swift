/// From a code as ordered to what one device takes: what the profile says, else the reverse of its `codes:`.
public struct OrderTestMap: Sendable {
    /// What a code is for the device.
    public enum Meaning: Sendable, Equatable {
        /// Give these; results of those answer it.
        case give(OrderRules.Test)
        /// Another device's.
        case notHere
        /// Several codes of the device mean it: nobody may guess which.
        case ambiguous([String])
    }

    private let rules: OrderRules
    private let own: Set<String>
    private let byMeaning: [String: [String]]

    /// - Parameter known: codes of the device that give results, each with its LOINC and local code, either may be empty.
    public init(_ rules: OrderRules, known: [(code: String, loinc: String, local: String)]) {
        self.rules = rules
        let known = rules.fromCodes ? known : []
        own = Set(known.map(\.code))
        var byMeaning: [String: [String]] = [:]
        for entry in known.sorted(by: { $0.code < $1.code }) {
            for meaning in Set([entry.loinc, entry.local]) where !meaning.isEmpty {
                byMeaning[meaning, default: []].append(entry.code)
            }
        }
        self.byMeaning = byMeaning
    }

    /// What an ordered code is for the device.
    public func meaning(of ordered: String) -> Meaning {
        if let test = rules.tests[ordered] { return test.send.isEmpty ? .notHere : .give(test) }
        // A profile that lists LOINC codes among the device's own, for devices that send them, means no more than that.
        let others = (byMeaning[ordered] ?? []).filter { $0 != ordered }
        let isOwn = own.contains(ordered) && (others.isEmpty || !(byMeaning[ordered] ?? []).contains(ordered))
        if isOwn { return .give(OrderRules.Test(send: [ordered])) }
        if others.count == 1 { return .give(OrderRules.Test(send: others)) }
        if others.count > 1 { return .ambiguous(others) }
        return rules.unlisted == .send ? .give(OrderRules.Test(send: [ordered])) : .notHere
    }
}
