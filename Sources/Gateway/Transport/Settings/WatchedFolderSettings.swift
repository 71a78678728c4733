/// A folder into which a device, or the program that comes with it, writes files. Nothing in it is ever deleted.
public struct WatchedFolderSettings: Sendable, Equatable {
    /// When a file is whole.
    public enum Completion: Sendable, Equatable {
        /// Size and time of change have stayed the same for so many seconds.
        case stable(seconds: Double)
        /// It appears by a rename, or is closed by its writer in one go: it is whole as soon as it has its name.
        case renamed
        /// A second file has appeared, named as the first with `suffix` appended (`a.csv` → `a.csv.ok`) or in place of its
        /// extension (`a.ok`).
        case companion(suffix: String)
    }
    /// What becomes of a file that is stored.
    public enum Disposal: Sendable, Equatable {
        /// Stays where it is; the gateway remembers it in its state folder, and reads it again if it changes.
        case mark
        /// Moved into a folder: a name inside the watched folder (`done`), or an absolute path on the same file system.
        case move(to: String)
    }
    /// The folder.
    public var path: String
    /// File names to take, `*` and `?` as in a shell; case counts. Files that begin with a dot are never taken.
    public var pattern: String
    /// When a file is whole.
    public var completeWhen: Completion
    /// What becomes of it.
    public var afterwards: Disposal
    /// Seconds between looking, should the kernel's notices fail to come (network drives).
    public var pollInterval: Double
    /// Bytes; a larger file is not read, and reported.
    public var maxFileSize: Int64
    /// Folders inside are looked into as well.
    public var recursive: Bool

    /// Settings from their parts.
    public init(
        path: String, pattern: String = "*", completeWhen: Completion = .stable(seconds: 2),
        afterwards: Disposal = .mark, pollInterval: Double = 5, maxFileSize: Int64 = 1 << 30, recursive: Bool = false
    ) {
        self.path = path
        self.pattern = pattern
        self.completeWhen = completeWhen
        self.afterwards = afterwards
        self.pollInterval = pollInterval
        self.maxFileSize = maxFileSize
        self.recursive = recursive
    }
}
