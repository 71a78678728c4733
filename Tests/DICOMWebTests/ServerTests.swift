import Contracts
import Foundation
import Testing

@testable import DICOMWeb

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite("The service on a socket", .serialized)
struct ServerTests {
    private func settings() -> DICOMWebSettings { DICOMWebSettings() }

    private func ask(
        _ server: DICOMWebServer, _ path: String, method: String = "GET", fields: [String: String] = [:]
    ) async throws -> (status: Int, fields: [String: String], body: Data) {
        let port = try #require(server.port)
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        request.cachePolicy = .reloadIgnoringLocalCacheData
        for (name, value) in fields { request.setValue(value, forHTTPHeaderField: name) }
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        let (body, answer) = try await session.data(for: request)
        let response = try #require(answer as? HTTPURLResponse)
        var headers: [String: String] = [:]
        for (name, value) in response.allHeaderFields { headers["\(name)".lowercased()] = "\(value)" }
        return (response.statusCode, headers, body)
    }

    private func running(
        _ settings: DICOMWebSettings = DICOMWebSettings(), archive: MemoryArchive? = nil,
        _ work: (DICOMWebServer) async throws -> Void
    ) async throws {
        let server = DICOMWebServer(
            settings: settings, archive: try archive ?? MemoryArchive(try Fixtures.allSamples()))
        try await server.start()
        do { try await work(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
        #expect(server.port == nil)
    }

    @Test("Searches, HEAD, methods, base path")
    func requests() async throws {
        try await running { server in
            let found = try await ask(server, "/dicom-web/studies")
            #expect(found.status == 200)
            #expect(found.fields["content-type"] == "application/dicom+json")
            let head = try await ask(server, "/dicom-web/studies", method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.fields["content-length"] == String(found.body.count))
            #expect(try await ask(server, "/dicom-web/studies", method: "POST").status == 405)
            #expect(try await ask(server, "/studies").status == 404)
            #expect(try await ask(server, "/dicom-webstudies").status == 404)
            #expect(try await ask(server, "/dicom-web/studies?limit=x").status == 400)
            #expect(try await ask(server, "/dicom-web/studies", fields: ["Accept": "text/html"]).status == 406)
            #expect(
                try await ask(server, "/dicom-web/studies?a=" + String(repeating: "x", count: 15_000)).status == 400)
        }
    }

    @Test("A tag that the client has: 304")
    func entityTag() async throws {
        let archive = try MemoryArchive([Fixtures.sample("image-ct.dcm")])
        let file = try #require(try await archive.files(sopInstances: archive.uids).first)
        let path = "/dicom-web/studies/\(file.study)/series/\(file.series)/instances/\(file.sopInstance)"
        try await running(archive: archive) { server in
            let first = try await ask(server, path)
            let tag = try #require(first.fields["etag"])
            let again = try await ask(server, path, fields: ["If-None-Match": tag])
            #expect(again.status == 304 && again.body.isEmpty)
            #expect(try await ask(server, path, fields: ["If-None-Match": "\"other\""]).status == 200)
        }
    }

    @Test("Tokens, from the settings and from a file")
    func tokens() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "tokens-\(UUID().uuidString)")
        try Data("# the viewer\nviewer-token-0123456789\n\nshort\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var settings = settings()
        settings.tokens = ["pacs-token-0123456789"]
        settings.tokenFile = file.path
        try await running(settings) { server in
            let none = try await ask(server, "/dicom-web/studies")
            #expect(none.status == 401)
            #expect(none.fields["www-authenticate"]?.hasPrefix("Bearer") == true)
            for (token, status) in [
                ("pacs-token-0123456789", 200), ("viewer-token-0123456789", 200), ("pacs-token-0123456788", 401),
                ("short", 401),
                ("", 401), ("# the viewer", 401),
            ] {
                let answer = try await ask(server, "/dicom-web/studies", fields: ["Authorization": "Bearer \(token)"])
                #expect(answer.status == status, "\(token)")
            }
            try Data("another-token-0123456789\n".utf8).write(to: file)
            #expect(
                try await ask(
                    server, "/dicom-web/studies", fields: ["Authorization": "Bearer another-token-0123456789"]
                ).status == 200)
            #expect(
                try await ask(server, "/dicom-web/studies", fields: ["Authorization": "Bearer viewer-token-0123456789"])
                    .status == 401)
            #expect(try await ask(server, "/dicom-web/studies", method: "OPTIONS").status == 204)
        }
    }

    @Test("Pages of other origins only where they are allowed")
    func origins() async throws {
        var settings = settings()
        settings.allowedOrigins = ["https://viewer.example"]
        try await running(settings) { server in
            let good = try await ask(server, "/dicom-web/studies", fields: ["Origin": "https://viewer.example"])
            #expect(good.fields["access-control-allow-origin"] == "https://viewer.example")
            let bad = try await ask(server, "/dicom-web/studies", fields: ["Origin": "https://evil.example"])
            #expect(bad.fields["access-control-allow-origin"] == nil)
        }
    }

    @Test("A store that cannot answer is 503, and says nothing of itself")
    func store() async throws {
        let archive = try MemoryArchive([], fault: StoreFault(.ioError, "secret path"))
        try await running(archive: archive) { server in
            let answer = try await ask(server, "/dicom-web/studies")
            #expect(answer.status == 503)
            #expect(!String(decoding: answer.body, as: UTF8.self).contains("secret"))
        }
    }

    @Test("It does not start open to everyone, on a port that is taken, with a token that is no secret")
    func refusesToStart() async throws {
        let archive = try MemoryArchive([])
        for address in ["0.0.0.0", "::", "192.0.2.1"] {
            await #expect(throws: DICOMWebFault.self) {
                try await DICOMWebServer(settings: DICOMWebSettings(address: address), archive: archive).start()
            }
        }
        var short = settings()
        short.tokens = ["secret"]
        await #expect(throws: DICOMWebFault.self) {
            try await DICOMWebServer(settings: short, archive: archive).start()
        }
        try await running { server in
            var taken = settings()
            taken.port = try #require(server.port)
            await #expect(throws: DICOMWebFault.self) {
                try await DICOMWebServer(settings: taken, archive: archive).start()
            }
        }
    }

    @Test("It stops with a client connected, and its port is free again")
    func stops() async throws {
        let server = DICOMWebServer(settings: settings(), archive: try MemoryArchive([]))
        try await server.start()
        _ = try await ask(server, "/dicom-web/studies")
        let port = try #require(server.port)
        await server.stop()
        var again = settings()
        again.port = port
        let second = DICOMWebServer(settings: again, archive: try MemoryArchive([]))
        try await second.start()
        await second.stop()
    }

    @Test(
        "Host names by which a service without tokens may be called",
        arguments: [
            ("127.0.0.1:8080", true), ("localhost", true), ("[::1]:80", true), ("LOCALHOST:1", true),
            ("127.0.0.2", true), ("evil.example", false),
            ("127.0.0.1.evil.example", false), ("", true),
        ])
    func hosts(host: String, isServed: Bool) {
        let refusal = WebAccess(DICOMWebSettings()).refusal(authorization: nil, authority: host)
        #expect((refusal == nil) == isServed)
    }
}
