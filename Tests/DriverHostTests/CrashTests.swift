import Contracts
import DriverHost
import DriverWire
import Foundation
import Testing

/// A device can only hurt itself.
@Suite(.serialized) struct CrashTests {
    @Test func speaksWithADriver() async throws {
        let fixture = try HostFixture()
        let device = try await fixture.open("d1")
        device.feed("message 7\n")
        device.feed("message 8\nmessage 9\n")
        try await device.waitForAnswers()
        #expect(device.values == ["7", "8", "9"])
        let batches = device.all.batches
        #expect(batches.map(\.input) == [1, 2])
        #expect(batches.map(\.isIdle) == [true, true])
        guard case .message(let message, let start, let end) = batches[1].events[2] else {
            Issue.record("\(batches[1].events)")
            return
        }
        #expect(message.protocolName == "faulty")
        #expect((start, end) == (20, 30))
        #expect(batches[1].events[3] == .transmit(Array("ok 9\n".utf8), isImmediate: false))
        await fixture.host.stop()
    }

    @Test(arguments: ["crash", "hang", "sleep", "eat", "exit", "flood"])
    func othersGoOnAndTheCulpritIsQuarantined(_ deed: String) async throws {
        let fixture = try HostFixture()
        let bad = try await fixture.open("bad")
        let good = try await fixture.open("good")
        let half = try await fixture.open("half")
        good.feed("message before\n")
        half.feed("part a\n")
        half.feed("part b\n")
        try await half.waitForAnswers()
        try await good.waitForAnswers()
        bad.feed("message first\npart kept\n")
        bad.feed("\(deed)\n")
        for index in 0..<20 {
            good.feed("message \(index)\n")
            try await Task.sleep(for: .milliseconds(10))
        }
        half.feed("end\n")
        try await bad.wait("the end") { $0.end != nil }
        try await good.waitForAnswers()
        try await half.waitForAnswers()

        #expect(good.values == ["before"] + (0..<20).map(String.init))
        #expect(good.numbers == Array(1...21))
        #expect(half.values == ["a+b"])
        #expect(half.numbers == [1, 2, 3])
        #expect(bad.values == ["first"])
        guard case .quarantined(let bytes, let reason) = bad.all.end else {
            Issue.record("\(String(describing: bad.all.end))")
            return
        }
        #expect(bytes == Array("message first\npart kept\n\(deed)\n".utf8))
        #expect(reason.contains("3 times"), "\(reason)")
        #expect(good.all.end == nil)
        // The others were interrupted once: after the first crash the culprit is alone.
        #expect(good.all.restarts.count == 1)
        #expect(bad.all.restarts.count == 2)
        // The device may come again.
        let again = try await fixture.open("bad")
        again.feed("message well\n")
        try await again.waitForAnswers()
        #expect(again.values == ["well"])
        let processes = await fixture.host.processes()
        #expect(Set(processes.map(\.device)) == [nil, "bad"])
        #expect(!processes.contains { $0.resident == 0 })
        await fixture.host.stop()
    }

    @Test(arguments: ["crash-once", "hang-once"])
    func whatCrashedOnceIsReadAgain(_ deed: String) async throws {
        let fixture = try HostFixture()
        let mark = fixture.folder + "/\(deed)-\(UInt64.random(in: 0...UInt64.max))"
        let device = try await fixture.open("d1")
        device.feed("message idle\n")
        device.feed("part 1\n")
        device.feed("part 2\n\(deed) \(mark)\n")
        device.feed("part 3\n")
        device.feed("end\n")
        try await device.waitForAnswers()
        // Each event once, in order, and offsets count on over the restart.
        #expect(device.values == ["idle", "survived", "1+2+3"])
        #expect(device.all.batches.map(\.input) == [1, 2, 3, 4, 5])
        guard case .message(_, let start, let end) = device.all.batches.last?.events.first else {
            Issue.record("no message last")
            return
        }
        #expect(start == 13)
        #expect(end == 13 + 7 + UInt64("part 2\n\(deed) \(mark)\n".utf8.count) + 7 + 4)
        #expect(device.all.restarts.count == 1)
        await fixture.host.stop()
    }

    /// A leak ends the process again and again; nothing is lost, nothing quarantined, as each time something gets done.
    @Test func leaks() async throws {
        let fixture = try HostFixture()
        let leaking = try await fixture.open("leaking")
        let good = try await fixture.open("good")
        for index in 0..<100 {
            leaking.feed("leak 4096\n")
            good.feed("message \(index)\n")
            if index % 10 == 0 { try await good.waitForAnswers() }
        }
        try await leaking.waitForAnswers()
        try await good.waitForAnswers()
        #expect(leaking.values == [String](repeating: "leaked", count: 100))
        #expect(leaking.numbers == Array(1...100))
        #expect(good.values == (0..<100).map(String.init))
        #expect(leaking.all.end == nil && good.all.end == nil)
        #expect(leaking.all.restarts.count >= 2)
        #expect(leaking.all.restarts.contains { $0.contains("MiB it may have") }, "\(leaking.all.restarts)")
        await fixture.host.stop()
    }

    /// What a driver writes to standard error goes to the log and does not stop it, however much it is.
    @Test func chatter() async throws {
        let fixture = try HostFixture()
        let device = try await fixture.open("d1")
        for _ in 0..<2000 { device.feed("say " + String(repeating: "x", count: 500) + "\n") }
        try await device.waitForAnswers()
        #expect(device.values.count == 2000)
        await fixture.host.stop()
    }

    @Test func killedFromOutside() async throws {
        let fixture = try HostFixture()
        let devices = try await withThrowingTaskGroup(of: Recorder.self) { group in
            for index in 0..<20 { group.addTask { try await fixture.open("d\(index)") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for round in 0..<5 {
            for device in devices { device.feed("part \(round)\n") }
            let process = try #require(await fixture.host.processes().first)
            kill(process.process, SIGKILL)
        }
        for device in devices { device.feed("end\n") }
        for device in devices {
            try await device.waitForAnswers()
            #expect(device.values == ["0+1+2+3+4"])
            #expect(device.numbers == Array(1...6))
            #expect(device.all.end == nil)
        }
        await fixture.host.stop()
    }

    @Test func goesOnWithin200Milliseconds() async throws {
        let fixture = try HostFixture()
        let good = try await fixture.open("good")
        let bad = try await fixture.open("bad")
        good.feed("part 1\n")
        try await good.waitForAnswers()
        var worst = 0.0
        for _ in 0..<5 {
            let mark = fixture.folder + "/once-\(UInt64.random(in: 0...UInt64.max))"
            let start = ProcessInfo.processInfo.systemUptime
            bad.feed("crash-once \(mark)\n")
            good.feed("part 2\n")
            try await bad.waitForAnswers()
            try await good.waitForAnswers()
            worst = max(worst, ProcessInfo.processInfo.systemUptime - start)
        }
        print("longest pause over a crash: \(Int(worst * 1000)) ms")
        #expect(worst < 1.0, "the aim is 0.2 s; 1 s allows for a busy machine")
        await fixture.host.stop()
    }
}
