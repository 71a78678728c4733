import Contracts
import Glibc
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One listening port and the devices that dial it, told apart by their address.
final class TCPListener: Sendable {
    /// A device on this port.
    struct Device {
        var id: String
        var settings: TCPListenSettings
    }
    /// Who a new connection is from.
    enum Admission {
        case device(Device, tls: TLSContexts?, closing: [(link: TCPLink, reason: String)])
        case unknown
        case stopped
    }
    struct State {
        var devices: [Device] = []
        var tls: TLSContexts?
        var links: [String: [TCPLink]] = [:]
        var channel: (any Channel)?
        var failures = 0
        var isStopped = false
        var refused = RefusedPeers()
    }

    let address: String
    let port: Int
    let hub: LinkHub
    let group: any EventLoopGroup
    let state = Mutex(State())

    init(address: String, port: Int, hub: LinkHub, group: any EventLoopGroup) {
        self.address = address
        self.port = port
        self.hub = hub
        self.group = group
    }

    var place: String { hostAndPort(address, port) }

    /// The port in use; differs from the one asked for when that was 0.
    var localPort: Int? { state.withLock { $0.channel?.localAddress?.port } }

    // MARK: Devices

    /// Sets who is expected. Links of devices that are as before stay open.
    func configure(_ devices: [Device]) {
        let tls = devices.first?.settings.options.tls
        var accepted: [Device] = []
        for device in devices {
            if device.settings.options.tls != tls {
                hub.report(
                    LinkTrouble(
                        "\(place): \(device.id) asks for other TLS settings than \(devices[0].id) on the same port",
                        cure: "Give both the same `tls`, or give \(device.id) a port of its own."), device: device.id)
            } else if let rival = accepted.first(where: { $0.isMistakable(for: device) }) {
                hub.report(
                    LinkTrouble(
                        "\(place): \(device.id) and \(rival.id) are expected from the same peer",
                        cure: "Give each its own `peer` address, or give \(device.id) a port of its own."),
                    device: device.id)
            } else {
                accepted.append(device)
            }
        }
        if accepted.count > 1 {
            for device in accepted where device.settings.peers.contains(.any) {
                hub.report(
                    LinkTrouble(
                        "\(place): `peer: any` cannot be told from the other devices on this port",
                        cure: "Give \(device.id) the address it dials from, or a port of its own."), device: device.id)
            }
            accepted.removeAll { $0.settings.peers.contains(.any) }
        }
        for device in accepted where device.settings.effectivePeers.isEmpty {
            hub.report(
                LinkTrouble(
                    "\(place): nobody may connect, because no `peer` is set for \(device.id)",
                    cure: "Set `peer` to the address the device dials from (or to `any`)."), device: device.id)
        }
        let surplus = state.withLock { state -> [TCPLink] in
            let before = state.devices
            state.devices = accepted
            if state.tls?.settings != tls { state.tls = tls.map { TLSContexts($0, role: .server) } }
            return state.links.values.joined().filter { link in
                let old = before.first { $0.id == link.device }
                let new = accepted.first { $0.id == link.device }
                return new == nil || old?.settings != new?.settings
            }
        }
        for link in surplus { link.close(reason: "the device's settings were changed or taken away") }
    }

    /// Finds the device that an address belongs to; the closest match counts.
    func admit(_ address: IPNetwork) -> Admission {
        state.withLock { state in
            if state.isStopped { return .stopped }
            var best: (closeness: Int, device: Device)?
            for device in state.devices {
                for peer in device.settings.effectivePeers {
                    let closeness = peer.closeness(to: address)
                    if closeness >= 0, closeness > (best?.closeness ?? -1) { best = (closeness, device) }
                }
            }
            guard let device = best?.device else { return .unknown }
            let open = state.links[device.id] ?? []
            var closing: [(link: TCPLink, reason: String)] = []
            if device.settings.secondConnection == .replaceOld {
                closing = open.map { ($0, "the device has connected again") }
            } else if open.count >= max(1, device.settings.maxConnections) {
                // Of many connections one that has not even agreed on TLS, or has been silent longest, is most likely
                // dead at the other end.
                let silent = open.min { first, second in
                    let (isFirstUp, isSecondUp) = (
                        first.isUp.load(ordering: .relaxed), second.isUp.load(ordering: .relaxed)
                    )
                    if isFirstUp != isSecondUp { return isSecondUp }
                    return first.lastHeard.load(ordering: .relaxed) < second.lastHeard.load(ordering: .relaxed)
                }
                if let silent {
                    closing = [(silent, "more than \(device.settings.maxConnections) connections of the device")]
                }
            }
            let gone = Set(closing.map { ObjectIdentifier($0.link) })
            state.links[device.id] = open.filter { !gone.contains(ObjectIdentifier($0)) }
            return .device(device, tls: state.tls, closing: closing)
        }
    }

    func opened(_ link: TCPLink) {
        state.withLock { $0.links[link.device, default: []].append(link) }
    }

    func ended(_ link: TCPLink, _ end: TCPLinkHandler.End) {
        state.withLock { state in state.links[link.device]?.removeAll { $0 === link } }
        if let fault = end.tlsFault { hub.report(fault, device: link.device) }
    }

    /// Somebody unknown was turned away: count, and tell those devices that are missing, once an address.
    func refused(_ address: SocketAddress?) {
        let peer = peerText(address)
        let ip = address?.ipAddress.flatMap { IPNetwork($0) }
        let now = hub.clock.now().monotonic
        let (isNew, missing, expected, total) = state.withLock { state in
            (
                state.refused.note(ip, now: now), state.devices.filter { state.links[$0.id]?.isEmpty ?? true },
                state.devices.map { "\($0.id) from \($0.settings.peerList)" }.joined(separator: ", "),
                state.refused.total
            )
        }
        guard isNew else { return }
        let known = ip?.description ?? "its address"
        hub.log?.warning(
            "connection refused: unknown peer",
            metadata: [
                "listener": "\(place)", "peer": "\(peer)", "expected": "\(expected)", "refused so far": "\(total)",
            ])
        for device in missing {
            hub.report(
                LinkTrouble(
                    "\(place): a connection from \(peer) was refused: expected are \(expected)",
                    cure: "If this is \(device.id), set `peer: \(known)` for it in hilum.yaml."), device: device.id)
        }
    }

    // MARK: The socket

    func start() {
        guard !state.withLock({ $0.isStopped }) else { return }
        let socket: SocketAddress
        do { socket = try SocketAddress(ipAddress: address, port: port) } catch {
            return report(
                LinkTrouble(
                    "\(place): not an address to listen on",
                    cure: "Write a local IP address, such as 127.0.0.1, or 0.0.0.0 for all."))
        }
        if let tls = state.withLock({ $0.tls }) {
            do throws(LinkTrouble) { _ = try tls.current() } catch {
                report(LinkTrouble("\(place): \(error.problem)", cure: error.cure))
                return retry()
            }
        }
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptFaults(listener: self))
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PeerGate(listener: self))
                }
            }
            .bind(to: socket)
            .whenComplete { result in
                switch result {
                case .success(let channel): self.bound(channel)
                case .failure(let error): self.failed(error)
                }
            }
    }

    func stop() async {
        let (channel, links) = state.withLock { state in
            state.isStopped = true
            return (state.channel, Array(state.links.values.joined()))
        }
        try? await channel?.close()
        for link in links { link.close(reason: "the listener was stopped") }
        for link in links { try? await link.channel.closeFuture.get() }
    }

    private func bound(_ channel: any Channel) {
        let (isStopped, devices) = state.withLock { state in
            state.channel = channel
            state.failures = 0
            return (state.isStopped, state.devices)
        }
        if isStopped { return channel.close(promise: nil) }
        for device in devices where hub.trouble(of: device.id)?.problem.hasPrefix(place) != true { hub.well(device.id) }
        hub.log?.info("listening", metadata: ["address": "\(peerText(channel.localAddress))"])
        // Closed under us (it does not happen in normal life): listen again.
        channel.closeFuture.whenComplete { _ in
            let again = self.state.withLock { state in
                state.channel = nil
                return !state.isStopped
            }
            if again { self.retry() }
        }
    }

    private func failed(_ error: any Error) {
        let code = (error as? IOError)?.errnoCode ?? 0
        // Reading /proc takes a while: not on an event loop.
        NIOThreadPool.singleton.submit { _ in
            self.report(self.trouble(code, error))
            self.retry()
        }
    }

    private func trouble(_ code: CInt, _ error: any Error) -> LinkTrouble {
        switch code {
        case EADDRINUSE:
            let holder = PortHolder.find(port: port)
            return LinkTrouble(
                "\(place): the port is in use" + (holder.map { " by \($0)" } ?? ""),
                cure:
                    "Stop \(holder ?? "the other program (`ss -ltnp` names it)") or choose another port in hilum.yaml.")
        case EACCES, EPERM:
            return LinkTrouble(
                "\(place): no permission to listen on the port",
                cure:
                    "Ports below 1024 need CAP_NET_BIND_SERVICE (AmbientCapabilities= in the service's unit), or choose "
                    + "a port above 1023.")
        case EADDRNOTAVAIL:
            return LinkTrouble(
                "\(place): this machine has no such address",
                cure: "`ip address` lists those it has; 0.0.0.0 means all of them.")
        default:
            return LinkTrouble(
                "\(place): cannot listen: \(code == 0 ? "\(error)" : errorText(code))", cure: "Tried again by itself.")
        }
    }

    func report(_ trouble: LinkTrouble) {
        for device in state.withLock({ $0.devices }) { hub.report(trouble, device: device.id) }
    }

    private func retry() {
        let failures = state.withLock { state -> Int in
            state.failures += 1
            return state.failures
        }
        let pause = Backoff(first: 0.5, longest: 15).pause(after: failures)
        group.next().scheduleTask(in: .milliseconds(Int64(pause * 1000))) { self.start() }
    }
}

extension TCPListener.Device {
    /// True when some address could be taken for either.
    func isMistakable(for other: TCPListener.Device) -> Bool {
        settings.effectivePeers.contains { other.settings.effectivePeers.contains($0) }
    }
}

extension TCPListenSettings {
    /// Peers, with the default put in.
    var effectivePeers: [NetworkPeer] {
        guard peers.isEmpty else { return peers }
        guard IPNetwork(address)?.isLoopback == true else { return [] }
        return [IPNetwork("127.0.0.0/8"), IPNetwork("::1")].compactMap { $0 }.map { .network($0) }
    }

    var peerList: String { effectivePeers.map(\.description).joined(separator: " or ") }
}

/// Peers that were turned away. Bounded, so that a flood from many addresses costs neither memory nor log.
struct RefusedPeers {
    private(set) var total: UInt64 = 0
    private var seen: Set<IPNetwork> = []
    /// Start of the minute that is being counted, in monotonic microseconds, and what was told in it.
    private var minute: Int64 = .min
    private var told = 0

    /// Counts. True when a person should hear of it: a new address, and not more than ten a minute.
    mutating func note(_ address: IPNetwork?, now: Int64) -> Bool {
        total &+= 1
        guard let address else { return total == 1 }
        if seen.count >= 256 { seen.removeAll(keepingCapacity: true) }
        guard seen.insert(address).inserted else { return false }
        if minute == .min || now &- minute >= 60_000_000 { (minute, told) = (now, 0) }
        told += 1
        return told <= 10
    }
}
