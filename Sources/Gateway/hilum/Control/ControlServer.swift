import Glibc
import JSONText
import NIOCore
import NIOPosix

/// The running gateway's end of the control socket. Whoever may open the state folder may give orders; the operating system
/// says who that is.
final class ControlServer: Sendable {
    /// Carries out a request. `user` is the name of the user who asked, as the kernel says.
    typealias Carry = @Sendable (_ request: ControlRequest, _ user: String) async -> Result<JSONObject, ControlFault>

    private let channel: any Channel
    private let path: String

    /// Opens the socket of a state folder.
    ///
    /// The caller holds the lock on the state folder: a socket file that is there is left over and is replaced.
    ///
    /// - Throws: `ControlFault` when the folder or the socket cannot be made.
    init(state: String, group: any EventLoopGroup, carry: @escaping Carry) async throws(ControlFault) {
        let folder = ControlPath.folder(state: state)
        if mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw ControlFault(
                "\(folder): \(String(cString: strerror(errno)))", cure: "give the state folder to this user")
        }
        chmod(folder, 0o700)
        path = ControlPath.socket(state: state)
        unlink(path)
        let place = ControlPath.reachable(path)
        defer { if place.folder >= 0 { close(place.folder) } }
        do {
            channel = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ControlHandler(carry: carry))
                    }
                }
                .bind(unixDomainSocketPath: place.path).get()
        } catch {
            throw ControlFault("\(path): \(error)", cure: "check the permissions of the state folder")
        }
        chmod(path, 0o600)
    }

    /// Closes the socket and removes its file.
    func stop() async {
        try? await channel.close().get()
        unlink(path)
    }
}

/// One connection: a request a line, an answer a line, in the order asked.
private final class ControlHandler: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Longest line taken: a file of orders is one.
    private static let longest = 4 << 20

    private let carry: ControlServer.Carry
    private var received: [UInt8] = []
    private var waiting: [[UInt8]] = []
    private var isBusy = false

    init(carry: @escaping ControlServer.Carry) { self.carry = carry }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
        while let end = received.firstIndex(of: 0x0A) {
            waiting.append(Array(received[..<end]))
            received.removeSubrange(...end)
        }
        guard received.count <= Self.longest, waiting.count <= 64 else {
            context.close(promise: nil)
            return
        }
        next(on: context.channel)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Only on the channel's event loop.
    private func next(on channel: any Channel) {
        guard !isBusy, !waiting.isEmpty else { return }
        isBusy = true
        let line = waiting.removeFirst()
        let (carry, loop) = (carry, channel.eventLoop)
        Task {
            let user = await Self.user(of: channel)
            let reply = await Self.reply(line, user: user, carry: carry)
            loop.execute {
                var buffer = channel.allocator.buffer(capacity: reply.count + 1)
                buffer.writeBytes(reply + [0x0A])
                channel.writeAndFlush(buffer, promise: nil)
                self.isBusy = false
                self.next(on: channel)
            }
        }
    }

    private static func reply(_ line: [UInt8], user: String, carry: ControlServer.Carry) async -> [UInt8] {
        let result: Result<JSONObject, ControlFault>
        do {
            result = await carry(try ControlRequest(try JSONValue(parsing: line)), user)
        } catch let fault as ControlFault {
            result = .failure(fault)
        } catch {
            result = .failure(ControlFault("\(error)"))
        }
        return ControlReply.json(result).serialized()
    }

    /// `struct ucred` of unix(7).
    private struct PeerCredentials {
        var process: pid_t = 0
        var user: uid_t = 0
        var group: gid_t = 0
    }

    /// unix(7), SO_PEERCRED: the user of the process that connected.
    private static func user(of channel: any Channel) async -> String {
        let option = NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        guard let provider = channel as? any SocketOptionProvider,
            let peer: PeerCredentials = try? await provider.unsafeGetSocketOption(level: .socket, name: option).get()
        else { return "" }
        return UserName.of(peer.user)
    }
}

/// Names of the operating system's users.
enum UserName {
    /// The name, or the number where there is none.
    static func of(_ id: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var space = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(id, &entry, &space, space.count, &found) == 0, found != nil, let name = entry.pw_name else {
            return "uid \(id)"
        }
        return String(cString: name)
    }

    /// Of whoever runs this command; through sudo, of whoever typed it.
    static var current: String {
        if getuid() == 0, let behind = getenv("SUDO_USER") { return String(cString: behind) }
        return of(getuid())
    }
}
