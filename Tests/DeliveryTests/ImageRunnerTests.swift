import Contracts
import DriverWire
import Synchronization
import Testing

@testable import Delivery

@Suite("Images to an archive")
struct ImageRunnerTests {
    @Test("Everything goes out once; a study in one association at a time, studies side by side, in order")
    func order() async throws {
        let items = (1...240).map { ImageFixtures.item(Int64($0), study: $0 % 6) }
        let queue = MemoryForwardQueue(items)
        let archive = FakeArchive(pace: 1)
        let runner = ImageFixtures.runner(
            queue, archive, ImageFixtures.archive { $0.instancesAnAssociation = 15 }, lanes: 3)
        await runner.start()
        #expect(await eventually { queue.deliveredCount == 240 })
        await runner.stop()
        let sent = archive.instances
        #expect(sent.count == 240)
        for study in 0..<6 {
            let numbers = sent.filter { $0.hasPrefix("1.2.\(study).") }.compactMap { Int($0.split(separator: ".")[3]) }
            #expect(numbers == numbers.sorted() && numbers.count == 40)
        }
        let log = archive.log.withLock { $0 }
        #expect(!log.hasOverlap && log.mostAtOnce > 1 && log.mostAtOnce <= 3, "\(log.mostAtOnce)")
        #expect(log.requests.allSatisfy { $0.all("file").count <= 15 })
    }

    @Test("The request says what the driver's README asks for")
    func request() async throws {
        let queue = MemoryForwardQueue([ImageFixtures.item(1), ImageFixtures.item(2)])
        let archive = FakeArchive()
        let spec = ImageFixtures.archive {
            $0.usesTLS = true
            $0.answerTimeout = .seconds(42)
            $0.coercion = Coercion(
                set: [.init(tag: "0008,0080", value: "North = 1"), .init(tag: "0008,1010", value: "")],
                remove: ["0010,4000"])
        }
        let runner = ImageFixtures.runner(queue, archive, spec)
        await runner.start()
        #expect(await eventually { queue.isDone })
        await runner.stop()
        let request = try #require(archive.requests("send").first)
        let instance: [(String, String)] = [
            ("file", ImageFixtures.file), ("sop_class", "1.2.840.10008.5.1.4.1.1.2"),
        ]
        let expected =
            [
                ("host", "127.0.0.1"), ("port", "11112"), ("called", "PACS"), ("tls", "1"), ("timeout_seconds", "42"),
                ("calling", "HILUM"),
            ] + instance + [("sop_instance", "1.2.1.1"), ("transfer_syntax", "1.2.840.10008.1.2.1")] + instance + [
                ("sop_instance", "1.2.1.2"), ("transfer_syntax", "1.2.840.10008.1.2.1"),
                ("set", "0008,0080=North = 1"), ("set", "0008,1010="), ("remove", "0010,4000"),
            ]
        #expect(request.fields == expected.map { ServiceMessage.Field($0.0, $0.1) })
    }

    @Test(
        "What a status means (PS3.4 B.2.3)",
        arguments: [
            ("0000", "delivered"), ("B000", "delivered"), ("B006", "delivered"), ("B007", "delivered"),
            ("0001", "delivered"), ("0107", "delivered"), ("0111", "delivered"), ("A700", "unreachable"),
            ("A7FF", "unreachable"), ("0124", "unreachable"), ("A900", "refused"), ("A901", "refused"),
            ("0122", "refused"), ("0117", "refused"), ("C122", "refused"), ("FFFF", "refused"), ("C000", "failed"),
            ("C0FF", "failed"), ("0110", "failed"),
        ])
    func statuses(_ status: String, _ expected: String) throws {
        let code = try #require(UInt16(status, radix: 16))
        let attempt = StoreStatus(code: code, comment: "why").attempt(receiver: "PACS")
        switch attempt {
        case .delivered(let note): #expect(expected == "delivered" && (note.hasPrefix(status) || code == 0))
        case .refused(let reason):
            #expect(expected == "refused" && reason.hasPrefix("PACS answered \(status)") && reason.contains("why"))
        case .failed(let reason, _):
            #expect(expected == "failed" && reason.hasPrefix("PACS answered \(status)") && reason.contains("why"))
        case .unreachable(let reason, let isSent, _):
            #expect(expected == "unreachable" && !isSent && reason.hasPrefix("PACS answered \(status)"))
        default: Issue.record("\(attempt)")
        }
    }

    @Test("Full archive: again and again with one alarm, never given up; what cannot be understood goes to a person")
    func outOfResources() async throws {
        let alarms = AlarmList()
        let queue = MemoryForwardQueue((1...30).map { ImageFixtures.item($0, study: Int($0 % 3)) })
        let isFull = Atomic(true)
        let archive = FakeArchive { uid, _ in
            if uid.hasSuffix(".7") { return .answer("A900", comment: "no pixel data") }
            if uid.hasSuffix(".8") { return .answer("C000") }
            return isFull.load(ordering: .relaxed) ? .answer("A700", comment: "disk full") : .answer("0000")
        }
        let runner = ImageFixtures.runner(queue, archive, alarms: alarms)
        await runner.start()
        #expect(await eventually { archive.instances.count > 60 })
        #expect(queue.deliveredCount == 0 && alarms.count("raise destination-down") == 1)
        isFull.store(false, ordering: .relaxed)
        #expect(await eventually { queue.isDone })
        await runner.stop()
        #expect(queue.deliveredCount == 28)
        #expect(
            queue.row(7)?.state
                == .dead("PACS at 127.0.0.1:11112 answered A900 data set does not match SOP class: no pixel data"))
        #expect(queue.row(8)?.state == .dead("PACS at 127.0.0.1:11112 answered C000 cannot understand (5 attempts)"))
        #expect(queue.row(1)?.reasons.first == "PACS at 127.0.0.1:11112 answered A700 out of resources: disk full")
        #expect(alarms.count("clear destination-down") >= 1 && alarms.count("raise dead-letter") == 2)
    }

    @Test(
        "Archive down: all back for one reason, one image at a time as a probe, one alarm, one recovery, nothing lost")
    func outage() async throws {
        let alarms = AlarmList()
        let queue = MemoryForwardQueue((1...100).map { ImageFixtures.item($0, study: Int($0 % 4)) })
        let archive = FakeArchive()
        archive.isUp = false
        let runner = ImageFixtures.runner(queue, archive, alarms: alarms)
        await runner.start()
        #expect(await eventually { archive.requests("send").count >= 10 })
        let requests = archive.requests("send")
        #expect(requests.dropFirst(2).allSatisfy { $0.all("file").count == 1 })
        #expect(queue.row(2)?.reasons.first == "PACS at 127.0.0.1:11112: connection refused; look there")
        archive.isUp = true
        #expect(await eventually { queue.isDone })
        await runner.stop()
        #expect(queue.deliveredCount == 100 && archive.instances.count == 100)
        #expect(
            alarms.told.withLock { $0 } == [
                "raise destination-down: PACS at 127.0.0.1:11112: connection refused; look there",
                "clear destination-down",
            ])
    }

    @Test("An image that makes the archive abort is given up; all others arrive, what was answered is not sent again")
    func poison() async throws {
        let queue = MemoryForwardQueue((1...40).map { ImageFixtures.item($0, study: Int($0 % 2)) })
        let archive = FakeArchive { uid, _ in uid.hasSuffix(".21") ? .abort : .answer("0000") }
        let runner = ImageFixtures.runner(queue, archive, lanes: 1)
        await runner.start()
        let feed = Task {
            for id in Int64(41)...160 {
                queue.add([ImageFixtures.item(id, study: Int(id % 2))])
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
        #expect(await eventually { queue.isDone && queue.deliveredCount == 159 })
        await feed.value
        await runner.stop()
        guard case .dead(let reason) = queue.row(21)?.state else {
            Issue.record("\(String(describing: queue.row(21)))")
            return
        }
        #expect(reason.contains("aborted") && reason.contains("while the receiver took other items"), "\(reason)")
        let others = archive.instances.filter { !$0.hasSuffix(".21") }
        #expect(others.count == 159 && Set(others).count == 159)
    }

    @Test("An archive that refuses everything does not make dead letters of the whole queue")
    func refusesEverything() async throws {
        let alarms = AlarmList()
        let queue = MemoryForwardQueue((1...200).map { ImageFixtures.item($0) })
        let archive = FakeArchive { _, _ in .answer("0122") }
        let runner = ImageFixtures.runner(
            queue, archive, alarms: alarms,
            retry: RetryPolicy(initialDelay: .milliseconds(200), longestDelay: .seconds(1)))
        await runner.start()
        #expect(await eventually { alarms.count("raise destination-down") == 1 && archive.requests("send").count >= 2 })
        await runner.stop()
        #expect(queue.deadCount < 15, "\(queue.deadCount)")
        #expect(queue.states.count { if case .waiting = $0 { true } else { false } } > 180)
    }

    @Test("Our own process ends: what was claimed goes back, nothing is held against the archive")
    func processEnds() async throws {
        let alarms = AlarmList()
        let queue = MemoryForwardQueue((1...60).map { ImageFixtures.item($0, study: Int($0 % 3)) })
        let archive = FakeArchive(pace: 1) { uid, count in
            uid.hasSuffix(".10") && count <= 2 ? .endProcess : .answer("0000")
        }
        let runner = ImageFixtures.runner(queue, archive, alarms: alarms, lanes: 3)
        await runner.start()
        #expect(await eventually { queue.deliveredCount == 60 })
        await runner.stop()
        #expect(alarms.count("raise") == 0)
        let reasons = queue.contents.withLock { $0.rows.flatMap(\.reasons) }
        #expect(reasons.contains("the process that sends images ended: it crashed (signal 11)"))
    }

    @Test("Without a process images wait; files that are gone are told")
    func noProcess() async throws {
        let queue = MemoryForwardQueue([ImageFixtures.item(1), ImageFixtures.item(2, path: "/nowhere/2.dcm")])
        let service = DICOMSenderService()
        let spec = ImageFixtures.archive()
        let runner = ImageRunner(
            spec: DestinationSpec(id: "pacs", kind: .dicom(spec), retry: ImageFixtures.quick),
            sender: DICOMImageSender(spec: spec, service: service), queue: queue, alarms: AlarmList(),
            clock: MachineClock(), logger: RunnerTests.quietLogger)
        await runner.start()
        #expect(await eventually { queue.row(1)?.reasons.count ?? 0 > 2 && queue.deadCount == 1 })
        guard case .dead(let reason) = queue.row(2)?.state else {
            Issue.record("\(queue.states)")
            return
        }
        #expect(reason.contains("/nowhere/2.dcm") && reason.contains("restore it"))
        await runner.stop()
    }

    @Test("A sender that says nothing does not hold the study for ever")
    func silence() async throws {
        let queue = MemoryForwardQueue((1...4).map { ImageFixtures.item($0) })
        let archive = FakeArchive { uid, count in uid.hasSuffix(".2") && count == 1 ? .silence : .answer("0000") }
        let runner = ImageFixtures.runner(queue, archive, patience: .milliseconds(300))
        await runner.start()
        #expect(await eventually { queue.deliveredCount == 4 })
        await runner.stop()
        #expect(queue.row(3)?.reasons == ["nothing was heard of sending it"])
        #expect(archive.instances.count { $0.hasSuffix(".1") } == 1)
    }

    @Test("Outcomes that cannot be recorded are kept: nothing is sent again")
    func storeFailure() async throws {
        let queue = MemoryForwardQueue([ImageFixtures.item(1)])
        let archive = FakeArchive { _, _ in
            queue.contents.withLock { $0.settleFailures = 2 }
            return .answer("0000")
        }
        let runner = ImageFixtures.runner(queue, archive)
        await runner.start()
        #expect(await eventually { queue.isDone })
        await runner.stop()
        #expect(archive.instances.count == 1)
    }

    @Test(
        "A new configuration: what did not change goes on, another archive takes over, one that cannot be used is told")
    func update() async throws {
        let alarms = AlarmList()
        let queue = MemoryForwardQueue()
        let archive = FakeArchive()
        func destination(_ called: String) -> DestinationSpec {
            DestinationSpec(
                id: "pacs", kind: .dicom(ImageFixtures.archive { $0.called = called }), retry: ImageFixtures.quick)
        }
        let delivery = Delivery(
            destinations: [destination("OLD")], outbox: MemoryOutbox([]), alarms: alarms, clock: MachineClock(),
            logger: RunnerTests.quietLogger, images: queue, sender: archive.service)
        await delivery.start()
        queue.add([ImageFixtures.item(1)])
        #expect(await eventually { queue.deliveredCount == 1 })
        await delivery.update([destination("TOO_LONG_FOR_A_TITLE")])
        #expect(alarms.count("raise destination-settings") == 1)
        queue.add([ImageFixtures.item(2)])
        await delivery.update([destination("NEW")])
        #expect(await eventually { queue.deliveredCount == 2 })
        #expect(alarms.count("clear destination-settings") == 1)
        #expect(archive.requests("send").map { $0["called"] } == ["OLD", "NEW"])
        await delivery.stop()
    }

    @Test("An archive can be asked whether it is there")
    func echo() async throws {
        let archive = FakeArchive()
        #expect(await archive.service.echo(ImageFixtures.archive()) == nil)
        archive.isUp = false
        #expect(await archive.service.echo(ImageFixtures.archive()) == "PACS: 127.0.0.1:11112: refused; look there")
        #expect(await archive.service.echo(ImageFixtures.archive { $0.port = 0 })?.contains("port") == true)
        #expect(await DICOMSenderService().echo(ImageFixtures.archive())?.contains("does not run") == true)
    }

    @Test("Stopping is bounded, and gives back what is under way")
    func stop() async throws {
        let queue = MemoryForwardQueue((1...10).map { ImageFixtures.item($0) })
        let archive = FakeArchive { uid, _ in uid.hasSuffix(".3") ? .silence : .answer("0000") }
        let runner = ImageFixtures.runner(queue, archive)
        await runner.start()
        #expect(await eventually { archive.instances.count == 3 && queue.deliveredCount == 2 })
        let start = ContinuousClock.now
        await runner.stop()
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(!queue.states.contains(.claimed))
        #expect(queue.deliveredCount == 2)
    }
}
