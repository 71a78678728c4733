import DriverWire
import Normalization
import ResultModel
import Testing

@Suite("Values")
struct ValueFormTests {
    @Test(
        "What a text comes to when the profile says nothing",
        arguments: [
            ("12", "q 12"), ("12.50", "q 12.50"), (" 12.5 ", "q 12.5"), ("114.", "q 114"), (".3", "q 0.3"),
            ("-0.3", "q -0.3"),
            ("007", "q 7"), ("0", "q 0"), ("0.00", "q 0.00"), ("-0.0", "q 0.0"), ("+1.5", "q 1.5"),
            ("5.100000", "q 5.100000"),
            ("1.2E3", "q 1200"), ("1.25e-2", "q 0.0125"), ("3E+2", "q 300"), ("1E99", "t 1E99"), ("1e", "t 1e"),
            (">8", "q >8"), ("> 15000.00", "q >15000.00"), ("<0.01", "q <0.01"), (">=1.030", "q >=1.030"),
            ("=<5", "q <=5"),
            ("≥ 5", "q >=5"), ("≤5", "q <=5"), ("＞5", "q >5"), ("<", "t <"), (">>5", "t >>5"),
            ("1:160", "r 1:160"), (">1:1280", "r >1:1280"), ("< 1:20", "r <1:20"), ("12:30", "t 12:30"), ("1:", "t 1:"),
            ("1:a", "t 1:a"),
            ("3-5", "i 3..5"), ("3 - 5", "i 3..5"), ("0.5~1.5", "i 0.5..1.5"), ("-3-5", "i -3..5"),
            ("2024-03-18", "t 2024-03-18"),
            ("+", "c +"), ("+++", "c +++"), ("1+", "c 1+"), ("+1", "c +1"), ("+-", "c +-"), ("±", "c ±"), ("-", "c -"),
            ("+/-", "c +/-"),
            ("NEG", "c NEG [NEG]"), ("neg", "c neg [NEG]"), ("Positive", "c Positive [POS]"), ("阴性", "c 阴性 [NEG]"),
            ("阳性", "c 阳性 [POS]"), ("Not Detected", "c Not Detected [ND]"), ("trace", "c trace"), ("norm", "c norm"),
            ("Amber", "t Amber"), ("0^0^0", "t 0^0^0"), ("B Pos", "t B Pos"), ("A", "t A"), ("7,41", "t 7,41"),
            ("1,234.5", "t 1,234.5"),
            ("-----", "- error -----"), ("****", "- error ****"), ("---.-", "- error ---.-"),
            ("--.--", "- error --.--"),
            (":::::", "- error :::::"), (".....", "- error ....."), ("", "- unknown "), ("   ", "- unknown "),
            ("--", "t --"),
            ("1234567890123456789", "t 1234567890123456789"), ("0.0000000000000000001", "t 0.0000000000000000001"),
            ("0x10", "t 0x10"),
            ("NaN", "t NaN"), ("Infinity", "t Infinity"), ("1_000", "t 1_000"), ("١٢", "t ١٢"), ("１２", "t １２"),
            ("1 2", "t 1 2"),
        ])
    func automatic(_ text: String, _ expected: String) throws {
        let row = try observation(result("A", text))
        #expect(short(row.value) == expected)
        #expect(row.isUsable == !expected.hasPrefix("-"))
    }

    @Test(
        "What the profile says about a code's values",
        arguments: [
            ("value: number", "+1", "q 1"), ("value: number", "NEG", "c NEG [NEG]"), ("value: number", "x", "t x"),
            ("value: text", "12", "t 12"), ("value: text", "-----", "t -----"), ("value: code", "esccol", "c esccol"),
            ("value: code, system: 'urn:x'", "esccol", "c esccol [esccol]"), ("value: ordinal", "2", "c 2"),
            ("value: ordinal", "neg", "c neg [NEG]"),
            ("value: titre", "160", "r 1:160"), ("value: titre", "<20", "r <1:20"), ("value: titre", "2:64", "r 2:64"),
            ("value: titre", "NEG", "c NEG [NEG]"),
            ("decimals: 2", "5.100000", "q 5.10"), ("decimals: 2", "2.345", "q 2.35"),
            ("decimals: 2", "-2.345", "q -2.35"), ("decimals: 2", "7.1", "q 7.1"),
            ("decimals: 0", "0.5", "q 1"), ("decimals: 0", "0.4999", "q 0"),
            ("decimals: 1", "> 15000.04", "q >15000.0"), ("decimals: 1", "9.96", "q 10.0"),
            ("factor: 0.01", "572", "q 5.72"), ("factor: 0.1, decimals: 1", "34.9", "q 3.5"),
            ("factor: 1000", "1.5", "q 1500"),
            ("unit: g/L", "12", "q 12 g/L"), ("unit: g/L, decimals: 0", "3-5", "i 3..5 g/L"),
            ("words: {POS: {text: gut, code: x, system: 'urn:s'}}", "pos", "c gut [x]"),
            ("words: {No Result: {absent: error}}", "no result", "- error no result"),
            ("words: {low: Positive}", "LOW", "c Positive [POS]"), ("words: {'12': twelve}", "12", "c twelve"),
        ])
    func byCode(_ rule: String, _ text: String, _ expected: String) throws {
        #expect(short(try observation(result("A", text), "codes: {A: {\(rule)}}").value) == expected)
    }

    @Test(
        "What the profile says about all values",
        arguments: [
            ("decimal_comma: true", "7,41", "q 7.41"), ("decimal_comma: true", ">8,5", "q >8.5"),
            ("decimal_comma: true", "7.41", "q 7.41"),
            ("decimal_comma: true", "1,234.5", "t 1,234.5"), ("decimal_comma: true", "1,5-2,5", "i 1.5..2.5"),
            ("trim: '^'", "9.34^^^^", "q 9.34"),
            ("trim: '^'", "^ 9 ^", "q 9"), ("placeholders: ['99999.99']", "99999.99", "- error 99999.99"),
            ("placeholders: {'*000?': not-performed}", "*0001", "- not-performed *0001"),
            ("placeholders: {NULL: unknown}", "NULL", "- unknown NULL"),
            ("placeholders: ['****']", "12", "q 12"), ("placeholders: ['*']", "*", "- error *"),
            ("placeholders: ['*']", "5", "q 5"),
            ("words: {Examine: {absent: error}}", "examine", "- error examine"),
            ("words: {Positif: POS}", "POSITIF", "c POS [POS]"),
        ])
    func byProfile(_ rule: String, _ text: String, _ expected: String) throws {
        #expect(short(try observation(result("A", text), "values: {\(rule)}").value) == expected)
    }

    @Test("Words may add an interpretation")
    func wordInterpretation() throws {
        let row = try observation(
            result("A", "Reactive"), "values: {words: {Reactive: {text: Reactive, interpretation: A}}}")
        #expect(row.interpretation == ["A"] && short(row.value) == "c Reactive [RR]")
    }

    @Test("A flag may say that there is no value, but only where no number was sent")
    func flagWithoutValue() throws {
        let yaml = "flags: {A: {interpretation: A, when_no_value: error}, X: absent}\n"
        #expect(short(try observation(result("A", "") { $0.flags = ["A"] }, yaml).value) == "- error ")
        #expect(short(try observation(result("A", "---.-") { $0.flags = ["A"] }, yaml).value) == "- error ---.-")
        let number = try observation(result("A", "5") { $0.flags = ["A"] }, yaml)
        #expect(short(number.value) == "q 5" && number.interpretation == ["A"] && number.isUsable)
        #expect(short(try observation(result("A", "5") { $0.flags = ["X"] }, yaml).value) == "- error 5")
    }

    @Test("What the driver says is unusable is absent, never a number")
    func unusable() throws {
        let row = try observation(
            result("A", "-268435455") {
                $0.isUsable = false
                $0.absentReason = "no reagent"
            })
        #expect(short(row.value) == "- error -268435455" && row.comments == ["no reagent"] && !row.isUsable)
        #expect(
            short(
                try observation(
                    result("A", "5") {
                        $0.isUsable = false
                        $0.absentReason = "not-performed"
                    }
                ).value) == "- not-performed 5")
        #expect(short(try observation(result("A", "5") { $0.isUsable = false }).value) == "- unknown 5")
    }

    @Test("Attachments carry their bytes; text that is not base64 is said, not lost")
    func attachments() throws {
        let image = try observation(
            result("HIST", "") {
                $0.role = .attachment
                $0.contentType = "image/bmp"
                $0.name = "WBC histogram"
                $0.data = "Qk0A\r\n/w=="
            })
        #expect(
            image.value
                == .attachment(
                    Attachment(contentType: "image/bmp", title: "WBC histogram", data: [0x42, 0x4D, 0, 0xFF])))
        let name = try observation(result("SCAT", "PNG&R&1.png") { $0.role = .attachment })
        #expect(short(name.value) == "a PNG&R&1.png  0")
        let bad = try observation(
            result("X", "") {
                $0.role = .attachment
                $0.data = "Qk0A!"
            })
        #expect(short(bad.value) == "a X  0" && bad.comments.count == 1)
    }

    @Test(
        "An attachment is what its first bytes say; a picture that is none is not called one",
        arguments: [
            ("image/bmp", "Qk0A", "image/bmp"), ("image/bmp", "iVBORw0KGgoA", "image/png"),
            ("", "/9j/4A==", "image/jpeg"),
            ("application/octet-stream", "JVBERi0xLjQ=", "application/pdf"),
            ("image/png", "eAEBAFA=", "application/zlib"),
            ("image/bmp", "AAAA", "application/octet-stream"), ("text/plain", "Qk1X", "text/plain"),
            ("", "Qk0A", "image/bmp"),
            ("application/octet-stream", "Qk0A", "application/octet-stream"), ("image/x-own", "AAAA", "image/x-own"),
            ("image/gif", "SUkqAA==", "image/tiff"), ("image/bmp", "", "image/bmp"),
        ])
    func attachmentTypes(_ declared: String, _ data: String, _ type: String) throws {
        let row = try observation(
            result("IMG", "name") {
                $0.role = .attachment
                $0.contentType = declared
                $0.data = data
            })
        guard case .attachment(let attachment) = row.value else {
            Issue.record("no attachment")
            return
        }
        #expect(attachment.contentType == type)
    }

    @Test("Hostile texts neither trap nor become numbers")
    func hostile() throws {
        for text in [
            String(repeating: "9", count: 100_000), String(repeating: "-", count: 100_000),
            ">" + String(repeating: " ", count: 1000), "\u{0}",
            "-9223372036854775808", "1:" + String(repeating: "0", count: 500), "1E-99999999999999999999", "E5", ".",
            "-.", "+.", "-", "1.2.3",
            String(repeating: "+", count: 5000), "1--2", "3- -5",
        ] {
            for rule in [
                "", "codes: {A: {value: number, decimals: 2, factor: 12345.678}}\n", "codes: {A: {value: titre}}\n",
            ] {
                let row = try observation(result("A", text), rule)
                if case .quantity(let quantity) = row.value { #expect(quantity.number.utf8.count < 40) }
            }
        }
    }
}
