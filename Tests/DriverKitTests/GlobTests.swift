import DriverKit
import Testing

/// Patterns of profiles.
@Suite struct GlobTests {
    @Test(arguments: [
        ("", "", true), ("", "a", false), ("*", "", true), ("*", "anything", true), ("?", "", false), ("?", "白", true),
        ("a*c", "abc", true), ("a*c", "ac", true), ("a*c", "acb", false), ("*ALY#", "NEU*ALY#", true),
        ("QC-*", "qc-1", false),
        ("a?c*e", "abcde", true), ("**a**", "bab", true), (#"\*"#, "*", true), (#"\*"#, "x", false),
        (#"a\?"#, "a?", true),
        (#"a\?"#, "ab", false), (#"\\"#, #"\"#, true), ("é", "é", true),
    ])
    func fits(_ pattern: String, _ text: String, _ isFit: Bool) { #expect(Glob(pattern).matches(text) == isFit) }

    /// Against a slow reference.
    @Test func agreesWithTheDefinition() {
        func fits(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            if first == "*" { return (0...text.count).contains { fits(pattern.dropFirst(), text.dropFirst($0)) } }
            guard let next = text.first, first == "?" || first == next else { return false }
            return fits(pattern.dropFirst(), text.dropFirst())
        }
        var state: UInt64 = 7
        func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for _ in 0..<20_000 {
            let pattern = (0..<next(6)).map { _ in Array("ab*?")[next(4)] }
            let text = (0..<next(7)).map { _ in Array("ab")[next(2)] }
            #expect(Glob(String(pattern)).matches(String(text)) == fits(pattern[...], text[...]), "\(pattern) \(text)")
        }
    }

    @Test func hostilePatternsAreNotSlow() {
        let text = String(repeating: "a", count: 20_000)
        let start = ContinuousClock.now
        #expect(!Glob(String(repeating: "a*", count: 40) + "b").matches(text))
        #expect(ContinuousClock.now - start < .seconds(5))
    }
}
