import ResultModel
import Testing

@testable import StructuredReports

/// Promise 4: a correction corrects. The store knows rows by code, run and place among equals.
@Suite("Versions of a document")
struct CorrectionTests {
    static let first = Tree.code("LN", "29436-3", "LVIDd")
    static let second = Tree.code("LN", "29438-9", "LVIDs")

    static func version(
        _ uid: String, _ values: [(String, String)], replaces: [String] = [], title: String = "R", time: String = "09"
    ) -> StudyDocument {
        let rows = values.map { Tree.number($0.0 == "d" ? first : second, $0.1, "cm") }
        return Tree.document(rows, uid: uid, title: Tree.code("99T", title)) { data in
            data.set(.contentTime, .TM, text: time)
            if replaces.count == 1 { Tree.replace(replaces[0])(&data) }
            if replaces.count == 2 { Tree.replace(replaces[0], replaces[1])(&data) }
        }
    }

    static func lines(_ documents: [StudyDocument]) -> [String] {
        Sample.rows(Sample.report(documents)).map { "\($0.asSent.code) \($0.asSent.value) \($0.status)" }
    }

    @Test("The newer version speaks; rows that only the older had are withdrawn, under the same names")
    func replaced() {
        let old = Self.version("1.1", [("d", "4.8"), ("s", "3.1"), ("d", "5.0")])
        let new = Self.version("1.2", [("d", "4.6")], replaces: ["1.1"], time: "10")
        let expected = ["LN:29436-3 4.6 final", "LN:29438-9 3.1 enteredInError", "LN:29436-3 5.0 enteredInError"]
        #expect(Self.lines([old, new]) == expected)
        #expect(Self.lines([new, old]) == expected, "the order of arrival is no matter")
        let before = Sample.rows(Sample.report([old])), after = Sample.rows(Sample.report([old, new]))
        // Place among equals: LVIDd 1, LVIDs 1, LVIDd 2 in both.
        func names(_ rows: [Observation]) -> Set<String> {
            var seen: [String: Int] = [:]
            return Set(
                rows.map { row in
                    let name = row.asSent.code + " " + row.run
                    seen[name, default: 0] += 1
                    return "\(name) \(seen[name, default: 0])"
                })
        }
        #expect(names(before) == names(after) && names(before).count == 3)
        #expect(after.dropFirst().allSatisfy { $0.comments.contains { $0.contains("1.2") } })
    }

    @Test("What a new version leaves as it was stays as it was, its time too")
    func unchanged() throws {
        let old = Self.version("1.1", [("d", "4.8"), ("s", "3.1")])
        let new = Self.version("1.2", [("d", "4.8"), ("s", "3.0")], replaces: ["1.1"], time: "110000")
        let before = Sample.rows(Sample.report([old])), after = Sample.rows(Sample.report([old, new]))
        #expect(before[0].effective == after[0].effective && before[0].value == after[0].value)
        #expect(before.map(\.effective) == after.map(\.effective))
    }

    @Test("Three versions in a row; the middle one came last")
    func chain() {
        let one = Self.version("1.1", [("d", "4.8")])
        let two = Self.version("1.2", [("d", "4.7"), ("s", "3.0")], replaces: ["1.1"], time: "10")
        let three = Self.version("1.3", [("d", "4.6")], replaces: ["1.2"], time: "11")
        #expect(Self.lines([three, one, two]) == ["LN:29436-3 4.6 final", "LN:29438-9 3.0 enteredInError"])
    }

    @Test("Another title, or several predecessors: documents of their own")
    func separate() {
        let one = Self.version("1.1", [("d", "4.8")])
        let other = Self.version("1.2", [("d", "4.7")], replaces: ["1.1"], title: "X", time: "10")
        #expect(Self.lines([one, other]) == ["LN:29436-3 4.8 final", "LN:29436-3 4.7 final"])
        #expect(Set(Sample.rows(Sample.report([one, other])).map(\.run)).count == 2)
        let both = Self.version("1.3", [("d", "4.5")], replaces: ["1.1", "1.2"], time: "11")
        #expect(Self.lines([one, both]) == ["LN:29436-3 4.8 final", "LN:29436-3 4.5 final"])
    }

    @Test("Documents that name each other, themselves, or one that is not here")
    func circles() {
        let one = Self.version("1.1", [("d", "1")], replaces: ["1.2"])
        let two = Self.version("1.2", [("d", "2")], replaces: ["1.1"], time: "10")
        #expect(Self.lines([one, two]).count == 2)
        let own = Self.version("1.3", [("d", "3")], replaces: ["1.3"])
        #expect(Self.lines([own]) == ["LN:29436-3 3 final"])
        let lost = Self.version("1.4", [("d", "4")], replaces: ["9.9"])
        #expect(Self.lines([lost]) == ["LN:29436-3 4 final"])
    }

    @Test("Two that replace one: both stand")
    func branches() {
        let one = Self.version("1.1", [("d", "1"), ("s", "9")])
        let two = Self.version("1.2", [("d", "2")], replaces: ["1.1"], time: "10")
        let three = Self.version("1.3", [("d", "3")], replaces: ["1.1"], time: "11")
        #expect(
            Self.lines([one, two, three]) == [
                "LN:29436-3 2 final", "LN:29436-3 3 final", "LN:29438-9 9 enteredInError",
            ])
    }

    @Test("The samples: a preliminary text and its verified successor")
    func samples() throws {
        let documents = [try Sample.document("sr-text"), try Sample.document("sr-text-corrected")]
        let rows = Sample.rows(Sample.report(documents))
        #expect(rows.allSatisfy { $0.status == .final })
        #expect(rows.contains { $0.asSent.value == "Solitary nodule, follow up in 6 weeks." })
        #expect(!rows.contains { $0.asSent.value.contains("3 months") })
        let preliminary = Sample.rows(Sample.report([documents[0]]))
        #expect(Set(preliminary.map { $0.asSent.code + $0.run }).isSubset(of: rows.map { $0.asSent.code + $0.run }))
    }

    @Test("A document inserted before another changes no name")
    func stable() throws {
        let echo = try Sample.document("sr-echo")
        let alone = Sample.rows(Sample.report([echo])).map { $0.asSent.code + $0.run }
        let others = try ["sr-text", "sr-dose-ct", "sr-measurements"].map { try Sample.document($0) }
        let among = Sample.rows(Sample.report(others + [echo])).filter { $0.imaging?.document == echo.uid }
        #expect(among.map { $0.asSent.code + $0.run } == alone)
    }
}
