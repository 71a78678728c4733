import CPlatform
import Contracts
import Glibc
import Logging
import Synchronization

/// Watches a folder, on a thread of its own, and reads its files one after the other, the oldest first.
final class FolderEndpoint: Sendable {
    private struct State {
        var isStopped = false
        var link: FolderLink?
    }

    let device: String
    let settings: WatchedFolderSettings
    private let stateFolder: String
    private let hub: LinkHub
    private let wake = WakeSignal()
    private let end = EndSignal()
    private let state = Mutex(State())

    init(device: String, settings: WatchedFolderSettings, stateFolder: String, hub: LinkHub) {
        self.device = device
        self.settings = settings
        self.stateFolder = stateFolder
        self.hub = hub
    }

    var openLink: FolderLink? { state.withLock { $0.link } }
    var isStopped: Bool { state.withLock { $0.isStopped } }

    func start() {
        if !IOThread.start({ self.run() }) {
            end.signal()
            hub.report(
                LinkTrouble(
                    "\(settings.path): the system gives no thread for it", cure: "Raise TasksMax= and LimitNPROC=."),
                device: device)
        }
    }

    func stop() async {
        let link = state.withLock { state -> FolderLink? in
            state.isStopped = true
            return state.link
        }
        link?.close(reason: "the device's settings were changed or taken away")
        wake.signal()
        await end.wait()
    }

    /// Announces a link; false when the endpoint was stopped meanwhile.
    func opened(_ link: FolderLink) -> Bool {
        let isStopped = state.withLock { state -> Bool in
            if !state.isStopped { state.link = link }
            return state.isStopped
        }
        if !isStopped { hub.sink.handle(.up(link)) }
        return !isStopped
    }

    /// The link is done with.
    func closed(_ link: FolderLink, reason: String) {
        state.withLock { $0.link = nil }
        hub.sink.handle(.down(link, reason: reason))
    }

    private func run() {
        defer { end.signal() }
        while !isStopped {
            do throws(LinkTrouble) {
                var watcher = try FolderWatcher(
                    device: device, settings: settings, stateFolder: stateFolder, hub: hub, wake: wake, endpoint: self)
                defer { watcher.close() }
                hub.well(device)
                try watcher.run()
            } catch {
                hub.report(error, device: device)
                if !isStopped { wake.wait(seconds: max(0.05, min(settings.pollInterval, 60))) }
            }
        }
    }
}
