import JSONText
import Testing

@Suite struct JSONTextTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-0.5", "1e10", "-12.340E-2", "\"\"", "\"a\\\"b\\\\c\\n\"", "[]", "{}",
        "[1,[2,{\"a\":null}]]", "{\"b\":1,\"a\":{\"c\":[true]}}", "\"血糖 𠮷\"",
    ])
    func whatWasReadIsWrittenAgain(_ text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(value.text() == text)
        #expect(try JSONValue(parsing: value.text(pretty: true)) == value)
    }

    @Test func escapesMeanTheirCharacters() throws {
        #expect(try JSONValue(parsing: #""\u00e9\u4dae\ud842\udfb7\/\b\f\r\t""#) == .string("é䶮𠮷/\u{8}\u{c}\r\t"))
        #expect(try JSONValue(parsing: #""\ud842x""#) == .string("\u{FFFD}x"), "a lone surrogate is no character")
        #expect(JSONValue.string("\u{1}\u{7F}").text() == #""\u0001\u007f""#)
    }

    @Test(arguments: [
        "", " ", "nul", "truex", "01", "1.", ".5", "-", "+1", "1e", "\"", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"",
        "\"\n\"",
        "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "[", "{", "1 2", "\u{FEFF}1",
    ])
    func whatIsNotJSONIsRefusedWithItsPlace(_ text: String) {
        #expect(throws: JSONFault.self) { try JSONValue(parsing: text) }
    }

    @Test func deepNestingIsRefusedNotFollowed() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONFault.self) { try JSONValue(parsing: deep) }
        let well =
            String(repeating: "[", count: JSONValue.deepestNesting)
            + String(repeating: "]", count: JSONValue.deepestNesting)
        #expect(try JSONValue(parsing: well).text() == well)
    }

    @Test func objectsKeepTheirOrderAndTheLaterOfTwoCounts() throws {
        var object: JSONObject = ["z": .number(1), "a": .number(2)]
        object["m"] = .bool(true)
        object["z"] = .null
        #expect(JSONValue.object(object).text() == #"{"z":null,"a":2,"m":true}"#)
        object["a"] = nil
        #expect(object.members.map(\.key) == ["z", "m"])
        #expect(try JSONValue(parsing: #"{"a":1,"a":2}"#)["a"]?.int == 2)
    }

    @Test func brokenUTF8IsReplacedNotTrapped() throws {
        let value = try JSONValue(parsing: [0x22, 0xFF, 0xC3, 0x22])
        #expect(value.string?.unicodeScalars.contains("\u{FFFD}") == true)
    }

    @Test func anyBytesAreAnsweredByAValueOrAFault() {
        var state: UInt64 = 1
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let letters = Array("{}[]\",:\\u0019eE+-.truefalsn \n\u{7F}é".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int(next() % 24)).map { _ in letters[Int(next()) % letters.count] }
            if let value = try? JSONValue(parsing: bytes) {
                #expect((try? JSONValue(parsing: value.serialized())) == value)
            }
        }
    }
}
