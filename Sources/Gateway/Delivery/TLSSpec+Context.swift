import NIOSSL

extension TLSSpec {
    /// The configuration for BoringSSL.
    ///
    /// - Throws: what NIOSSL says about a file that it cannot read or use.
    func configuration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion =
            switch minimumVersion {
            case .tls10: .tlsv1
            case .tls11: .tlsv11
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
        configuration.certificateVerification = checksName ? .fullVerification : .noHostnameVerification
        if !trustedCertificates.isEmpty {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(trustedCertificates))
        }
        if !certificate.isEmpty {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem))
        }
        return configuration
    }
}
