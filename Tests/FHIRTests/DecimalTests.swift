import FHIR
import Testing

@Suite("R4 decimal")
struct DecimalTests {
    @Test(
        "Digits are kept, forms are put right",
        arguments: [
            ("0.010", "0.010"), ("007", "7"), ("+5", "5"), (".5", "0.5"), ("5.", "5"), ("-0.5", "-0.5"),
            ("00.5", "0.5"),
            ("0", "0"), ("000", "0"), ("-007.50", "-7.50"), ("114.", "114"),
        ])
    func readable(written: String, text: String) {
        #expect(R4.Decimal(written)?.text == text)
    }

    @Test(
        "What is no number stays none", arguments: ["", "-", "+", ".", "1e5", "1,5", "1.2.3", "--1", "0x10", " 1", "١"])
    func unreadable(written: String) {
        #expect(R4.Decimal(written) == nil)
    }
}
