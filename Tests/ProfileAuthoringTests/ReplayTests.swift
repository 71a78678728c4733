import JSONText
import ResultModel
import Testing

@testable import ProfileAuthoring

@Suite("hilum replay: comparison")
struct ReplayTests {
    private func observation(_ code: String, _ value: String, unit: String = "mmol/L", run: String = "") -> Observation
    {
        var observation = Observation()
        observation.asSent.code = code
        observation.asSent.value = value
        observation.asSent.unit = unit
        observation.run = run
        observation.value = .quantity(Quantity(number: value, unit: unit, ucum: unit))
        return observation
    }

    private func report(_ specimen: String, patient: String = "", _ observations: [Observation], id: Int64 = 0)
        -> Report
    {
        var report = Report()
        report.id = id
        report.device = "a1"
        report.specimen.id = specimen
        if !patient.isEmpty {
            report.patient = Patient()
            report.patient?.id = patient
        }
        report.observations = observations
        return report
    }

    private func differences(_ stored: [Report], _ replayed: [Report]) -> [ReplayDifference] {
        ReplayComparison.differences(
            stored: stored.flatMap { ReplayedRow.rows(of: $0, message: 0) },
            replayed: replayed.flatMap { ReplayedRow.rows(of: $0, message: 0) })
    }

    @Test func theSameIsNoDifferenceWhateverItsNumber() {
        let one = report("S1", [observation("GLU", "5.0"), observation("K", "4.0")], id: 7)
        var other = one
        other.id = 0
        #expect(differences([one], [other]).isEmpty)
    }

    @Test func whatTheStoreMarksIsNone() {
        var stored = report("S1", [observation("GLU", "5.0")], id: 7)
        let again = stored
        stored.observations[0].status = .corrected
        stored.observations[0].replacesEarlier = true
        stored.status = .corrected
        #expect(differences([stored], [again]).isEmpty)
        // But a device's own correction that would become final is one.
        stored.observations[0].replacesEarlier = false
        #expect(differences([stored], [again]).first?.aspects == [.status])
    }

    @Test func eachAspectIsNamed() {
        let stored = report("S1", patient: "P1", [observation("GLU", "5.0")])
        func aspects(_ change: (inout Report) -> Void) -> [ReplayDifference.Aspect] {
            var other = stored
            change(&other)
            let found = differences([stored], [other])
            #expect(found.count == 1)
            return found.first?.aspects ?? []
        }
        #expect(
            aspects { $0.observations[0].value = .quantity(Quantity(number: "5.1", unit: "mmol/L", ucum: "mmol/L")) }
                == [.value])
        #expect(
            aspects { $0.observations[0].value = .quantity(Quantity(number: "5.0", unit: "mmol/L", ucum: "g/L")) } == [
                .unit
            ])
        #expect(aspects { $0.observations[0].loinc = Coding(system: Coding.loinc, code: "2345-7") } == [.loinc])
        #expect(aspects { $0.observations[0].localCode = "X" } == [.code])
        #expect(aspects { $0.observations[0].interpretation = ["H"] } == [.flag])
        #expect(aspects { $0.observations[0].status = .preliminary } == [.status])
        #expect(aspects { $0.observations[0].role = .raw } == [.role])
        #expect(aspects { $0.observations[0].comments = ["hemolytic"] } == [.details])
        #expect(aspects { $0.holds = [Hold(.noOwner, "")] } == [.hold])
        #expect(aspects { $0.patient?.name = "Doe^J" } == [.patient])
    }

    @Test func anOwnerThatChangesIsAMove() {
        let stored = report("S1", patient: "P1", [observation("GLU", "5.0"), observation("K", "4.0")])
        for change in [
            { (report: inout Report) in report.specimen.id = "S2" }, { $0.patient?.id = "P2" }, { $0.isQC = true },
            { $0.specimen.isRunningNumber = true },
        ] {
            var other = stored
            change(&other)
            #expect(differences([stored], [other]).map(\.kind) == [.moved, .moved])
        }
    }

    @Test func twoSpecimensThatChangePlacesAreMoves() {
        let stored = [report("S1", [observation("GLU", "5.0")]), report("S2", [observation("GLU", "7.0")])]
        let swapped = [report("S2", [observation("GLU", "5.0")]), report("S1", [observation("GLU", "7.0")])]
        // Seen from each specimen, its value is another one.
        let found = differences(stored, swapped)
        #expect(found.count == 2 && found.allSatisfy { $0.aspects.contains(.value) })
    }

    @Test func goneAndAddedAmongResultsOfOneCode() {
        let stored = report("S1", [observation("GLU", "5.0"), observation("GLU", "6.0"), observation("GLU", "7.0")])
        let fewer = report("S1", [observation("GLU", "5.0"), observation("GLU", "7.0")])
        let gone = differences([stored], [fewer])
        #expect(gone.map(\.kind) == [.gone] && gone.first?.stored?.value == "6.0 mmol/L")
        let added = differences([fewer], [stored])
        #expect(added.map(\.kind) == [.added] && added.first?.replayed?.value == "6.0 mmol/L")
    }

    @Test func aCodeThatIsReadOtherwiseIsAChangeAndNotTwo() {
        let found = differences(
            [report("S1", [observation("GLU", "5.0"), observation("K", "4.0")])],
            [report("S1", [observation("GLUC", "5.0"), observation("K", "4.0")])])
        #expect(found.map(\.kind) == [.changed] && found.first?.aspects == [.code])
    }

    @Test func aSummaryCountsByTest() {
        var summary = ReplaySummary()
        let stored = report("S1", [observation("GLU", "5.0"), observation("K", "4.0")])
        var other = report("S1", [observation("GLU", "5.1"), observation("NA", "140")])
        other.observations[0].interpretation = ["H"]
        for difference in differences([stored], [other]) { summary.add(difference) }
        #expect(summary.counts == [.changed: 1, .gone: 1, .added: 1])
        #expect(summary.aspects == [.value: 1, .flag: 1])
        #expect(summary.byTest.map(\.code) == ["GLU", "K", "NA"])
    }

    @Test func whatMayBeSentAsACorrection() throws {
        let stored = report("S1", patient: "P1", [observation("GLU", "5.0"), observation("K", "4.0")], id: 7)
        func obstacle(_ change: (inout Report) -> Void) -> String? {
            var other = stored
            other.id = 0
            change(&other)
            if case .failure(let obstacle) = ReplayCorrection.of(stored, in: [other]) { return obstacle.text }
            return nil
        }
        #expect(obstacle { $0.observations[0].value = .text("5.5") } == nil)
        #expect(obstacle { $0.observations[1].interpretation = ["HH"] } == nil)
        #expect(obstacle { $0.specimen.id = "S2" } != nil)
        #expect(obstacle { $0.specimen.id = "S1 " } != nil)
        #expect(obstacle { $0.patient?.id = "P2" } != nil)
        #expect(obstacle { $0.patient = nil } != nil)
        #expect(obstacle { $0.patient?.name = "Doe^J" } != nil)
        #expect(obstacle { $0.order.placerID = "1" } != nil)
        #expect(obstacle { $0.isQC = true } != nil)
        #expect(obstacle { $0.holds = [Hold(.rule, "look")] }?.contains("look") == true)
        #expect(obstacle { $0.observations.removeLast() } != nil)
        #expect(obstacle { $0.observations.swapAt(0, 1) } != nil)
        #expect(obstacle { $0.observations[0].asSent.code = "GLUC" } != nil)
        #expect(obstacle { $0.observations[0].loinc = Coding(system: Coding.loinc, code: "2345-7") } != nil)
        #expect(obstacle { $0.observations[0].role = .info } != nil)
        #expect(obstacle { $0.observations[0].isUsable = false } != nil)
        // None that fits, and two that do.
        if case .success = ReplayCorrection.of(stored, in: []) { Issue.record("of nothing") }
        if case .success = ReplayCorrection.of(stored, in: [stored, stored]) { Issue.record("of two") }
        var nameless = stored
        nameless.specimen.id = ""
        if case .success = ReplayCorrection.of(nameless, in: [nameless]) { Issue.record("without specimen") }
    }
}
