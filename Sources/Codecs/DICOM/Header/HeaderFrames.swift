/// Where the functional groups of the frames are (PS3.3 C.7.6.16).
struct HeaderFrames {
    /// Shared Functional Groups Sequence.
    static let shared = Tag(0x5200, 0x9229)
    /// Per-Frame Functional Groups Sequence.
    static let perFrame = Tag(0x5200, 0x9230)
    /// Grid Frame Offset Vector of a dose (PS3.3 C.8.8.3).
    static let gridOffsets = Tag(0x3004, 0x000C)
    /// More frames than these are not written: so many nobody has in a file.
    static let most = 1 << 20

    /// Offset in the file of the first item; -1: the file has no groups of frames.
    var start = -1
    /// Behind the last item; `Int.max` when a delimiter says.
    var end = Int.max
    var isImplicit = false
    /// The data set, where whole reading was needed.
    var dataSet: DataSet?
}
