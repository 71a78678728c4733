import ResultModel
import Testing

@testable import StructuredReports

@Suite("Numbers of content items")
struct NumberTests {
    @Test(
        "Digits stay as sent; exponents are written out",
        arguments: [
            ("12.40", "12.40"), ("+07.50", "7.50"), ("-.5", "-0.5"), ("5.", "5"), ("0", "0"), ("000", "0"),
            ("1.02E+3", "1020"), ("3.4E-04", "0.00034"), ("1.15e-4", "0.000115"), ("12.340e1", "123.40"),
            ("-2E2", "-200"), ("1E0", "1"), ("0.0", "0.0"), ("123456789012.345", "123456789012.345"),
            ("1e-10", "0.0000000001"),
        ])
    func plain(sent: String, plain: String) { #expect(MeasuredNumber.plain(sent) == plain) }

    @Test(
        "What is no decimal string is no number",
        arguments: ["", ".", "-", "1,5", "nan", "inf", "0x10", "1.2.3", "1e", "1e99", "e5", "--1", "1 2", "١٢", "1E-"])
    func refused(sent: String) { #expect(MeasuredNumber.plain(sent) == nil) }

    @Test("The value agrees with binary arithmetic", arguments: 0..<200)
    func random(seed: Int) throws {
        var generator = Seeded(state: UInt64(seed))
        let digits = Int.random(in: -99_999...99_999, using: &generator)
        let exponent = Int.random(in: -9...9, using: &generator)
        let text = try #require(MeasuredNumber.plain("\(digits)E\(exponent)"))
        let (found, wanted) = (try #require(Double(text)), try #require(Double("\(digits)E\(exponent)")))
        #expect(abs(found - wanted) <= abs(wanted) * 1e-12)
        #expect(!text.contains("e") && !text.contains("E") && !text.contains("+"))
    }

    @Test("Units: UCUM as sent, known misspellings put right, others as words")
    func units() {
        func unit(_ concept: CodedConcept?) -> Quantity? {
            let number = MeasuredNumber(text: "1", unit: concept, qualifier: nil)
            guard case .quantity(let quantity) = number.value else { return nil }
            return quantity
        }
        #expect(unit(CodedConcept("UCUM", "mm[Hg]", "mmHg")) == Quantity(number: "1", unit: "mmHg", ucum: "mm[Hg]"))
        #expect(unit(CodedConcept("UCUM", "mmHg", "mmHg")) == Quantity(number: "1", unit: "mmHg", ucum: "mm[Hg]"))
        for (sent, ucum) in [
            ("bpm", "{H.B.}/min"), ("mGycm", "mGy.cm"), ("Gy.cm^2", "Gy.cm2"), ("cm/sec", "cm/s"), ("K/uL", "K/uL"),
            ("X-ray sources", ""), ("d", "d"), ("furlongs", ""),
        ] { #expect(unit(CodedConcept("UCUM", sent, "x"))?.ucum == ucum, "\(sent)") }
        #expect(unit(CodedConcept("UCUM", "1", "no units")) == Quantity(number: "1", unit: "", ucum: "1"))
        #expect(unit(CodedConcept("99X", "mm", "steps")) == Quantity(number: "1", unit: "steps", ucum: ""))
        #expect(unit(nil) == Quantity(number: "1"))
    }

    @Test(
        "Why there is no number (CID 42)",
        arguments: [
            ("114000", ObservationValue.AbsentReason.notANumber), ("114002", .notANumber), ("114003", .error),
            ("114006", .error), ("114007", .notPerformed), ("114009", .error), ("114010", .unknown), ("x", .unknown),
        ])
    func absent(code: String, reason: ObservationValue.AbsentReason) {
        let number = MeasuredNumber(text: "", unit: nil, qualifier: CodedConcept("DCM", code, "words"))
        #expect(number.value == .absent(reason: reason, text: "words"))
    }

    @Test("A number with a qualifier stays, with a remark; no number is told as sent")
    func remarks() {
        let qualified = MeasuredNumber(text: "3", unit: nil, qualifier: CodedConcept("DCM", "114009", "out of range"))
        #expect(qualified.value == .quantity(Quantity(number: "3")) && qualified.remark == "out of range")
        let words = MeasuredNumber(text: "NaN", unit: nil, qualifier: nil)
        #expect(words.value == .absent(reason: .notANumber, text: "NaN"))
    }
}

/// SplitMix64.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
