import Contracts
import Foundation
import JSONText
import ResultModel
import Synchronization
import Testing

@testable import Delivery

@Suite("Delivery, end to end against the simulated EMR", .serialized)
struct DeliveryEndToEndTests {
    static let retry = RetryPolicy(initialDelay: .milliseconds(10), longestDelay: .milliseconds(100))

    static func run(
        _ outbox: MemoryOutbox, alarms: AlarmList = AlarmList(), behaviour: EMRReceiver.Behaviour = .init(),
        spec: (_ mllp: Int, _ http: Int) -> [DestinationSpec],
        during: (EMRReceiver, Delivery) async throws -> Void = { _, _ in }
    ) async throws -> [EMRReceiver.Received] {
        let received = Mutex<[EMRReceiver.Received]>([])
        let receiver = EMRReceiver(mllp: .init(), http: .init(), behaviour: behaviour, clock: MachineClock()) {
            message in
            received.withLock { $0.append(message) }
        }
        let ports = try await receiver.start()
        let delivery = Delivery(
            destinations: spec(try #require(ports.mllp), try #require(ports.http)), outbox: outbox, alarms: alarms,
            clock: MachineClock(), logger: RunnerTests.quietLogger)
        await delivery.start()
        try await during(receiver, delivery)
        #expect(await eventually { outbox.isDone })
        await delivery.stop()
        await receiver.stop()
        return received.withLock { $0 }
    }

    static func controlID(_ message: EMRReceiver.Received) -> String {
        let fields = String(decoding: message.bytes, as: UTF8.self).split(
            separator: "|", omittingEmptySubsequences: false)
        return fields.count > 9 ? String(fields[9]) : ""
    }

    @Test("MLLP over several lanes: each item acknowledged once, order kept in each key")
    func lanes() async throws {
        let items = (1...400).map { Fixtures.small(id: $0, key: UInt64($0 % 16)) }
        let outbox = MemoryOutbox(items)
        let received = try await Self.run(outbox) { port, _ in
            [DestinationSpec(id: "emr", kind: .hl7(.init(host: "127.0.0.1", port: port)), lanes: 4, retry: Self.retry)]
        }
        #expect(outbox.deliveredCount == 400)
        #expect(received.count == 400)
        #expect(Set(received.map(Self.controlID)).count == 400)
        let ids = received.map { Int64(Self.controlID($0).dropFirst(4), radix: 36) ?? -1 }
        for key in 0..<16 { #expect(ids.filter { Int($0) % 16 == key } == ids.filter { Int($0) % 16 == key }.sorted()) }
    }

    @Test("A receiver with every fault at once: in the end each item is taken or with a person, none is forgotten")
    func faults() async throws {
        var behaviour = EMRReceiver.Behaviour()
        behaviour.refusesEvery = 7
        behaviour.dropsEvery = 5
        behaviour.isWrongEvery = 11
        behaviour.closesAfterEach = true
        let outbox = MemoryOutbox((1...60).map { Fixtures.small(id: $0) })
        let alarms = AlarmList()
        let received = try await Self.run(outbox, alarms: alarms, behaviour: behaviour) { port, _ in
            let hl7 = HL7DestinationSpec(host: "127.0.0.1", port: port, answerTimeout: .milliseconds(500))
            return [DestinationSpec(id: "emr", kind: .hl7(hl7), lanes: 3, retry: Self.retry)]
        }
        let taken = Set(
            received.filter { $0.answer == "AA" && $0.number % 11 != 0 }.map(Self.controlID))
        for row in outbox.contents.withLock({ $0.rows }) {
            if case .delivered = row.state {
                #expect(taken.contains(ORUBuilder.controlID(row.item, part: nil)))
            }
        }
        // The same bytes at each attempt.
        let byID = Dictionary(grouping: received, by: Self.controlID)
        for (_, messages) in byID {
            #expect(Set(messages.map { String(decoding: $0.bytes, as: UTF8.self) }).count == 1)
        }
        #expect(byID.count == 60)
        #expect(alarms.count("raise wrong-acknowledgement") > 0)
    }

    @Test("An EMR that comes back: one alarm, one recovery, everything taken")
    func recovery() async throws {
        var behaviour = EMRReceiver.Behaviour()
        behaviour.status = 503
        let outbox = MemoryOutbox((1...20).map { Fixtures.small(id: $0) })
        let alarms = AlarmList()
        let received = try await Self.run(
            outbox, alarms: alarms, behaviour: behaviour,
            spec: { _, port in
                [DestinationSpec(id: "emr", kind: .fhir(.init(base: "http://127.0.0.1:\(port)")), retry: Self.retry)]
            },
            during: { receiver, _ in
                #expect(await eventually { alarms.count("raise destination-down") == 1 })
                receiver.behaviour = .init()
            })
        #expect(outbox.deliveredCount == 20)
        #expect(alarms.count("raise destination-down") == 1)
        #expect(alarms.count("clear destination-down") == 1)
        #expect(received.filter { $0.answer == "200" }.count == 20)
    }

    @Test("Files: complete under their own name, the same at a repeat, the folder's absence told with the cure")
    func folder() async throws {
        let path = NSTemporaryDirectory() + "hilum-folder-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let alarms = AlarmList()
        let outbox = MemoryOutbox((1...5).map { Fixtures.small(id: $0) })
        _ = try await Self.run(
            outbox, alarms: alarms,
            spec: { _, _ in
                [DestinationSpec(id: "emr", kind: .folder(.init(path: path, form: .fhir(.init()))), retry: Self.retry)]
            },
            during: { _, _ in
                #expect(await eventually { alarms.count("raise destination-down") == 1 })
                #expect(alarms.told.withLock { $0[0] }.contains("make the folder"))
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            })
        let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        #expect(names == ["AB121.json", "AB122.json", "AB123.json", "AB124.json", "AB125.json"])
        let sender = try FolderSender(spec: .init(path: path, form: .fhir(.init())), utcOffset: { _ in 0 })
        let before = try Data(contentsOf: URL(fileURLWithPath: path + "/AB121.json"))
        #expect(await sender.deliver(Fixtures.small(id: 1), lane: 0) == .delivered(note: "AB121.json"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + "/AB121.json")) == before)
        #expect(try JSONValue(parsing: Array(before))["resourceType"]?.string == "Bundle")
    }

    @Test("A new configuration: what is the same goes on, what changed moves, what is broken raises an alarm")
    func update() async throws {
        let outbox = MemoryOutbox([Fixtures.small(id: 1)])
        let alarms = AlarmList()
        let port = Mutex(0)
        let received = try await Self.run(
            outbox, alarms: alarms,
            spec: { mllp, _ in
                port.withLock { $0 = mllp }
                var profile = ReceiverProfile()
                profile.overrides = [.init(path: "OBX", value: "")]
                return [DestinationSpec(id: "emr", kind: .hl7(.init(host: "127.0.0.1", port: 1, profile: profile)))]
            },
            during: { _, delivery in
                #expect(alarms.count("raise destination-settings") == 1)
                let port = port.withLock { $0 }
                await delivery.update([
                    DestinationSpec(id: "emr", kind: .hl7(.init(host: "127.0.0.1", port: port)), retry: Self.retry)
                ])
            })
        #expect(received.count == 1)
        #expect(alarms.count("clear destination-settings") == 1)
    }
}
