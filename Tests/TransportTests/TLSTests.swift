import Contracts
import Foundation
import Testing

@testable import Transport

/// Certificates made by openssl for one run of the tests.
private struct Authority {
    let folder: String

    init?(_ folder: String) {
        self.folder = folder
        guard
            openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-keyout",
                "\(folder)/ca.key", "-out", "\(folder)/ca.pem", "-subj", "/CN=Test authority")
        else { return nil }
        for name in ["gateway", "analyser"] where !issue(name, for: "localhost") { return nil }
    }

    func issue(_ name: String, for host: String) -> Bool {
        let extensions = "subjectAltName=\(host.first?.isNumber == true ? "IP" : "DNS"):\(host)"
        _ = FileManager.default.createFile(atPath: "\(folder)/\(name).ext", contents: Data(extensions.utf8))
        return openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            "\(folder)/\(name).key",
            "-out", "\(folder)/\(name).csr", "-subj", "/CN=\(name)")
            && openssl(
                "x509", "-req", "-in", "\(folder)/\(name).csr", "-CA", "\(folder)/ca.pem", "-CAkey", "\(folder)/ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", "\(folder)/\(name).ext", "-out", "\(folder)/\(name).pem")
    }

    func settings(_ name: String?, authority: Bool = true) -> TLSSettings {
        TLSSettings(
            certificate: name.map { "\(folder)/\($0).pem" }, key: name.map { "\(folder)/\($0).key" },
            authority: authority ? "\(folder)/ca.pem" : nil)
    }
}

private func openssl(_ arguments: String..., input: String? = nil) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}

/// `openssl s_client`: a TLS device that nobody here wrote.
private func client(port: Int, _ arguments: String...) throws -> (process: Process, input: Pipe, output: Pipe) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = ["s_client", "-quiet", "-connect", "127.0.0.1:\(port)"] + arguments
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    return (process, input, output)
}

@Suite("TLS", .serialized, .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
struct TLSTests {
    @Test("both ways between a listening and a connecting link, with certificates on both sides")
    func mutual() async throws {
        try await withFolder { folder in
            let authority = try #require(Authority(folder))
            let echo = RecordingSink { if case .received(let link, let bytes, _) = $0 { link.send(bytes) } }
            let server = Bench([listener("a", options: TCPOptions(tls: authority.settings("gateway")))], sink: echo)
            await server.transport.start()
            let port = await server.port("a")
            let dialler = Bench([
                connector("b", port: port, host: "localhost", options: TCPOptions(tls: authority.settings("analyser")))
            ])
            await dialler.transport.start()
            #expect(await eventually { dialler.sink.ups("b") == 1 && echo.ups("a") == 1 })
            let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 17) }
            dialler.sink.link("b")?.send(bytes)
            #expect(await eventually { dialler.sink.byteCount("b") == bytes.count })
            #expect(dialler.sink.bytes("b") == bytes)
            // A close is an end, not an error.
            dialler.sink.link("b")?.close(reason: "enough")
            #expect(await eventually { echo.downs("a").first == "closed by the device" })
            #expect(echo.events.contains(.ended("a")))
            await dialler.transport.stop()
            await server.transport.stop()
        }
    }

    @Test("a device of another maker: openssl s_client, with and without its certificate")
    func otherMaker() async throws {
        try await withFolder { folder in
            let authority = try #require(Authority(folder))
            let echo = RecordingSink { if case .received(let link, let bytes, _) = $0 { link.send(bytes) } }
            let bench = Bench([listener("a", options: TCPOptions(tls: authority.settings("gateway")))], sink: echo)
            await bench.transport.start()
            let port = await bench.port("a")
            let good = try client(port: port, "-cert", "\(folder)/analyser.pem", "-key", "\(folder)/analyser.key")
            good.input.fileHandleForWriting.write(Data("result\n".utf8))
            #expect(await eventually { echo.bytes("a") == Array("result\n".utf8) })
            #expect(good.output.fileHandleForReading.availableData == Data("result\n".utf8))
            kill(good.process.processIdentifier, SIGKILL)
            good.process.waitUntilExit()
            // It goes without TLS's end mark: an end all the same.
            #expect(await eventually { echo.downs("a") == ["closed by the device"] })
            #expect(echo.events.contains(.ended("a")))

            let bare = try client(port: port)
            #expect(await eventually { echo.troubles("a").first?.contains("shows no certificate") == true })
            kill(bare.process.processIdentifier, SIGKILL)
            let plain = try #require(TestSocket(dialling: port))
            plain.send("MSH|^~\\&|no TLS at all\r")
            #expect(await eventually { echo.troubles("a").last?.contains("what came is not TLS") == true })
            plain.close()
            #expect(echo.ups("a") == 1)

            // Handshakes that are never begun do not push out a connection that works.
            let working = try client(port: port, "-cert", "\(folder)/analyser.pem", "-key", "\(folder)/analyser.key")
            #expect(await eventually { echo.ups("a") == 2 })
            let idle = (0..<20).compactMap { _ in TestSocket(dialling: port) }
            #expect(idle.count == 20)
            try await Task.sleep(for: .milliseconds(200))
            working.input.fileHandleForWriting.write(Data("still here\n".utf8))
            #expect(await eventually { echo.bytes("a").suffix(11) == Array("still here\n".utf8)[...] })
            #expect(bench.transport.status()[0].peers.count == 1, "\(echo.events)")
            for socket in idle { socket.close() }
            kill(working.process.processIdentifier, SIGKILL)
            await bench.transport.stop()
        }
    }

    @Test("a certificate that nobody vouches for, or for another name, is refused and told")
    func untrusted() async throws {
        try await withFolder { folder in
            let authority = try #require(Authority(folder))
            #expect(authority.issue("numbered", for: "127.0.0.5"))
            let server = Bench([
                listener("known", options: TCPOptions(tls: authority.settings("gateway", authority: false))),
                listener(
                    "numbered", address: "127.0.0.5",
                    options: TCPOptions(tls: authority.settings("numbered", authority: false))),
            ])
            await server.transport.start()
            let port = await server.port("known")
            var misnamed = authority.settings(nil)
            misnamed.serverName = "elsewhere.example"
            var named = misnamed
            named.serverName = "localhost"
            var unchecked = misnamed
            unchecked.verifyName = false
            let dialler = Bench([
                connector("stranger", port: port, options: TCPOptions(tls: authority.settings(nil, authority: false))),
                connector("misnamed", port: port, options: TCPOptions(tls: misnamed)),
                connector("unchecked", port: port, options: TCPOptions(tls: unchecked)),
                connector("right", port: port, options: TCPOptions(tls: named)),
            ])
            await dialler.transport.start()
            let numbered = DeviceLinkSpec(
                device: "numbered",
                way: .connect(
                    TCPConnectSettings(
                        host: "127.0.0.5", port: await server.port("numbered"),
                        options: TCPOptions(tls: authority.settings(nil)))))
            await dialler.transport.add(numbered)
            #expect(await eventually { dialler.sink.ups("numbered") == 1 })
            #expect(await eventually { dialler.sink.ups("right") >= 1 && dialler.sink.ups("unchecked") >= 1 })
            for device in ["stranger", "misnamed"] {
                #expect(await eventually { !dialler.sink.troubles(device).isEmpty })
                #expect(dialler.sink.ups(device) == 0)
            }
            #expect(dialler.sink.troubles("stranger").first?.contains("not trusted") == true)
            await dialler.transport.stop()
            await server.transport.stop()
        }
    }

    @Test(
        "files that are missing or of the wrong kind are named; the port opens when they are right; renewed ones are used"
    )
    func files() async throws {
        try await withFolder { folder in
            let tls = TLSSettings(certificate: "\(folder)/gateway.pem", key: "\(folder)/gateway.key")
            let bench = Bench([
                listener("late", options: TCPOptions(tls: tls)),
                listener(
                    "bad", port: 1,
                    options: TCPOptions(tls: TLSSettings(certificate: "/etc/hostname", key: "/etc/hostname"))),
                listener("half", port: 2, options: TCPOptions(tls: TLSSettings(certificate: "/etc/hostname"))),
                listener("none", port: 3, options: TCPOptions(tls: TLSSettings())),
            ])
            await bench.transport.start()
            #expect(
                await eventually {
                    bench.sink.troubles("late").first?.contains("gateway.pem: the certificate cannot be read") == true
                })
            #expect(await eventually { bench.sink.troubles("bad").first?.contains("/etc/hostname: no") == true })
            #expect(await eventually { bench.sink.troubles("half").first?.contains("belong together") == true })
            #expect(await eventually { bench.sink.troubles("none").first?.contains("no certificate to show") == true })
            let authority = try #require(Authority(folder))
            let port = await bench.port("late")
            func dial(_ name: String) async -> Bool {
                var settings = authority.settings(nil)
                settings.serverName = name
                let dialler = Bench([connector("d", port: port, options: TCPOptions(tls: settings))])
                await dialler.transport.start()
                _ = await eventually { dialler.sink.ups("d") > 0 || !dialler.sink.troubles("d").isEmpty }
                await dialler.transport.stop()
                return dialler.sink.ups("d") > 0
            }
            #expect(await dial("localhost"))
            #expect(authority.issue("gateway", for: "renewed.example"))
            #expect(await dial("renewed.example"))
            #expect(await !dial("localhost"))
            await bench.transport.stop()
        }
    }
}
