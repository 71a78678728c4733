/// A part of a file, moved along it: the only memory in which headers longer than the prefix are held.
struct HeaderWindow {
    /// Bytes it can hold: also the longest sequence that columns by path are looked for in.
    static let capacity = 256 << 10
    /// Headers are read no further than this.
    static let farthest = 64 << 20
    private var step = 8 << 10

    mutating func begin() { step = 8 << 10 }

    /// What a move brought.
    enum Move {
        /// So many bytes; fewer than asked for when the file ends behind them.
        case read(UnsafeRawPointer, Int)
        case fault(DICOMFault)
    }

    /// Reads from an offset in the file: at least so many bytes, unless the file ends before. Reads more at each call.
    mutating func move(
        to offset: Int, atLeast least: Int, in memory: UnsafeMutableRawPointer,
        _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> Move {
        guard offset >= 0, offset <= Self.farthest - least else {
            // Is there anything? A length that leads there may be damaged.
            let probe = UnsafeMutableRawBufferPointer(start: memory, count: 64)
            if offset > 0, fetch(offset, probe) == 0 { return .read(UnsafeRawPointer(memory), 0) }
            return .fault(
                DICOMFault(
                    .length, at: offset, "the header is not at its end after \(Self.farthest >> 20) MiB",
                    cure: "ask for fewer columns; what lies there is not read"))
        }
        step = min(step * 2, Self.capacity)
        let wanted = min(max(least, step), Self.capacity)
        let enough = min(least, Self.capacity)
        var filled = 0
        while filled < enough {
            let room = UnsafeMutableRawBufferPointer(start: memory + filled, count: wanted - filled)
            let got = fetch(offset + filled, room)
            if got < 0 { return .fault(HeaderReader.unreadable(at: offset + filled, got)) }
            if got == 0 { break }
            filled += min(got, wanted - filled)
        }
        return .read(UnsafeRawPointer(memory), filled)
    }
}
