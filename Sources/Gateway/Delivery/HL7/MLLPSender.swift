import Contracts
import HL7v2
import MLLP
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Sends ORU^R01 over MLLP: a connection for each lane, one message at a time on each.
final class MLLPSender: Sender {
    private let spec: HL7DestinationSpec
    private let builder: ORUBuilder
    private let clock: any Clock
    private let lanes: [MLLPLane]

    /// - Throws: `ORUFault` or what TLS says when the settings cannot be used.
    init(
        spec: HL7DestinationSpec, lanes: Int, clock: any Clock, group: any EventLoopGroup,
        utcOffset: @escaping @Sendable (Int64) -> Int32
    ) throws {
        self.spec = spec
        self.clock = clock
        builder = try ORUBuilder(profile: spec.profile, utcOffset: utcOffset)
        let context = try spec.tls.map { try NIOSSLContext(configuration: try $0.configuration()) }
        let oddities = OddityOutlet()
        outlet = oddities
        let settings = ExchangeHandler.Settings(
            answerTimeout: .microseconds(spec.answerTimeout.microseconds),
            waitsForApplication: spec.profile.acknowledgement == .enhancedApplication,
            now: { clock.now().unix }, tell: { oddities.tell($0) })
        self.lanes = (0..<max(1, lanes)).map { _ in
            MLLPLane(spec: spec, tls: context, settings: settings, loop: group.next())
        }
    }

    private let outlet: OddityOutlet

    func onOddity(_ tell: @escaping @Sendable (Oddity) -> Void) { outlet.set(tell) }

    func deliver(_ item: OutboxItem, lane: Int) async -> Attempt {
        let messages: [ORUMessage]
        do { messages = try builder.messages(for: item) } catch { return .refused(reason: error.description) }
        let lane = lanes[lane % lanes.count]
        var note = ""
        for message in messages {
            let attempt = await lane.deliver(message)
            guard case .delivered(let text) = attempt else { return attempt }
            note = text
        }
        return .delivered(note: note)
    }

    func close() async { for lane in lanes { await lane.close() } }
}

/// Where oddities go once somebody listens.
final class OddityOutlet: Sendable {
    private let listener = Mutex<(@Sendable (Oddity) -> Void)?>(nil)
    func set(_ listener: @escaping @Sendable (Oddity) -> Void) { self.listener.withLock { $0 = listener } }
    func tell(_ oddity: Oddity) {
        let listener = listener.withLock { $0 }
        listener?(oddity)
    }
}
