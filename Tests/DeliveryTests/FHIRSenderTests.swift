import Contracts
import FHIR
import Foundation
import JSONText
import NIOPosix
import ResultModel
import Synchronization
import Testing

@testable import Delivery

@Suite("FHIR destination")
struct FHIRSenderTests {
    static func attempt(
        _ item: OutboxItem = Fixtures.item(), behaviour: EMRReceiver.Behaviour = .init(),
        timeout: Duration = .seconds(20),
        change: (inout FHIRDestinationSpec) -> Void = { _ in }
    ) async throws -> (attempt: Attempt, received: [EMRReceiver.Received]) {
        let received = Mutex<[EMRReceiver.Received]>([])
        let receiver = EMRReceiver(mllp: nil, http: .init(), behaviour: behaviour, clock: MachineClock()) { message in
            received.withLock { $0.append(message) }
        }
        let port = try #require(try await receiver.start().http)
        var spec = FHIRDestinationSpec(base: "http://127.0.0.1:\(port)/fhir", timeout: timeout)
        change(&spec)
        let sender = try FHIRSender(
            spec: spec, lanes: 4, group: MultiThreadedEventLoopGroup.singleton, utcOffset: { _ in 0 },
            clock: MachineClock())
        let attempt = await sender.deliver(item, lane: 0)
        await sender.close()
        await receiver.stop()
        return (attempt, received.withLock { $0 })
    }

    @Test("A transaction is taken; what went over the wire is the bundle")
    func taken() async throws {
        let (attempt, received) = try await Self.attempt()
        #expect(attempt == .delivered(note: "200, 14 created, 0 updated"))
        #expect(received.count == 1)
        let read = try JSONValue(parsing: received[0].bytes)
        #expect(read["entry"]?.array?.count == 14)
    }

    @Test("The first transaction of a device goes alone, later ones together; a failed first lets the next one try")
    func firstOfDevice() async throws {
        let firsts = FirstOfDevice()
        let running = LeaderCount()
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<20 {
                tasks.addTask {
                    let isFirst = await firsts.begin("d")
                    guard isFirst else { return }
                    let number = running.begin()
                    try? await Task.sleep(for: .milliseconds(2))
                    running.end()
                    await firsts.ended("d", isTaken: number == 3)
                }
            }
        }
        #expect(running.counts.withLock { $0.most } == 1)
        #expect(running.counts.withLock { $0.leaders } == 3)
        #expect(await firsts.begin("other"))
    }

    @Test("Answers: 4xx with words to a person, 412 as several matches, the rest again")
    func statuses() async throws {
        let cases: [(Int, String)] = [
            (400, "refused"), (404, "refused"), (412, "refused"), (422, "refused"), (409, "busy"), (429, "unreachable"),
            (500, "unreachable"), (503, "unreachable"), (401, "unreachable"), (403, "unreachable"),
        ]
        for (status, kind) in cases {
            var behaviour = EMRReceiver.Behaviour()
            behaviour.status = status
            let (attempt, _) = try await Self.attempt(behaviour: behaviour)
            #expect(String("\(attempt)".prefix { $0 != "(" }) == kind, "\(status)")
            #expect("\(attempt)".contains("refused as asked"), "\(status)")
            if status == 412 { #expect("\(attempt)".contains("several resources")) }
        }
    }

    @Test("Retry-After is read")
    func retryAfter() async throws {
        var behaviour = EMRReceiver.Behaviour()
        behaviour.status = 503
        behaviour.retryAfter = "120"
        let (attempt, _) = try await Self.attempt(behaviour: behaviour)
        guard case .unreachable(_, false, .some(let wait)) = attempt else {
            Issue.record("\(attempt)")
            return
        }
        #expect(wait == .seconds(120))
    }

    @Test("A frozen server, one that drops the connection, one that is not there")
    func unreachable() async throws {
        var behaviour = EMRReceiver.Behaviour()
        behaviour.isSilent = true
        let (frozen, _) = try await Self.attempt(behaviour: behaviour, timeout: .milliseconds(300))
        guard case .unreachable(_, true, _) = frozen else {
            Issue.record("\(frozen)")
            return
        }
        behaviour.isSilent = false
        behaviour.dropsEvery = 1
        let (dropped, _) = try await Self.attempt(behaviour: behaviour)
        guard case .unreachable(_, true, _) = dropped else {
            Issue.record("\(dropped)")
            return
        }
        let (absent, _) = try await Self.attempt { $0.base = "http://127.0.0.1:1/fhir" }
        guard case .unreachable(let reason, false, _) = absent else {
            Issue.record("\(absent)")
            return
        }
        #expect(reason.contains("refused"))
    }

    @Test("Credentials come from a file or the environment, and stand in no reason")
    func credentials() async throws {
        let file = NSTemporaryDirectory() + "hilum-token-\(UInt64.random(in: 0...UInt64.max))"
        try Data("s3cret-token\n".utf8).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let (_, bearer) = try await Self.attempt { $0.credentials = .bearer(.file(file)) }
        #expect(bearer[0].authorization == "Bearer s3cret-token")
        let (_, basic) = try await Self.attempt { $0.credentials = .basic(user: "hilum", password: .file(file)) }
        #expect(basic[0].authorization == "Basic aGlsdW06czNjcmV0LXRva2Vu")
        var behaviour = EMRReceiver.Behaviour()
        behaviour.status = 401
        let (refused, _) = try await Self.attempt(behaviour: behaviour) { $0.credentials = .bearer(.file(file)) }
        #expect(!"\(refused)".contains("s3cret"))
        let (missing, none) = try await Self.attempt { $0.credentials = .bearer(.file(file + "-missing")) }
        #expect(none.isEmpty)
        #expect("\(missing)".contains("-missing") && "\(missing)".contains("cannot be read"))
        let (unset, _) = try await Self.attempt { $0.credentials = .bearer(.environment("HILUM_TEST_UNSET")) }
        #expect("\(unset)".contains("HILUM_TEST_UNSET"))
    }

    @Test("Answers that only look like success release nothing")
    func judge() {
        let judge = ResponseJudge(base: "b", entries: 2, now: 0)
        func attempt(_ status: Int, _ body: String) -> Attempt {
            judge.judge(status: status, retryAfter: nil, body: Array(body.utf8))
        }
        func bundle(_ entries: String) -> String {
            #"{"resourceType":"Bundle","type":"transaction-response","entry":["# + entries + "]}"
        }
        func entry(_ status: String) -> String { #"{"response":{"status":""# + status + #""}}"# }
        #expect(
            attempt(200, bundle(entry("201 Created") + "," + entry("200")))
                == .delivered(note: "200, 1 created, 1 updated"))
        let odd = [
            "", "<html>login</html>", "{}", bundle(""), bundle(entry("200")), #"{"resourceType":"Patient"}"#,
            #"{"resourceType":"Bundle","type":"searchset","entry":[1,2]}"#,
        ]
        for body in odd {
            guard case .unreachable = attempt(200, body) else {
                Issue.record("\(body)")
                continue
            }
        }
        for (status, kind) in [
            ("412 x", "refused"), ("400", "refused"), ("", "refused"), ("409", "failed"), ("503", "failed"),
        ] {
            let found = attempt(200, bundle(entry("200") + "," + entry(status)))
            #expect(String("\(found)".prefix { $0 != "(" }) == kind, "\(status)")
        }
        #expect("\(attempt(302, ""))".hasPrefix("unreachable"))
        #expect("\(attempt(404, "<html>"))".hasPrefix("unreachable"))
    }

    @Test(
        "Retry-After: seconds and the three forms of a date",
        arguments: [
            ("120", 120), ("0", 0), (" 5 ", 5), ("Sun, 06 Nov 1994 08:49:37 GMT", 37),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 37), ("Sun Nov  6 08:49:37 1994", 37),
            ("Sun, 06 Nov 1994 08:48:00 GMT", 0),
            ("99999999999999999999", 2_147_483_647), ("", nil), ("-5", nil), ("soon", nil),
            ("Sun, 06 Foo 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 25:49:37 GMT", nil),
        ] as [(String, Int64?)])
    func retryAfterForms(text: String, seconds: Int64?) {
        // 1994-11-06T08:49:00Z
        let found = RetryAfter.read(text, now: 784_111_740_000_000)
        #expect(found == seconds.map { .seconds($0) })
    }

    @Test("Settings that cannot be used are told")
    func settings() {
        for base in ["", "ftp://x", "emr.example/fhir", "https://u:p@x/", "https://x/?a=1"] {
            let spec = DestinationSpec(id: "f", kind: .fhir(.init(base: base)))
            #expect(Delivery.problems(of: spec).count == 1, "\(base)")
        }
        #expect(Delivery.problems(of: DestinationSpec(id: "f", kind: .fhir(.init(base: "https://x/fhir")))).isEmpty)
        let tls = DestinationSpec(
            id: "h", kind: .hl7(.init(host: "h", port: 1, tls: TLSSpec(trustedCertificates: "/does/not/exist"))))
        #expect(Delivery.problems(of: tls).count == 1)
    }
}

/// How many go at a time.
final class LeaderCount: Sendable {
    let counts = Mutex((now: 0, most: 0, leaders: 0))
    func begin() -> Int {
        counts.withLock { counts in
            counts.now += 1
            counts.leaders += 1
            counts.most = max(counts.most, counts.now)
            return counts.leaders
        }
    }
    func end() { counts.withLock { $0.now -= 1 } }
}
