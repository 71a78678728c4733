import DriverBench
import DriverKit
import Testing

@testable import FixedTextDriver

/// Printed pages of identification and susceptibility.
struct SusceptibilityTests {
    static let options = #"{"format": "susceptibility"}"#
    static let head =
        "\u{1B}@\u{1B}E  MicroLab report\u{1B}F   Page 1 of 2\r\nSpecimen : 24-0815     Source : URINE\r\nID # : 000477\r\n"
    static func page(_ lines: [String], end: String = "\u{C}") throws -> Replay {
        try Replay.run(FixedTextDriver.self, options, Array((head + lines.map { $0 + "\r\n" }.joined() + end).utf8))
    }

    @Test("organism, drugs with MIC and category, in one column or several; specimen, patient, isolate")
    func reads() throws {
        let replay = try Self.page([
            "Iso/Result: 01  Escherichia coli", "Drug           MIC    Interps",
            "Amp/Sulbactam  >16/8  R     Cefazolin   <=4  S", "\u{1B}E\u{1B}-1Gentamicin\u{1B}F\u{1B}-0     8 I",
            "Penicillin     BLac", "Tobramycin            Amikacin    <=16 S", "Cefoxitin      >8  N/R",
            "Iso/Result: 02  E. faecalis   1000 CFU/ml", "Vancomycin     2      S*",
        ])
        let message = try #require(replay.messages.first, "\(replay.faults)")
        #expect(replay.messages.count == 1 && replay.faults.isEmpty && message.isComplete)
        #expect(message.orders.map(\.specimenID) == ["24-0815"] && message.patients.map(\.id) == ["000477"])
        #expect(
            message.results.map(\.code) == [
                "ORGANISM", "Amp/Sulbactam", "Cefazolin", "Gentamicin", "Penicillin", "Amikacin", "Cefoxitin",
                "ORGANISM",
                "Vancomycin",
            ])
        #expect(
            message.results.map(\.value) == [
                "Escherichia coli", ">16/8", "<=4", "8", "BLac", "<=16", ">8", "E. faecalis", "2",
            ])
        #expect(message.results.map(\.flags) == [[], ["R"], ["S"], ["I"], ["BLac"], ["S"], ["N/R"], [], ["S*"]])
        #expect(message.results.map(\.subID) == ["01", "01", "01", "01", "01", "01", "01", "02", "02"])
    }

    @Test("numbers that are no MIC are no result; a page without results is set aside")
    func noResults() throws {
        let replay = try Self.page(["Iso/Result: 01  E. coli", "Page 1 of 2", "Collected 0318 at 1030", "Time 1030"])
        #expect(replay.messages.map { $0.results.map(\.code) } == [["ORGANISM"]])
        let title = try Self.page(["Ampicillin   >16  R"])
        #expect(title.messages.isEmpty && title.faults(.notice).count == 1)
        let odd = try Self.page(["Iso/Result: 01  E. coli", "3Ampicillin  >16  R"])
        #expect(odd.messages.map { $0.results.count } == [1] && odd.faults(.lost).count == 1)
    }

    @Test(
        "two specimens on a page: nobody's; without one: no specimen; a page that was cut is incomplete, without its last line"
    )
    func owners() throws {
        let two = try Self.page(["Specimen : 24-0816", "Iso/Result: 01  E. coli"])
        #expect(two.messages.isEmpty && two.faults(.lost).count == 1)
        let none = try Replay.run(
            FixedTextDriver.self, Self.options, Array("Iso/Result: 01  E. coli\r\nAmpicillin >16 R\r\n\u{C}".utf8))
        #expect(none.messages.map { $0.orders[0].specimenID } == [""] && none.messages[0].results.count == 2)
        let cut = try Self.page(["Iso/Result: 01  E. coli", "Ampicillin  >16  R"], end: "Cefazolin  <=1")
        #expect(cut.messages.map(\.isComplete) == [false] && cut.faults(.lost).count == 2)
        #expect(cut.messages.first?.results.map(\.code) == ["ORGANISM", "Ampicillin"])
    }

    @Test("what steers a printer is no text: ANSI, PCL, ESC/P")
    func escapes() {
        let text = "\u{1B}[1mA\u{1B}[0m\u{1B}&l1OB\u{1B}(s3BC\u{1B}EC\u{1B}!0D\u{F}E\r\n\u{1B}"
        #expect(PrinterText.lines(Array(text.utf8)).map(\.text) == ["ABCCDE"])
    }

    @Test func anyBytesAreHandled() throws {
        let text = Self.head + "Iso/Result: 01  E. coli\r\nAmpicillin  >16  R\r\n\u{C}"
        #expect(try DriverChecks.garbage(FixedTextDriver.self, Self.options, Array(text.utf8), rounds: 60) == [])
    }
}
