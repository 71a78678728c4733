import Glibc
import NIOSSL
import Synchronization

/// The TLS context of a listener or connector. The files are read again when they change, so that a renewed certificate
/// needs no restart; if the new ones are unusable, the old stay in use.
final class TLSContexts: Sendable {
    /// Which side of the handshake we are.
    enum Role: Sendable {
        case server
        case client
    }
    private struct Loaded {
        var stamps: [String]
        var context: NIOSSLContext
    }

    let settings: TLSSettings
    private let role: Role
    private let loaded = Mutex<Loaded?>(nil)

    init(_ settings: TLSSettings, role: Role) {
        self.settings = settings
        self.role = role
    }

    /// The context to use for the next connection, and what is wrong with newer files when an older one is still in use.
    func current() throws(LinkTrouble) -> (context: NIOSSLContext, stale: LinkTrouble?) {
        let stamps = [settings.certificate, settings.key, settings.authority].compactMap { $0 }.map(Self.stamp)
        let known = loaded.withLock { $0 }
        if let known, known.stamps == stamps { return (known.context, nil) }
        do throws(LinkTrouble) {
            let context = try load()
            loaded.withLock { $0 = Loaded(stamps: stamps, context: context) }
            return (context, nil)
        } catch {
            guard let known else { throw error }
            return (known.context, error)
        }
    }

    /// Time and size of a file: another text means that it changed.
    private static func stamp(_ path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "absent" }
        return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }

    private func load() throws(LinkTrouble) -> NIOSSLContext {
        let identity = try loadIdentity()
        let roots = try loadAuthority()
        var configuration: TLSConfiguration
        switch role {
        case .server:
            guard let identity else {
                throw LinkTrouble(
                    "TLS is asked for, but there is no certificate to show",
                    cure: "Set `tls.certificate` and `tls.key` (PEM files).")
            }
            configuration = .makeServerConfiguration(
                certificateChain: identity.chain.map { .certificate($0) }, privateKey: .privateKey(identity.key))
            // A device has no host name worth checking: the authority vouches for it, and its address is known.
            configuration.certificateVerification = roots == nil ? .none : .noHostnameVerification
        case .client:
            configuration = .makeClientConfiguration()
            if let identity {
                configuration.certificateChain = identity.chain.map { .certificate($0) }
                configuration.privateKey = .privateKey(identity.key)
            }
            configuration.certificateVerification = settings.verifyName ? .fullVerification : .noHostnameVerification
        }
        if let roots { configuration.trustRoots = .certificates(roots) }
        switch settings.minimumVersion {
        case .tls10: configuration.minimumTLSVersion = .tlsv1
        case .tls11: configuration.minimumTLSVersion = .tlsv11
        case .tls12: configuration.minimumTLSVersion = .tlsv12
        case .tls13: configuration.minimumTLSVersion = .tlsv13
        }
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw LinkTrouble(
                "TLS cannot be set up with \(settings.certificate ?? "the system's certificates"): \(error)",
                cure: "Check that the key belongs to the certificate and the chain is in order.")
        }
    }

    private func loadIdentity() throws(LinkTrouble) -> (chain: [NIOSSLCertificate], key: NIOSSLPrivateKey)? {
        switch (settings.certificate, settings.key) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            let chain = try Self.certificates(certificate)
            try Self.checkReadable(key, "private key")
            do { return (chain, try NIOSSLPrivateKey(file: key, format: .pem)) } catch {
                throw LinkTrouble(
                    "\(key): no private key in PEM form that can be read (\(error))",
                    cure: "Give the key unencrypted, in PEM form (-----BEGIN PRIVATE KEY-----).")
            }
        case (.some, nil), (nil, .some):
            throw LinkTrouble(
                "a TLS certificate and its private key belong together, and one of them is not set",
                cure: "Set both `tls.certificate` and `tls.key`, or neither.")
        }
    }

    private func loadAuthority() throws(LinkTrouble) -> [NIOSSLCertificate]? {
        guard let path = settings.authority else { return nil }
        return try Self.certificates(path)
    }

    private static func certificates(_ path: String) throws(LinkTrouble) -> [NIOSSLCertificate] {
        try checkReadable(path, "certificate")
        do {
            let found = try NIOSSLCertificate.fromPEMFile(path)
            if !found.isEmpty { return found }
        } catch {
            throw LinkTrouble(
                "\(path): no certificate in PEM form (\(error))", cure: "Give a PEM file (-----BEGIN CERTIFICATE-----)."
            )
        }
        throw LinkTrouble("\(path): no certificate in it", cure: "Give a PEM file (-----BEGIN CERTIFICATE-----).")
    }

    private static func checkReadable(_ path: String, _ what: String) throws(LinkTrouble) {
        guard access(path, R_OK) != 0 else { return }
        let code = errno
        throw LinkTrouble(
            "\(path): the \(what) cannot be read: \(errorText(code))",
            cure: code == ENOENT
                ? "Correct the path in hilum.yaml." : "Give the user that the gateway runs as the right to read it.")
    }
}

/// What a failed TLS handshake means.
enum TLSFault {
    static func trouble(_ error: (any Error)?, peer: String) -> LinkTrouble? {
        guard let error else {
            return LinkTrouble(
                "\(peer): closed during the TLS handshake",
                cure: "The other side may not speak TLS, or may not trust our certificate.")
        }
        if error is HandshakeTimeout {
            return LinkTrouble(
                "\(peer): the TLS handshake was not finished in time",
                cure: "The other side may not speak TLS: check its settings, or take `tls` away here.")
        }
        let text = "\(error)"
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return LinkTrouble(
                "\(peer): what came is not TLS",
                cure: "Switch TLS on at the other side, or take `tls` away here.")
        }
        if text.contains("UNSUPPORTED_PROTOCOL") || text.contains("PROTOCOL_VERSION") {
            return LinkTrouble(
                "\(peer): no TLS version that both sides know",
                cure: "If the device knows only an older one, set `tls.minimum_version`.")
        }
        if text.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE") {
            return LinkTrouble(
                "\(peer): the device shows no certificate",
                cure: "Install one on the device that `tls.authority` vouches for, or take `tls.authority` away.")
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
            return LinkTrouble(
                "\(peer): its certificate is not trusted (\(text))",
                cure: "Set `tls.authority` to the certificate that vouches for it; check that it is still valid.")
        }
        if text.contains("ALERT") || text.contains("alert") {
            return LinkTrouble(
                "\(peer): the other side refused the TLS handshake (\(text))",
                cure: "It may not trust our certificate, or may ask for one: see `tls.certificate`.")
        }
        return LinkTrouble("\(peer): the TLS handshake failed (\(text))", cure: "Check `tls` on both sides.")
    }
}
