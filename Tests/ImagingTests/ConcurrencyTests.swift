import Contracts
import DICOM
import Imaging
import ImagingModel
import Store
import Testing

/// Many associations at once, and writes that fail between them.
@Suite(.serialized) struct ConcurrencyTests {
    let site = ImagingTestSite()

    @Test func oneStudyOverManyAssociations() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        // Eight associations, each sends half of what its neighbour sends too.
        let statuses = try await withThrowingTaskGroup(of: [String].self) { group in
            for association in 0..<8 {
                group.addTask {
                    var statuses: [String] = []
                    for number in 0..<20 {
                        let image = Sample.image(association * 10 + number, series: 1)
                        statuses.append(try await running.store(image, fields: ["association": "\(association)"]))
                    }
                    return statuses
                }
            }
            var all: [String] = []
            for try await some in group { all += some }
            return all
        }
        #expect(statuses.count == 160 && statuses.allSatisfy { $0 == "0000" })
        let row = try await eventually { () -> StudyRow? in
            let row = try await store.reader.study(Sample.study)
            return row?.repeats == 70 ? row : nil
        }
        #expect(row.study.instanceCount == 90 && row.series.map(\.instanceCount) == [90])
        let files = try await store.files(study: Sample.study, series: nil, instance: nil)
        #expect(files.count == 90 && Set(files.map(\.path)).count == 90)
        #expect(row.deliveries.map(\.waiting) == [90])
        await running.node.stop()
    }

    @Test func aWriteThatFailsTakesNoImageWithIt() async throws {
        let store = try site.openStore()
        let running = try await site.run(store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<4 {
                group.addTask {
                    for number in 0..<15 {
                        let image = Sample.image(lane * 100 + number, study: "1.2.\(lane % 2)", series: lane)
                        let status = try await running.store(image, fields: ["association": "\(lane)"])
                        #expect(status == "0000")
                    }
                }
            }
            group.addTask {
                // A conversation that was never opened: the group is rolled back and written one by one.
                for _ in 0..<15 {
                    let result: Result<CommitReceipt, StoreFault> = await withCheckedContinuation { continuation in
                        store.commit(CommitUnit(device: "x", conversation: 99_999)) {
                            continuation.resume(returning: $0)
                        }
                    }
                    if case .success = result { Issue.record("a unit without a conversation was written") }
                    try await Task.sleep(for: .milliseconds(3))
                }
            }
            try await group.waitForAll()
        }
        await running.node.stop()
        await store.close()
        let again = try site.openStore()
        defer { again.closeBlocking() }
        for study in ["1.2.0", "1.2.1"] {
            let row = try #require(try await again.reader.study(study))
            #expect(row.study.instanceCount == 30 && row.study.seriesCount == 2)
            #expect(row.series.map(\.instanceCount) == [15, 15] && row.deliveries.map(\.waiting) == [30])
            #expect(try await again.files(study: study, series: nil, instance: nil).count == 30)
        }
    }
}
