/// Where what was read goes when rows are not written as text: a database.
///
/// Workers read headers and copy the cells; `take` is called with what they gathered, in the order of the walk, by one
/// thread at a time (not always the same). A call may hold rows of many files, or only some rows of one (zip files, frames).
protocol RowSink: AnyObject, Sendable {
    /// Stores all events of a batch.
    func take(_ events: RowEvents) throws(IndexFault)
    /// The last call, also when the run was stopped: commits. What `KnownFiles` has and the walk did not meet is no more,
    /// unless the run was interrupted.
    func finish(isInterrupted: Bool) throws(IndexFault)
}

/// What an earlier run knows of files: asked in the order of the walk by one thread at a time, which may be another one
/// than that in `RowSink.take`, at the same time.
protocol KnownFiles: AnyObject, Sendable {
    /// A file by its folder (path with a slash at its end, or empty) and its name; nil: it is new.
    func known(folder: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> KnownFile?
    /// How many files are known.
    var count: Int { get }
    /// How many of them the run did not meet; asked at the end.
    var unmet: Int { get }
}

/// Size, time and place of a file as `lstat` or, through a link, `stat` has them.
struct FileStamp: Sendable, Equatable {
    /// Bytes.
    var size: Int64
    /// Last change of the content, in nanoseconds since 1970.
    var modified: Int64
    /// Inode.
    var inode: UInt64
}

/// A file of an earlier run.
struct KnownFile: Sendable, Equatable {
    /// Number that its keeper gave it; 0 and more.
    var id: Int64
    /// As it was.
    var stamp: FileStamp
    /// What its rows count for, when its keeper knows: for the summary.
    var marks: [InstanceMark] = []
    /// Where its rows stand in the earlier output (text formats).
    var rows: Range<Int64> = 0..<0
    /// How many rows it has, when its keeper knows: for the summary.
    var rowCount = 0
    /// What was wrong with it, or with entries in it (text formats).
    var faults: [FileFault] = []
}
