import Contracts
import DICOM
import DriverWire
import Foundation
import Imaging
import ImagingModel
import ResultModel
import Store
import Testing

/// When a study is told to the EMR, and what is told.
@Suite(.serialized) struct CompletionTests {
    let site = ImagingTestSite()

    private func order(_ store: Store, expected: Int? = nil) async throws {
        var order = ImagingOrder()
        order.patient.id = "P1"
        order.accession = "A1"
        order.procedureID = "RP1"
        order.studyUID = Sample.study
        order.placer = "PL1"
        order.filler = "FL1"
        order.expectedInstances = expected
        var step = ImagingOrder.Step()
        (step.id, step.modality, step.date) = ("S1", "CT", "20240910")
        order.steps = [step]
        try await store.put(orders: [order])
    }

    @Test func aQuietStudyIsTold() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        try await order(store)
        var settings = site.settings()
        settings.endpoints = [ImagingStudy.Endpoint(id: "web", kind: "dicom-wado-rs", address: "http://gw/dicomweb")]
        let running = try await site.run(store, settings)
        for number in 1...3 { try await running.store(Sample.image(number, series: 1 + number % 2)) }
        try await Task.sleep(for: .seconds(1.2))
        #expect(try await running.delivered().isEmpty)
        site.clock.advance(seconds: 61)
        _ = try await running.study { $0.state == .complete }
        let report = try #require(try await running.delivered().first)
        let study = try #require(report.imagingStudy)
        #expect(study.uid == Sample.study && study.instanceCount == 3 && study.series.count == 2 && study.version == 1)
        #expect(study.modalities == ["CT"] && study.accession == "A1" && study.endpoints.count == 1 && study.isComplete)
        #expect(study.started == ClinicalTime(local: "2024-09-10T09:15:00", utcOffset: 28_800))
        #expect(study.series.first { $0.number == 1 }?.instances.map(\.number) == [2])
        #expect(
            report.patient?.id == "P1" && report.patient?.name == "王^小东" && report.patient?.birthDate == "1960-04-01")
        #expect(report.order.placerID == "PL1" && report.order.fillerID == "FL1")
        #expect(report.device == "ct-1" && report.specimen.id == Sample.study && report.status == .final)
        await running.node.stop()
    }

    @Test func timersSurviveARestart() async throws {
        var store = try site.openStore()
        var running = try await site.run(store)
        try await running.store(Sample.image(1))
        await running.node.stop()
        await store.close()
        site.clock.advance(seconds: 61)
        store = try site.openStore()
        defer { store.closeBlocking() }
        running = try await site.run(store)
        _ = try await running.study { $0.state == .complete && $0.version == 1 }
        #expect(try await running.delivered().count == 1)
        await running.node.stop()
    }

    @Test func aLateInstanceOpensTheStudyAgain() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        try await running.store(Sample.image(1))
        site.clock.advance(seconds: 61)
        _ = try await running.study { $0.version == 1 && $0.state == .complete }
        try await running.store(Sample.image(2))
        #expect(try await running.study()?.state == .receiving)
        site.clock.advance(seconds: 61)
        _ = try await running.study { $0.version == 2 && $0.state == .complete }
        let reports = try await eventually { () -> [Report]? in
            var all: [Report] = []
            while true {
                let some = try await running.delivered()
                if some.isEmpty { break }
                all += some
            }
            return all.count == 2 ? all : nil
        }
        #expect(reports.map { $0.imagingStudy?.instanceCount } == [1, 2])
        #expect(reports.map { $0.imagingStudy?.version } == [1, 2])
        #expect(Set(reports.map(\.controlID)).count == 2)
        // A timer without anything new tells nothing.
        try await store.schedule(study: Sample.study, due: site.clock.now().unix, reopens: true)
        _ = try await running.study { $0.state == .complete && $0.due == nil }
        #expect(try await running.delivered().isEmpty)
        await running.node.stop()
    }

    @Test func expectedCountsMakeItSooner() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        try await order(store, expected: 3)
        let running = try await site.run(store)
        for number in 1...3 { try await running.store(Sample.image(number)) }
        let due = try await running.study { $0.due.map { $0 <= site.clock.now().unix + 10_000_000 } ?? false }.due
        #expect(due != nil)
        site.clock.advance(seconds: 11)
        _ = try await running.study { $0.state == .complete }
        #expect(try await running.delivered().count == 1)
        await running.node.stop()
    }

    private func step(_ status: String, _ images: [String]) -> [UInt8] {
        var set = DataSet()
        set.set(.performedProcedureStepStatus, .CS, text: status)
        var item = DataSet()
        item.set(.studyInstanceUID, .UI, text: Sample.study)
        if status == "IN PROGRESS" { set.set(.scheduledStepAttributesSequence, items: [item]) }
        var series = DataSet()
        series.set(
            .referencedImageSequence,
            items: images.map { uid in
                var image = DataSet()
                image.set(.referencedSOPInstanceUID, .UI, text: uid)
                return image
            })
        if !images.isEmpty { set.set(.performedSeriesSequence, items: [series]) }
        return set.encoded(as: .explicitLittleEndian)
    }

    @Test func aStepInProgressKeepsItOpenAndItsEndMakesItSooner() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        let images = (1...2).map { "\(Sample.study).1.\($0)" }
        _ = try await running.driver.ask("mpps-create", ["sop_instance": "7.7"], body: step("IN PROGRESS", []))
        try await running.store(Sample.image(1))
        site.clock.advance(seconds: 120)
        // The timer runs out, the step is in progress: it is set again.
        _ = try await running.study { $0.due.map { $0 > site.clock.now().unix } ?? false }
        #expect(try await running.delivered().isEmpty)
        let ended = try await running.driver.ask("mpps-set", ["sop_instance": "7.7"], body: step("COMPLETED", images))
        #expect(ended.answer["status"] == "0000")
        site.clock.advance(seconds: 120)
        // One image that the step names is missing: waited for.
        _ = try await running.study { $0.due.map { $0 > site.clock.now().unix } ?? false }
        #expect(try await running.delivered().isEmpty)
        try await running.store(Sample.image(2))
        _ = try await running.study { $0.due.map { $0 <= site.clock.now().unix + 10_000_000 } ?? false }
        site.clock.advance(seconds: 11)
        _ = try await running.study { $0.state == .complete }
        let report = try #require(try await running.delivered().first)
        #expect(report.imagingStudy?.instanceCount == 2 && report.comments.isEmpty)
        await running.node.stop()
    }

    @Test func whatNeverCameIsSaid() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        _ = try await running.driver.ask("mpps-create", ["sop_instance": "7.7"], body: step("IN PROGRESS", []))
        try await running.store(Sample.image(1))
        let images = (1...3).map { "\(Sample.study).1.\($0)" }
        _ = try await running.driver.ask("mpps-set", ["sop_instance": "7.7"], body: step("COMPLETED", images))
        site.clock.advance(seconds: 3_600)
        _ = try await running.study { $0.state == .complete }
        let report = try #require(try await running.delivered().first)
        #expect(report.comments.contains { $0.hasPrefix("2 instances") })
        await running.node.stop()
    }

    @Test func aStudyWithoutAPatientIsHeldAsAReport() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        try await running.store(Sample.image(1, patient: ""))
        site.clock.advance(seconds: 61)
        _ = try await running.study { $0.state == .complete }
        #expect(try await running.delivered().isEmpty)
        var filter = ReportFilter()
        filter.states = [.held]
        let held = try #require(try await store.reader.results(filter).first)
        #expect(held.report.holds.map(\.reason) == [.noOwner])
        try await store.release(report: held.report.id, who: "li", note: "")
        #expect(try await running.delivered().count == 1)
        await running.node.stop()
    }

    @Test func aCrashBetweenReportAndNoteTellsNothingTwice() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        try await running.store(Sample.image(1))
        site.clock.advance(seconds: 61)
        let study = try await running.study { $0.version == 1 && $0.state == .complete }
        // As if the note that it was told were lost.
        try await store.completed(study: study.number, version: 0, instances: 0)
        try await store.schedule(study: Sample.study, due: site.clock.now().unix, reopens: true)
        _ = try await running.study { $0.version == 1 && $0.state == .complete }
        #expect(try await running.delivered().count == 1)
        let states = try await store.reader.results(ReportFilter()).map(\.state)
        #expect(states == [.repeat, .stored])
        await running.node.stop()
    }

    @Test func ignoredClassesAreNotTold() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        var settings = site.settings()
        settings.devices[0].rules.ignoredSOPClasses = ["1.2.840.10008.5.1.4.1.1.66"]
        let running = try await site.run(store, settings)
        try await running.store(Sample.image(1))
        try await running.store(
            Sample.image(1, series: 2) { $0.set(.sopClassUID, .UI, text: "1.2.840.10008.5.1.4.1.1.66") })
        site.clock.advance(seconds: 61)
        _ = try await running.study { $0.state == .complete }
        let study = try #require(try await running.delivered().first?.imagingStudy)
        #expect(study.instanceCount == 1 && study.series.count == 1)
        await running.node.stop()
    }
}
