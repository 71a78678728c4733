import Contracts

final class SerialEndpoint: Sendable {
    let settings: SerialSettings
    init(device: String, settings: SerialSettings, hub: LinkHub) { self.settings = settings }
    var openLink: (any Link)? { nil }
    func start() {}
    func stop() async {}
}
