/// Makes lines of what a process writes, for the log: no line is longer than 1,000 bytes, controls become blanks.
struct LineSplitter {
    private static let longest = 1000
    private var rest: [UInt8] = []

    mutating func take(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == 0x0A || rest.count >= LineSplitter.longest {
                if !rest.isEmpty { lines.append(String(decoding: rest, as: UTF8.self)) }
                rest.removeAll(keepingCapacity: true)
            }
            if byte != 0x0A { rest.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte) }
        }
        return lines
    }
}
