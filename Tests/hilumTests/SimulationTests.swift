import Foundation
import Glibc
import Synchronization
import Testing

@testable import hilum

@Suite struct SimulationTests {
    private func plan(_ bytes: [UInt8], port: Int) throws -> SimulationPlan {
        var plan = SimulationPlan(
            capture: try #require(Capture(bytes)), address: try #require(LineAddress("tcp:127.0.0.1:\(port)")))
        plan.refusedPause = .milliseconds(20)
        plan.retryPause = .milliseconds(20)
        plan.answerLimit = .milliseconds(700)
        return plan
    }

    /// Runs a plan against a host.
    private func run(_ plan: SimulationPlan) async throws -> (totals: SimulationTotals, events: [SimulationEvent]) {
        let events = Mutex<[SimulationEvent]>([])
        let device = SimulatedDevice(plan) { event in events.withLock { $0.append(event) } }
        let totals = try await SimulateDeviceCommand.untilInterrupted(device)
        return (totals, events.withLock { $0 })
    }

    // MARK: Captures

    @Test func everyByteIsInAUnit() throws {
        for bytes in [MadeCapture.lis, MadeCapture.hl7] {
            let capture = try #require(Capture(bytes))
            #expect(capture.messages.flatMap(\.units).flatMap(\.bytes) == bytes)
            #expect(capture.messages.count == 2)
        }
    }

    @Test func unitsAreWhatTheDeviceWaitsAfter() throws {
        let capture = try #require(Capture(MadeCapture.lis))
        #expect(capture.framing == .lis01)
        #expect(capture.messages[0].units.map(\.kind) == [.enquiry, .frame, .frame, .frame, .frame, .end])
        #expect(capture.messages[0].units.map(\.isSound) == [true, true, false, true, true, true])
        let hl7 = try #require(Capture(MadeCapture.hl7))
        #expect(
            hl7.messages.map { $0.units[0].kind } == [
                .block(controlID: Array("17".utf8)), .block(controlID: Array("18".utf8)),
            ])
    }

    @Test func unframedTextIsFramed() throws {
        let long = "R|1|^^^X|" + String(repeating: "9", count: 500)
        let records = try #require(Capture(Array("# comment\r\nH|\\^&\rP|1\r\(long)\rL|1\rH|\\^&\rL|1\r".utf8)))
        #expect(records.messages.count == 2)
        let frames = records.messages[0].units.filter { $0.kind == .frame }
        #expect(frames.map { $0.bytes[1] } == Array("123456".utf8))
        #expect(frames.allSatisfy { $0.isSound && $0.text.count <= 240 })
        #expect(frames.flatMap { Array($0.bytes[$0.text]) } == Array("H|\\^&\rP|1\r\(long)\rL|1\r".utf8))
        let hl7 = try #require(Capture(Array("MSH|^~\\&|||||||ORU|1\nPID|1\n\nMSH|^~\\&|||||||ORU|2\nPID|1\n".utf8)))
        #expect(hl7.messages.count == 2)
        let bare = try #require(Capture([0x05, 0x02] + Array("H|\\^&\rL|1\r".utf8) + [0x03, 0x04]))
        #expect(bare.messages[0].units.map(\.kind) == [.enquiry, .bareFrame, .end])
    }

    /// Whatever a capture holds, reading it neither traps nor loses a byte that is in a message.
    @Test func anyBytesCanBeRead() {
        var random = SplitMix64(state: 3)
        let alphabet: [UInt8] =
            [0x01, 0x02, 0x03, 0x04, 0x05, 0x0B, 0x0D, 0x0A, 0x17, 0x1C, 0x31, 0x41, 0x48, 0x7C] + Array("MSH|".utf8)
        for _ in 0..<3000 {
            let bytes = (0..<Int(random.next() % 60)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            guard let capture = Capture(bytes) else { continue }
            for message in capture.messages {
                let rewritten = IdentityRewriter(seed: 5, shift: 100).rewritten(message, serial: 1).message
                #expect(rewritten.units.count == message.units.count)
                for unit in rewritten.units { #expect(unit.text.upperBound <= unit.bytes.count) }
            }
        }
    }

    // MARK: Fresh identities

    @Test func freshIdentitiesKeepFramesRight() throws {
        let capture = try #require(Capture(MadeCapture.lis))
        var seen: Set<String> = []
        for serial in 0..<50 {
            for (index, message) in capture.messages.enumerated() {
                let rewriter = IdentityRewriter(seed: 42, shift: 3600)
                let (fresh, specimens) = rewriter.rewritten(message, serial: serial * 2 + index)
                #expect(specimens.count == 1)
                #expect(seen.insert(specimens[0]).inserted, "\(specimens)")
                let again = try #require(Capture(fresh.units.flatMap(\.bytes)))
                #expect(again.messages[0].units.map(\.isSound) == message.units.map(\.isSound))
                let text = String(decoding: fresh.units.flatMap { Array($0.bytes[$0.text]) }, as: UTF8.self)
                #expect(text.contains(specimens[0]))
                if index == 0 {
                    #expect(text.contains("|20240102040405\r") && text.contains("20240102040400"))
                    #expect(text.contains("^^     \(specimens[0])^M"))
                } else {
                    // A word inside a sentence is no identifier; one that stands alone is, in every record.
                    #expect(text.contains("of 0000123456") && text.contains("O|1|\(specimens[0])||"))
                }
            }
        }
    }

    @Test func freshIdentitiesInHL7() throws {
        let capture = try #require(Capture(MadeCapture.hl7))
        let (fresh, specimens) = IdentityRewriter(seed: 1, shift: 0).rewritten(capture.messages[0], serial: 9)
        guard case .block(let control) = fresh.units[0].kind else { throw Unexpected(what: "no block") }
        let text = String(decoding: fresh.units[0].bytes, as: UTF8.self)
        #expect(control != Array("17".utf8) && text.contains("|\(String(decoding: control, as: UTF8.self))|P|"))
        #expect(text.contains("OBR|1||\(specimens[0])|x"))
    }

    @Test func timesMoveOverMonthsAndLeapDays() {
        func moved(_ text: String, _ seconds: Int64) -> String? {
            CaptureTime.shifted(Array(text.utf8)[...], by: seconds).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(moved("20240228235959", 1) == "20240229000000")
        #expect(moved("20231231235959+0800", 1) == "20240101000000+0800")
        #expect(moved("20240301000000", -1) == "20240229235959")
        for text in [
            "2024030100000", "20241301000000", "20240100000000", "20240101250000", "202401010000001", "0000123456",
        ] {
            #expect(moved(text, 1) == nil, "\(text)")
        }
        for day in stride(from: Int64(-7000), to: 47_000, by: 13) {
            let (year, month, date) = CaptureTime.civil(day)
            #expect(CaptureTime.days(year, month, date) == day)
        }
    }

    // MARK: On the wire

    @Test(arguments: [nil, 1, 7] as [Int?]) func framesArriveAsCaptured(_ pieces: Int?) async throws {
        let host = try FakeHost()
        defer { host.stop() }
        var plan = try plan(MadeCapture.lis, port: host.port)
        plan.pieces = pieces
        let (totals, _) = try await run(plan)
        #expect(totals.acknowledged == 2 && totals.refused == 0 && totals.repeated == 0)
        // The last byte, EOT, is not answered: it may still be on its way.
        for _ in 0..<200 where host.state.withLock({ $0.received.count }) < MadeCapture.lis.count {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(host.state.withLock { $0.received } == MadeCapture.lis)
        // The damaged frame was refused once and the device went on to the next one in the capture.
        #expect(host.state.withLock { $0.badChecksums } == 1)
    }

    @Test func refusedFramesAreSentAgain() async throws {
        let host = try FakeHost(FakeHost.Behaviour(refuses: [1, 2, 6], isNoisy: true))
        defer { host.stop() }
        let (totals, _) = try await run(try plan(MadeCapture.lis, port: host.port))
        #expect(totals.acknowledged == 2 && totals.repeated == 0)
        #expect(host.state.withLock { $0.frames.count } == 9)
    }

    @Test func brokenConnectionsRepeatTheWholeMessage() async throws {
        let host = try FakeHost(FakeHost.Behaviour(drops: [2], ignores: [7]))
        defer { host.stop() }
        let (totals, events) = try await run(try plan(MadeCapture.lis, port: host.port))
        #expect(totals.acknowledged == 2 && totals.repeated == 2, "\(events)")
        #expect(host.state.withLock { $0.connections } >= 2)
        #expect(
            events.contains {
                if case .repeated(_, let reason) = $0 { reason.contains("no answer to a frame") } else { false }
            })
    }

    @Test func theHostMaySpeak() async throws {
        let host = try FakeHost(FakeHost.Behaviour(asksBack: true))
        defer { host.stop() }
        let (totals, events) = try await run(try plan(MadeCapture.query, port: host.port))
        #expect(totals.acknowledged == 1, "\(events)")
        #expect(host.state.withLock { $0.answersToHost } == [0x06, 0x06])
    }

    @Test func messagesWaitForTheirOwnAcknowledgement() async throws {
        let host = try FakeHost(FakeHost.Behaviour(refuses: [2], isNoisy: true, isWrongFirst: true))
        defer { host.stop() }
        let (totals, events) = try await run(try plan(MadeCapture.hl7, port: host.port))
        #expect(totals.acknowledged == 1 && totals.refused == 1)
        #expect(events.contains { if case .refused(_, let reason) = $0 { reason.hasPrefix("AE") } else { false } })
    }

    @Test func givesUpAfterSomeSends() async throws {
        let host = try FakeHost(FakeHost.Behaviour(ignores: Set(1...20)))
        defer { host.stop() }
        var plan = try plan(MadeCapture.hl7, port: host.port)
        plan.answerLimit = .milliseconds(80)
        plan.attempts = 2
        let (totals, _) = try await run(plan)
        #expect(totals.refused == 2 && totals.acknowledged == 0 && totals.repeated == 2)
    }

    @Test func acknowledgementsAreLogged() async throws {
        let host = try FakeHost()
        defer { host.stop() }
        let path = FileManager.default.temporaryDirectory.appending(path: "acks-\(UUID().uuidString).tsv").path
        defer { unlink(path) }
        var plan = try plan(MadeCapture.hl7, port: host.port)
        plan.count = 5
        plan.rewriter = IdentityRewriter(seed: 77)
        let printer = SimulationPrinter(device: "bc", log: try AcknowledgementLog(path: path), isQuiet: true)
        let device = SimulatedDevice(plan) { printer.take($0) }
        _ = try await SimulateDeviceCommand.untilInterrupted(device)
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
        #expect(lines.count == 10)
        #expect(lines.allSatisfy { $0.count == 6 && $0[1] == "bc" })
        #expect(Set(lines.map { $0[5] }).count == 10)
    }

    @Test func aPseudoTerminalHasAName() async throws {
        let link = FileManager.default.temporaryDirectory.appending(path: "pty-\(UUID().uuidString)").path
        let line = try DeviceLine.pseudoTerminal(linkedAt: link)
        let other = try #require(try DeviceLine.open(.serial(link), form: .init(), listener: nil))
        try line.write(Array("hello".utf8))
        #expect(try other.read(limit: .seconds(30)) == Array("hello".utf8))
        try other.write([0x06])
        #expect(try line.read(limit: .seconds(30)) == [0x06])
        line.close()
        #expect(access(link, F_OK) != 0)
    }

    @Test(arguments: [
        "tcp:h:1", "listen:5000", "listen:0.0.0.0:5000", "serial:/dev/ttyS0", "pty:/tmp/x", "tcp:[::1]:9",
    ])
    func addresses(_ text: String) { #expect(LineAddress(text) != nil) }

    @Test("A message without an id is acknowledged without one")
    func emptyControlID() {
        let named = ArraySlice("MSH|^~\\&|A\rMSA|AA|7\r".utf8)
        #expect(SimulationRun.outcome(named, controlID: Array("7".utf8)) != nil)
        #expect(SimulationRun.outcome(named, controlID: []) == nil)
        #expect(SimulationRun.outcome(ArraySlice("MSH|^~\\&|A\rMSA|AA\r".utf8), controlID: []) != nil)
        #expect(SimulationRun.outcome(ArraySlice("MSH|^~\\&|A\rMSA|AA|\r".utf8), controlID: []) != nil)
    }

    @Test(arguments: ["", "tcp", "tcp:", "tcp:h", "tcp:h:0", "tcp:h:70000", "udp:h:1", "listen:x"])
    func noAddresses(_ text: String) { #expect(LineAddress(text) == nil) }
}
