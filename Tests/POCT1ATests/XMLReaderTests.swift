import POCT1A
import Testing

@Suite("XML, the part of it that POCT1-A needs")
struct XMLReaderTests {
    @Test("elements, attributes, text, comments, CDATA, entities")
    func whole() throws {
        let text = """
            <?xml version="1.0" encoding="utf-8"?><!-- a -> b --><A.R01 >
              <B V='1 &lt; 2 &amp; "x"' U = "mg/dL"/><B V="&#176;&#xB5;"></B><C> t&gt;<![CDATA[<raw> & ]]> </C></A.R01>

            """
        let root = try XMLReader.read(text.utf8)
        #expect(root.name == "A.R01" && root.children.map(\.name) == ["B", "B", "C"])
        #expect(root.child("B")?.value == "1 < 2 & \"x\"" && root.child("B")?.attribute("U") == "mg/dL")
        #expect(root.children("B").map(\.value) == ["1 < 2 & \"x\"", "°µ"])
        #expect(root.value(of: "C") == "t><raw> &" && root.value(of: "D").isEmpty)
        #expect(root.child("C")?.offset == text.utf8.count - "<C> t&gt;<![CDATA[<raw> & ]]> </C></A.R01>\n".utf8.count)
    }

    @Test(
        "a smaller-than in a value, as careless devices write it", arguments: ["<5.0", "< 5", "<=5", "<.5", "<", "<<1"])
    func smallerThan(_ value: String) throws {
        let text = "<OBS.R01><a V=\"\(value)\"/><b V='x'/></OBS.R01>"
        #expect(try XMLReader.read(text.utf8).children.map(\.value) == [value, "x"])
        var framer = DocumentFramer()
        var documents = 0
        framer.receive(text.utf8) { if case .document = $0 { documents += 1 } }
        #expect(documents == 1)
    }

    @Test("the character set of the declaration", arguments: ["GB18030", "gb2312", "ISO-8859-1"])
    func characterSets(_ name: String) throws {
        var bytes = Array("<?xml version='1.0' encoding='\(name)'?><A V='".utf8)
        bytes += name == "ISO-8859-1" ? [0xB5] : [0xD6, 0xD0]
        let root = try XMLReader.read(bytes + Array("'/>".utf8))
        #expect(root.value == (name == "ISO-8859-1" ? "µ" : "中"))
    }

    @Test("UTF-8 that is declared as UTF-16, as programs on Windows write it")
    func declaredUTF16() throws {
        #expect(try XMLReader.read("<?xml version=\"1.0\" encoding=\"utf-16\"?><A V=\"µ\"/>".utf8).value == "µ")
    }

    @Test(
        "refused, with a place",
        arguments: [
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", XMLFault.Reason.declaration, 0),
            ("<a>&b;</a>", .unknownEntity("b"), 3), ("<a V='&#xFFFFFFFF;'/>", .unknownEntity("#xFFFFFFFF"), 6),
            ("<a><b></a>", .mismatchedEnd(open: "b", found: "a"), 6), ("<a V='1' V='2'/>", .repeatedAttribute("V"), 14),
            ("<a/><b/>", .unexpected("a second root"), 4), ("<a/>x", .unexpected("text"), 4),
            ("<a V=1/>", .unexpected("a value without quotes"), 5), ("<a V='<b'/>", .unexpected("<"), 6),
            ("<a", .endsEarly, 0), ("<a>", .endsEarly, 3), ("", .endsEarly, 0), ("<a V='1", .endsEarly, 7),
            ("<?xml encoding='klingon'?><a/>", .unknownCharacterSet("klingon"), 0), ("</a>", .unexpected("</a>"), 0),
            ("<a>& b</a>", .unexpected("&"), 3), ("<1/>", .unexpected("a name that begins so"), 1),
        ])
    func refused(_ text: String, _ reason: XMLFault.Reason, _ offset: Int) {
        #expect(throws: XMLFault(reason, at: offset)) { try XMLReader.read(text.utf8) }
    }

    @Test("bounds: depth, elements, attributes, names")
    func bounds() throws {
        let deep = String(repeating: "<a>", count: 33) + String(repeating: "</a>", count: 33)
        let wide = "<r>" + String(repeating: "<a/>", count: 20_000) + "</r>"
        let attributes = "<a " + (0...64).map { "x\($0)='1'" }.joined(separator: " ") + "/>"
        let name = "<" + String(repeating: "n", count: 129) + "/>"
        for (text, what) in [
            (deep, "levels"), (wide, "elements"), (attributes, "attributes"), (name, "bytes in a name"),
        ] {
            do {
                _ = try XMLReader.read(text.utf8)
                Issue.record("\(what) were taken")
            } catch { #expect(error.reason == .tooLarge(what)) }
        }
        #expect(try XMLReader.read(String(deep.dropFirst(3).dropLast(4)).utf8).name == "a")
    }

    @Test("any beginning of a document is refused, never taken and never a trap")
    func beginnings() {
        let text = "<?xml version='1.0'?><A><!-- c --><B V='&amp;1'/><C><![CDATA[x]]>t</C></A>"
        for count in 0..<text.utf8.count {
            #expect(throws: XMLFault.self) { try XMLReader.read(text.utf8.prefix(count)) }
        }
    }
}
