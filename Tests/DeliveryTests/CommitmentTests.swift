import Contracts
import DICOM
import DriverWire
import Synchronization
import Testing

@testable import Delivery

@Suite("Storage commitment")
struct CommitmentTests {
    private func spec(
        again: Duration = .seconds(600), delay: Duration = .milliseconds(50)
    ) -> DICOMDestinationSpec {
        ImageFixtures.archive { $0.commitment = .init(wait: .seconds(7), again: again, delay: delay) }
    }

    @Test(
        "Asked for after delivery, by study; the report on the same association counts; refused instances are sent again"
    )
    func sameAssociation() async throws {
        let queue = MemoryForwardQueue((1...20).map { ImageFixtures.item($0, study: Int($0 % 2)) })
        let refusals = Mutex(0)
        let archive = FakeArchive(commit: { request in
            let isFirst = refusals.withLock { count in
                count += 1
                return count <= 2
            }
            return FakeArchive.done(request, FakeArchive.report(request) { isFirst && $0.hasSuffix(".5") })
        })
        let runner = ImageFixtures.runner(queue, archive, spec())
        await runner.start()
        #expect(await eventually { queue.committedCount == 20 })
        await runner.stop()
        #expect(archive.instances.count { $0 == "1.2.1.5" } == 2)
        #expect(queue.row(5)?.reasons == ["commitment 274"])
        let request = try #require(archive.requests("request-commit").first)
        #expect(request["wait_seconds"] == "7" && request["called"] == "PACS" && request["host"] == "127.0.0.1")
        let information = try DataSet.parse(request.body)
        #expect(information.string(.transactionUID) == request["transaction"])
        let references = information.items(.referencedSOPSequence)
        let study = try #require(references.first?.string(.referencedSOPInstanceUID)?.split(separator: ".")[2])
        #expect(references.allSatisfy { $0.string(.referencedSOPInstanceUID)?.hasPrefix("1.2.\(study).") == true })
        #expect(references.allSatisfy { $0.string(.referencedSOPClassUID) == "1.2.840.10008.5.1.4.1.1.2" })
        let transactions = archive.requests("request-commit").compactMap { $0["transaction"] }
        #expect(Set(transactions).count == transactions.count)
        #expect(transactions.allSatisfy { $0.hasPrefix("2.25.") && $0.utf8.count <= 64 })
    }

    @Test(
        "A report that comes later, as an event of its own, is recorded and answered; an unknown one is answered with an error"
    )
    func laterReport() async throws {
        let queue = MemoryForwardQueue([ImageFixtures.item(1)])
        let archive = FakeArchive()
        let delivery = Delivery(
            destinations: [DestinationSpec(id: "pacs", kind: .dicom(spec()), retry: ImageFixtures.quick)],
            outbox: MemoryOutbox([]), alarms: AlarmList(), clock: MachineClock(), logger: RunnerTests.quietLogger,
            images: queue, sender: archive.service)
        await delivery.start()
        #expect(await eventually { archive.requests("request-commit").count == 1 })
        let request = try #require(archive.requests("request-commit").first)
        archive.service.receive(
            ServiceMessage("commit-report", id: 77, fields: [.init("event", "1")], body: FakeArchive.report(request)))
        #expect(await eventually { queue.committedCount == 1 })
        archive.service.receive(
            ServiceMessage("commit-report", id: 78, fields: [.init("event", "1")], body: FakeArchive.report(request)))
        archive.service.receive(
            ServiceMessage("commit-report", id: 79, fields: [.init("event", "1")], body: [1, 2, 3]))
        #expect(await eventually { archive.log.withLock { $0.answers.count } == 3 })
        let answers = archive.log.withLock { $0.answers }
        #expect(answers.first { $0.id == 77 }?["status"] == "0000")
        #expect(answers.first { $0.id == 78 }?["status"] == "0110")
        #expect(answers.first { $0.id == 79 }?["status"] == "0110")
        await delivery.stop()
    }

    @Test("Without a report it is asked for again")
    func again() async throws {
        let queue = MemoryForwardQueue([ImageFixtures.item(1)])
        let archive = FakeArchive()
        let runner = ImageFixtures.runner(queue, archive, spec(again: .milliseconds(150)))
        await runner.start()
        #expect(await eventually { archive.requests("request-commit").count >= 3 })
        await runner.stop()
        #expect(archive.instances.count == 1 && queue.committedCount == 0)
    }

    @Test("An archive that refuses requests raises an alarm, one that cannot be reached does not; both are asked again")
    func failures() async throws {
        let alarms = AlarmList()
        let queue = MemoryForwardQueue([ImageFixtures.item(1), ImageFixtures.item(2, study: 2)])
        let refuses = Atomic(true)
        let archive = FakeArchive(commit: { request in
            refuses.load(ordering: .relaxed)
                ? FakeArchive.failure(request, "the peer does not accept storage commitment", kind: 11)
                : FakeArchive.done(request, FakeArchive.report(request))
        })
        let runner = ImageFixtures.runner(
            queue, archive, spec(again: .milliseconds(200), delay: .milliseconds(1)), alarms: alarms)
        await runner.start()
        #expect(await eventually { alarms.count("raise storage-commitment") >= 1 })
        archive.isUp = false
        let before = archive.requests("request-commit").count
        #expect(await eventually { archive.requests("request-commit").count >= before + 3 })
        // While it is away only one study is asked for, again and again.
        let unreached = try archive.requests("request-commit").dropFirst(before + 1).map { request in
            try DataSet.parse(request.body).items(.referencedSOPSequence).map { $0.string(.referencedSOPInstanceUID) }
        }
        #expect(Set(unreached).count == 1)
        let raised = alarms.count("raise storage-commitment")
        refuses.store(false, ordering: .relaxed)
        archive.isUp = true
        #expect(await eventually { queue.committedCount == 2 && alarms.count("clear storage-commitment") == 1 })
        await runner.stop()
        #expect(alarms.count("raise storage-commitment") == raised)
        #expect(alarms.count("raise destination-down") == 0)
    }

    @Test("Transaction UIDs are UUIDs of version 4 in decimal digits")
    func transactions() {
        var seen = Set<String>()
        for _ in 0..<1000 {
            let uid = TransactionUID.make()
            seen.insert(uid)
            guard uid.hasPrefix("2.25."), let value = UInt128(uid.dropFirst(5)) else {
                Issue.record("\(uid)")
                continue
            }
            #expect(value >> 76 & 0xF == 4 && value >> 62 & 3 == 2 && uid.utf8.count <= 44)
        }
        #expect(seen.count == 1000)
    }

    @Test(
        "Settings that cannot be used are told",
        arguments: [
            (DICOMDestinationSpec(host: "", port: 104, called: "PACS"), "host"),
            (DICOMDestinationSpec(host: "pacs", port: 0, called: "PACS"), "port"),
            (DICOMDestinationSpec(host: "pacs", port: 104, called: "SEVENTEEN_LETTERS"), "16"),
            (DICOMDestinationSpec(host: "pacs", port: 104, called: "A\\B"), "backslash"),
            (DICOMDestinationSpec(host: "pacs", port: 104, called: ""), "AE title"),
            (DICOMDestinationSpec(host: "pacs", port: 104, called: "P", coercion: .init(remove: ["00080080"])), "tag"),
            (
                DICOMDestinationSpec(
                    host: "pacs", port: 104, called: "P", coercion: .init(set: [.init(tag: "0008,00G0", value: "")])),
                "tag"
            ),
        ])
    func settings(_ spec: DICOMDestinationSpec, _ expected: String) {
        let problems = Delivery.problems(of: DestinationSpec(id: "pacs", kind: .dicom(spec)))
        #expect(problems.first?.contains(expected) == true, "\(problems)")
        #expect(Delivery.problems(of: DestinationSpec(id: "p", kind: .dicom(ImageFixtures.archive()))).isEmpty)
    }
}
