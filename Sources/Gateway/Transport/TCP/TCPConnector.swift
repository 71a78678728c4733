import Contracts
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Dials a device, again and again, for as long as it is configured.
final class TCPConnector: Sendable {
    private struct State {
        var isStopped = false
        /// Attempts in a row that failed, or gave a connection that was of no use.
        var failures = 0
        var link: TCPLink?
        var next: Scheduled<Void>?
    }

    let device: String
    let settings: TCPConnectSettings
    private let hub: LinkHub
    private let loop: any EventLoop
    private let tls: TLSContexts?
    private let state = Mutex(State())

    init(device: String, settings: TCPConnectSettings, hub: LinkHub, loop: any EventLoop) {
        self.device = device
        self.settings = settings
        self.hub = hub
        self.loop = loop
        tls = settings.options.tls.map { TLSContexts($0, role: .client) }
    }

    var openLink: TCPLink? { state.withLock { $0.link } }

    func start() { loop.execute { self.dial() } }

    func stop() async {
        let link = state.withLock { state -> TCPLink? in
            state.isStopped = true
            state.next?.cancel()
            return state.link
        }
        link?.close(reason: "the device's settings were changed or taken away")
        try? await link?.channel.closeFuture.get()
    }

    private func dial() {
        guard !state.withLock({ $0.isStopped }) else { return }
        guard (1...65535).contains(settings.port) else {
            return hub.report(
                LinkTrouble("\(settings.place): not a port", cure: "Write a number from 1 to 65535."), device: device)
        }
        let timeout = settings.connectTimeout.isFinite ? max(0.1, min(settings.connectTimeout, 3600)) : 10
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(Int64(timeout * 1000)))
            .channelOption(.autoRead, value: false)
        // An address needs no name service, which might hang.
        let address = try? SocketAddress(ipAddress: settings.host, port: settings.port)
        (address.map { bootstrap.connect(to: $0) } ?? bootstrap.connect(host: settings.host, port: settings.port))
            .hop(to: loop)
            .whenComplete { result in
                switch result {
                case .success(let channel): self.connected(channel)
                case .failure(let error):
                    self.hub.report(DialFault.trouble(error, self.settings), device: self.device)
                    self.later(failed: true)
                }
            }
    }

    private func connected(_ channel: any Channel) {
        if state.withLock({ $0.isStopped }) { return channel.close(promise: nil) }
        if channel.localAddress == channel.remoteAddress {
            // Dialling a port of this machine on which nothing listens can, by TCP's simultaneous open, reach ourselves.
            channel.close(promise: nil)
            hub.report(DialFault.refused(settings.place), device: device)
            return later(failed: true)
        }
        do {
            let handler = try clientHandler()
            let link = try TCPLinkHandler.install(
                on: channel, device: device, options: settings.options, tls: handler,
                closesAtEnd: settings.reconnectAtOnce, hub: hub
            ) { link, end in
                self.loop.execute { self.ended(link, end) }
            }
            let isStopped = state.withLock { state -> Bool in
                state.link = link
                return state.isStopped
            }
            if isStopped { link.close(reason: "stopped") }
        } catch {
            let trouble =
                error as? LinkTrouble
                ?? LinkTrouble("\(settings.place): \(error)", cure: "Tried again by itself.")
            hub.report(trouble, device: device)
            channel.close(promise: nil)
            later(failed: true)
        }
    }

    private func clientHandler() throws -> NIOSSLClientHandler? {
        guard let tls else { return nil }
        let (context, stale) = try tls.current()
        if let stale { hub.report(stale, device: device) }
        let name = tls.settings.serverName ?? settings.host
        // An IP address cannot be sent as server name (RFC 6066 3); the certificate is then checked against the address.
        return try NIOSSLClientHandler(context: context, serverHostname: IPNetwork(name) == nil ? name : nil)
    }

    private func ended(_ link: TCPLink, _ end: TCPLinkHandler.End) {
        state.withLock { if $0.link === link { $0.link = nil } }
        if let fault = end.tlsFault { hub.report(fault, device: device) }
        // A device that takes the connection and drops it at once is not well: wait longer each time.
        later(failed: !(end.wasUp && end.heard), atOnce: end.wasClean && end.heard && settings.reconnectAtOnce)
    }

    private func later(failed: Bool, atOnce: Bool = false) {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.failures = failed ? state.failures + 1 : 0
            let pause = atOnce ? 0 : settings.backoff.pause(after: max(1, state.failures))
            state.next = loop.scheduleTask(in: .milliseconds(Int64(pause * 1000))) { self.dial() }
        }
    }
}

/// Why dialling failed, for people.
enum DialFault {
    static func refused(_ place: String) -> LinkTrouble {
        LinkTrouble(
            "\(place): connection refused: nothing listens there",
            cure: "Switch the device's host connection on and compare the port with its settings.")
    }

    static func trouble(_ error: any Error, _ settings: TCPConnectSettings) -> LinkTrouble {
        let place = settings.place
        if let error = error as? NIOConnectionError {
            guard let first = error.connectionErrors.first?.error else {
                return LinkTrouble(
                    "\(place): the name \(settings.host) is not known",
                    cure:
                        "Check the spelling and the machine's name service (`getent hosts \(settings.host)`), or write "
                        + "the IP address.")
            }
            return trouble(first, settings)
        }
        if case .connectTimeout? = error as? ChannelError {
            return LinkTrouble(
                "\(place): no answer within \(settings.connectTimeout) s",
                cure: "Is the device on, and are address, network and firewall right? (`ping \(settings.host)`)")
        }
        let code = (error as? IOError)?.errnoCode ?? 0
        switch code {
        case ECONNREFUSED:
            return refused(place)
        case EHOSTUNREACH, ENETUNREACH, ETIMEDOUT:
            return LinkTrouble(
                "\(place): no way to the device: \(errorText(code))",
                cure: "Is it on and cabled, and is its address right? (`ping \(settings.host)`)")
        case ECONNRESET:
            return LinkTrouble(
                "\(place): the device refuses the connection (reset)",
                cure: "It may allow one host only: check that no other program is connected to it.")
        default:
            return LinkTrouble(
                "\(place): cannot connect: \(code == 0 ? "\(error)" : errorText(code))", cure: "Tried again by itself.")
        }
    }
}
