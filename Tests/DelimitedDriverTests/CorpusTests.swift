import DriverWire
import Foundation
import JSONText
import Testing

@testable import DelimitedDriver

/// Every capture of the families `file` and `drichem` in the corpus beside the checkout, by the rules of its compare.py.
@Suite("Captures", .enabled(if: Corpus.folder != nil, "no corpus at ../shared/corpus"))
struct CorpusTests {
    /// What the profiles of these devices say.
    private static let options = [
        "roche-cobas-c111": #"""
        {"separator":";","head":["Test","Sample","Result"],"specimen":"Sample","code":"Test","value":"Result","unit":"Unit",
         "flags":"Flags","time":{"join":["Date","Time"]}}
        """#,
        "roche-cobas-taqman48": #"""
        {"separator":"tab","head":["Sample ID","Test","Result"],"specimen":"Sample ID","code":"Test","value":"Result",
         "unit":"Unit","flags":"Flags","time":["Accepted Date/Time"],"qc":[{"Sample Type":{"not":"S"}}]}
        """#,
        "bd-facscalibur": #"""
        {"separator":"tab","charset":"windows-1252","head":["Sample ID","Case Number"],"specimen":"Sample ID",
         "tests":{"names":["(Average) CD*"]},"empty":["."],"time":{"first":"Collection Date","none":["."]},
         "date_order":"dmy","months":["Janvier","Février","Mars","Avril","Mai","Juin","Juillet","Août","Septembre",
         "Octobre","Novembre","Décembre"],"qc":[{"Case Number":["* NORMAL","IMM *"]}]}
        """#,
        "sysmex-xt2000i": #"""
        {"charset":"ISO-8859-1","head":["N? Echantillon","GB(*"],"specimen":"N? Echantillon","date_order":"dmy",
         "time":{"join":["Ana. Jour","Ana. Heure"]},"rows":[{"when":{"@value":"----"},"usable":false}],
         "tests":{"names":["GB(*","GR(*","HBG(*","HCT(*","VGM(*","TCMH(*","CCMH(*","PLQ(10*","IDP","VPM(*"],"comment":1}}
        """#,
        "fujifilm-drichem-nx": #"""
        {"quote":false,"skip":[{"1":{"not":"R"}}],"specimen":6,"time":{"join":[3,4]},"date_order":"dmy",
         "groups":{"first":13,"size":7,"count":12,"code":1,"comparator":2,"value":{"first":3,"width":9},
          "unit":{"first":3,"at":9},"flags":7}}
        """#,
    ]

    @Test("there are options for every device of the families")
    func complete() {
        #expect(Corpus.captures.count >= 5)
        for capture in Corpus.captures { #expect(CorpusTests.options[capture.device] != nil, "\(capture)") }
    }

    @Test("whole, byte by byte, in pieces", arguments: Corpus.captures)
    func capture(_ capture: Corpus.Capture) throws {
        let bytes = try capture.bytes()
        let expected = try capture.expected()
        let whole = try decode([bytes], capture)
        #expect(Corpus.differences(expected["results"]?.array ?? [], whole.messages) == [])
        #expect(whole.messages.count == expected["messages"]?.int)
        #expect(whole.faults.isEmpty)
        for size in [1, 3, 50, 4096] {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min(bytes.count, $0 + size)])
            }
            let other = try decode(pieces, capture)
            #expect(other.messages == whole.messages && other.spans == whole.spans, "pieces of \(size)")
            #expect(other.faults.isEmpty)
        }
    }

    @Test("broken off at any byte: no number is cut, what is missing is told", arguments: Corpus.captures)
    func truncated(_ capture: Corpus.Capture) throws {
        let bytes = try capture.bytes()
        let whole = try decode([bytes], capture)
        let results = Set(whole.rows)
        for count in stride(from: 1, to: bytes.count, by: max(1, bytes.count / 400)) {
            let part = try decode([Array(bytes.prefix(count))], capture)
            #expect(part.driver.isIdle)
            #expect(results.isSuperset(of: part.rows), "after \(count) bytes: \(Set(part.rows).subtracting(results))")
            let told = !part.faults.isEmpty
            let ended = whole.spans.count { $0.upperBound <= UInt64(count) }
            #expect(part.messages.count >= ended)
            let isWithin = whole.spans.contains { $0.lowerBound + 1 < UInt64(count) && UInt64(count) < $0.upperBound }
            if isWithin { #expect(told || part.messages.count > ended, "after \(count) bytes nothing is told") }
        }
    }

    @Test("the comparison finds what is wrong")
    func comparisonFinds() throws {
        let capture = try #require(Corpus.captures.first { $0.device == "roche-cobas-c111" })
        let expected = try capture.expected()["results"]?.array ?? []
        var messages = try decode([try capture.bytes()], capture).messages
        #expect(Corpus.differences(expected, []) != [] && Corpus.differences([], messages) != [])
        messages[0].results[0].flags = []
        #expect(Corpus.differences(expected, messages) != [])
    }

    private func decode(_ pieces: [[UInt8]], _ capture: Corpus.Capture) throws -> Bench {
        var bench = try Bench(try #require(CorpusTests.options[capture.device]))
        for piece in pieces { bench.receive(piece) }
        bench.finish()
        return bench
    }
}
