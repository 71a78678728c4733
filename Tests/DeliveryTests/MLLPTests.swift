import Contracts
import HL7v2
import MLLP
import NIOCore
import NIOPosix
import ResultModel
import Synchronization
import Testing

@testable import Delivery

@Suite("MLLP destination")
struct MLLPDestinationTests {
    /// A sender to a peer that answers as a closure says.
    static func attempt(
        _ items: [OutboxItem] = [Fixtures.small(id: 1)], timeout: Duration = .seconds(20),
        change: (inout HL7DestinationSpec) -> Void = { _ in }, oddities: OddityList = OddityList(),
        peer answer: @escaping @Sendable (ScriptedPeer.Message, ScriptedPeer.Reply) -> Void
    ) async throws -> (attempts: [Attempt], received: [[UInt8]], connections: Int) {
        let peer = ScriptedPeer(answer)
        let port = try await peer.start()
        var spec = HL7DestinationSpec(host: "127.0.0.1", port: port, answerTimeout: timeout)
        change(&spec)
        let sender = try MLLPSender(
            spec: spec, lanes: 1, clock: MachineClock(), group: MultiThreadedEventLoopGroup.singleton,
            utcOffset: { _ in 0 })
        sender.onOddity { oddities.add($0) }
        var attempts: [Attempt] = []
        for item in items { attempts.append(await sender.deliver(item, lane: 0)) }
        await sender.close()
        await peer.stop()
        return (attempts, peer.received, peer.connections)
    }

    @Test("Each acknowledgement code of both modes")
    func codes() async throws {
        let cases: [(String, String)] = [
            ("AA", "delivered"), ("CA", "delivered"), ("AE", "failed"), ("CE", "failed"), ("AR", "refused"),
            ("CR", "refused"),
        ]
        for (code, kind) in cases {
            let (attempts, _, _) = try await Self.attempt { $1.acknowledge(code, $0.controlID, "because") }
            let name = String("\(attempts[0])".prefix { $0 != "(" })
            #expect(name == kind, "\(code)")
            #expect("\(attempts[0])".contains("because"))
        }
    }

    @Test("Acknowledgements in pieces of one byte, and coalesced with noise")
    func pieces() async throws {
        let (attempts, _, _) = try await Self.attempt([Fixtures.small(id: 1), Fixtures.small(id: 2)]) {
            message, reply in
            for byte in ScriptedPeer.frame("AA", message.controlID) { reply.send([byte]) }
        }
        #expect(attempts == [.delivered(note: "AA"), .delivered(note: "AA")])
        let (noisy, _, _) = try await Self.attempt([Fixtures.small(id: 1), Fixtures.small(id: 2)]) { message, reply in
            reply.send(Array("noise\r\n".utf8) + ScriptedPeer.frame("AA", message.controlID) + [0x0A, 0x0D])
        }
        #expect(noisy == [.delivered(note: "AA"), .delivered(note: "AA")])
    }

    @Test("An acknowledgement that names another message releases nothing, even in one read with the right one")
    func wrongControlID() async throws {
        let oddities = OddityList()
        let (attempts, _, _) = try await Self.attempt(timeout: .milliseconds(200), oddities: oddities) {
            message, reply in
            reply.acknowledge("AA", "X" + message.controlID)
        }
        guard case .unreachable(let reason, true, _) = attempts[0] else {
            Issue.record("\(attempts)")
            return
        }
        #expect(reason.contains("no acknowledgement"))
        #expect(oddities.list.count == 1)

        let after = OddityList()
        let (then, _, _) = try await Self.attempt(oddities: after) { message, reply in
            reply.send(ScriptedPeer.frame("AR", "OTHER") + ScriptedPeer.frame("AA", message.controlID))
        }
        #expect(then == [.delivered(note: "AA")])
        #expect(after.list.last == .rightAcknowledgement)
    }

    @Test("A late acknowledgement is not credited to the next message")
    func late() async throws {
        let held = Mutex<String?>(nil)
        let (attempts, received, connections) = try await Self.attempt(
            [Fixtures.small(id: 1), Fixtures.small(id: 2)], timeout: .milliseconds(200)
        ) { message, reply in
            let earlier = held.withLock { held in
                defer { held = held ?? message.controlID }
                return held
            }
            // Nothing to the first; to the second the answer of the first, and no other.
            if let earlier { reply.acknowledge("AA", earlier) }
        }
        #expect(attempts.count == 2)
        for attempt in attempts {
            guard case .unreachable = attempt else {
                Issue.record("\(attempt)")
                continue
            }
        }
        #expect(received.count == 2)
        #expect(connections == 2)
    }

    @Test("A receiver that closes after each message: every message once, nothing lost")
    func closing() async throws {
        let items = (1...20).map { Fixtures.small(id: $0) }
        let (attempts, received, connections) = try await Self.attempt(items) { message, reply in
            reply.acknowledge("AA", message.controlID)
            reply.close()
        }
        #expect(attempts.allSatisfy { $0 == .delivered(note: "AA") })
        #expect(Set(received.map { String(decoding: $0, as: UTF8.self) }).count == 20)
        #expect(connections >= 20)
    }

    @Test("We close after each message where the site says so")
    func closingOurselves() async throws {
        let (attempts, received, connections) = try await Self.attempt(
            (1...5).map { Fixtures.small(id: $0) }, change: { $0.isOneMessageAConnection = true }
        ) { $1.acknowledge("AA", $0.controlID) }
        #expect(attempts.count == 5 && attempts.allSatisfy { $0 == .delivered(note: "AA") })
        #expect(received.count == 5)
        #expect(connections == 5)
    }

    @Test("A connection lost before the acknowledgement: the same bytes again")
    func lost() async throws {
        let item = Fixtures.small(id: 1)
        let (attempts, received, _) = try await Self.attempt([item, item]) { _, reply in reply.close() }
        #expect(attempts.count == 2)
        for attempt in attempts {
            guard case .unreachable(_, true, _) = attempt else {
                Issue.record("\(attempt)")
                continue
            }
        }
        #expect(received.count == 2)
        #expect(Set(received.map { String(decoding: $0, as: UTF8.self) }).count == 1)
    }

    @Test("A frozen receiver takes megabytes and answers nothing: only time ends the wait")
    func frozen() async throws {
        var report = Fixtures.report()
        report.comments = [String(repeating: "x", count: 2_000_000)]
        let start = ContinuousClock.now
        let (attempts, _, _) = try await Self.attempt([Fixtures.item(report)], timeout: .milliseconds(300)) { _, _ in }
        guard case .unreachable(_, true, _) = attempts[0] else {
            Issue.record("\(attempts)")
            return
        }
        #expect(ContinuousClock.now - start < .seconds(15))
    }

    @Test("Nobody listens: not sent, told with the address")
    func nobody() async throws {
        let sender = try MLLPSender(
            spec: HL7DestinationSpec(host: "127.0.0.1", port: 1), lanes: 1, clock: MachineClock(),
            group: MultiThreadedEventLoopGroup.singleton, utcOffset: { _ in 0 })
        let attempt = await sender.deliver(Fixtures.small(id: 1), lane: 0)
        guard case .unreachable(let reason, false, _) = attempt else {
            Issue.record("\(attempt)")
            return
        }
        #expect(reason.contains("127.0.0.1:1") && reason.contains("refused"))
    }

    @Test("What is no acknowledgement at all releases nothing")
    func garbage() async throws {
        let answers: [[UInt8]] = [
            MLLP.frame(Array("hello".utf8)), MLLP.frame(Array("MSH|^~\\&|\rPID|1\r".utf8)), [0x0B, 0x1C, 0x0D],
            MLLP.frame(Array("MSH|^~\\&|A\rMSA|ZZ|@\r".utf8)), [UInt8](repeating: 0, count: 5000),
        ]
        for bytes in answers {
            let (attempts, _, _) = try await Self.attempt(timeout: .milliseconds(100)) { message, reply in
                let text = String(decoding: bytes, as: UTF8.self)
                    .split(separator: "@", omittingEmptySubsequences: false).joined(separator: message.controlID)
                reply.send(Array(text.utf8))
            }
            guard case .unreachable = attempts[0] else {
                Issue.record("\(attempts)")
                continue
            }
        }
    }

    @Test("A refusal without MSA-2 releases nothing and is told at once")
    func unnamedRefusal() async throws {
        let start = ContinuousClock.now
        let (attempts, _, _) = try await Self.attempt(timeout: .seconds(20)) { _, reply in
            reply.acknowledge("AR", "", "cannot parse")
        }
        guard case .unreachable(let reason, true, _) = attempts[0] else {
            Issue.record("\(attempts)")
            return
        }
        #expect(reason.contains("cannot parse"))
        #expect(ContinuousClock.now - start < .seconds(15))
    }

    @Test("Enhanced mode: the commit is enough, or the application's word is waited for, as the site says")
    func enhanced() async throws {
        let (commit, received, _) = try await Self.attempt(change: { $0.profile.acknowledgement = .enhancedCommit }) {
            $1.acknowledge("CA", $0.controlID)
        }
        #expect(commit == [.delivered(note: "CA")])
        #expect(String(decoding: received[0], as: UTF8.self).contains("|2.5.1|||AL|NE||"))

        let answers = Mutex<[String]>([])
        let (application, _, _) = try await Self.attempt(change: { $0.profile.acknowledgement = .enhancedApplication })
        {
            message, reply in
            guard message.type.hasPrefix("ORU") else { return answers.withLock { $0.append(message.text) } }
            reply.acknowledge("CA", message.controlID)
            reply.acknowledge("AA", message.controlID, "", wantsCommit: true)
        }
        #expect(application == [.delivered(note: "AA")])
        #expect(await eventually { answers.withLock { $0.contains { $0.contains("MSA|CA|") } } })

        let (half, _, _) = try await Self.attempt(
            timeout: .milliseconds(300), change: { $0.profile.acknowledgement = .enhancedApplication }
        ) {
            $1.acknowledge("CA", $0.controlID)
        }
        guard case .unreachable(let reason, true, _) = half[0] else {
            Issue.record("\(half)")
            return
        }
        #expect(reason.contains("committed"))
    }

    @Test("Several messages of one item: all must be taken")
    func oneObservationAMessage() async throws {
        let (attempts, received, _) = try await Self.attempt(
            [Fixtures.item()], change: { $0.profile.isOneObservationAMessage = true }
        ) { $1.acknowledge($0.text.contains("GLU") ? "AR" : "AA", $0.controlID) }
        guard case .refused = attempts[0] else {
            Issue.record("\(attempts)")
            return
        }
        #expect(received.count == 5)
    }

    @Test("Words of a receiver hold no control characters")
    func hostileWords() async throws {
        let (attempts, _, _) = try await Self.attempt { $1.acknowledge("AR", $0.controlID, #"bad\X1B\[31m\X0A\line"#) }
        guard case .refused(let reason) = attempts[0] else {
            Issue.record("\(attempts)")
            return
        }
        #expect(reason.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
}

final class OddityList: Sendable {
    private let oddities = Mutex<[Oddity]>([])
    func add(_ oddity: Oddity) { oddities.withLock { $0.append(oddity) } }
    var list: [Oddity] { oddities.withLock { $0 } }
}

/// A receiver whose every answer a closure decides.
final class ScriptedPeer: Sendable {
    struct Message: Sendable {
        var text: String
        var type: String
        var controlID: String
    }
    struct Reply: Sendable {
        let channel: any Channel
        func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
        func acknowledge(_ code: String, _ controlID: String, _ reason: String = "", wantsCommit: Bool = false) {
            send(ScriptedPeer.frame(code, controlID, reason, wantsCommit: wantsCommit))
        }
        func close() { channel.close(promise: nil) }
    }

    private let answer: @Sendable (Message, Reply) -> Void
    private let state = Mutex<(messages: [[UInt8]], connections: Int, channels: [any Channel])>(([], 0, []))

    init(_ answer: @escaping @Sendable (Message, Reply) -> Void) { self.answer = answer }

    var received: [[UInt8]] { state.withLock { $0.messages } }
    var connections: Int { state.withLock { $0.connections } }

    func start() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                self.state.withLock {
                    $0.connections += 1
                    $0.channels.append(channel)
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(peer: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        state.withLock { $0.channels.append(channel) }
        return try #require(channel.localAddress?.port)
    }

    func stop() async {
        let channels = state.withLock { $0.channels }
        for channel in channels { try? await channel.close() }
    }

    static func frame(_ code: String, _ controlID: String, _ reason: String = "", wantsCommit: Bool = false) -> [UInt8]
    {
        let modes = wantsCommit ? "|||AL|NE" : ""
        let text =
            "MSH|^~\\&|EMR||HILUM||20260318||ACK^R01|E\(controlID)|P|2.5.1\(modes)\rMSA|\(code)|\(controlID)|\(reason)\r"
        return MLLP.frame(Array(text.utf8))
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let peer: ScriptedPeer
        var decoder = MLLPDecoder()
        init(peer: ScriptedPeer) { self.peer = peer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var messages: [[UInt8]] = []
            unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
                decoder.receive(bytes) { event in
                    if case .message(let bytes, _, _, _) = event { messages.append(Array(bytes)) }
                }
            }
            for message in messages {
                peer.state.withLock { $0.messages.append(message) }
                let text = String(decoding: message, as: UTF8.self)
                let fields = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
                peer.answer(
                    Message(text: text, type: fields[8], controlID: fields[9]), Reply(channel: context.channel))
            }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
