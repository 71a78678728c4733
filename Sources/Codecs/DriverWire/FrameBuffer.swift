/// Bytes of a stream of frames, each a length of four bytes (little endian, counting what follows it) and a body.
///
/// Bytes are read straight into the buffer and frames are looked at in place. Memory is bounded by the longest frame.
public struct FrameBuffer: Sendable {
    /// A frame that cannot be right.
    public enum Fault: Error, Sendable, Equatable {
        /// Longer than the limit.
        case tooLong(length: Int, limit: Int)
    }

    private var storage: [UInt8]
    private var start = 0
    private var end = 0
    private let limit: Int
    private let usualSize: Int

    /// A buffer that refuses frames with a body longer than `limit` bytes.
    public init(limit: Int, usualSize: Int = 64 << 10) {
        self.limit = limit
        self.usualSize = usualSize
        storage = [UInt8](repeating: 0, count: usualSize)
    }

    /// Bytes held that are not part of a frame taken.
    public var count: Int { end - start }

    /// Calls `read` with room for bytes. It returns how many it has put there; zero or a negative number is passed on.
    public mutating func fill<Failure: Error>(
        _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        makeRoom()
        let (from, room) = (end, storage.count - end)
        // Typed throws do not pass through withUnsafeMutableBytes of every version: carry the outcome out by hand.
        var outcome: Result<Int, Failure> = .success(0)
        storage.withUnsafeMutableBytes { bytes in
            let place = UnsafeMutableRawBufferPointer(rebasing: bytes[from...])
            do throws(Failure) { outcome = .success(try read(place)) } catch { outcome = .failure(error) }
        }
        let count = try outcome.get()
        if count > 0 { end += min(count, room) }
        return count
    }

    /// Appends bytes (for tests and for streams that hand out arrays).
    public mutating func append(_ bytes: some Collection<UInt8>) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let taken = fill { place in
                let count = min(place.count, rest.count)
                place.copyBytes(from: rest.prefix(count))
                return count
            }
            rest = rest.dropFirst(taken)
        }
    }

    /// Hands the body of the next whole frame to `body` and takes it out; nil: it is not complete yet.
    public mutating func next<Value>(_ body: (UnsafeRawBufferPointer) -> Value) throws(Fault) -> Value? {
        guard let length = try nextLength(), count - 4 >= length else { return nil }
        let from = start + 4
        let value = storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[from..<from + length])) }
        start = from + length
        if start == end {
            start = 0
            end = 0
            // What one long frame took is given back.
            if storage.count > 4 * usualSize { storage = [UInt8](repeating: 0, count: usualSize) }
        }
        return value
    }

    private func nextLength() throws(Fault) -> Int? {
        guard count >= 4 else { return nil }
        var length = 0
        for index in 0..<4 { length |= Int(storage[start + index]) << (8 * index) }
        guard length <= limit else { throw .tooLong(length: length, limit: limit) }
        return length
    }

    private mutating func makeRoom() {
        if start > 0, storage.count - end < storage.count / 2 {
            let (from, held) = (start, count)
            storage.withUnsafeMutableBytes { bytes in
                let source = UnsafeRawBufferPointer(rebasing: bytes[from..<from + held])
                UnsafeMutableRawBufferPointer(rebasing: bytes[..<held]).copyMemory(from: source)
            }
            start = 0
            end = held
        }
        // A frame known to be long gets its room at once, a stream of unknown length half as much again.
        let wanted = ((try? nextLength()) ?? nil).map { min($0, limit) + 4 } ?? 0
        let needed = max(wanted - count, 4096)
        if storage.count - end < needed {
            storage.append(contentsOf: repeatElement(0, count: needed - (storage.count - end)))
        }
    }
}
