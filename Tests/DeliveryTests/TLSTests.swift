import Contracts
import Foundation
import HL7v2
import MLLP
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import Delivery

/// Certificates made by openssl for one run of the tests.
struct TestCertificates {
    let folder: String

    init?() {
        folder = NSTemporaryDirectory() + "hilum-tls-\(UInt64.random(in: 0...UInt64.max))"
        guard (try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)) != nil,
            make("ca", "/CN=Test authority", signer: nil, extra: []),
            make("server", "/CN=localhost", signer: "ca", extra: ["-addext", "subjectAltName=DNS:localhost"]),
            make("client", "/CN=hilum", signer: "ca", extra: [])
        else { return nil }
    }

    private func make(_ name: String, _ subject: String, signer: String?, extra: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        var arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout",
            "\(folder)/\(name).key", "-out", "\(folder)/\(name).pem", "-subj", subject,
        ]
        if let signer { arguments += ["-CA", "\(folder)/\(signer).pem", "-CAkey", "\(folder)/\(signer).key"] }
        process.arguments = arguments + extra
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

@Suite("TLS to a receiver")
struct TLSTests {
    static func attempt(_ certificates: TestCertificates, _ spec: TLSSpec, asksForOurs: Bool) async throws -> Attempt {
        let folder = certificates.folder
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile("\(folder)/server.pem").map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: "\(folder)/server.key", format: .pem)))
        if asksForOurs {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile("\(folder)/ca.pem"))
        }
        let context = try NIOSSLContext(configuration: configuration)
        let receiver = EMRReceiver(mllp: .init(), http: nil, clock: MachineClock()) { _ in }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(MLLPReceiverHandler(receiver: receiver))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let sender = try MLLPSender(
            spec: HL7DestinationSpec(host: "127.0.0.1", port: port, tls: spec), lanes: 1, clock: MachineClock(),
            group: MultiThreadedEventLoopGroup.singleton, utcOffset: { _ in 0 })
        let attempt = await sender.deliver(Fixtures.small(id: 1), lane: 0)
        await sender.close()
        try await server.close()
        return attempt
    }

    @Test("Trust, names and our own certificate are checked as the settings say")
    func matrix() async throws {
        guard let made = TestCertificates() else {
            print("skipped: no openssl here")
            return
        }
        defer { try? FileManager.default.removeItem(atPath: made.folder) }
        let ca = made.folder + "/ca.pem"
        let named = TLSSpec(trustedCertificates: ca, serverName: "localhost")
        let ours = TLSSpec(
            trustedCertificates: ca, certificate: made.folder + "/client.pem", privateKey: made.folder + "/client.key",
            serverName: "localhost")
        #expect(try await Self.attempt(made, named, asksForOurs: false) == .delivered(note: "AA"))
        #expect(try await Self.attempt(made, ours, asksForOurs: true) == .delivered(note: "AA"))
        let anyName = TLSSpec(trustedCertificates: ca, checksName: false)
        #expect(try await Self.attempt(made, anyName, asksForOurs: false) == .delivered(note: "AA"))
        let refused: [(TLSSpec, Bool)] = [
            (TLSSpec(serverName: "localhost"), false),
            (TLSSpec(trustedCertificates: ca, serverName: "other.example"), false),
            (TLSSpec(trustedCertificates: ca), false), (named, true),
        ]
        for (spec, asks) in refused {
            let attempt = try await Self.attempt(made, spec, asksForOurs: asks)
            guard case .unreachable = attempt else {
                Issue.record("\(spec): \(attempt)")
                continue
            }
        }
    }
}
