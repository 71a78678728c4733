import DeviceProfile
import JSONText

/// Looks at a profile folder as a colleague would: what is missing, what does not fit together.
public enum ProfileLint {
    /// Rows of a capture, as `hilum decode` prints them or as expected/*.json holds them.
    public struct Capture: Sendable {
        /// Path of the capture.
        public var file: String
        /// The rows.
        public var rows: [JSONValue]
        /// A capture from its parts.
        public init(file: String, rows: [JSONValue]) {
            self.file = file
            self.rows = rows
        }
    }

    /// What the folder's own expectations say: for use where no driver can be run.
    public static func expectations(of folder: ProfileFolder) -> [Capture] {
        folder.cases.map { Capture(file: $0.capture, rows: $0.results ?? []) }
    }

    /// Everything worth a look, sorted.
    ///
    /// - Parameters:
    ///   - captures: what the captures hold.
    ///   - notes: text of NOTES.md; nil: there is none.
    public static func findings(
        _ folder: ProfileFolder, captures: [Capture], notes: String?
    ) -> [LintFinding] {
        let profile = folder.profile
        let file = folder.path + "/profile.yaml"
        var found = notesFindings(folder, notes: notes)
        if profile.kind != .generic {
            if profile.documents.allSatisfy({ $0.title.isEmpty }) {
                found.append(
                    LintFinding(
                        .noDocument, file: file, "nothing says what the profile was written from",
                        cure: "documents: [{title: the maker's interface manual, revision: …}]"))
            }
            found += supportFindings(folder, notes: notes ?? "")
        }
        if !profile.isImaging {
            found += declaredUnits(profile, file: file)
            for variant in profile.variants { found += declaredUnits(variant.profile, file: file) }
            found += seen(profile, captures, file: file)
        }
        return Set(found).sorted()
    }

    // MARK: Units

    private static func declaredUnits(_ profile: DeviceProfile, file: String) -> [LintFinding] {
        let rules =
            profile.codes.exact.map { ($0.key, $0.value) }
            + profile.codes.patterns.map { ($0.glob.pattern, $0.rule) }
        return rules.compactMap { code, rule in
            unitFinding(code: code, loinc: rule.loinc, unit: rule.convert?.to ?? rule.unit, file: file)
        }
    }

    private static func unitFinding(code: String, loinc: String, unit: String, file: String) -> LintFinding? {
        guard let test = KnownTest.test(loinc: loinc), test.property.fits(unit) == false else { return nil }
        let others = KnownTest.all.filter {
            $0.name == test.name && $0.material == test.material && $0.property.fits(unit) == true
        }
        let cure =
            others.first.map { "\($0.loinc) measures \($0.property.rawValue)" }
            ?? "leave loinc out, or convert to a unit such as \(test.property.example)"
        return LintFinding(
            .unitProperty, file: file, subject: code,
            "\(code): \(unit) is no unit of \(loinc) (\(test.name), \(test.property.rawValue))", cure: cure)
    }

    // MARK: Captures

    private static func seen(_ profile: DeviceProfile, _ captures: [Capture], file: String) -> [LintFinding] {
        var found: [LintFinding] = []
        var words: Set<String> = []
        for capture in captures {
            for row in capture.rows {
                let code = row["test_code"]?.string ?? ""
                let name = row["test_name"]?.string ?? ""
                words.formUnion([code, name].map { $0.trimmingBlanks })
                found += rowFindings(row, profile, code: code.isEmpty ? name : code, file: capture.file)
            }
        }
        guard !captures.isEmpty else { return found }
        for code in profile.codes.exact.keys where !words.contains(code.trimmingBlanks) {
            found.append(
                LintFinding(
                    .codeNeverSeen, file: file, subject: code, "no capture holds a result with the code \(code)"))
        }
        return found
    }

    private static func rowFindings(
        _ row: JSONValue, _ profile: DeviceProfile, code: String, file: String
    ) -> [LintFinding] {
        let role = row["role"]?.string ?? "result"
        guard role == "result", row["usable"]?.bool ?? true, !code.isEmpty else { return [] }
        var found: [LintFinding] = []
        let rule = profile.codes.rule(for: code)
        // A decoded row says itself whether it is mapped; of an expected one the profile is asked.
        let isKnown = rule != nil || profile.variants.contains { $0.profile.codes.rule(for: code) != nil }
        if profile.kind != .generic, !(row["mapped"]?.bool ?? isKnown) {
            found.append(
                LintFinding(
                    .unmappedCode, file: file, subject: code, "\(code) has no entry in codes",
                    cure: "codes: {\(JSONValue.string(code).text()): {name: …}}"))
        }
        guard row["form"]?.string == "quantity" else { return found }
        let sent = row["unit"]?.string ?? ""
        let ucum = row["ucum"]?.string ?? ""
        if let finding = unitFinding(code: code, loinc: row["loinc"]?.string ?? "", unit: ucum, file: file) {
            found.append(finding)
        }
        if !sent.trimmingBlanks.isEmpty, ucum.isEmpty, profile.units[sent] == nil, !["1", "-"].contains(sent) {
            found.append(
                LintFinding(
                    .unknownUnit, file: file, subject: sent, "the unit \(sent) of \(code) is not understood",
                    cure: "units: {\(JSONValue.string(sent).text()): …} with the UCUM unit, empty for none"))
        }
        return found
    }
}

extension String {
    /// Without blanks at both ends.
    var trimmingBlanks: String {
        var rest = self[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
