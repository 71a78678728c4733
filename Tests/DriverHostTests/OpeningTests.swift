import Contracts
import DriverHost
import DriverWire
import Foundation
import Testing

/// What can go wrong before a driver runs, and what its owner may ask of it.
@Suite(.serialized) struct OpeningTests {
    private func fault(_ fixture: HostFixture, driver: String, options: String = "{}") async throws -> DriverEnd? {
        do {
            _ = try await fixture.open("d1", driver: driver, options: options)
            return nil
        } catch let fault as DriverOpenFault {
            return fault.end
        }
    }

    @Test(arguments: [
        ("nowhere", "libhilum-driver-nowhere.so is not in"), ("../faulty", "is no name of a driver"),
        ("", "is no name of a driver"), ("text", "cannot be loaded"), ("wrongabi", "has driver ABI 2"),
        ("broken", "lacks a function"),
    ])
    func unusableModules(_ name: String, _ expected: String) async throws {
        let fixture = try HostFixture()
        guard case .moduleUnusable(let text) = try await fault(fixture, driver: name) else {
            Issue.record("\(name) was taken")
            return
        }
        #expect(text.contains(expected), "\(text)")
        // Nothing else suffers.
        let device = try await fixture.open("d2")
        device.feed("message 1\n")
        try await device.waitForAnswers()
        #expect(device.values == ["1"])
        await fixture.host.stop()
    }

    @Test func refusedOptions() async throws {
        let fixture = try HostFixture()
        let end = try await fault(fixture, driver: "faulty", options: #"{"open": "refuse"}"#)
        #expect(end == .optionsRefused("open: write something else than refuse"))
        await fixture.host.stop()
    }

    @Test func crashOnBeingOpened() async throws {
        let fixture = try HostFixture()
        let good = try await fixture.open("good")
        guard
            case .moduleUnusable(let text) = try await fault(fixture, driver: "faulty", options: #"{"open": "crash"}"#)
        else {
            Issue.record("opened")
            return
        }
        #expect(text.contains("cannot be opened with these options"), "\(text)")
        good.feed("message 1\n")
        try await good.waitForAnswers()
        #expect(good.values == ["1"])
        await fixture.host.stop()
    }

    @Test func missingExecutable() async throws {
        let fixture = try HostFixture { $0.executable = "/nowhere/hilum-driver-host" }
        guard case .moduleUnusable(let text) = try await fault(fixture, driver: "faulty") else {
            Issue.record("opened")
            return
        }
        #expect(text.contains("install it there"), "\(text)")
        await fixture.host.stop()
    }

    @Test func deadlineOfOpening() async throws {
        let fixture = try HostFixture()
        let device = try await fixture.open("d1", options: #"{"open": "deadline"}"#)
        try await device.wait("the deadline") { !$0.batches.isEmpty }
        #expect(device.all.batches.first?.input == 0)
        #expect(device.all.batches.first?.events == [.deadline(6_000_000)])
        // It was met, and the process dies: the fresh instance has a deadline again, and the owner is told.
        device.instance?.timeout(at: Recorder.time(1))
        try await device.wait("the answer") { $0.batches.last?.input == 1 }
        let process = try #require(await fixture.host.processes().first)
        kill(process.process, SIGKILL)
        try await device.wait("the deadline again") { $0.batches.count == 3 }
        #expect(device.all.batches.last?.input == 1)
        #expect(device.all.batches.last?.events == [.deadline(7_000_000)])
        await fixture.host.stop()
    }

    @Test func ordersAndTheEnd() async throws {
        let fixture = try HostFixture()
        let device = try await fixture.open("d1")
        device.instance?.submit(Array("{}".utf8), at: Recorder.time(1))
        device.instance?.finish(at: Recorder.time(2))
        try await device.wait("both answers") { $0.batches.count == 2 }
        let events = device.all.batches.flatMap(\.events)
        guard case .fault(let refused) = events[0], case .fault(let finished) = events[1] else {
            Issue.record("\(events)")
            return
        }
        #expect(refused.severity == .refused && refused.text.contains("takes no orders"))
        #expect(finished.text == "finished")
        device.instance?.close()
        device.feed("message late\n")
        try await Task.sleep(for: .milliseconds(50))
        #expect(device.values.isEmpty)
        #expect(await fixture.host.processes().first?.instances == 0)
        await fixture.host.stop()
    }

    @Test func ownProcess() async throws {
        let fixture = try HostFixture { $0.ownProcess = ["alone"] }
        let devices = try await [fixture.open("a"), fixture.open("b"), fixture.open("alone")]
        let processes = await fixture.host.processes()
        #expect(processes.map(\.device) == [nil, "alone"])
        #expect(processes.map(\.instances) == [2, 1])
        for device in devices { device.instance?.close() }
        await fixture.host.stop()
        #expect(await fixture.host.processes().isEmpty)
        for process in processes { #expect(kill(process.process, 0) != 0, "\(process.process) still runs") }
        await #expect(throws: DriverOpenFault.self) { _ = try await fixture.open("late") }
    }

    @Test func unknownEventsAndBigMessages() async throws {
        let fixture = try HostFixture()
        let device = try await fixture.open("d1")
        device.feed("number\n")
        for index in 0..<80 { device.feed("part \(index)-" + String(repeating: "x", count: 50_000) + "\n") }
        device.feed("end\n")
        try await device.waitForAnswers()
        guard case .fault(let fault) = device.all.batches.first?.events.first else {
            Issue.record("no fault")
            return
        }
        #expect(fault.severity == .lost && fault.text.contains("unknown kind 99"))
        #expect((device.values.first?.utf8.count ?? 0) > 4_000_000)
        await fixture.host.stop()
    }

    @Test func tooMuchToBeReadAgain() async throws {
        let fixture = try HostFixture { $0.replayLimit = 100_000 }
        let device = try await fixture.open("d1")
        for _ in 0..<10 {
            device.feed("part " + String(repeating: "x", count: 50_000) + "\n")
            try await device.waitForAnswers()
        }
        device.feed("crash\n")
        try await device.wait("the end") { $0.end != nil }
        guard case .quarantined(let bytes, let reason) = device.all.end else {
            Issue.record("\(String(describing: device.all.end))")
            return
        }
        #expect(bytes.count <= 150_100)
        #expect(reason.contains("more bytes had come than are kept"), "\(reason)")
        await fixture.host.stop()
    }
}
