import Contracts
import JSONText
import Orders
import ResultModel
import Synchronization
import Testing

@testable import Intake

/// Orders on their way to a device: what is sent when, and what of it is told to the store.
struct OrderTests {
    private func order(
        _ codes: [String], specimen: String = "S1", answers: Bool = false, takesBack: Bool = false
    ) -> OrderSubmission {
        var content: JSONObject = ["specimen_id": .string(specimen), "tests": .strings(codes)]
        if answers { content["token"] = .string("T") }
        let items = codes.enumerated().map { place, code in
            OrderSubmission.Item(code: code, test: Int64(place) + 1, number: "\(place + 1)", answeredBy: [code])
        }
        return OrderSubmission(content: content, specimen: specimen, items: items, isCancellation: takesBack)
    }

    /// What waits in a store, and what was claimed of it.
    private final class Book: Sendable {
        let waiting: Mutex<[OrderSubmission]>
        let claimed = Mutex<[String]>([])
        init(_ waiting: [OrderSubmission]) { self.waiting = Mutex(waiting) }

        func source(isFree: @escaping @Sendable (OrderSubmission) -> Bool = { _ in true }) -> OrderSource {
            OrderSource(
                fetch: { self.waiting.withLock { $0 } },
                claim: { order in
                    self.claimed.withLock { $0.append(order.specimen) }
                    self.waiting.withLock { $0.removeAll { $0 == order } }
                    return isFree(order)
                })
        }
    }

    private final class Gate: Sendable {
        let isOpen = Mutex(false)
    }

    private func marks(_ stage: Stage) -> [OrderMark] { stage.journal.state.withLock { $0.units.flatMap(\.orders) } }

    @Test func anAnswerIsReadBesideTheWriterAndFollowsTheCommitOfItsQuestionAlone() async {
        let stage = Stage()
        var device = stage.device(options: "{}")
        let answer = order(["GLU"], answers: true)
        device.answer = { _ in [answer] }
        stage.intake.update(device)
        stage.intake.handle(.up(stage.link))
        stage.journal.state.withLock { $0.holdsBack = true }
        stage.receive("q")
        // The writer stands still: the orders are read and written out for the device all the same.
        #expect(await stage.until { stage.drivers.submitted.withLock { $0 } == 1 })
        #expect(stage.sent.isEmpty, "the question is not durable, and the answer acknowledges it")
        // The commit of the question comes back, the writer stands still again: no other is waited for.
        stage.journal.release()
        #expect(await stage.until { stage.sent == ["ORDER GLU"] })
        stage.journal.state.withLock { $0.holdsBack = false }
        stage.journal.release()
        await stage.intake.stop()
    }

    @Test func oneOrderIsOnItsWayAtATimeAndTheDevicesWordIsKept() async {
        let stage = Stage()
        var device = stage.device(options: "{}")
        let book = Book([order(["GLU", "K"]), order(["NA"], specimen: "S2")])
        device.download = book.source()
        stage.intake.update(device)
        stage.intake.handle(.up(stage.link))
        #expect(await stage.until { stage.sent == ["ORDER GLU K"] })
        try? await Task.sleep(for: .milliseconds(100))
        #expect(stage.sent.count == 1, "the device has said nothing of the first")
        stage.receive("o")
        #expect(await stage.until { stage.sent == ["ORDER GLU K", "ORDER NA"] })
        #expect(marks(stage).map(\.state) == [.accepted, .accepted])
        #expect(marks(stage).map(\.answeredBy) == [["GLU"], ["K"]])
        #expect(book.claimed.withLock { $0 } == ["S1", "S2"])
        await stage.intake.stop()
    }

    @Test func whatMayNoLongerBeSentIsNotAndARefusalIsKeptWithItsReason() async {
        let stage = Stage()
        var device = stage.device(options: "{}")
        let book = Book([order(["A"], specimen: "GONE"), order(["B"], specimen: "NO"), order(["C"])])
        device.download = book.source { $0.specimen != "GONE" }
        stage.intake.update(device)
        stage.intake.handle(.up(stage.link))
        #expect(await stage.until { stage.sent == ["ORDER C"] })
        #expect(marks(stage).map(\.state) == [.refused])
        #expect(marks(stage).first?.note == "cannot be said")
        stage.receive("x")
        #expect(await stage.until { marks(stage).count == 2 })
        #expect(marks(stage).last?.state == .refused && marks(stage).last?.note == "the device says AE")
        await stage.intake.stop()
    }

    @Test func aTestTakenBackStaysCancelledWhateverTheDeviceSays() async {
        let stage = Stage()
        var device = stage.device(options: "{}")
        device.download = Book([order(["GLU"], takesBack: true)]).source()
        stage.intake.update(device)
        stage.intake.handle(.up(stage.link))
        #expect(await stage.until { stage.sent == ["ORDER GLU"] })
        stage.receive("x")
        #expect(await stage.until { !marks(stage).isEmpty })
        #expect(marks(stage).first?.state == nil && marks(stage).first?.note == "the device says AE")
        await stage.intake.stop()
    }

    @Test func aDeviceThatAsksWhileAnOrderWaitsIsTold() async {
        let stage = Stage()
        var device = stage.device(options: "{}")
        let (waiting, answer) = (order(["GLU"]), order(["GLU", "K"], answers: true))
        let book = Book([waiting])
        let hold = Gate()
        device.answer = { _ in [answer] }
        device.download = OrderSource(
            fetch: { book.waiting.withLock { $0 } },
            claim: { order in
                // The device asks while the store is being asked; its question is answered with all there is.
                while !hold.isOpen.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(5)) }
                return book.waiting.withLock { $0.contains(order) }
            })
        stage.intake.update(device)
        stage.intake.handle(.up(stage.link))
        stage.receive("q")
        #expect(await stage.until { stage.sent == ["ORDER GLU K"] })
        hold.isOpen.withLock { $0 = true }
        stage.intake.ordersChanged()
        try? await Task.sleep(for: .milliseconds(100))
        #expect(stage.sent == ["ORDER GLU K"], "nothing more before the device's word")
        book.waiting.withLock { $0 = [] }
        stage.receive("o")
        #expect(await stage.until { marks(stage).count == 2 })
        try? await Task.sleep(for: .milliseconds(100))
        #expect(stage.sent == ["ORDER GLU K"], "not the same once more")
        await stage.intake.stop()
    }
}
