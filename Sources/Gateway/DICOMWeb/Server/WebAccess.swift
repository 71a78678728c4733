import Glibc
import Synchronization

/// Who may ask: bearer tokens (RFC 6750), and the names by which a service without tokens may be called.
final class WebAccess: Sendable {
    private let settings: DICOMWebSettings
    private let file = Mutex(TokenFile())

    private struct TokenFile {
        var stamp: (seconds: Int, nanoseconds: Int, size: Int) = (0, 0, -1)
        var tokens: [[UInt8]] = []
    }

    init(_ settings: DICOMWebSettings) { self.settings = settings }

    /// Nil: the request may be served.
    func refusal(authorization: String?, authority: String?) -> WebFault? {
        guard settings.asksForToken else {
            // A page of a web site can make a browser on this machine ask us under the site's name (DNS rebinding).
            guard settings.tls == nil, settings.isLoopback else { return nil }
            let host = WebAccess.host(authority ?? "")
            let isAddress = host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) }
            if host.isEmpty || host == "localhost" || host == "[::1]" || isAddress && host.hasPrefix("127.") {
                return nil
            }
            return WebFault(
                status: 421,
                reason: "without tokens this service answers only to localhost; give it tokens to use other names")
        }
        guard let given = WebAccess.token(authorization) else {
            return WebFault(
                status: 401, reason: "a bearer token is needed: Authorization: Bearer TOKEN",
                fields: ["WWW-Authenticate": "Bearer realm=\"hilum\""])
        }
        for token in settings.tokens.map({ Array($0.utf8) }) + fileTokens() where WebAccess.isEqual(token, given) {
            return nil
        }
        return WebFault(
            status: 401, reason: "the bearer token is not known",
            fields: ["WWW-Authenticate": "Bearer realm=\"hilum\", error=\"invalid_token\""])
    }

    private static func token(_ authorization: String?) -> [UInt8]? {
        guard let authorization, authorization.utf8.count > 7,
            authorization.prefix(7).lowercased() == "bearer "
        else { return nil }
        return Array(authorization.utf8.dropFirst(7))
    }

    /// The time taken does not tell how much of a token was right.
    private static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count, !one.isEmpty else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
    }

    static func host(_ authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return String(authority[...end]) }
        return String(authority.prefix { $0 != ":" }).lowercased()
    }

    private func fileTokens() -> [[UInt8]] {
        guard !settings.tokenFile.isEmpty else { return [] }
        return file.withLock { held in
            var status = stat()
            guard stat(settings.tokenFile, &status) == 0 else { return [] }
            let stamp = (Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_size))
            if stamp != held.stamp {
                held.tokens = WebAccess.read(settings.tokenFile)
                held.stamp = stamp
            }
            return held.tokens
        }
    }

    private static func read(_ path: String) -> [[UInt8]] {
        guard let file = try? FileBytes(path: path), let bytes = try? file.read(at: 0, count: 1 << 20) else {
            return []
        }
        return bytes.split(separator: 0x0A).map { line in
            Array(line.filter { $0 > 0x20 && $0 < 0x7F })
        }.filter { $0.count >= 16 && $0.first != UInt8(ascii: "#") }
    }
}
