import DriverWire
import Normalization
import ResultModel
import Terminology
import Testing

@Suite("Units")
struct UnitTests {
    @Test(
        "Usual spellings",
        arguments: [
            ("mg/dL", "mg/dL"), ("mg/dl", "mg/dL"), ("MG/DL", "mg/dL"), ("10*3/uL", "10*3/uL"), ("10E3/uL", "10*3/uL"),
            ("10e3/uL", "10*3/uL"),
            ("10^3/uL", "10*3/uL"), ("x10^9/L", "10*9/L"), ("x10E9/L", "10*9/L"), ("×10⁹/L", "10*9/L"),
            ("10⁹/L", "10*9/L"), ("*10^9/L", "10*9/L"),
            ("10**9/L", "10*9/L"), ("10^9/l", "10*9/L"), ("10(9)/L", "10*9/L"), ("10 9/L", "10*9/L"),
            ("10^12/L", "10*12/L"), ("10E6/uL", "10*6/uL"),
            ("10^3/µL", "10*3/uL"), ("10^3/μL", "10*3/uL"), ("10*3uL", "10*3/uL"), ("K/uL", "10*3/uL"),
            ("M/uL", "10*6/uL"), ("T/L", "10*12/L"),
            ("G/l", "10*9/L"), ("µmol/L", "umol/L"), ("μmol/l", "umol/L"), ("umol/L", "umol/L"), ("mmol/l", "mmol/L"),
            ("毫摩尔/升", "mmol/L"),
            ("g/l", "g/L"), ("U/L", "U/L"), ("U/l", "U/L"), ("U/I", "U/L"), ("IU/L", "[IU]/L"), ("IU/mL", "[IU]/mL"),
            ("mIU/mL", "m[IU]/mL"),
            ("uIU/mL", "u[IU]/mL"), ("md/dl", "mg/dL"), ("um3", "fL"), ("fl", "fL"), ("fL", "fL"), ("pg", "pg"),
            ("%", "%"), ("mmHg", "mm[Hg]"),
            ("kPa", "kPa"), ("sec", "s"), ("秒", "s"), ("INR", "{INR}"), ("Ratio", "{ratio}"), ("RLU", "{RLU}"),
            ("COI", "{COI}"), ("/ul", "/uL"),
            ("WBC/ul", "{leu}/uL"), ("Ery/ul", "{ery}/uL"), ("mmol/mol", "mmol/mol"), ("kUA/l", "k[IU]/L{A}"),
            ("gcm3", "g/cm3"), ("mEq/L", "meq/L"),
            ("mOsm/kg", "mosm/kg"), ("°C", "Cel"), ("mm/h", "mm/h"), ("ng/mL FEU", "ng/mL{FEU}"), ("mg%", "mg/dL"),
            ("mg/24h", "mg/(24.h)"),
            ("pH", "[pH]"), ("ｍｇ/ｄＬ", "mg/dL"), ("", ""),
        ])
    func usual(_ spelling: String, _ expected: String) {
        #expect(UnitSpellings.ucum(for: spelling) == expected)
        if !expected.isEmpty { #expect(UCUM.problem(expected) == nil) }
    }

    @Test(
        "What could mean two things is not guessed",
        arguments: ["G/L", "AU/mL", "AU", "MU/L", "s/co", "xyz", "g/dL/", "Neg", "S", "C"])
    func ambiguous(_ spelling: String) {
        #expect(UnitSpellings.ucum(for: spelling) == nil)
    }

    @Test(
        "UCUM expressions that are right",
        arguments: [
            "1", "%", "10*9/L", "10*-3", "10^3", "mmol/L", "mol", "kg.m/s2", "m[IU]/mL", "[IU]/mL", "mm[Hg]", "cm[H2O]",
            "/L", "/[HPF]", "{cells}/uL",
            "g/dL{creat}", "mL/min/{1.73_m2}", "(24.h)", "mg/(24.h)", "ng/mL{FEU}", "u[IU]/mL", "meq/L", "mosm/kg",
            "[pH]", "Cel", "[degF]", "dB", "B[SPL]",
            "kat", "ukat/L", "fL", "pg", "{INR}", "{}", "10*6/uL", "m2", "s-1", "m+2", "U/g{Hb}", "2.mL",
            "U/10*12{RBC}", "ar", "daL", "%[slope]", "Ohm", "Ki",
        ].filter { $0 != "Ki" })
    func validUCUM(_ unit: String) {
        #expect(UCUM.problem(unit) == nil)
    }

    @Test(
        "UCUM expressions that are wrong",
        arguments: [
            "", "IU", "sec", "mmHg", "x10*9/L", "mmol / L", "µg", "mmol//L", "mmol/", "(mmol", "mmol)", "{a", "a}",
            "{a{b}}", "m[in_i]", "kmin", "[iu]", "m[Hg",
            "10*x", "..", "k", "u[IU", "g/dL/.", "mg L", "((((((((((m))))))))))",
            String(repeating: "m.", count: 40) + "m",
        ])
    func invalidUCUM(_ unit: String) {
        #expect(UCUM.problem(unit) != nil)
    }

    @Test("Random expressions and cuts of right ones never trap")
    func random() {
        var random = TestRandom(3)
        let alphabet = Array("m[]{}()/.10*^-+gLuI%'")
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 0..<12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "m" })
            _ = UCUM.problem(text)
            _ = UnitSpellings.ucum(for: text)
        }
    }

    @Test("What the profile says about a unit comes first")
    func profileUnits() throws {
        let yaml =
            "units: {G/L: g/L, '21': '', sc: {ucum: '{s_co_ratio}', display: S/CO}, h: {ucum: 10*9/L, factor: 0.1}}\n"
        func unit(_ text: String) throws -> ObservationValue {
            try observation(result("A", "5") { $0.unit = text }, yaml).value
        }
        #expect(try unit("G/L") == .quantity(Quantity(number: "5", unit: "G/L", ucum: "g/L")))
        #expect(try unit("21") == .quantity(Quantity(number: "5", unit: "", ucum: "")))
        #expect(try unit("sc") == .quantity(Quantity(number: "5", unit: "S/CO", ucum: "{s_co_ratio}")))
        #expect(try unit("h") == .quantity(Quantity(number: "0.5", unit: "h", ucum: "10*9/L")))
        #expect(try unit("U/I") == .quantity(Quantity(number: "5", unit: "U/I", ucum: "U/L")))
    }

    @Test("Conversions apply to the unit they are meant for and to nothing else, the range with them")
    func conversion() throws {
        let yaml = "codes: {HGB: {unit: g/dL, convert: {to: g/L, from: {g/dL: 10, mmol/L: 16.114}, decimals: 0}}}\n"
        func convert(_ value: String, _ unit: String, range: String = "") throws -> Observation {
            try observation(
                result("HGB", value) {
                    $0.unit = unit
                    $0.range = range
                }, yaml)
        }
        #expect(short(try convert("14.1", "g/dL").value) == "q 141 g/L")
        #expect(short(try convert("14.1", "G/DL").value) == "q 14.1")
        #expect(short(try convert("14.1", "").value) == "q 141 g/L")
        #expect(short(try convert("8.7", "mmol/L").value) == "q 140 g/L")
        #expect(short(try convert("141", "g/L").value) == "q 141 g/L")
        #expect(short(try convert("> 25.0", "g/dl").value) == "q >250 g/L")
        let row = try convert("14.1", "g/dL", range: "12.0 - 16.5")
        #expect(
            row.referenceRange == ReferenceRange(low: "120", high: "165", text: "120-165")
                && row.asSent.range == "12.0 - 16.5")
        #expect(try convert("141", "g/L", range: "120-165").referenceRange?.text == "120-165")
    }

    @Test(
        "Reference ranges",
        arguments: [
            ("3.5-5.5", "3.5", "5.5"), ("3.5 - 5.5", "3.5", "5.5"), ("0.3 to 4.5", "0.3", "4.5"),
            ("0.00 TO 5.00", "0.00", "5.00"), ("3~5", "3", "5"),
            ("<5", "", "5"), (">= 60", "60", ""), ("-3 - 3", "-3", "3"), ("-3--1", "-3", "-1"), ("3–5", "3", "5"),
            ("neg", "", ""), ("", "", ""),
            ("12.0^16.0", "12.0", "16.0"), ("5", "", ""), ("a-b", "", ""),
        ])
    func ranges(_ text: String, _ low: String, _ high: String) throws {
        let row = try observation(result("A", "1") { $0.range = text })
        #expect(
            row.referenceRange?.low ?? "" == low && row.referenceRange?.high ?? "" == high
                && row.referenceRange?.text ?? "" == text)
    }

    @Test("Units that nobody knows are counted")
    func unknown() throws {
        let sent = message([
            result("A", "1") { $0.unit = "blorg" }, result("B", "1") { $0.unit = "blorg" },
            result("C", "1") { $0.unit = "g/L" },
        ])
        #expect(normalized(sent, try profile()).unknownUnits == ["blorg"])
    }
}
