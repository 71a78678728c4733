import DriverWire
import Testing

/// The text of rows (`hilum_driver.h`, Device message).
@Suite struct DeviceMessageTests {
    private func decode(_ text: String) -> DeviceMessage {
        DeviceMessage(decoding: Array(text.replacing(" <", with: "\u{1F}").replacing("/", with: "\u{1E}").utf8))
    }

    @Test func comesBackAsItWas() {
        var random = SplitMix64(state: 1)
        for _ in 0..<2000 {
            let message = DeviceMessage.random(&random)
            #expect(DeviceMessage(decoding: message.encoded()) == message)
        }
    }

    @Test func rowsBelongToTheNearestRowAbove() {
        let message = decode(
            """
            message <kind=results <protocol=P/patient <id=1/order <specimen_id=A/result <code=x/comment <text=on x/\
            result <code=y/order <specimen_id=B/comment <text=on B/result <code=z/patient <id=2/order <specimen_id=C/\
            result <code=w/
            """)
        #expect(message.protocolName == "P")
        #expect(message.patients.map(\.id) == ["1", "2"])
        #expect(message.orders.map(\.patient) == [0, 0, 1])
        #expect(message.results.map(\.order) == [0, 0, 1, 2])
        #expect(message.results.first?.comments.map(\.text) == ["on x"])
        #expect(message.comments.map(\.order) == [1])
    }

    /// A result after a patient without an order row must not be given to the patient before.
    @Test func resultWithoutOrderStaysWithItsPatient() {
        let message = decode(
            "message <kind=results/patient <id=1/order <specimen_id=A/result <code=x/patient <id=2/result <code=y/")
        #expect(message.orders.map(\.specimenID) == ["A", ""])
        #expect(message.orders.map(\.patient) == [0, 1])
        #expect(message.results.map(\.order) == [0, 1])
        let nobody = decode("message <kind=results/result <code=x/")
        #expect(nobody.results.map(\.order) == [nil])
        #expect(nobody.orders.isEmpty)
    }

    @Test func whatIsUnknownIsKept() {
        let message = decode(
            "message <kind=poem <colour=red/graph <a=1 <b=2/result <role=boss <code=x <taste=sour/result/")
        #expect(message.kind == .event)
        #expect(message.results.map(\.role) == [.info, .result])
        #expect(
            message.others == [
                .init(tag: "message.kind", raw: "poem"), .init(tag: "message.colour", raw: "red"),
                .init(tag: "graph", raw: "a=1 b=2"), .init(tag: "result.role", raw: "boss"),
                .init(tag: "result.taste", raw: "sour"),
            ])
    }

    @Test func namesThatOnlyBeginAlike() {
        let long = String(repeating: "c", count: 40)
        let message = decode("message <kind=results/result <cod=1 <codes=2 <code=3 <\(long)=4 <=5 <code/")
        #expect(message.results.first?.code == "")
        #expect(message.others.map(\.tag) == ["result.cod", "result.codes", "result.\(long)", "result."])
    }

    @Test func separatorsInValuesBecomeBlanks() {
        var message = DeviceMessage(controlID: "a\u{1F}value=9\u{1E}b")
        message.results.append(.init())
        #expect(DeviceMessage(decoding: message.encoded()).controlID == "a value=9 b")
    }

    @Test func ordersThatAlternateComeOutGrouped() {
        var message = DeviceMessage()
        message.orders = [.init(), .init()]
        (message.orders[0].specimenID, message.orders[1].specimenID) = ("A", "B")
        for (order, code) in [(1, "b1"), (0, "a1"), (1, "b2"), (7, "lost"), (-1, "lost too")] {
            var result = DeviceMessage.Result()
            (result.order, result.code) = (order, code)
            message.results.append(result)
        }
        let back = DeviceMessage(decoding: message.encoded())
        #expect(back.results.map(\.code) == ["lost", "lost too", "a1", "b1", "b2"])
        #expect(back.results.map(\.order) == [nil, nil, 0, 1, 1])
    }

    @Test func anyBytesGiveAMessage() {
        var random = SplitMix64(state: 2)
        for round in 0..<3000 {
            var bytes: [UInt8]
            if round % 2 == 0 {
                bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            } else {
                bytes = DeviceMessage.random(&random).encoded()
                for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] = [0x1E, 0x1F, 0x3D, 0xFF, 0x00, 0x80].randomElement(using: &random) ?? 0
                }
            }
            let message = DeviceMessage(decoding: bytes)
            // What was read can be written and read again without a change.
            #expect(
                DeviceMessage(decoding: message.encoded())
                    == DeviceMessage(decoding: DeviceMessage(decoding: message.encoded()).encoded()))
            for result in message.results {
                if let order = result.order { #expect(message.orders.indices.contains(order)) }
            }
        }
    }

    @Test func rowsWithoutEndAreBounded() {
        let rows =
            [UInt8](repeating: 0, count: 0) + Array("message\u{1E}".utf8)
            + (0..<DeviceMessage.mostRows + 10).flatMap { _ in Array("other\u{1E}".utf8) }
        let message = DeviceMessage(decoding: rows)
        #expect(!message.isComplete)
        #expect(message.others.count == DeviceMessage.mostRows)
    }
}
