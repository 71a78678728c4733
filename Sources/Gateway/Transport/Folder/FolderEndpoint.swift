import Contracts

final class FolderEndpoint: Sendable {
    let settings: WatchedFolderSettings
    init(device: String, settings: WatchedFolderSettings, stateFolder: String, hub: LinkHub) {
        self.settings = settings
    }
    var openLink: (any Link)? { nil }
    func start() {}
    func stop() async {}
}
