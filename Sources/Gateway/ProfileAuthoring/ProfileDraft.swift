import DeviceProfile
import JSONText
import Terminology

/// A profile written from captures: what is certain as it is, what is not as a numbered question.
public struct ProfileDraft: Sendable {
    /// Id of the profile.
    public var id: String
    /// Maker as the person says; empty: the sender's own words.
    public var vendor = ""
    /// Model as the person says.
    public var model = ""
    /// Kind as the person says; nil: from the tests.
    public var kind: DeviceKind?
    /// What the bytes say.
    public var survey: WireSurvey
    /// The ways that were tried, the best first.
    public var candidates: [DraftCandidate]
    /// Names of the captures.
    public var captures: [String]
    /// What a person has to find out, numbered from 1 in this order.
    public private(set) var questions: [String] = []

    /// A draft from what was found.
    public init(id: String, survey: WireSurvey, candidates: [DraftCandidate], captures: [String]) {
        self.id = id
        self.survey = survey
        self.candidates = candidates
        self.captures = captures
    }

    private var rows: [JSONValue] { candidates.first?.rows ?? [] }

    private mutating func ask(_ question: String) -> String {
        questions.append(question)
        return "Q\(questions.count)"
    }

    private func quoted(_ text: String) -> String { JSONValue.string(text).text() }

    private func words(_ key: String) -> [String] {
        var found: [String] = []
        for row in rows {
            if let word = row[key]?.string, !word.isEmpty, !found.contains(word) { found.append(word) }
        }
        return found
    }

    /// The text of profile.yaml.
    public mutating func profile() -> String {
        questions = []
        var body = identity()
        body += reading()
        body += identifiers()
        body += meanings()
        body += codes()
        var head = "# yaml-language-server: $schema=../profile.schema.json\n"
        head +=
            "# Draft from \(captures.map(Self.plain).joined(separator: ", ")). Nothing here was checked by a person.\n#\n# OPEN QUESTIONS\n"
        for (index, question) in questions.enumerated() { head += "#   Q\(index + 1). \(Self.plain(question))\n" }
        return head + "\n" + body
    }

    // MARK: Parts

    private mutating func identity() -> String {
        let question = ask(
            "Maker and model as on the device's plate, and the title and revision of its interface manual.")
        let sender =
            survey.sender.isEmpty ? "it does not say who it is" : "it calls itself \(Self.plain(survey.sender))"
        let known = candidates.first.flatMap { $0.isNamed ? $0.profile : nil }
        let kind = kind ?? known?.kind ?? (isBloodCount ? .haematology : .other)
        let vendor = vendor.isEmpty ? known?.vendor ?? "" : vendor
        let model = model.isEmpty ? known?.model ?? "" : model
        var text = "id: \(id)\n"
        text += "vendor: \(quoted(vendor.isEmpty ? "Unknown" : vendor))   # \(question); \(sender)\n"
        text +=
            "model: \(quoted(model.isEmpty ? (survey.sender.isEmpty ? id : Self.plain(String(survey.sender.prefix(80)))) : model))\n"
        text += "kind: \(kind.rawValue)\n"
        text +=
            "# Raise it to captured when expected/ has been compared, line by line, with the device's own print or screen.\n"
        text += "support: claimed\n"
        text += "documents: []   # \(question)\n\n"
        return text
    }

    private mutating func reading() -> String {
        guard let best = candidates.first else { return "" }
        var text =
            "# Protocol: \(survey.format.isEmpty ? "not one that is known by its first bytes" : survey.format).\n"
        if !survey.kinds.isEmpty { text += "# Holds: \(survey.kinds.map(Self.plain).joined(separator: ", ")).\n" }
        if !survey.delimiters.isEmpty {
            text +=
                "# Delimiters are not the usual ones: \(Self.plain(survey.delimiters)). The driver takes them from the header.\n"
        }
        text += "# Characters: \(survey.characters.rawValue).\n"
        if survey.characters == .other {
            _ = ask(
                "Which character set are names written in? Look at a name with letters beyond ASCII; the driver's README has the option."
            )
        }
        text += "# Tried, by results and faults:\n"
        for candidate in candidates.prefix(4) {
            text +=
                "#   \(candidate.profile.driver) with the options of \(candidate.profile.id): "
                + "\(candidate.results) results, \(candidate.identified) with specimen, \(candidate.faults) faults\n"
        }
        if !best.isNamed { text += disagreement() }
        if best.faults > 0 {
            _ = ask("\(best.faults) faults: bytes that were not read. hilum decode says which; is the capture whole?")
        }
        if survey.asks {
            _ = ask("The device asks for orders. Will this gateway answer, and does the device wait for it?")
        }
        if best.isNamed {
            let question = ask(
                "It calls itself \(Self.plain(survey.sender)), and \(best.profile.id) is the profile of that model: use it as it is, unless something below has to differ here."
            )
            text += "# \(question)\n"
        }
        if best.profile.kind == .generic || best.isNamed {
            text += "extends: \(best.profile.id)\n"
            return text + "\n"
        }
        let question = ask(
            "It reads best as \(best.profile.id) does. Is it of the same family? Its options were taken over, its codes were not."
        )
        text += "# \(question)\ndriver: \(best.profile.driver)\n"
        let options = best.profile.options
        if !options.members.isEmpty {
            text += "options:\n"
            for member in options.members { text += "  \(quoted(member.key)): \(member.value.text())\n" }
        }
        return text + "\n"
    }

    /// Ways that read as much as the best but other words: which of them is right cannot be told from the bytes.
    private mutating func disagreement() -> String {
        guard let best = candidates.first else { return "" }
        for other in candidates.dropFirst()
        where other.score >= best.score && other.profile.driver == best.profile.driver {
            let mine = best.readings
            let theirs = other.readings
            guard mine != theirs else { continue }
            let lost = mine.first { !theirs.contains($0) }
            let found = theirs.first { !mine.contains($0) }
            let words = "\(lost ?? "nothing") or \(found ?? "nothing")"
            let question = ask(
                "The same bytes read differently with the options of \(best.profile.id) and of \(other.profile.id): \(words). Which is on the device's print? A wrong choice makes wrong numbers, or a result in the wrong chart."
            )
            return "# \(question)\n"
        }
        return ""
    }

    private mutating func identifiers() -> String {
        var text = ""
        for (key, name) in [("specimen_id", "Specimen"), ("patient_id", "Patient")] {
            let found = words(key)
            if found.isEmpty {
                let question = ask("\(name) id: none was found. Which field holds it? (options of the driver)")
                text += "# \(name) id: \(question).\n"
                continue
            }
            let places = Set(found.map { survey.place(of: $0) }.filter { !$0.isEmpty }).sorted()
            text +=
                "# \(name) id: \(found.prefix(4).map(Self.plain).joined(separator: ", "))"
                + (places.isEmpty ? "" : ", in \(places.joined(separator: ", "))") + ".\n"
        }
        if !words("specimen_id").isEmpty {
            _ = ask("Is the specimen id the one on the tube's label, for a sample with a bar code and for one without?")
        }
        let times = words("time")
        if times.isEmpty {
            _ = ask("No result has a time. Which field holds it?")
        } else {
            text +=
                "# Times: \(times.prefix(3).map(Self.plain).joined(separator: ", ")). The clock is taken to be the site's.\n"
        }
        text += controls()
        return text + "\n"
    }

    private mutating func controls() -> String {
        let marked = rows.filter { $0["qc"]?.bool == true }
        var text = ""
        if !marked.isEmpty {
            text += "# \(marked.count) results are marked as control by the protocol itself.\n"
        }
        let suspects = words("specimen_id").filter { id in
            let folded = id.lowercased()
            let isMarked = marked.contains { $0["specimen_id"]?.string == id }
            return !isMarked
                && ["qc", "ctrl", "control", "level", "background", "blank", "cal"].contains { folded.hasPrefix($0) }
        }
        if suspects.isEmpty, marked.isEmpty {
            _ = ask("How does the device mark a control? No capture holds one: run one before you go live.")
        }
        for id in suspects {
            let question = ask(
                "Is \(id) control material? Then remove the # of the rule, or it is posted as a patient's.")
            text += "# \(question)\n# qc: [{specimen_id: \(Self.plain(quoted(id)))}]\n"
        }
        return text
    }

    private mutating func meanings() -> String {
        var text = ""
        var flags: [String] = []
        for row in rows {
            for flag in row["flags"]?.array ?? [] {
                if let flag = flag.string, !flag.isEmpty, !flags.contains(flag) { flags.append(flag) }
            }
        }
        let known: Set<String> = [
            "H", "L", "HH", "LL", "N", "A", "AA", "<", ">", "U", "D", "B", "W", "POS", "NEG", "IND",
        ]
        let strange = flags.filter { !known.contains($0) }
        if !flags.isEmpty { text += "# Flags seen: \(flags.map(Self.plain).joined(separator: " ")).\n" }
        if !strange.isEmpty {
            let question = ask("What do the flags \(strange.joined(separator: " ")) mean?")
            text += "# \(question)\n"
        }
        let states = words("status")
        if !states.isEmpty { text += "# Result states seen: \(states.map(Self.plain).joined(separator: " ")).\n" }
        var units: [String] = []
        for unit in words("unit") where UnitSpellings.ucum(for: unit) == nil && !UCUM.isValid(unit) {
            units.append(unit)
        }
        if !units.isEmpty {
            let question = ask("What do the units \(units.joined(separator: ", ")) mean in UCUM?")
            text += "# \(question)\n# units:\n"
            for unit in units { text += "#   \(Self.plain(quoted(unit))): \"\"\n" }
        }
        return text.isEmpty ? "" : text + "\n"
    }

    private mutating func codes() -> String {
        var tests = seenTests()
        if let known = candidates.first, known.isNamed {
            // What the model's own profile says of a code stands.
            tests.removeAll { known.profile.codes.rule(for: $0.code) != nil }
        }
        guard !tests.isEmpty else { return "" }
        var text = "# LOINC stands only where name, unit and material leave one code. Codes: \(tests.count).\ncodes:\n"
        for test in tests {
            let name = test.name.isEmpty ? test.code : test.name
            let unit = test.sent.isEmpty ? "no unit" : test.sent
            let proposal = proposal(for: test)
            var line = "  \(quoted(Self.escapedKey(test.code))): {"
            var remark = Self.plain(unit)
            switch proposal {
            case .certain(let known):
                line += "loinc: \(known.loinc), "
                remark += ": \(known.property.rawValue)"
            case .likely(let known, let reason):
                remark +=
                    "; " + ask("\(test.code): \(known.loinc) (\(known.name), \(known.property.rawValue)) if \(reason)?")
            case .unknown where test.sent.isEmpty && !test.names.isEmpty:
                let meant = Set(test.names.map(\.name)).sorted().joined(separator: " or ")
                remark += "; " + ask("\(test.code) (\(meant)?) comes without a unit: in which unit is it?")
            case .unknown:
                remark += "; " + ask("\(test.code)\(test.name.isEmpty ? "" : " (\(test.name))"), \(unit): what is it?")
            }
            line += "name: \(quoted(Self.plain(String(name.prefix(200)))))}"
            text += "\(line)   # \(remark)\n"
        }
        return text
    }

    /// Text in a comment: one line, nothing that a terminal obeys.
    static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }

    /// Stars and question marks of a code are no pattern.
    static func escapedKey(_ code: String) -> String {
        code.map { "*?\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
