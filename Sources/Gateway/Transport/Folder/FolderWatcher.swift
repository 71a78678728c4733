import CPlatform
import Contracts
import Glibc

/// The work of the thread of a watched folder.
struct FolderWatcher {
    private struct Candidate {
        var stamp: FileStamp
        /// Monotonic microseconds since when it has looked like this.
        var since: Int64
    }
    /// A file whose reading failed: not again before this time, unless it changes.
    private struct Failed {
        var stamp: FileStamp
        var retryAt: Int64
        var times: Int
    }

    let device: String
    let settings: WatchedFolderSettings
    let hub: LinkHub
    let wake: WakeSignal
    let endpoint: FolderEndpoint
    let folder: CInt
    private let done: DoneFolder?
    private let notices: CInt
    private var watched: Set<[UInt8]> = []
    private var taken: TakenFiles
    private var candidates: [FolderFile: Candidate] = [:]
    private var failed: [FolderFile: Failed] = [:]
    private var toldLarge: Set<FolderFile> = []

    init(
        device: String, settings: WatchedFolderSettings, stateFolder: String, hub: LinkHub, wake: WakeSignal,
        endpoint: FolderEndpoint
    ) throws(LinkTrouble) {
        self.device = device
        self.settings = settings
        self.hub = hub
        self.wake = wake
        self.endpoint = endpoint
        taken = try TakenFiles(stateFolder: stateFolder, device: device)
        folder = platform_folder_open(settings.path)
        guard folder >= 0 else { throw Self.trouble(errno, settings.path) }
        if case .move(let path) = settings.afterwards {
            do throws(LinkTrouble) { done = try DoneFolder(path, inside: settings.path, folder) } catch {
                Glibc.close(folder)
                throw error
            }
        } else {
            done = nil
        }
        // Without it (no inotify instances left, or a network drive) looking now and then has to do.
        notices = platform_watch_open()
    }

    func close() {
        Glibc.close(folder)
        done?.close()
        if notices >= 0 { Glibc.close(notices) }
    }

    /// Looks and reads until the endpoint is stopped or the folder is gone.
    mutating func run() throws(LinkTrouble) {
        watch([])
        while !endpoint.isStopped {
            try checkFolder()
            let scan = FolderScan(folder, settings: settings, skipped: done?.nameInside)
            if let fault = scan.fault {
                hub.report(
                    Self.trouble(fault.code, settings.path + (fault.path.isEmpty ? "" : "/" + fault.path)),
                    device: device)
            } else if toldLarge.isEmpty, failed.isEmpty {
                hub.well(device)
            }
            for inner in scan.folders { watch(inner) }
            if !scan.isCut { try taken.compact(present: scan.all) }
            let now = hub.clock.now().monotonic
            let ready = choose(from: scan, now: now)
            for file in ready.files {
                guard !endpoint.isStopped else { return }
                try read(file.file, file.stamp)
            }
            // A file that is still being written is not looked at without pause.
            wait(seconds: ready.files.isEmpty ? ready.nextLook : 0.02)
        }
    }

    // MARK: Which files

    private mutating func choose(
        from scan: FolderScan, now: Int64
    ) -> (files: [(file: FolderFile, stamp: FileStamp)], nextLook: Double) {
        var ready: [(file: FolderFile, stamp: FileStamp)] = []
        var nextLook = max(0.05, settings.pollInterval)
        var seen: [FolderFile: Candidate] = [:]
        for (file, stamp) in scan.files {
            if taken.has(file, stamp) { continue }
            if case .companion(let suffix) = settings.completeWhen,
                file.path.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
            {
                continue
            }
            if let failure = failed[file], failure.stamp == stamp, failure.retryAt > now {
                nextLook = min(nextLook, Double(failure.retryAt - now) / 1e6)
                continue
            }
            let known = candidates[file].flatMap { $0.stamp == stamp ? $0 : nil }
            let candidate = known ?? Candidate(stamp: stamp, since: now)
            seen[file] = candidate
            switch settings.completeWhen {
            case .renamed: break
            case .stable(let seconds):
                let left = seconds - Double(now - candidate.since) / 1e6
                // A file that has lain unchanged for long is whole at first sight: the gateway was away.
                let age = Double(hub.clock.now().unix - stamp.modified / 1000) / 1e6
                if left > 0, age < seconds + 60 {
                    nextLook = min(nextLook, max(0.01, left))
                    continue
                }
            case .companion(let suffix):
                let companions = [file.appending(suffix), file.replacingExtension(suffix)].compactMap { $0 }
                if !companions.contains(where: { scan.all.contains($0) }) { continue }
            }
            if stamp.size > settings.maxFileSize {
                if toldLarge.insert(file).inserted {
                    hub.report(
                        LinkTrouble(
                            "\(settings.path)/\(file.text): \(stamp.size) bytes, more than the \(settings.maxFileSize) allowed",
                            cure: "Move it away if it is no result, or raise `max_file_size`."), device: device)
                }
                continue
            }
            ready.append((file, stamp))
        }
        candidates = seen
        failed = failed.filter { scan.all.contains($0.key) }
        toldLarge = toldLarge.filter { scan.all.contains($0) }
        ready.sort {
            ($0.stamp.modified, $0.file.text) < ($1.stamp.modified, $1.file.text)
        }
        return (ready, nextLook)
    }

    // MARK: One file

    private mutating func read(_ file: FolderFile, _ stamp: FileStamp) throws(LinkTrouble) {
        let descriptor = file.withCPath { platform_open_beneath(folder, $0, 0) }
        guard descriptor >= 0 else {
            // Taken away by its owner meanwhile.
            if errno != ENOENT { fail(file, stamp, Self.trouble(errno, "\(settings.path)/\(file.text)")) }
            return
        }
        defer { Glibc.close(descriptor) }
        let link = FolderLink(device: device, peer: "\(settings.path)/\(file.text)", wake: wake)
        var reader = FileReader(descriptor: descriptor, stamp: stamp, link: link, hub: hub, wake: wake)
        switch reader.readHead() {
        case .changed: return  // Not whole yet: looked at again.
        case .failed(let code): return fail(file, stamp, Self.trouble(code, "\(settings.path)/\(file.text)"))
        case .well: break
        }
        guard endpoint.opened(link) else { return }
        let outcome = reader.handOver()
        switch outcome {
        case .finished:
            do throws(LinkTrouble) {
                let where_ = try dispose(file, stamp)
                failed[file] = nil
                endpoint.closed(link, reason: where_)
            } catch {
                endpoint.closed(link, reason: error.problem)
                throw error
            }
        case .given(let reason):
            endpoint.closed(link, reason: reason)
            fail(file, stamp, nil)
        }
    }

    /// Moves or marks a file that is stored. Returns what was done.
    private mutating func dispose(_ file: FolderFile, _ stamp: FileStamp) throws(LinkTrouble) -> String {
        guard let done else {
            try taken.add(file, stamp)
            return "read and noted"
        }
        do throws(LinkTrouble) {
            var name = try done.take(file, from: folder)
            if case .companion(let suffix) = settings.completeWhen {
                for companion in [file.appending(suffix), file.replacingExtension(suffix)].compactMap({ $0 })
                where companion.withCPath({ faccessat(folder, $0, F_OK, AT_SYMLINK_NOFOLLOW) }) == 0 {
                    name += ", \(try done.take(companion, from: folder))"
                }
            }
            return "read and moved to \(name)"
        } catch {
            // It is stored: it must not be read again because it cannot be moved.
            try taken.add(file, stamp)
            throw error
        }
    }

    private mutating func fail(_ file: FolderFile, _ stamp: FileStamp, _ trouble: LinkTrouble?) {
        if let trouble { hub.report(trouble, device: device) }
        let times = (failed[file]?.times ?? 0) + 1
        let pause = Backoff(first: 5, longest: 600).pause(after: times)
        failed[file] = Failed(stamp: stamp, retryAt: hub.clock.now().monotonic + Int64(pause * 1e6), times: times)
    }

    // MARK: Waiting

    private mutating func watch(_ inner: [UInt8]) {
        guard notices >= 0, !watched.contains(inner), watched.count < 1000 else { return }
        let path = inner.isEmpty ? Array(settings.path.utf8) : Array("\(settings.path)/".utf8) + inner
        if cString(path, { platform_watch_folder(notices, $0) }) >= 0 { watched.insert(inner) }
    }

    private func wait(seconds: Double) {
        var entries = [
            pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: notices, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&entries, 2, CInt(clamping: Int64(min(seconds, 3600) * 1000)))
        if entries[0].revents != 0 { wake.clear() }
        if entries[1].revents != 0 { _ = platform_watch_drain(notices) }
    }

    /// The path must still lead to the folder that is open (a network drive may have been mounted over it).
    private func checkFolder() throws(LinkTrouble) {
        var open = stat()
        var now = stat()
        guard fstat(folder, &open) == 0, stat(settings.path, &now) == 0 else {
            throw Self.trouble(errno, settings.path)
        }
        guard open.st_dev == now.st_dev, open.st_ino == now.st_ino else {
            throw LinkTrouble("\(settings.path): the folder was replaced", cure: "It is opened again by itself.")
        }
    }

    static func trouble(_ code: CInt, _ path: String) -> LinkTrouble {
        let cure: String
        switch code {
        case ENOENT:
            cure = "Make the folder, mount the network drive, or correct the path. It is looked for again by itself."
        case EACCES, EPERM:
            cure = "Give the user that the gateway runs as the right to read (and, to move files, write) there."
        case ENOTDIR: cure = "The path must be that of a folder."
        case ELOOP: cure = "Symbolic links are not followed out of a watched folder: put the file itself there."
        case EIO, ESTALE, EHOSTDOWN, ETIMEDOUT:
            cure = "The disk or network drive does not answer: check it, mount it again."
        default: cure = "Tried again by itself."
        }
        return LinkTrouble("\(path): \(errorText(code))", cure: cure)
    }
}
