import Contracts
import ResultModel
import Testing

@testable import Intake

@Suite struct ConversationTests {
    @Test func anAnswerWaitsForItsCommit() async {
        let stage = Stage()
        stage.journal.state.withLock { $0.holdsBack = true }
        stage.intake.handle(.up(stage.link))
        stage.receive("mk")
        #expect(await stage.until { !stage.journal.state.withLock { $0.units.isEmpty } })
        #expect(stage.sent.isEmpty)
        stage.journal.release()
        #expect(await stage.until { stage.sent == ["ACK"] })
        #expect(stage.journal.bytes(.received) == Array("mk".utf8))
        #expect(stage.drivers.settled.withLock { $0 } == [1])
    }

    @Test func whatAcknowledgesNothingGoesAtOnceButNeverOvertakes() async {
        let stage = Stage()
        stage.journal.state.withLock { $0.holdsBack = true }
        stage.intake.handle(.up(stage.link))
        stage.receive("i")
        #expect(await stage.until { stage.sent == ["NAK"] })
        stage.receive("mk")
        stage.receive("i")
        #expect(await stage.until { !stage.journal.state.withLock { $0.units.isEmpty } })
        #expect(stage.sent == ["NAK"])
        stage.journal.release()
        #expect(await stage.until { stage.sent == ["NAK", "ACK", "NAK"] })
    }

    @Test func withoutAStoreNothingIsAcknowledgedAndTheLinkCloses() async {
        let stage = Stage()
        stage.journal.state.withLock { $0.fault = StoreFault(.diskFull, "no space left in /state") }
        stage.intake.handle(.up(stage.link))
        stage.receive("mk")
        #expect(await stage.until { stage.link.closed.withLock { $0 != nil } })
        #expect(stage.sent.isEmpty)
        #expect(stage.alarms.raised.withLock { $0.contains { $0.contains("no space left") } })
    }

    @Test func aDeviceThatSendsAndLeavesLosesNothing() async {
        let stage = Stage()
        stage.intake.handle(.up(stage.link))
        stage.receive("m")
        stage.intake.handle(.ended(stage.link))
        stage.intake.handle(.down(stage.link, reason: "closed by the device"))
        #expect(await stage.until { stage.journal.state.withLock { !$0.closed.isEmpty } })
        #expect(stage.journal.state.withLock { $0.units.flatMap(\.messages).count } == 1)
        #expect(stage.journal.bytes(.received) == Array("m".utf8))
    }

    @Test func aFileIsTakenOnlyOnceAllOfItIsDurable() async {
        let stage = Stage()
        stage.journal.state.withLock { $0.holdsBack = true }
        stage.intake.handle(.up(stage.link))
        stage.receive("m")
        stage.intake.handle(.ended(stage.link))
        #expect(await stage.until { !stage.journal.state.withLock { $0.units.isEmpty } })
        #expect(!stage.link.isFinished.withLock { $0 })
        stage.journal.release()
        #expect(await stage.until { stage.link.isFinished.withLock { $0 } })
    }

    @Test func noiseIsJournaledWithoutAnAnswer() async {
        let stage = Stage()
        stage.intake.handle(.up(stage.link))
        stage.receive("xyz")
        #expect(await stage.until { stage.journal.bytes(.received) == Array("xyz".utf8) })
        #expect(stage.sent.isEmpty)
    }

    @Test func bytesFedAfterABatchAreNotCalledIdleByIt() async {
        let stage = Stage()
        stage.intake.handle(.up(stage.link))
        stage.receive("mn")
        #expect(await stage.until { !stage.journal.state.withLock { $0.units.isEmpty } })
        #expect(stage.journal.state.withLock { $0.units[0].isIdle } == false)
        stage.receive("m")
        #expect(await stage.until { stage.journal.state.withLock { $0.units.count == 2 } })
        #expect(stage.journal.state.withLock { $0.units[1].isIdle })
    }

    @Test func aDeviceThatNeverPausesHasItsIdlePointsCommitted() async {
        let stage = Stage()
        stage.intake.handle(.up(stage.link))
        let message = "mkn" + String(repeating: "x", count: 3000)
        for _ in 0..<12 {
            stage.receive(message)
            stage.receive("e")
        }
        #expect(await stage.until { stage.sent.count == 12 })
        let isIdle = stage.journal.state.withLock { $0.units.map(\.isIdle) }
        #expect(isIdle.contains(true), "no idle point in \(isIdle.count) units")
        #expect(isIdle.count { $0 } < 6, "an idle point after each message costs a commit each")
    }

    @Test func theDeviceIsHeldUpWhileTheStoreIsSlow() async {
        let stage = Stage()
        stage.journal.state.withLock { $0.holdsBack = true }
        stage.intake.handle(.up(stage.link))
        for _ in 0..<6 {
            stage.intake.handle(.received(stage.link, Array(repeating: 0x78, count: 1 << 20), StageClock().now()))
        }
        #expect(await stage.until { stage.link.reading.withLock { $0 == [false] } })
        stage.journal.release()
        #expect(
            await stage.until {
                stage.journal.release()
                return stage.link.reading.withLock { $0 == [false, true] }
            })
    }

    @Test func newOptionsReopenTheDriverWithoutDroppingTheLink() async {
        let stage = Stage()
        stage.intake.handle(.up(stage.link))
        stage.receive("mkn")
        #expect(await stage.until { stage.sent == ["ACK"] })
        stage.intake.update(stage.device(options: #"{"a":1}"#))
        stage.receive("n")
        try? await Task.sleep(for: .milliseconds(50))
        #expect(stage.drivers.opened.withLock { $0 } == 1)
        stage.receive("mk")
        #expect(await stage.until { stage.drivers.opened.withLock { $0 } == 2 })
        stage.receive("mk")
        #expect(await stage.until { stage.sent == ["ACK", "ACK", "ACK"] })
        #expect(stage.link.closed.withLock { $0 } == nil)
        let spans = stage.journal.state.withLock { $0.units.flatMap(\.messages).map { [$0.start, $0.end] } }
        #expect(spans == [[0, 3], [4, 6], [6, 8]])
    }

    @Test func bytesThatCrashTheDriverAreKeptAndTheLinkCloses() async {
        let stage = Stage()
        stage.intake.handle(.up(stage.link))
        stage.receive("mk")
        #expect(await stage.until { stage.sent == ["ACK"] })
        stage.drivers.onEnd.withLock { $0 }?(.quarantined(bytes: [1, 2, 3], reason: "trapped three times"))
        #expect(await stage.until { stage.journal.state.withLock { $0.quarantined == [[1, 2, 3]] } })
        #expect(await stage.until { stage.link.closed.withLock { $0 != nil } })
    }

    @Test func theTailOfACrashIsReadAtTheStart() async throws {
        let stage = Stage()
        stage.journal.state.withLock {
            $0.unfinished = [
                UnfinishedConversation(
                    id: 3, device: "d1", tail: [JournalEntry(.received, unix: 5, bytes: Array("mk".utf8))], offset: 100)
            ]
        }
        try await stage.intake.recover()
        let units = stage.journal.state.withLock { $0.units }
        #expect(units.count == 1)
        #expect(units.first?.conversation == 3)
        #expect(units.first?.messages.first?.start == 100)
        #expect(units.first?.messages.first?.end == 102)
        #expect(stage.sent.isEmpty)
        #expect(stage.journal.state.withLock { $0.closed } == [3])
    }

    @Test func stoppingCommitsWhatWasReceived() async {
        let stage = Stage()
        stage.intake.handle(.up(stage.link))
        stage.receive("mk")
        #expect(await stage.until { stage.sent == ["ACK"] })
        stage.receive("xx")
        await stage.intake.stop()
        #expect(stage.journal.bytes(.received) == Array("mkxx".utf8))
        #expect(stage.journal.bytes(.sent) == Array("ACK".utf8))
    }
}
