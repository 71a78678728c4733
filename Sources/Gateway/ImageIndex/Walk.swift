import CFileRing
import Glibc

/// Meets the files of all sources, in order, a batch at a time. Used under a lock; holds a fixed amount of memory whatever
/// the tree: one buffer for each folder on the way down.
final class Walk: @unchecked Sendable {
    /// Folders in each other: each is an open descriptor on the way down.
    static let deepest = 256

    private let sources: [IndexRequest.Source]
    private var nextSource = 0
    private var list: PathList?
    private var levels: [WalkLevel] = []
    private var entered = EnteredFolders()
    private let ours: OwnFiles
    private let isStopped: @Sendable () -> Bool

    /// - Parameters:
    ///   - ours: files that are written by this run and never met.
    ///   - isStopped: asked while waiting for a list.
    init(_ sources: [IndexRequest.Source], ours: OwnFiles, isStopped: @escaping @Sendable () -> Bool) {
        self.sources = sources
        self.ours = ours
        self.isStopped = isStopped
    }

    /// Fills a batch. It is empty at the end of all sources.
    func fill(_ batch: Batch) {
        while true {
            if let level = levels.last {
                guard batch.hasRoom(for: level.folder) else { return }
                switch level.next() {
                case .entry(let name, let kind): meet(name, kind, in: level, batch)
                case .end: levels.removeLast()
                case .failed(let code):
                    batch.add(level.folder, UnsafeRawBufferPointer(start: nil, count: 0), problem: .failed(errno: code))
                    levels.removeLast()
                }
            } else if let list {
                guard batch.hasRoom(for: .none) else { return }
                // A list may come slowly: rows of what was named do not wait for what is not.
                if !batch.entries.isEmpty, list.wouldWait { return }
                guard let path = list.next(isStopped) else {
                    self.list = nil
                    continue
                }
                path.withUnsafeBytes { named($0, batch) }
            } else if nextSource < sources.count {
                guard batch.hasRoom(for: .none) else { return }
                let source = sources[nextSource]
                nextSource += 1
                switch source {
                case .path(let path): Array(path.utf8CString.dropLast()).withUnsafeBytes { named($0, batch) }
                case .list(let descriptor): list = PathList(descriptor)
                }
            } else {
                return
            }
        }
    }

    /// A name in a folder.
    @inline(__always) private func meet(
        _ name: UnsafeRawBufferPointer, _ kind: UInt8, in level: WalkLevel, _ batch: Batch
    ) {
        if kind == WalkLevel.file {
            if level.folder.holdsOurs, ours.contains(name) { return }
            batch.add(level.folder, name)
        } else {
            meetOther(name, kind, in: level, batch)
        }
    }

    private func meetOther(_ name: UnsafeRawBufferPointer, _ kind: UInt8, in level: WalkLevel, _ batch: Batch) {
        guard let start = name.bindMemory(to: CChar.self).baseAddress else { return }
        switch kind {
        case WalkLevel.subfolder: enter(start, name, below: level, byLink: false, batch)
        case WalkLevel.link:
            let (stamp, code) = hilum_stamp.of(level.folder.descriptor, start, follows: true)
            if code < 0 {
                batch.add(level.folder, name, problem: .failed(errno: -code))
            } else {
                sort(stamp, name, start, level, byLink: true, batch)
            }
        case WalkLevel.unknown:
            // Some file systems do not tell.
            let (stamp, code) = hilum_stamp.of(level.folder.descriptor, start, follows: false)
            if code < 0 {
                batch.add(level.folder, name, problem: .failed(errno: -code))
            } else if stamp.kind == Int32(HILUM_KIND_LINK) {
                meetOther(name, WalkLevel.link, in: level, batch)
            } else {
                sort(stamp, name, start, level, byLink: false, batch)
            }
        default: batch.add(level.folder, name, problem: .notRegular)
        }
    }

    private func sort(
        _ stamp: hilum_stamp, _ name: UnsafeRawBufferPointer, _ start: UnsafePointer<CChar>, _ level: WalkLevel,
        byLink: Bool, _ batch: Batch
    ) {
        switch stamp.kind {
        case Int32(HILUM_KIND_FILE):
            if level.folder.holdsOurs && ours.contains(name) || byLink && ours.isOne(FileIdentity(stamp)) { return }
            batch.add(level.folder, name)
        case Int32(HILUM_KIND_FOLDER): enter(start, name, below: level, byLink: byLink, batch)
        default: batch.add(level.folder, name, problem: .notRegular)
        }
    }

    /// A folder in a folder.
    private func enter(
        _ start: UnsafePointer<CChar>, _ name: UnsafeRawBufferPointer, below level: WalkLevel, byLink: Bool,
        _ batch: Batch
    ) {
        guard levels.count < Self.deepest else {
            batch.add(level.folder, name, problem: .tooDeep)
            return
        }
        let descriptor = hilum_folder_open(level.folder.descriptor, start, byLink ? 1 : 0)
        guard descriptor >= 0 else {
            batch.add(level.folder, name, problem: .failed(errno: -descriptor))
            return
        }
        let (stamp, code) = hilum_stamp.of(descriptor, "", follows: true)
        let isNew = code < 0 || (byLink ? entered.enterByLink(descriptor, stamp) : !entered.isRoot(stamp))
        guard isNew else {
            close(descriptor)
            return
        }
        push(descriptor, stamp, path: level.folder.path + name + [UInt8(ascii: "/")])
    }

    private func push(_ descriptor: Int32, _ stamp: hilum_stamp, path: [UInt8]) {
        let folder = Folder(descriptor: descriptor, path: path, holdsOurs: ours.areIn(FileIdentity(stamp)))
        levels.append(WalkLevel(folder))
    }

    /// A path that was asked for.
    private func named(_ path: UnsafeRawBufferPointer, _ batch: Batch) {
        if path.isEmpty { return }
        var name = [UInt8](path)
        name.append(0)
        name.withUnsafeBytes { bytes in
            guard let start = bytes.bindMemory(to: CChar.self).baseAddress else { return }
            let (stamp, code) = hilum_stamp.of(AT_FDCWD, start, follows: true)
            if code < 0 {
                batch.add(.none, path, isNamed: true, problem: .failed(errno: -code))
                return
            }
            switch stamp.kind {
            case Int32(HILUM_KIND_FILE):
                let isOurs = ours.isOne(FileIdentity(stamp))
                batch.add(.none, path, isNamed: true, problem: isOurs ? .ours : nil)
            case Int32(HILUM_KIND_FOLDER):
                let descriptor = hilum_folder_open(AT_FDCWD, start, 1)
                if descriptor < 0 {
                    batch.add(.none, path, isNamed: true, problem: .failed(errno: -descriptor))
                } else if entered.enterByLink(descriptor, stamp) {
                    var own = [UInt8](path)
                    if own.last != UInt8(ascii: "/") { own.append(UInt8(ascii: "/")) }
                    push(descriptor, stamp, path: own)
                } else {
                    close(descriptor)
                }
            default: batch.add(.none, path, isNamed: true, problem: .notRegular)
            }
        }
    }
}
