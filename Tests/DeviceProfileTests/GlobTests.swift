import DeviceProfile
import Testing

@Suite("Patterns")
struct GlobTests {
    @Test(
        "What matches",
        arguments: [
            ("", "", true), ("a", "a", true), ("a", "A", false), ("*", "", true), ("*", "abc", true), ("?", "", false),
            ("?", "阴", true),
            ("??", "阴", false), ("QC-*", "QC-1", true), ("QC-*", "XQC-1", false), ("*QC", "aQCQC", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxa", false), ("*\\?", "Blasts?", true), ("*\\?", "Blasts", false),
            ("\\*ALY#", "*ALY#", true),
            ("\\*ALY#", "XALY#", false), ("a\\", "a\\", true), ("**", "x", true), ("*?*", "", false),
            ("a?c", "abc", true), ("a?c", "ac", false),
        ])
    func matching(_ pattern: String, _ text: String, _ expected: Bool) {
        #expect(Glob(pattern).matches(text) == expected)
    }

    @Test("Agrees with a slow matcher on random patterns")
    func random() {
        func slow(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            let rest = pattern.dropFirst()
            switch first {
            case "*": return slow(rest, text) || (!text.isEmpty && slow(pattern, text.dropFirst()))
            case "?": return !text.isEmpty && slow(rest, text.dropFirst())
            default: return text.first == first && slow(rest, text.dropFirst())
            }
        }
        var state: UInt64 = 7
        func next(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        var matches = 0
        for _ in 0..<20_000 {
            let pattern = (0..<next(7)).map { _ in Array("ab*?é")[next(5)] }
            let text = (0..<next(9)).map { _ in Array("abé")[next(3)] }
            let expected = slow(pattern[...], text[...])
            if expected { matches += 1 }
            #expect(Glob(String(pattern)).matches(String(text)) == expected, "\(String(pattern)) \(String(text))")
        }
        #expect(matches > 1000)
    }

    @Test("A pattern of stars takes no exponential time")
    func stars() {
        let start = ContinuousClock.now
        #expect(!Glob(String(repeating: "*a", count: 100) + "b").matches(String(repeating: "a", count: 10_000)))
        #expect(ContinuousClock.now - start < .seconds(5))
    }
}
