import DICOM
import Foundation
import Glibc
import Synchronization
import Testing

@testable import hilum

/// An archive in a few lines: takes every context, answers C-STORE as told, C-ECHO, N-CREATE, N-SET, N-ACTION with 0000 and
/// reports what it was asked to commit.
final class SmallArchive: Sendable {
    struct Seen: Sendable {
        var stored: [String] = []
        var commands: [Int] = []
        var patients: Set<String> = []
        var associations = 0
    }

    let port: Int
    private let listener: ListeningSocket
    private let seen = Mutex(Seen())
    private let isOver = Mutex(false)
    private let statusOfStore: @Sendable (Int) -> UInt16?

    /// - Parameter status: of the nth C-STORE, from 1; nil breaks the connection.
    init(status: @escaping @Sendable (Int) -> UInt16? = { _ in 0 }) throws {
        listener = try ListeningSocket(HostAndPort(host: "127.0.0.1", port: 0))
        port = listener.port
        statusOfStore = status
        Thread.detachNewThread { [self] in
            while !isOver.withLock({ $0 }) {
                guard let line = try? listener.accept(limit: .milliseconds(200)) else { continue }
                seen.withLock { $0.associations += 1 }
                let taken = SendableLine(line: line)
                Thread.detachNewThread { [self] in try? serve(taken.line) }
            }
        }
    }

    private struct SendableLine: @unchecked Sendable { let line: DeviceLine }

    var result: Seen { seen.withLock { $0 } }
    func stop() { isOver.withLock { $0 = true } }

    private func serve(_ line: DeviceLine) throws {
        var received: [UInt8] = []
        var (command, data): ([UInt8], [UInt8]) = ([], [])
        while let (type, body) = try unit(line, &received) {
            switch type {
            case 0x01: try line.write(acceptance(body))
            case 0x05:
                try line.write([6, 0, 0, 0, 0, 4, 0, 0, 0, 0])
                return
            case 0x04:
                guard case .data(let fragments)? = UpperLayer.unit(type: 4, body: body[...]) else { return }
                for fragment in fragments {
                    if fragment.isCommand { command += fragment.bytes } else { data += fragment.bytes }
                    guard fragment.isLast else { continue }
                    let set = try DataSet.parse(command, .implicitLittleEndian)
                    if fragment.isCommand, set.integer(Tag(0x0000, 0x0800)) != 0x0101 { continue }
                    guard try answer(set, data, fragment.context, line) else { return line.close() }
                    (command, data) = ([], [])
                }
            default: return
            }
        }
    }

    private func answer(_ command: DataSet, _ data: [UInt8], _ context: UInt8, _ line: DeviceLine) throws -> Bool {
        let field = command.integer(Tag(0x0000, 0x0100)) ?? 0
        var response = DataSet()
        response.set(Tag(0x0000, 0x0100), .US, integer: field | 0x8000)
        response.set(Tag(0x0000, 0x0120), .US, integer: command.integer(Tag(0x0000, 0x0110)) ?? 0)
        var status: UInt16 = 0
        if field == 0x8100 { return true }
        let number = seen.withLock { seen -> Int in
            seen.commands.append(field)
            return seen.commands.count { $0 == 1 }
        }
        if field == 0x0001 {
            guard let wanted = statusOfStore(number) else { return false }
            status = wanted
            let set = try DataSet.parse(data)
            seen.withLock { seen in
                if status == 0 { seen.stored.append(set.string(.sopInstanceUID) ?? "") }
                seen.patients.insert(set.text(.patientName) ?? "")
            }
        }
        response.set(.status, .US, integer: Int(status))
        try send(response, nil, context, line)
        if field == 0x0130 {
            let asked = try DataSet.parse(data)
            var report = DataSet()
            report.set(Tag(0x0008, 0x1195), .UI, text: asked.string(Tag(0x0008, 0x1195)) ?? "")
            report.set(Tag(0x0008, 0x1199), items: asked.items(Tag(0x0008, 0x1199)))
            var event = DataSet()
            event.set(Tag(0x0000, 0x0002), .UI, text: ServiceClass.commitment)
            event.set(Tag(0x0000, 0x0100), .US, integer: 0x0100)
            event.set(Tag(0x0000, 0x0110), .US, integer: 9)
            event.set(Tag(0x0000, 0x1000), .UI, text: ServiceClass.commitmentInstance)
            event.set(Tag(0x0000, 0x1002), .US, integer: 1)
            try send(event, report.encoded(), context, line)
        }
        return true
    }

    private func send(_ command: DataSet, _ data: [UInt8]?, _ context: UInt8, _ line: DeviceLine) throws {
        var command = command
        command.set(Tag(0x0000, 0x0800), .US, integer: data == nil ? 0x0101 : 1)
        let body = command.encoded(as: .implicitLittleEndian)
        try UpperLayer.data(body, context: context, isCommand: true, largest: 16_384) { try line.write($0) }
        // In small pieces, so that messages have to be put together.
        if let data {
            try UpperLayer.data(data, context: context, isCommand: false, largest: 40) { try line.write($0) }
        }
    }

    private func unit(_ line: DeviceLine, _ received: inout [UInt8]) throws -> (UInt8, [UInt8])? {
        while !isOver.withLock({ $0 }) {
            if received.count >= 6 {
                let length = received[2..<6].reduce(0) { $0 << 8 | Int($1) }
                if received.count >= 6 + length {
                    defer { received.removeFirst(6 + length) }
                    return (received[0], Array(received[6..<6 + length]))
                }
            }
            received += try line.read(limit: .milliseconds(200))
        }
        return nil
    }

    /// A-ASSOCIATE-AC: the first transfer syntax of each context.
    private func acceptance(_ request: [UInt8]) -> [UInt8] {
        var body = Array(request[..<68])
        var place = 68
        body += [0x10, 0, 0, 21] + Array(UpperLayer.applicationContext.utf8)
        while place + 4 <= request.count {
            let length = Int(request[place + 2]) << 8 | Int(request[place + 3])
            let content = Array(request[place + 4..<place + 4 + length])
            if request[place] == 0x20 {
                var inner = 4
                while inner + 4 <= content.count {
                    let size = Int(content[inner + 2]) << 8 | Int(content[inner + 3])
                    if content[inner] == 0x40 {
                        let syntax = Array(content[inner..<inner + 4 + size])
                        body += [0x21, 0, 0, UInt8(4 + syntax.count), content[0], 0, 0, 0] + syntax
                        break
                    }
                    inner += 4 + size
                }
            }
            place += 4 + length
        }
        body += [0x50, 0, 0, 8, 0x51, 0, 0, 4, 0, 0, 0x40, 0]
        let length = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * (3 - $0))) }
        return [2, 0] + length + body
    }
}

@Suite struct SimulatedModalityTests {
    private func plan(_ port: Int) -> ModalityPlan {
        let peer = SimulatedAssociation.Peer(
            place: HostAndPort(host: "127.0.0.1", port: port), calling: "CT1", called: "PACS", limit: .seconds(30))
        var plan = ModalityPlan(peer: peer, now: { "20261123120000" })
        plan.form.instances = 3
        (plan.form.rows, plan.form.columns) = (16, 16)
        return plan
    }

    private func run(_ plan: ModalityPlan) async -> (totals: ModalityTotals, events: [ModalityEvent]) {
        let events = Mutex<[ModalityEvent]>([])
        let modality = SimulatedModality(plan) { event in events.withLock { $0.append(event) } }
        let totals = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: modality.run()) }
        }
        return (totals, events.withLock { $0 })
    }

    @Test func aVisitIsWhole() async throws {
        let archive = try SmallArchive()
        defer { archive.stop() }
        var plan = plan(archive.port)
        plan.tellsStep = true
        plan.asksCommitment = true
        plan.studies = 2
        // The report is taken when it comes, not when the wait for it is over.
        plan.commitmentLimit = .seconds(300)
        let start = ContinuousClock.now
        let (totals, events) = await run(plan)
        #expect(ContinuousClock.now - start < .seconds(250))
        #expect(totals.studies == 2 && totals.stored == 6 && totals.failed == 0 && totals.committed == 6)
        let seen = archive.result
        #expect(seen.associations == 2 && Set(seen.stored).count == 6)
        // N-CREATE, images, N-SET, N-ACTION, in this order.
        #expect(seen.commands == [0x140, 1, 1, 1, 0x120, 0x130, 0x140, 1, 1, 1, 0x120, 0x130])
        #expect(events.contains { if case .did(let what) = $0 { what.hasPrefix("committed 3") } else { false } })
    }

    @Test func whatIsRefusedIsToldApart() async throws {
        // The first is out of resources and comes again, the third is refused for good.
        let archive = try SmallArchive { number in number == 1 ? 0xA700 : number == 3 ? 0xC123 : 0 }
        defer { archive.stop() }
        let (totals, events) = await run(plan(archive.port))
        #expect(totals.stored == 2 && totals.failed == 1)
        #expect(archive.result.commands.count == 4)
        let failed = events.compactMap { if case .failed(_, _, let status, _) = $0 { status } else { nil } }
        #expect(failed == [0xC123])
    }

    @Test func aBrokenAssociationIsOpenedAgain() async throws {
        let archive = try SmallArchive { $0 == 2 ? nil : 0 }
        defer { archive.stop() }
        let (totals, _) = await run(plan(archive.port))
        #expect(totals.stored == 3 && totals.failed == 0 && totals.troubles == 1)
        #expect(archive.result.associations == 2)
    }

    @Test func sideBySide() async throws {
        let archive = try SmallArchive()
        defer { archive.stop() }
        var plan = plan(archive.port)
        plan.associations = 4
        plan.studies = 8
        let (totals, _) = await run(plan)
        #expect(totals.stored == 24 && Set(archive.result.stored).count == 24)
        // Patients of several scripts among eight.
        #expect(archive.result.patients.count > 1)
    }

    @Test func filesGoOutUnderFreshNames() async throws {
        let archive = try SmallArchive()
        defer { archive.stop() }
        let folder = Golden.checkout.appending(path: "DeviceProfiles/generic-us/captures").path
        var plan = plan(archive.port)
        plan.files = try ["image-us-multiframe", "sr-echo"].map {
            try SimulateModalityCommand.file("\(folder)/\($0).dcm")
        }
        plan.studies = 2
        let (totals, _) = await run(plan)
        #expect(totals.stored == 4 && totals.failed == 0)
        let original = plan.files.map(\.instance.sopInstance)
        #expect(Set(archive.result.stored).count == 4 && archive.result.stored.allSatisfy { !original.contains($0) })
        plan.renamesFiles = false
        plan.studies = 1
        _ = await run(plan)
        #expect(original.allSatisfy { archive.result.stored.contains($0) })
    }

    @Test func nobodyThereIsSaid() async throws {
        var plan = plan(1)
        plan.attempts = 1
        plan.form.instances = 1
        let (totals, events) = await run(plan)
        #expect(totals.stored == 0 && totals.failed == 1)
        #expect(events.contains { if case .trouble(let reason) = $0 { reason.contains("refused") } else { false } })
    }

    @Test func theSameSeedMakesTheSameStudy() {
        var form = SyntheticForm()
        (form.rows, form.columns) = (16, 16)
        let one = SyntheticStudy(form, seed: 5, now: "20261123120000")
        let same = SyntheticStudy(form, seed: 5, now: "20261123120000")
        let other = SyntheticStudy(form, seed: 6, now: "20261123120000")
        #expect(one.instance(0, 1).dataSet == same.instance(0, 1).dataSet)
        #expect(one.uid != other.uid && one.instance(0, 0).dataSet != one.instance(0, 1).dataSet)
        for modality in SyntheticForm.Modality.allCases {
            form.modality = modality
            let set = SyntheticStudy(form, seed: 1, now: "20261123120000").instance(0, 0).dataSet
            let pixels = set.bytes(Tag(0x7FE0, 0x0010))?.count
            #expect(pixels == 256 * (modality == .us ? 1 : 2))
        }
    }

    /// What a peer may send instead of an answer ends the association with words, never the program.
    @Test func anyBytesAreTaken() {
        var random = SplitMix64(state: 3)
        for _ in 0..<2000 {
            let body = (0..<Int(random.next() % 120)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            for type: UInt8 in 0...8 { _ = UpperLayer.unit(type: type, body: body[...]) }
        }
        #expect(UpperLayer.unit(type: 3, body: [0, 1, 1, 3]) == .rejected(1, 1, 3))
        #expect(SimulatedAssociation.words(1, 1, 3).contains("our AE title is not known"))
    }
}
