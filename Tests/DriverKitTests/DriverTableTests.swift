import CHilumDriver
import DriverKit
import DriverWire
import JSONText
import Testing

/// Says back what it gets: bytes as TRANSMIT, and one event of each kind on timeout.
private final class Parrot: StreamDriver {
    static var name: String { "parrot" }
    static var version: String { "1.2.3" }

    init(options: JSONValue, now: DriverTime) throws(OptionsFault) {
        if let member = options.object?.members.first { throw OptionsFault("unknown option \(member.key)") }
    }

    func receive(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) {
        events.append(.transmit(Array(bytes), isImmediate: bytes.first == 1))
    }

    func timeout(now: DriverTime, events: inout [StreamDriverEvent]) {
        events.append(.message(DeviceMessage(controlID: "7"), start: 1, end: 2))
        events.append(.query(DeviceMessage(kind: .query), start: 3, end: 4))
        events.append(.order(DeviceMessage(kind: .order), start: 5, end: 6))
        events.append(.deadline(now.monotonic + 10))
        events.append(.deadline(nil))
        events.append(.fault(.lost, "gone", start: 7, end: 8))
        events.append(.acknowledge)
    }

    func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        order["specimen_id"] == nil ? .refused("no specimen_id") : .accepted
    }

    func finish(now: DriverTime, events: inout [StreamDriverEvent]) {}
    var isIdle: Bool { true }
}

/// The C table of a Swift driver.
@Suite struct DriverTableTests {
    private struct Said: Equatable {
        var kind: UInt32
        var flags: UInt32
        var code: UInt32
        var start: UInt64
        var end: UInt64
        var deadline: Int64
        var bytes: [UInt8]
    }

    private func table() throws -> hilum_driver {
        try #require(DriverTable.make(Parrot.self, forHost: UInt32(HILUM_DRIVER_ABI_VERSION))).pointee
    }

    private func open(_ table: hilum_driver, _ options: String) -> (
        status: Int32, instance: UnsafeMutableRawPointer?, reason: String
    ) {
        var instance: UnsafeMutableRawPointer?
        var reason = hilum_bytes(bytes: nil, count: 0)
        var now = hilum_time()
        let status = Array(options.utf8).withUnsafeBufferPointer { bytes in
            table.open(hilum_bytes(bytes: bytes.baseAddress, count: bytes.count), &now, &instance, &reason)
        }
        let text = String(decoding: UnsafeRawBufferPointer(start: reason.bytes, count: reason.count), as: UTF8.self)
        return (status, instance, text)
    }

    private func poll(_ table: hilum_driver, _ instance: UnsafeMutableRawPointer?) -> [Said] {
        var said: [Said] = []
        var event = hilum_event()
        event.struct_size = UInt32(MemoryLayout<hilum_event>.size)
        while table.poll(instance, &event) == 1 {
            let bytes = Array(UnsafeRawBufferPointer(start: event.bytes.bytes, count: event.bytes.count))
            said.append(
                Said(
                    kind: event.kind, flags: event.flags, code: event.code, start: event.start_offset,
                    end: event.end_offset,
                    deadline: event.deadline_us, bytes: bytes))
            #expect(event.struct_size == UInt32(MemoryLayout<hilum_event>.size))
        }
        return said
    }

    @Test func otherVersionsAreNotServed() {
        #expect(DriverTable.make(Parrot.self, forHost: 0) == nil)
        #expect(DriverTable.make(Parrot.self, forHost: 2) == nil)
    }

    @Test func describesItself() throws {
        let table = try table()
        #expect(table.struct_size == UInt32(MemoryLayout<hilum_driver>.size))
        #expect(String(cString: table.name) == "parrot")
        #expect(String(cString: table.version) == "1.2.3")
    }

    @Test(arguments: [("x", "not JSON"), ("[]", "not a JSON object"), (#"{"a":1}"#, "unknown option a")])
    func refusesOptions(_ options: String, _ reason: String) throws {
        let opened = try open(table(), options)
        #expect(opened.status == HILUM_INVALID_OPTIONS)
        #expect(opened.instance == nil)
        #expect(opened.reason.contains(reason), "\(opened.reason)")
    }

    @Test(arguments: ["", "{}"]) func handsOutEventsInOrder(_ options: String) throws {
        let table = try table()
        let opened = open(table, options)
        try #require(opened.status == HILUM_OK)
        var now = hilum_time(monotonic_us: 5, unix_us: 6, utc_offset_s: 7, reserved: 0)
        #expect(poll(table, opened.instance).isEmpty)
        for bytes: [UInt8] in [[1, 2, 3], [], [UInt8](repeating: 9, count: 3 << 20)] {
            bytes.withUnsafeBufferPointer { piece in
                _ = table.receive(opened.instance, hilum_bytes(bytes: piece.baseAddress, count: piece.count), &now)
            }
            let said = poll(table, opened.instance)
            #expect(said.map(\.bytes) == [bytes])
            #expect(said.map(\.flags) == [bytes.first == 1 ? HILUM_TRANSMIT_IMMEDIATE : 0])
        }
        _ = table.timeout(opened.instance, &now)
        let said = poll(table, opened.instance)
        #expect(
            said.map { Int32($0.kind) } == [
                HILUM_EVENT_MESSAGE, HILUM_EVENT_QUERY, HILUM_EVENT_ORDER, HILUM_EVENT_DEADLINE, HILUM_EVENT_DEADLINE,
                HILUM_EVENT_FAULT, HILUM_EVENT_ACKNOWLEDGE,
            ])
        #expect(DeviceMessage(decoding: said[0].bytes).controlID == "7")
        #expect(said.map(\.start) == [1, 3, 5, 0, 0, 7, 0])
        #expect([said[3].deadline, said[4].deadline] == [15, -1])
        #expect(said[5].code == HILUM_FAULT_LOST && said[5].bytes == Array("gone".utf8))
        #expect(table.idle(opened.instance) == 1)
        table.close(opened.instance)
    }

    @Test func orders() throws {
        let table = try table()
        let opened = open(table, "{}")
        var now = hilum_time()
        func submit(_ order: String) -> Int32 {
            Array(order.utf8).withUnsafeBufferPointer {
                table.submit(opened.instance, hilum_bytes(bytes: $0.baseAddress, count: $0.count), &now)
            }
        }
        #expect(submit(#"{"specimen_id":"1"}"#) == HILUM_OK)
        #expect(poll(table, opened.instance).isEmpty)
        #expect(submit("{}") == HILUM_REFUSED)
        #expect(poll(table, opened.instance).map(\.code) == [HILUM_FAULT_REFUSED])
        #expect(submit("no JSON") == HILUM_REFUSED)
        #expect(poll(table, opened.instance).count == 1)
        table.close(opened.instance)
    }

    /// A host that errs must not bring a driver down.
    @Test func withoutAnInstance() throws {
        let table = try table()
        var now = hilum_time()
        var event = hilum_event()
        _ = table.receive(nil, hilum_bytes(), &now)
        _ = table.timeout(nil, nil)
        #expect(table.poll(nil, &event) == 0)
        #expect(table.idle(nil) == 1)
        table.close(nil)
    }
}
