/// How far a run is.
public struct IndexProgress: Sendable, Equatable {
    /// Files that the walk has met.
    public var met: Int
    /// Files that are read, or passed over.
    public var done: Int
    /// Files in all, once they are counted (`IndexRun.countTotal`).
    public var total: Int?
    /// Bytes read from files.
    public var bytesRead: Int64
    /// Wall-clock time since the start, in seconds.
    public var seconds: Double
}
