import JSONText

extension ProfileDraft {
    /// A code that the captures hold.
    struct SeenTest: Equatable {
        var code: String
        var name: String
        /// Unit as sent.
        var sent: String
        /// All UCUM units that its numbers had.
        var ucum: Set<String>
        /// Materials that the device names (HL7 table 0487).
        var materials: Set<String>

        /// Known tests that the code or the name can stand for. Code and name that say different things say nothing.
        var names: [KnownTest] {
            let byCode = KnownTest.tests(named: code)
            let byName = name.isEmpty ? [] : KnownTest.tests(named: name)
            return byCode.isEmpty ? byName : byName.isEmpty ? byCode : byCode.filter { byName.contains($0) }
        }
    }

    /// What LOINC code a test has.
    enum Proposal: Equatable {
        /// Name, unit and material leave this one.
        case certain(KnownTest)
        /// It is this one on a condition.
        case likely(KnownTest, reason: String)
        /// None is known.
        case unknown
    }

    func seenTests() -> [SeenTest] {
        var found: [SeenTest] = []
        for row in candidates.first?.rows ?? [] {
            let code = row["test_code"]?.string ?? ""
            guard !code.isEmpty, row["role"]?.string == "result" else { continue }
            let index: Int
            if let known = found.firstIndex(where: { $0.code == code }) {
                index = known
            } else {
                index = found.count
                found.append(SeenTest(code: code, name: "", sent: "", ucum: [], materials: []))
            }
            if found[index].name.isEmpty { found[index].name = row["test_name"]?.string ?? "" }
            if found[index].sent.isEmpty { found[index].sent = row["unit"]?.string ?? "" }
            if row["form"]?.string == "quantity" { found[index].ucum.insert(row["ucum"]?.string ?? "") }
            found[index].materials.insert(row["specimen_type"]?.string ?? "")
        }
        return found
    }

    /// White cells, red cells, haemoglobin and platelets together are a blood count and nothing else.
    var isBloodCount: Bool {
        let names = Set(seenTests().flatMap { matches($0) }.map(\.loinc))
        return names.isSuperset(of: ["6690-2", "789-8", "718-7", "777-3"])
    }

    /// Known tests that the code or the name can stand for and all of whose units fit.
    private func matches(_ test: SeenTest) -> [KnownTest] {
        guard !test.ucum.isEmpty else { return [] }
        return test.names.filter { known in test.ucum.allSatisfy { known.property.fits($0) == true } }
    }

    func proposal(for test: SeenTest) -> Proposal {
        let found = matches(test)
        guard found.count == 1, let known = found.first else { return .unknown }
        let materials = test.materials.subtracting([""])
        switch known.material {
        case .blood:
            return isBloodCount || materials == ["BLD"] || materials == ["WB"]
                ? .certain(known) : .likely(known, reason: "it is measured in blood")
        case .serum:
            return !materials.isEmpty && materials.isSubset(of: ["SER", "PLAS"])
                ? .certain(known) : .likely(known, reason: "it is measured in serum or plasma")
        case .plasma:
            return materials == ["PLAS"] ? .certain(known) : .likely(known, reason: "it is measured in citrated plasma")
        case .gas: return .likely(known, reason: "the sample may be arterial or not")
        }
    }

    /// Codes in the captures, and of them those with a LOINC code.
    public var codeCounts: (codes: Int, loinc: Int) {
        let tests = seenTests()
        let certain = tests.count { test in
            if case .certain = proposal(for: test) { true } else { false }
        }
        return (tests.count, certain)
    }

    /// The text of NOTES.md. Call it after `profile()`, which finds the questions.
    public func notes() -> String {
        let title = [vendor, model].filter { !$0.isEmpty }.joined(separator: " ")
        var text = """
            # \(title.isEmpty ? id : title)

            ## Set up
            Menu by menu: host address, port or serial settings, protocol, what is sent and when.

            ## What it sends
            - \(survey.format.isEmpty ? "Protocol not recognised by its first bytes" : survey.format).

            """
        if !survey.sender.isEmpty { text += "- Calls itself `\(Self.plain(survey.sender))`.\n" }
        if survey.asks { text += "- Asks for orders.\n" }
        text += "\n## Known to go wrong\n\n## Open questions\n"
        for (index, question) in questions.enumerated() { text += "\(index + 1). \(Self.plain(question))\n" }
        return text
    }

    /// What expected/*.json says of rows.
    public static func expected(_ rows: [JSONValue]) -> JSONValue {
        let keys = [
            "specimen_id", "patient_id", "test_code", "test_name", "value", "unit", "flags", "status", "time", "qc",
            "usable", "role",
        ]
        let results = rows.map { row -> JSONValue in
            var kept = JSONObject()
            for key in keys { if let value = row[key] { kept.append(key, value) } }
            return .object(kept)
        }
        return .object(["format": .number(1), "results": .array(results)])
    }
}
