import Contracts
import DriverHost
import DriverWire
import Foundation
import Testing

/// Services: a process each, messages both ways, started again when it ends.
@Suite(.serialized) struct ServiceTests {
    private func fault(_ fixture: HostFixture, driver: String = "service", options: String = "{}") async -> DriverEnd? {
        do {
            _ = try await ServiceRecorder.start(fixture, driver: driver, options: options)
            return nil
        } catch {
            return (error as? DriverOpenFault)?.end
        }
    }

    private func mark(_ fixture: HostFixture) -> String {
        fixture.folder + "/mark-\(UInt64.random(in: 0...UInt64.max))"
    }

    @Test func messagesComeBackWhole() async throws {
        let fixture = try HostFixture()
        let service = try await ServiceRecorder.start(fixture, options: #"{"early": true}"#)
        let sizes = [0, 1, 4096, 70_000, 1 << 20]
        for (index, size) in sizes.enumerated() {
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
            service.send(
                ServiceMessage(
                    "echo", id: (1 << 47) - 10 + UInt64(index),
                    fields: [.init("name", "Müller^Jörg 王\n"), .init("file", "/a"), .init("file", "/b")], body: body))
        }
        try await service.wait("the echoes") { $0.count == sizes.count + 1 }
        let messages = service.messages
        #expect(messages.first == ServiceMessage("early"))
        for (index, size) in sizes.enumerated() {
            let message = messages[index + 1]
            #expect(message.kind == "echoed" && message.id == (1 << 47) - 10 + UInt64(index))
            // A control character may not occur in a head and is a blank.
            #expect(message["name"] == "Müller^Jörg 王 ")
            #expect(message.all("file") == ["/a", "/b"])
            #expect(message.body == (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) })
        }
        let process = try #require(await fixture.host.processes().first)
        #expect(process.driver == "service" && process.service == "s" && process.device == nil)
        #expect(process.resident > 0 && process.restarts == 0 && process.process > 0)
        await fixture.host.stop()
        #expect(await fixture.host.processes().isEmpty)
    }

    /// Many threads tell at once, small and large: each message is whole, each thread's in order, although they are taken slowly.
    @Test(arguments: [(500, 20), (100, 20_000), (8, 700_000)])
    func manyThreadsTellAtOnce(_ times: Int, _ size: Int) async throws {
        let fixture = try HostFixture()
        let service = try await ServiceRecorder.start(fixture, delay: times > 100 ? 0 : 0.001)
        service.send(
            ServiceMessage(
                "count", id: 9,
                fields: [.init("threads", "4"), .init("times", "\(times)"), .init("size", "\(size)")]))
        try await service.wait("all items") { $0.count == 4 * times + 1 }
        let messages = service.messages
        #expect(messages.last == ServiceMessage("done", id: 9))
        for thread in 0..<4 {
            let items = messages.filter { $0["thread"] == "\(thread)" }
            #expect(items.map { $0["number"] } == (0..<times).map { "\($0)" })
            let areWhole = items.enumerated().allSatisfy { number, item in
                item.body == [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size)
            }
            #expect(areWhole)
        }
        await fixture.host.stop()
    }

    @Test func crashIsToldBeforeTheNewProcessSpeaks() async throws {
        let fixture = try HostFixture()
        let service = try await ServiceRecorder.start(fixture, options: #"{"early": 1}"#)
        let other = try await ServiceRecorder.start(fixture, name: "other")
        service.send(ServiceMessage("crash"))
        try await service.wait("the restart") { $0.kinds == ["early", "restarted", "early"] }
        #expect(service.restarts.first?.contains("signal") == true, "\(service.restarts)")
        service.send(ServiceMessage("leave"))
        try await service.wait("the second restart") {
            $0.kinds == ["early", "restarted", "early", "restarted", "early"]
        }
        #expect(service.restarts.last?.contains("exit status 7") == true, "\(service.restarts)")
        service.send(ServiceMessage("echo", id: 3))
        other.send(ServiceMessage("echo", id: 4))
        try await service.wait("an echo of the third process") { $0.messages.last?.id == 3 }
        try await other.wait("an echo of the other service") { $0.messages.last?.id == 4 }
        #expect(other.restarts.isEmpty)
        let processes = await fixture.host.processes()
        #expect(processes.map(\.service) == ["s", "other"])
        #expect(processes.map(\.restarts) == [2, 0])
        await fixture.host.stop()
    }

    /// An answer that was meant for a process that is gone reaches no question of the next one.
    @Test func lateAnswersReachNobody() async throws {
        let fixture = try HostFixture()
        let service = try await ServiceRecorder.start(fixture)
        service.send(ServiceMessage("ask"))
        try await service.wait("the question") { $0.count == 1 }
        let first = try #require(service.messages.first?.id)
        service.send(ServiceMessage("crash"))
        try await service.wait("the restart") { $0.restarts.count == 1 }
        service.send(ServiceMessage("ask"))
        try await service.wait("the second question") { $0.count == 3 }
        let second = try #require(service.messages.last?.id)
        #expect(first != second && first != 0)
        service.send(ServiceMessage("answer", id: first))
        service.send(ServiceMessage("answer", id: 1 << 47))
        service.send(ServiceMessage("answer", id: second))
        service.send(ServiceMessage("echo", id: 1))
        try await service.wait("the echo") { $0.messages.last?.kind == "echoed" }
        #expect(service.messages.filter { $0.kind == "answered" }.map { $0["number"] } == ["1"])
        #expect(service.messages.last?.id == 1)
        await fixture.host.stop()
    }

    @Test func killedFromOutsideWhileFloodingIsStartedAgain() async throws {
        let fixture = try HostFixture()
        let service = try await ServiceRecorder.start(fixture)
        for round in 1...5 {
            service.send(
                ServiceMessage(
                    "count", fields: [.init("threads", "4"), .init("times", "100000"), .init("size", "500")]))
            let before = service.count
            try await service.wait("items") { $0.count > before + 100 }
            let process = try #require(await fixture.host.processes().first)
            kill(process.process, SIGKILL)
            try await service.wait("restart \(round)") { $0.restarts.count == round }
            // Nothing of the old process comes after it was said to be gone.
            let kinds = service.kinds
            #expect(kinds.last == "restarted")
        }
        service.send(ServiceMessage("echo", id: 1))
        try await service.wait("the echo") { $0.messages.last?.kind == "echoed" }
        await fixture.host.stop()
    }

    @Test func unusable() async throws {
        let fixture = try HostFixture()
        #expect(await fault(fixture, options: #"{"refuse": 1}"#) == .optionsRefused("refuse: write something else"))
        for (driver, options, expected) in [
            ("service", #"{"crash": 1}"#, "did not start: it crashed (signal"),
            ("faulty", "{}", "is no service driver"), ("broken-service", "{}", "lacks a function"),
            ("nowhere", "{}", "is not in"), ("text", "{}", "cannot be loaded"), ("wrongabi", "{}", "has driver ABI 2"),
            ("old", "{}", "is no service driver"),
        ] {
            guard case .moduleUnusable(let text) = await fault(fixture, driver: driver, options: options) else {
                Issue.record("\(driver) \(options) was taken")
                continue
            }
            #expect(text.contains(expected), "\(text)")
        }
        #expect(await fixture.host.processes().isEmpty)
        // A service cannot be opened as a stream driver; a module made before there were services still can.
        do {
            _ = try await fixture.open("d", driver: "service")
            Issue.record("a service was opened as a stream driver")
        } catch let fault as DriverOpenFault {
            #expect(fault.description.contains("is a service driver"))
        }
        let device = try await fixture.open("d", driver: "old")
        device.feed("message 5\n")
        try await device.waitForAnswers()
        #expect(device.values == ["5"])
        await fixture.host.stop()
    }

    @Test func startThatNeverReturns() async throws {
        let fixture = try HostFixture { $0.startLimit = 500 }
        guard case .moduleUnusable(let text) = await fault(fixture, options: #"{"slow": 1}"#) else {
            Issue.record("it started")
            return
        }
        #expect(text.contains("did not start within 500 ms"), "\(text)")
        await fixture.host.stop()
    }

    /// A process that cannot be started again is tried until it can.
    @Test func comesBackWhenItCan() async throws {
        let fixture = try HostFixture { $0.serviceRestartPause = (first: 20, longest: 100) }
        let mark = mark(fixture)
        let service = try await ServiceRecorder.start(fixture, options: #"{"early": "fragile:\#(mark)"}"#)
        #expect(FileManager.default.createFile(atPath: mark, contents: nil))
        service.send(ServiceMessage("leave"))
        try await Task.sleep(for: .milliseconds(400))
        #expect(service.kinds == ["early"])
        // Sent while there is no process: void.
        service.send(ServiceMessage("echo", id: 1))
        try FileManager.default.removeItem(atPath: mark)
        try await service.wait("the restart") { $0.kinds == ["early", "restarted", "early"] }
        #expect(service.restarts.first?.contains("exit status 7") == true, "\(service.restarts)")
        service.send(ServiceMessage("echo", id: 2))
        try await service.wait("the echo") { $0.messages.last?.id == 2 }
        #expect(!service.messages.contains { $0.id == 1 })
        await fixture.host.stop()
    }

    @Test func whatReadsNothingIsEnded() async throws {
        let fixture = try HostFixture { $0.serviceReadLimit = 700 }
        let service = try await ServiceRecorder.start(fixture)
        service.send(ServiceMessage("deaf"))
        let body = [UInt8](repeating: 7, count: 1 << 20)
        let start = ProcessInfo.processInfo.systemUptime
        for _ in 0..<20 { service.send(ServiceMessage("echo", body: body)) }
        // The caller never waits.
        #expect(ProcessInfo.processInfo.systemUptime - start < 5)
        try await service.wait("the restart") { $0.restarts.count == 1 }
        #expect(service.restarts.first?.contains("did not read") == true, "\(service.restarts)")
        service.send(ServiceMessage("echo", id: 2))
        try await service.wait("the echo") { $0.messages.last?.id == 2 }
        await fixture.host.stop()
    }

    @Test func backlogIsBounded() async throws {
        let fixture = try HostFixture { $0.serviceBacklogLimit = 10 << 20 }
        let service = try await ServiceRecorder.start(fixture)
        service.send(ServiceMessage("deaf"))
        let body = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<20 { service.send(ServiceMessage("echo", body: body)) }
        try await service.wait("the restart") { $0.restarts.count == 1 }
        #expect(service.restarts.first?.contains("waited for it to be read") == true, "\(service.restarts)")
        await fixture.host.stop()
    }

    /// A slow message is no reason to end it: what waits behind is done later.
    @Test func slowMessageIsBorne() async throws {
        let fixture = try HostFixture()
        let service = try await ServiceRecorder.start(fixture)
        service.send(ServiceMessage("nap", id: 1, fields: [.init("milliseconds", "1500")]))
        service.send(ServiceMessage("short"))
        service.send(ServiceMessage("echo", id: 2))
        try await service.wait("both answers") { $0.messages.map(\.id) == [1, 2] }
        #expect(service.restarts.isEmpty)
        await fixture.host.stop()
    }

    @Test func stopsInOrder() async throws {
        let fixture = try HostFixture()
        let mark = mark(fixture)
        let service = try await ServiceRecorder.start(fixture, options: #"{"x": "mark:\#(mark)"}"#)
        let process = try #require(await fixture.host.processes().first).process
        await service.stop()
        #expect(FileManager.default.fileExists(atPath: mark))
        #expect(kill(process, 0) != 0)
        service.send(ServiceMessage("echo"))
        await service.stop()
        await fixture.host.stop()
        #expect(service.kinds.isEmpty)
    }

    @Test(arguments: ["lame", "stubborn"])
    func stopIsBounded(_ how: String) async throws {
        let fixture = try HostFixture { $0.serviceStopLimit = (asked: 400, terminated: 300) }
        let service = try await ServiceRecorder.start(fixture, options: "{\"\(how)\": 1}")
        service.send(ServiceMessage("deaf"))
        let process = try #require(await fixture.host.processes().first).process
        let start = ProcessInfo.processInfo.systemUptime
        await service.stop()
        let took = ProcessInfo.processInfo.systemUptime - start
        #expect(took > (how == "lame" ? 0.35 : 0.65) && took < 20, "\(took)")
        #expect(kill(process, 0) != 0)
        await fixture.host.stop()
    }
}
