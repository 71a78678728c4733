import HummingbirdCore
import HummingbirdTLS
import NIOSSL

extension DICOMWebServer {
    /// TLS 1.2 and newer; with authorities of clients, a client needs a certificate of one of them.
    func secured(_ plain: HTTPServerBuilder, _ tls: DICOMWebSettings.TLS) throws -> HTTPServerBuilder {
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(tls.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.privateKey, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            if !tls.clientAuthorities.isEmpty {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(tls.clientAuthorities))
                configuration.certificateVerification = .noHostnameVerification
            }
            return try .tls(plain, tlsConfiguration: configuration)
        } catch {
            throw DICOMWebFault(
                "TLS of DICOMweb: \(error)",
                cure: "certificate, key and authorities are PEM files that the gateway can read")
        }
    }
}
