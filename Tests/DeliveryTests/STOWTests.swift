import Contracts
import DICOM
import Foundation
import NIOPosix
import Synchronization
import Testing

@testable import Delivery

@Suite("STOW-RS")
struct STOWTests {
    /// Files of a study, made for the test.
    struct Study {
        let folder: String
        let items: [ForwardItem]

        init(_ count: Int, rows: Int = 16, transferSyntax: String = TransferSyntax.explicitLittleEndian) throws {
            folder = FileManager.default.temporaryDirectory.path + "/hilum-stow-\(UInt64.random(in: 0 ... .max))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var items: [ForwardItem] = []
            for number in 1...count {
                var dataSet = DataSet()
                dataSet.set(.sopClassUID, .UI, text: "1.2.840.10008.5.1.4.1.1.7")
                dataSet.set(.sopInstanceUID, .UI, text: "1.2.1.\(number)")
                dataSet.set(.studyInstanceUID, .UI, text: "1.2.1")
                dataSet.set(.patientID, .LO, text: "0042")
                dataSet.set(Tag(0x0008, 0x0080), .LO, text: "South")
                dataSet.set(Tag(0x0010, 0x4000), .LT, text: "secret")
                dataSet.set(Tag(0x0028, 0x0010), .US, integer: rows)
                dataSet.set(
                    .pixelData, .OW,
                    bytes: (0..<(rows * 512 * 2)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ number) })
                let path = "\(folder)/\(number).dcm"
                let bytes = DICOMFile(dataSet: dataSet, transferSyntax: transferSyntax).encoded()
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                items.append(
                    ForwardItem(
                        id: Int64(number), destination: "pacs", study: "1.2.1", sopClass: "1.2.840.10008.5.1.4.1.1.7",
                        sopInstance: "1.2.1.\(number)", transferSyntax: transferSyntax, path: path,
                        size: Int64(bytes.count), callingAE: "CT1", attempts: 0, createdAt: Fixtures.created))
            }
            self.items = items
        }

        func bytes(_ number: Int) -> [UInt8] {
            FileManager.default.contents(atPath: "\(folder)/\(number).dcm").map { Array($0) } ?? []
        }

        func remove() { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// Runs the queue of one study against a server until everything is settled.
    private func run(
        _ study: Study, alarms: AlarmList = AlarmList(), _ change: (inout STOWDestinationSpec) -> Void = { _ in },
        until isOver: @escaping @Sendable (MemoryForwardQueue, STOWServer) -> Bool = { queue, _ in queue.isDone },
        answer: @escaping @Sendable (STOWServer.Request, Int) -> STOWServer.Answer
    ) async throws -> (queue: MemoryForwardQueue, received: [STOWServer.Request]) {
        let server = STOWServer(answer)
        var spec = STOWDestinationSpec(base: "http://127.0.0.1:\(try await server.start())/dicom-web")
        change(&spec)
        let destination = DestinationSpec(id: "pacs", kind: .stow(spec), lanes: 1, retry: ImageFixtures.quick)
        let queue = MemoryForwardQueue(study.items)
        let delivery = Delivery(
            destinations: [destination], outbox: MemoryOutbox([]), alarms: alarms, clock: MachineClock(),
            logger: RunnerTests.quietLogger, images: queue)
        await delivery.start()
        #expect(await eventually { isOver(queue, server) }, "\(queue.states)")
        await delivery.stop()
        await server.stop()
        study.remove()
        return (queue, server.received)
    }

    @Test("Files go as they are, several in a request, large ones in requests of their own")
    func whole() async throws {
        let study = try Study(7, rows: 1024)
        let files = (1...7).map { study.bytes($0) }
        let (queue, received) = try await run(study, { $0.bytesARequest = 3 << 20 }) { request, _ in
            STOWServer.stored(request)
        }
        #expect(queue.deliveredCount == 7)
        #expect(received.map(\.parts.count) == [2, 2, 2, 1])
        #expect(received.flatMap(\.parts) == files)
        let first = try #require(received.first)
        #expect(first.target == "POST /dicom-web/studies" && first.accept == "application/dicom+json")
        #expect(first.contentType.hasPrefix("multipart/related; type=\"application/dicom\"; boundary="))
        #expect(Int(first.length) ?? 0 > 2 << 20)
    }

    @Test("Each instance by what the answer says of it")
    func failures() async throws {
        let alarms = AlarmList()
        let (queue, received) = try await run(try Study(6), alarms: alarms) { request, number in
            STOWServer.stored(request, status: 202) { uid in
                switch uid {
                case "1.2.1.2": 0xA900
                case "1.2.1.3": number < 3 ? 0xA700 : nil
                case "1.2.1.4": 0x0110
                case "1.2.1.5": 0x0111
                // A reason that would mean success elsewhere.
                case "1.2.1.6": 0xB000
                default: nil
                }
            }
        }
        #expect(queue.row(1)?.state == .delivered(""))
        guard case .dead(let mismatch) = queue.row(2)?.state, case .dead(let failure) = queue.row(4)?.state,
            case .dead(let odd) = queue.row(6)?.state
        else {
            Issue.record("\(queue.states)")
            return
        }
        #expect(mismatch.hasSuffix("answered A900 data set does not match SOP class"), "\(mismatch)")
        #expect(failure.contains("0110 processing failure") && failure.contains("5 attempts"), "\(failure)")
        #expect(odd.contains("0110"), "\(odd)")
        #expect(queue.row(3)?.state == .delivered("") && (queue.row(3)?.reasons.count ?? 0) >= 1)
        #expect(queue.row(5)?.state == .delivered("0111 duplicate SOP instance"))
        #expect(received.flatMap(\.instances).count { $0 == "1.2.1.1" } == 1)
        #expect(alarms.count("raise dead-letter") == 3)
    }

    @Test("A busy server is left alone as long as it asks for, and what follows is not sent meanwhile")
    func retryAfter() async throws {
        let alarms = AlarmList()
        let times = Mutex<[ContinuousClock.Instant]>([])
        let (queue, received) = try await run(try Study(4), alarms: alarms, { $0.bytesARequest = 1 }) {
            request, number in
            times.withLock { $0.append(.now) }
            return number == 1
                ? .init(status: 503, headers: "Retry-After: 1\r\n") : STOWServer.stored(request)
        }
        #expect(queue.deliveredCount == 4)
        #expect(received.count == 5)
        let waited = times.withLock { $0[1] - $0[0] }
        #expect(waited >= .milliseconds(950), "\(waited)")
        #expect(alarms.count("raise destination-down") == 1 && alarms.count("clear destination-down") == 1)
    }

    @Test(
        "One instance that spoils the whole request is found and given up; the others arrive",
        arguments: [400, 413, 500, 0])
    func divided(_ status: Int) async throws {
        let (queue, received) = try await run(
            try Study(8),
            until: { queue, server in
                // A dropped connection may be anything: it is given up only when others are taken meanwhile.
                queue.deliveredCount == 7 && (status >= 500 || status == 0 ? server.received.count > 10 : queue.isDone)
            }
        ) { request, _ in
            guard request.instances.contains("1.2.1.5") else { return STOWServer.stored(request) }
            return status == 0 ? .init(status: 0, drops: true) : .init(status: status, body: Array("bad <one>\n".utf8))
        }
        #expect(queue.deliveredCount == 7)
        if status == 400 || status == 413 {
            guard case .dead(let reason) = queue.row(5)?.state else {
                Issue.record("\(queue.states)")
                return
            }
            #expect(reason.contains("answered \(status): bad <one>"), "\(reason)")
        }
        #expect(received.first?.instances.count == 8)
        let taken = received.filter { !$0.instances.contains("1.2.1.5") }.flatMap(\.instances)
        #expect(taken.count == 7)
    }

    @Test(
        "An answer that names nothing counts for nothing",
        arguments: [(200, ""), (200, "[]"), (200, "{}"), (409, "<xml/>"), (200, "{\"00081199\":{\"vr\":\"SQ\"}}")])
    func unnamed(_ status: Int, _ body: String) async throws {
        let (queue, received) = try await run(try Study(2)) { _, _ in
            .init(status: status, body: Array(body.utf8))
        }
        #expect(queue.deadCount == 2)
        #expect(received.count >= 5)
        guard case .dead(let reason) = queue.row(1)?.state else { return }
        #expect(reason.contains("without naming what it stored"), "\(reason)")
    }

    @Test("Wrong place, wrong credentials: nothing is given up, one alarm", arguments: [401, 404, 302])
    func wrongPlace(_ status: Int) async throws {
        let alarms = AlarmList()
        let (queue, received) = try await run(
            try Study(3), alarms: alarms,
            { $0.credentials = .basic(user: "hilum", password: .environment("HOME")) },
            until: { _, server in server.received.count > 4 }
        ) { _, _ in .init(status: status, headers: "Location: http://127.0.0.1:1/\r\n") }
        #expect(queue.deadCount == 0 && queue.deliveredCount == 0)
        #expect(alarms.count("raise") == 1)
        #expect(received.allSatisfy { $0.authorization.hasPrefix("Basic ") })
        // The rest is not sent while one probe fails.
        #expect(received.dropFirst().allSatisfy { $0.instances.count == 1 })
    }

    @Test(
        "Elements are changed on the way; pixels and the file here stay",
        arguments: [TransferSyntax.explicitLittleEndian, TransferSyntax.implicitLittleEndian])
    func coercion(_ syntax: String) async throws {
        let study = try Study(2, rows: 700, transferSyntax: syntax)
        let before = study.bytes(1)
        let (queue, received) = try await run(
            study,
            {
                $0.coercion = Coercion(
                    set: [.init(tag: "0008,0080", value: "North"), .init(tag: "0032,1032", value: "Doe^Jane")],
                    remove: ["0010,4000"])
            }
        ) { request, _ in STOWServer.stored(request) }
        #expect(queue.deliveredCount == 2)
        let part = try #require(received.first?.parts.first)
        let (sent, original) = (try DICOMFile.read(part), try DICOMFile.read(before))
        #expect(sent.faults.isEmpty && sent.transferSyntax == syntax)
        var expected = original.dataSet
        expected.set(Tag(0x0008, 0x0080), .LO, text: "North")
        expected.set(Tag(0x0032, 0x1032), .PN, text: "Doe^Jane")
        expected[Tag(0x0010, 0x4000)] = nil
        #expect(sent.dataSet.elements.map(\.tag) == expected.elements.map(\.tag))
        #expect(sent.dataSet == expected)
    }

    @Test("Files that are gone, empty or no DICOM are told, and do not stop the others")
    func badFiles() async throws {
        let study = try Study(4)
        try FileManager.default.removeItem(atPath: study.items[0].path)
        try Data().write(to: URL(fileURLWithPath: study.items[1].path))
        try Data("no DICOM at all, but long enough to look at".utf8).write(
            to: URL(fileURLWithPath: study.items[2].path))
        let (queue, _) = try await run(study, { $0.coercion.remove = ["0010,4000"] }) { request, _ in
            STOWServer.stored(request)
        }
        #expect(queue.row(4)?.state == .delivered(""))
        for (id, expected) in [(1, "cannot be read"), (2, "is empty"), (3, "cannot be changed")] {
            guard case .dead(let reason) = queue.row(Int64(id))?.state else {
                Issue.record("\(id): \(queue.states)")
                continue
            }
            #expect(reason.contains(expected), "\(reason)")
        }
    }

    @Test(
        "Settings that cannot be used are told",
        arguments: [
            (STOWDestinationSpec(base: "pacs.example/dicom-web"), "looks like"),
            (STOWDestinationSpec(base: "https://pacs.example/dicom-web/studies"), "without /studies"),
            (STOWDestinationSpec(base: "http://pacs.example", tls: TLSSpec()), "write https://"),
            (
                STOWDestinationSpec(
                    base: "http://pacs.example", headers: [.init(name: "authorization", value: "x")]), "Authorization"
            ),
            (STOWDestinationSpec(base: "http://pacs.example", coercion: .init(remove: ["x"])), "tag"),
            (
                STOWDestinationSpec(base: "https://pacs.example", tls: TLSSpec(trustedCertificates: "/nowhere.pem")),
                ""
            ),
        ])
    func settings(_ spec: STOWDestinationSpec, _ expected: String) {
        let problems = Delivery.problems(of: DestinationSpec(id: "pacs", kind: .stow(spec)))
        #expect(problems.count == 1 && (problems.first?.contains(expected) ?? false || expected.isEmpty), "\(problems)")
    }
}
