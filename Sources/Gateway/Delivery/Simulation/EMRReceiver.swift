import Contracts
import NIOCore
import NIOPosix
import Synchronization

/// An EMR to test against: takes ORU^R01 over MLLP and FHIR R4 transactions over HTTP, acknowledges, and misbehaves as
/// asked. Keeps nothing but a count and, for FHIR, which identifiers it has seen.
public final class EMRReceiver: Sendable {
    /// Where to listen.
    public struct Address: Sendable, Equatable {
        /// Address; 127.0.0.1 unless something else is wanted.
        public var host: String
        /// Port; 0: any free one.
        public var port: Int
        /// An address.
        public init(host: String = "127.0.0.1", port: Int = 0) {
            self.host = host
            self.port = port
        }
    }

    /// How it answers.
    public struct Behaviour: Sendable, Equatable {
        /// How it refuses.
        public enum Refusal: String, Sendable, CaseIterable {
            /// An error that may pass: AE, CE, HTTP 503.
            case error
            /// For good: AR, CR, HTTP 422.
            case reject
        }
        /// Refuses every nth message; 0: none.
        public var refusesEvery = 0
        /// How it refuses.
        public var refusal = Refusal.error
        /// Waits so long before it answers.
        public var delay = Duration.zero
        /// Names another message in every nth acknowledgement (MLLP); 0: never.
        public var isWrongEvery = 0
        /// Closes the connection after each answer.
        public var closesAfterEach = false
        /// Closes the connection instead of answering every nth message; 0: never.
        public var dropsEvery = 0
        /// Takes everything and answers nothing.
        public var isSilent = false
        /// HTTP: answers with this status instead of taking the transaction; 0: takes it.
        public var status = 0
        /// HTTP: Retry-After of a refusal; empty: none.
        public var retryAfter = ""
        /// A receiver without faults.
        public init() {}
    }

    /// One message that came.
    public struct Received: Sendable {
        /// How it came.
        public enum Way: String, Sendable {
            /// HL7 v2.
            case mllp
            /// FHIR.
            case http
        }
        /// How it came.
        public var way: Way
        /// The message or the body, as it came.
        public var bytes: [UInt8]
        /// Authorization header, as it came; empty for MLLP.
        public var authorization: String
        /// `AA`, `200`, or what was done instead: `none`.
        public var answer: String
        /// Who sent it.
        public var peer: String
        /// Count over both ways, from 1.
        public var number: Int
    }

    private let mllp: Address?
    private let http: Address?
    private let group: any EventLoopGroup
    private let clock: any Clock
    private let state: Mutex<(behaviour: Behaviour, count: Int, channels: [any Channel], resources: ResourceIndex)>
    private let onReceived: @Sendable (Received) -> Void

    /// A receiver.
    ///
    /// - Parameters:
    ///   - mllp: where to take HL7 v2; nil: not at all.
    ///   - http: where to take FHIR; nil: not at all.
    ///   - onReceived: told of each message before it is answered, on the receiver's threads.
    public init(
        mllp: Address?, http: Address?, behaviour: Behaviour = Behaviour(), clock: any Clock,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onReceived: @escaping @Sendable (Received) -> Void
    ) {
        self.mllp = mllp
        self.http = http
        self.clock = clock
        self.group = group
        self.onReceived = onReceived
        state = Mutex((behaviour, 0, [], ResourceIndex()))
    }

    /// How it answers from now on.
    public var behaviour: Behaviour {
        get { state.withLock { $0.behaviour } }
        set { state.withLock { $0.behaviour = newValue } }
    }

    /// Messages received.
    public var count: Int { state.withLock { $0.count } }

    /// Starts to listen.
    ///
    /// - Returns: the ports in use.
    public func start() async throws -> (mllp: Int?, http: Int?) {
        var ports: (mllp: Int?, http: Int?) = (nil, nil)
        if let mllp {
            ports.mllp = try await listen(mllp) { MLLPReceiverHandler(receiver: self) }
        }
        if let http {
            ports.http = try await listen(http) { HTTPReceiverHandler(receiver: self) }
        }
        return ports
    }

    /// Stops to listen and closes all connections.
    public func stop() async {
        let channels = state.withLock { state in
            defer { state.channels = [] }
            return state.channels
        }
        for channel in channels { try? await channel.close() }
    }

    private func listen(
        _ address: Address, _ handler: @escaping @Sendable () -> some ChannelInboundHandler
    ) async throws -> Int? {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                self.remember(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler())
                }
            }
            .bind(host: address.host, port: address.port).get()
        remember(channel)
        return channel.localAddress?.port
    }

    private func remember(_ channel: any Channel) {
        state.withLock { state in
            state.channels.removeAll { !$0.isActive && $0 !== channel }
            state.channels.append(channel)
        }
    }

    var now: Int64 { clock.now().unix }

    /// Counts a message.
    func next() -> (number: Int, behaviour: Behaviour) {
        state.withLock { state in
            state.count += 1
            return (state.count, state.behaviour)
        }
    }

    /// Tells of a message.
    func tell(_ received: Received) { onReceived(received) }

    /// What a transaction does to the resources seen so far.
    func take(_ index: (inout ResourceIndex) -> Void) { state.withLock { index(&$0.resources) } }
}

/// Which resources a receiver has seen, by what they were asked for with.
struct ResourceIndex: Sendable {
    private var versions: [String: (id: Int, version: Int)] = [:]
    private var last = 0

    /// - Returns: HTTP status and location.
    mutating func take(type: String, key: String?, isUpdate: Bool) -> (status: String, location: String) {
        if let key, let known = versions[key] {
            let version = known.version + (isUpdate ? 1 : 0)
            versions[key] = (known.id, version)
            return ("200 OK", "\(type)/\(known.id)/_history/\(version)")
        }
        last += 1
        if let key { versions[key] = (last, 1) }
        return ("201 Created", "\(type)/\(last)/_history/1")
    }
}
