import AsyncHTTPClient
import Contracts
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Sends images by STOW-RS: each batch in one request, or in several when its files are large.
final class STOWImageSender: ImageSender {
    private let spec: STOWDestinationSpec
    private let client: HTTPClient
    private let clock: any Clock
    private let credential: Credential?
    private let isClosed = Atomic(false)
    /// Instances in the next request: one after a request that failed as a whole, doubled by each that is taken.
    private let limit: Mutex<Int>

    /// A longer answer is none.
    private static let longestAnswer = 16 << 20

    /// - Throws: `ORUFault` or what TLS says when the settings cannot be used.
    init(spec: STOWDestinationSpec, lanes: Int, group: any EventLoopGroup, clock: any Clock) throws {
        try STOWImageSender.check(spec)
        self.spec = spec
        self.clock = clock
        limit = Mutex(max(1, spec.instancesARequest))
        credential =
            switch spec.credentials {
            case .none: nil
            case .bearer(let secret): Credential(secret)
            case .basic(_, let secret): Credential(secret)
            }
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try spec.tls?.configuration()
        // A redirect would carry patients' images and credentials to a place nobody configured.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = .microseconds(spec.answerTimeout.microseconds)
        configuration.timeout.write = .microseconds(spec.answerTimeout.microseconds)
        configuration.decompression = .disabled
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, lanes)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// - Throws: `ORUFault` with the setting and the cure.
    static func check(_ spec: STOWDestinationSpec) throws(ORUFault) {
        let isHTTP = spec.base.hasPrefix("http://") || spec.base.hasPrefix("https://")
        guard isHTTP, !spec.base.contains("@"), !spec.base.contains("?"), !spec.base.contains("#"),
            !spec.base.hasSuffix("/studies")
        else {
            throw ORUFault(
                description: "the URL of a DICOMweb server looks like https://pacs.example/dicom-web, without /studies")
        }
        if spec.tls != nil, spec.base.hasPrefix("http://") {
            throw ORUFault(description: "TLS is set but the URL begins with http://; write https://")
        }
        for header in spec.headers where header.name.lowercased() == "authorization" {
            throw ORUFault(description: "no Authorization among the headers; give credentials by reference")
        }
        if let problem = spec.coercion.problem { throw ORUFault(description: problem) }
    }

    var largestBatch: Int { limit.withLock { $0 } }

    func send(_ items: [ForwardItem], told: @escaping @Sendable (Int64, Attempt) -> Void) async {
        var parts: [STOWPart] = []
        for item in items {
            switch await STOWImageSender.part(item, spec.coercion) {
            case .success(let part): parts.append(part)
            case .failure(let fault): told(item.id, .refused(reason: fault.reason))
            case nil: told(item.id, .abandoned)
            }
        }
        while !parts.isEmpty {
            let batch = nextRequest(&parts)
            guard await send(batch, told) else { break }
        }
        // The first request that failed speaks for those behind it.
        for part in parts { told(part.item.id, .busy(reason: "waits: a request before it failed")) }
    }

    /// Nil: the process is ending.
    private static func part(_ item: ForwardItem, _ coercion: Coercion) async -> Result<STOWPart, STOWPart.Fault>? {
        try? await NIOThreadPool.singleton.runIfActive {
            do throws(STOWPart.Fault) { return .success(try STOWPart(item, coercion)) } catch { return .failure(error) }
        }
    }

    /// Takes out what goes into one request.
    private func nextRequest(_ parts: inout [STOWPart]) -> [STOWPart] {
        var batch: [STOWPart] = []
        var bytes: Int64 = 0
        while let part = parts.first, batch.isEmpty || bytes &+ part.length <= spec.bytesARequest {
            batch.append(parts.removeFirst())
            bytes &+= part.length
        }
        return batch
    }

    /// False: the receiver did not take it; to go on makes no sense now.
    private func send(_ parts: [STOWPart], _ told: @Sendable (Int64, Attempt) -> Void) async -> Bool {
        func tellAll(_ attempt: Attempt) -> Bool {
            for part in parts { told(part.item.id, attempt) }
            return false
        }
        let body = STOWBody(parts: parts, boundary: STOWBody.makeBoundary())
        var request = HTTPClientRequest(url: spec.base + "/studies")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: body.contentType)
        request.headers.add(name: "Accept", value: "application/dicom+json")
        request.headers.add(name: "User-Agent", value: "hilum")
        for header in spec.headers { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        do {
            if let authorization = try authorization() {
                request.headers.add(name: "Authorization", value: authorization)
            }
        } catch {
            return tellAll(.unreachable(reason: "no credentials: \(error.description)", isSent: false, retryAfter: nil))
        }
        request.body = .stream(body, length: .known(body.length))
        do {
            // The slowest line that is still a line: 64 KB/s.
            let seconds = body.length / 65_536
            let limit = TimeAmount.microseconds(spec.answerTimeout.microseconds) + .seconds(seconds)
            let response = try await client.execute(request, timeout: limit)
            let answer = try await response.body.collect(upTo: STOWImageSender.longestAnswer)
            if response.status.code == 401 { credential?.forget() }
            let verdict = STOWJudge(base: spec.base, now: clock.now().unix).judge(
                status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"),
                body: Array(answer.readableBytesView))
            return take(verdict, parts, told)
        } catch {
            if isClosed.load(ordering: .relaxed) { return tellAll(.abandoned) }
            if let fault = error as? STOWBody.Fault {
                for part in parts {
                    let isIt = part.item.path == fault.path
                    told(
                        part.item.id,
                        isIt ? .failed(reason: "\(fault)", retryAfter: nil) : .busy(reason: "broken off: \(fault)"))
                }
                return true
            }
            return failed(FHIRSender.attempt(error, base: spec.base), parts, told)
        }
    }

    private func take(
        _ verdict: STOWJudge.Verdict, _ parts: [STOWPart], _ told: @Sendable (Int64, Attempt) -> Void
    ) -> Bool {
        switch verdict {
        case .each(let attempts, let unnamed):
            let most = max(1, spec.instancesARequest)
            limit.withLock { $0 = min(most, $0 * 2) }
            for part in parts { told(part.item.id, attempts[part.item.sopInstance] ?? unnamed) }
            return true
        case .all(let attempt):
            for part in parts { told(part.item.id, attempt) }
            return false
        case .divide(let reason, let alone):
            return divide(reason, alone, parts, told)
        }
    }

    /// A request that was broken off.
    private func failed(
        _ attempt: Attempt, _ parts: [STOWPart], _ told: @Sendable (Int64, Attempt) -> Void
    ) -> Bool {
        if case .unreachable(let reason, isSent: true, _) = attempt { return divide(reason, attempt, parts, told) }
        for part in parts { told(part.item.id, attempt) }
        return false
    }

    /// One of them may be to blame: each is tried by itself before any is blamed.
    private func divide(
        _ reason: String, _ alone: Attempt, _ parts: [STOWPart], _ told: @Sendable (Int64, Attempt) -> Void
    ) -> Bool {
        if parts.count == 1, let part = parts.first {
            told(part.item.id, alone)
            if case .refused = alone { return true }
            return false
        }
        limit.withLock { $0 = 1 }
        for part in parts { told(part.item.id, .busy(reason: "\(reason); tried again one by one")) }
        return false
    }

    private func authorization() throws(ORUFault) -> String? {
        guard let credential else { return nil }
        let secret = try credential.value(monotonic: clock.now().monotonic)
        if case .basic(let user, _) = spec.credentials {
            return "Basic " + Base64.text(Array("\(user):\(secret)".utf8))
        }
        return "Bearer " + secret
    }

    func close() async {
        guard isClosed.exchange(true, ordering: .relaxed) == false else { return }
        try? await client.shutdown()
    }
}
