import Foundation
import Glibc
import JSONText
import NIOPosix
import Testing

@testable import hilum

@Suite struct ControlTests {
    private func folder(_ extra: String = "") throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(
            path: "hilum-\(UUID().uuidString.prefix(8))\(extra)"
        ).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    static let requests: [ControlRequest] = [
        .status, .reload, .resend(item: 7, .init(who: "anna", note: "EMR \"back\"\n")),
        .discard(item: .max, .init(who: "", note: "n")), .release(report: 1, .init(who: "李", note: "n")),
        .drop(report: 2, .init(who: "b", note: "n")),
        .resendImages(study: "1.2.3", destination: "pacs", onlyFailed: false, .init(who: "a", note: "n")),
        .discardImages(study: "1.2.3", destination: "pacs", .init(who: "a", note: "n")),
        .releaseStudy(study: "1.2.3", .init(who: "a", note: "n")), .importOrders(text: "a,b\r\n\"1\",张\n"),
        .cancelOrder(accession: "A 1", .init(who: "a", note: "n")),
    ]

    @Test(arguments: requests) func requestsSurviveTheSocket(_ request: ControlRequest) throws {
        #expect(try ControlRequest(try JSONValue(parsing: request.json.serialized())) == request)
    }

    /// A path longer than a socket address has room for works as well.
    @Test(arguments: ["", "/" + String(repeating: "deep", count: 30)]) func askedAndAnswered(_ extra: String)
        async throws
    {
        let state = try folder(extra)
        defer { try? FileManager.default.removeItem(atPath: state) }
        #expect(try ControlClient(state: state).ask(.status) == nil)
        let server = try await ControlServer(state: state, group: MultiThreadedEventLoopGroup.singleton) {
            request, user in
            if case .discard = request { return .failure(ControlFault("no such item", cure: "look again")) }
            return .success(["command": .string(request.command), "user": .string(user)])
        }
        var status = stat()
        #expect(stat(ControlPath.folder(state: state), &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(stat(ControlPath.socket(state: state), &status) == 0 && status.st_mode & 0o777 == 0o600)
        for request in Self.requests {
            let client = ControlClient(state: state)
            if case .discard = request {
                await #expect(throws: CommandFailure.self) { try await blocking { try client.ask(request) } }
            } else {
                let reply = try await blocking { try client.ask(request) }
                #expect(reply?["command"]?.string == request.command)
                #expect(reply?["user"]?.string == UserName.of(getuid()))
            }
        }
        await server.stop()
        #expect(try ControlClient(state: state).ask(.status) == nil)
    }

    /// A socket file that a killed gateway left is in nobody's way.
    @Test func aLeftOverSocketIsReplaced() async throws {
        let state = try folder()
        defer { try? FileManager.default.removeItem(atPath: state) }
        mkdir(ControlPath.folder(state: state), 0o700)
        _ = FileManager.default.createFile(atPath: ControlPath.socket(state: state), contents: nil)
        let server = try await ControlServer(state: state, group: MultiThreadedEventLoopGroup.singleton) { _, _ in
            .success(JSONObject())
        }
        #expect(try await blocking { try ControlClient(state: state).ask(.status) } != nil)
        await server.stop()
    }

    @Test(arguments: [
        "", "{", "[]", "{\"command\":\"nonsense\"}", "{\"command\":\"resend\"}",
        "{\"command\":\"drop\",\"report\":\"x\"}",
    ])
    func nonsenseIsAnsweredWithAReason(_ line: String) async throws {
        let state = try folder()
        defer { try? FileManager.default.removeItem(atPath: state) }
        let server = try await ControlServer(state: state, group: MultiThreadedEventLoopGroup.singleton) { _, _ in
            .success(JSONObject())
        }
        let reply = try await blocking { try RawClient.exchange(ControlPath.socket(state: state), line + "\n") }
        let json = try JSONValue(parsing: reply)
        #expect(json["ok"]?.bool == false)
        #expect(json["problem"]?.string?.isEmpty == false)
        await server.stop()
    }
}

/// Runs what blocks on a thread of its own: the few threads of the concurrency pool also run the server.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}

/// A client that sends whatever it is told.
enum RawClient {
    static func exchange(_ path: String, _ text: String) throws -> String {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw Unexpected(what: "connect: \(errno)") }
        let line = DeviceLine(descriptor: dup(descriptor))
        try line.write(Array(text.utf8))
        var received: [UInt8] = []
        let end = ContinuousClock.now + .seconds(60)
        while !received.contains(0x0A), ContinuousClock.now < end {
            received += try line.read(limit: .milliseconds(200))
        }
        return String(decoding: received.prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
