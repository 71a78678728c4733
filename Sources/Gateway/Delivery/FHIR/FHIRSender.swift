import AsyncHTTPClient
import Contracts
import FHIR
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Posts transactions to a FHIR server.
final class FHIRSender: Sender {
    private let spec: FHIRDestinationSpec
    private let mapper: FHIRMapper
    private let client: HTTPClient
    private let clock: any Clock
    private let credential: Credential?
    private let isClosed = Atomic(false)
    private let firsts = FirstOfDevice()

    /// A longer answer is no answer to a transaction.
    private static let longestAnswer = 16 << 20

    /// - Throws: `ORUFault` or what TLS says when the settings cannot be used.
    init(
        spec: FHIRDestinationSpec, lanes: Int, group: any EventLoopGroup,
        utcOffset: @escaping @Sendable (Int64) -> Int32, clock: any Clock
    ) throws {
        try FHIRSender.check(spec)
        self.spec = spec
        self.clock = clock
        mapper = FHIRMapper(spec: spec.mapping, utcOffset: utcOffset)
        credential =
            switch spec.credentials {
            case .none: nil
            case .bearer(let secret): Credential(secret)
            case .basic(_, let secret): Credential(secret)
            }
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try spec.tls?.configuration()
        // A redirect would carry patients' data and credentials to a place nobody configured.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.decompression = .disabled
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, lanes)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// - Throws: `ORUFault` with the setting and the cure.
    static func check(_ spec: FHIRDestinationSpec) throws(ORUFault) {
        let isHTTP = spec.base.hasPrefix("http://") || spec.base.hasPrefix("https://")
        guard isHTTP, !spec.base.contains("@"), !spec.base.contains("?"), !spec.base.contains("#") else {
            throw ORUFault(
                description: "the base of a FHIR server looks like https://emr.example/fhir, without user or query")
        }
        if spec.tls != nil, spec.base.hasPrefix("http://") {
            throw ORUFault(description: "TLS is set but the base begins with http://; write https://")
        }
        if let tls = spec.tls, !tls.serverName.isEmpty {
            throw ORUFault(
                description:
                    "a server name cannot be set for a FHIR server; its certificate must hold the host of the base")
        }
        for header in spec.headers where header.name.lowercased() == "authorization" {
            throw ORUFault(description: "no Authorization among the headers; give credentials by reference")
        }
    }

    func onOddity(_ tell: @escaping @Sendable (Oddity) -> Void) {}

    func deliver(_ item: OutboxItem, lane: Int) async -> Attempt {
        let bundle: R4.Bundle
        do { bundle = try mapper.bundle(for: item) } catch { return .refused(reason: error.description) }
        let device = item.report.device
        let isFirst = await firsts.begin(device)
        let attempt = await post(bundle)
        if isFirst {
            let isTaken = if case .delivered = attempt { true } else { false }
            await firsts.ended(device, isTaken: isTaken)
        }
        return attempt
    }

    private func post(_ bundle: R4.Bundle) async -> Attempt {
        let body = bundle.json().serialized()
        var request = HTTPClientRequest(url: spec.base)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: R4.mimeType + "; charset=utf-8")
        request.headers.add(name: "Accept", value: R4.mimeType)
        request.headers.add(name: "Prefer", value: "return=minimal")
        request.headers.add(name: "User-Agent", value: "hilum")
        for header in spec.headers { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        do {
            if let authorization = try authorization() {
                request.headers.add(name: "Authorization", value: authorization)
            }
        } catch {
            return .unreachable(reason: "no credentials: \(error.description)", isSent: false, retryAfter: nil)
        }
        request.body = .bytes(body, length: .known(Int64(body.count)))
        // A connection that stood idle may have been closed by the server without our seeing it yet: the same bytes once more.
        for isRepeat in [false, true] {
            do { return try await execute(request, entries: bundle.entries.count) } catch {
                if isClosed.load(ordering: .relaxed) { return .abandoned }
                if !isRepeat, error as? HTTPClientError == .remoteConnectionClosed { continue }
                return FHIRSender.attempt(error, base: spec.base)
            }
        }
        return .abandoned
    }

    private func execute(_ request: HTTPClientRequest, entries: Int) async throws -> Attempt {
        let response = try await client.execute(request, timeout: .microseconds(spec.timeout.microseconds))
        let answer = try await response.body.collect(upTo: FHIRSender.longestAnswer)
        if response.status.code == 401 { credential?.forget() }
        return ResponseJudge(base: spec.base, entries: entries, now: clock.now().unix).judge(
            status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"),
            body: Array(answer.readableBytesView))
    }

    private func authorization() throws(ORUFault) -> String? {
        guard let credential else { return nil }
        let secret = try credential.value(monotonic: clock.now().monotonic)
        if case .basic(let user, _) = spec.credentials {
            return "Basic " + Base64.text(Array("\(user):\(secret)".utf8))
        }
        return "Bearer " + secret
    }

    static func attempt(_ error: any Error, base: String) -> Attempt {
        if let error = error as? HTTPClientError {
            let neverSent: [HTTPClientError] = [.connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout]
            if error == .deadlineExceeded || error == .readTimeout {
                return .unreachable(reason: "no answer from \(base) in time", isSent: true, retryAfter: nil)
            }
            let words = error == .connectTimeout ? "no answer to the connection request" : error.shortDescription
            return .unreachable(reason: "\(base): \(words)", isSent: !neverSent.contains(error), retryAfter: nil)
        }
        if error is NIOConnectionError || error is IOError {
            return .unreachable(
                reason: "no connection to \(base): \(MLLPLane.words(error))", isSent: false, retryAfter: nil)
        }
        if error is NIOTooManyBytesError {
            return .unreachable(reason: "the answer of \(base) is longer than 16 MiB", isSent: true, retryAfter: nil)
        }
        let isTLS = error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError
        return .unreachable(
            reason: "\(base): \(isTLS ? "TLS: " : "")\(MLLPLane.words(error))", isSent: !isTLS, retryAfter: nil)
    }

    func close() async {
        guard isClosed.exchange(true, ordering: .relaxed) == false else { return }
        try? await client.shutdown()
    }
}
