import POCT1A
import Testing

@Suite("Documents in a stream")
struct DocumentFramerTests {
    private func events(_ bytes: [UInt8], inPiecesOf size: Int = .max, limit: Int = 4096) -> [DocumentFramer.Event] {
        var framer = DocumentFramer(limit: limit)
        var events: [DocumentFramer.Event] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            framer.receive(rest.prefix(size)) { events.append($0) }
            rest = rest.dropFirst(size)
        }
        framer.flush { events.append($0) }
        return events
    }

    private func documents(_ text: String) -> [String] {
        events(Array(text.utf8)).compactMap {
            if case .document(let bytes, _, _, _) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }

    @Test("one after another, nothing between; blanks between; a slash and > in values; self-closed roots")
    func plain() {
        let first = "<?xml version=\"1.0\"?><OBS.R01><A V=\"/>\" B='>\"'/><C>t</C><!-- </OBS.R01> --></OBS.R01>"
        #expect(documents(first + "<KPA.R01/>\r\n" + first) == [first, "<KPA.R01/>", first])
        #expect(documents("\u{FEFF}<a><![CDATA[</a>]]></a>") == ["<a><![CDATA[</a>]]></a>"])
    }

    @Test("in MLLP blocks, with offsets")
    func wrapped() {
        let text = "\u{0B}<a><b/></a>\u{1C}\r\u{0B}<c/>\u{1C}\r<d/>"
        #expect(
            events(Array(text.utf8)) == [
                .document(Array("<a><b/></a>".utf8), start: 1, end: 12, isWrapped: true),
                .document(Array("<c/>".utf8), start: 15, end: 19, isWrapped: true),
                .document(Array("<d/>".utf8), start: 21, end: 25, isWrapped: false),
            ])
    }

    @Test("a document broken off by another one is told, the other one is read", arguments: 5..<62)
    func brokenOff(_ cut: Int) throws {
        let text = "<?xml version=\"1.0\"?><OBS.R01><HDR><HDR.control_id V=\"7\"/></HDR></OBS.R01>"
        for next in ["<?xml version=\"1.0\"?><EOT.R01><a/></EOT.R01>", "<EOT.R01><a/></EOT.R01>", "\u{0B}<EOT.R01/>"] {
            let found = documents(String(text.prefix(cut)) + next)
            // The declaration of the one before may be joined to the new root: it is the same document all the same.
            let wanted = next.filter { $0 != "\u{0B}" }
            #expect(found.count == 1 && found[0].hasSuffix(wanted), "cut at \(cut): \(found)")
            let root = try XMLReader.read((found.first ?? "").utf8)
            #expect(root.name == "EOT.R01")
        }
    }

    @Test("noise before and after costs nothing; a bound on what is told of it")
    func noise() {
        let text = "\u{0}\u{2}garbage <> < a <b> <x \u{1C} <a V='1'/> tail"
        #expect(documents(text) == ["<a V='1'/>"])
        let flood = events(Array(String(repeating: "<a<!<b", count: 20_000).utf8))
        #expect(flood.count < 10)
    }

    @Test("what has no end is told: silence, too long, too deep")
    func endless() {
        func reasons(_ text: String) -> [DocumentFramer.Break] {
            events(Array(text.utf8)).compactMap { if case .broken(let reason, _, _, _) = $0 { reason } else { nil } }
        }
        #expect(reasons("<OBS.R01><HDR><a V='1'/>") == [.ended])
        #expect(reasons("<OBS.R01><a>" + String(repeating: "x", count: 5000)).first == .tooLong)
        #expect(reasons(String(repeating: "<aaaaaaaaaaaaaaa>", count: 70)).first == .tooLong)
    }

    @Test("pieces do not matter")
    func pieces() {
        let text = "xx\u{0B}<?xml version='1.0'?><a><b V='<c/></a>\u{1C}\r<OBS.R01><d><?xml version='1.0'?><e/><f>"
        let whole = events(Array(text.utf8))
        for size in 1..<20 { #expect(events(Array(text.utf8), inPiecesOf: size) == whole, "pieces of \(size)") }
        #expect(whole.count >= 4)
    }
}
