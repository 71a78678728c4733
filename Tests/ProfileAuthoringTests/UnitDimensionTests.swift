import ProfileAuthoring
import Terminology
import Testing

@Suite("What a unit measures")
struct UnitDimensionTests {
    @Test(
        "Units that fit, and that do not",
        arguments: [
            ("mg/dL", TestProperty.massConcentration, true), ("mmol/L", .massConcentration, false),
            ("mmol/L", .substanceConcentration, true), ("meq/L", .substanceConcentration, true),
            ("g/L", .substanceConcentration, false), ("ug/mL{FEU}", .massConcentration, true),
            ("10*9/L", .numberConcentration, true), ("10*3/uL", .numberConcentration, true),
            ("/uL", .numberConcentration, true), ("/mm3", .numberConcentration, true),
            ("{cells}/uL", .numberConcentration, true), ("%", .numberConcentration, false),
            ("%", .fraction, true), ("L/L", .fraction, true), ("g/dL", .fraction, false),
            ("mmol/mol", .massFraction, false), ("mmol/mol", .substanceFraction, true),
            ("%", .substanceFraction, false),
            ("fL", .entiticVolume, true), ("pg", .entiticMass, true), ("fL", .entiticMass, false),
            ("U/L", .catalyticConcentration, true), ("ukat/L", .catalyticConcentration, true),
            ("[IU]/L", .catalyticConcentration, true), ("u[IU]/mL", .arbitraryConcentration, true),
            ("mm[Hg]", .partialPressure, true), ("kPa", .partialPressure, true),
            ("s", .time, true), ("min", .time, true),
        ])
    func fits(unit: String, property: TestProperty, expected: Bool) {
        #expect(property.fits(unit) == expected)
    }

    @Test("Of what is not known nothing is said", arguments: ["", "furlong", "mg/furlong", "{COI}x", "[", "}", "mm"])
    func unknown(unit: String) {
        #expect(TestProperty.massConcentration.fits(unit) == nil)
    }

    @Test("Every known test has a right LOINC code, an example that fits, and words that are folded")
    func table() {
        for test in KnownTest.all {
            #expect(LOINCCode.problem(test.loinc) == nil, "\(test.loinc)")
            for unit in test.property.example.split(separator: ", ") {
                #expect(test.property.fits(String(unit)) == true, "\(test.property) \(unit)")
                #expect(UCUM.isValid(String(unit)), "\(unit)")
            }
            for word in test.words { #expect(KnownTest.folded(word) == word, "\(word)") }
        }
        #expect(Set(KnownTest.all.map(\.loinc)).count == KnownTest.all.count)
    }

    @Test("A name and a unit together mean one test at most")
    func unambiguous() {
        for word in Set(KnownTest.all.flatMap(\.words)) {
            let tests = KnownTest.tests(named: word)
            for test in tests {
                for other in tests where other != test && other.material == test.material {
                    #expect(other.property != test.property, "\(word): \(test.loinc) \(other.loinc)")
                }
            }
        }
    }
}
