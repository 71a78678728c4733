/// Inflates a raw deflate stream (RFC 1951) from its beginning, as far as somebody asks: fixed memory, whatever the stream
/// says. For entries of archives, of which only the header is wanted.
struct InflateStream: ~Copyable {
    /// Reads packed bytes, from an offset of the stream: bytes read; 0 at the end, negative on a fault.
    typealias Input = (Int, UnsafeMutableRawBufferPointer) -> Int

    /// What is wrong with a stream.
    enum Fault: Error, Equatable {
        /// Ends in the middle.
        case truncated
        /// Is none; the words.
        case malformed(String)
        /// The input failed.
        case unreadable
    }

    private static let windowSize = 1 << 15
    private static let inputSize = 1 << 13

    private var window = [UInt8](repeating: 0, count: InflateStream.windowSize)
    /// Bytes inflated so far.
    private(set) var position = 0
    private var input = [UInt8](repeating: 0, count: InflateStream.inputSize)
    private var inputPlace = 0
    private var inputCount = 0
    private var inputOffset = 0
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var phase = Phase.head
    private var isLast = false
    private var literals = PrefixCode()
    private var distances = PrefixCode()

    private enum Phase {
        case head
        case stored(left: Int)
        case codes
        /// In the middle of a repetition that did not fit.
        case copy(left: Int, distance: Int)
        case end
    }

    init() {}

    /// Begins anew, with another stream.
    mutating func restart() {
        position = 0
        inputPlace = 0
        inputCount = 0
        inputOffset = 0
        bits = 0
        bitCount = 0
        phase = .head
        isLast = false
    }

    /// Inflates up to as many bytes as the buffer has; fewer at the end of the stream.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer, _ source: Input) throws(Fault) -> Int {
        var done = 0
        while done < buffer.count {
            switch phase {
            case .end: return done
            case .head: try head(source)
            case .stored(let left):
                if left == 0 {
                    phase = isLast ? .end : .head
                    continue
                }
                let byte = try take(8, source)
                emit(UInt8(truncatingIfNeeded: byte), to: buffer, &done)
                phase = .stored(left: left - 1)
            case .codes: try codes(buffer, &done, source)
            case .copy(var left, let distance):
                while left > 0, done < buffer.count {
                    emit(window[(position &- distance) & (Self.windowSize - 1)], to: buffer, &done)
                    left -= 1
                }
                phase = left == 0 ? .codes : .copy(left: left, distance: distance)
            }
        }
        return done
    }

    /// `read`, where what is thrown would lose its type.
    mutating func result(into buffer: UnsafeMutableRawBufferPointer, _ source: Input) -> Result<Int, Fault> {
        do throws(Fault) { return .success(try read(into: buffer, source)) } catch { return .failure(error) }
    }

    @inline(__always) private mutating func emit(
        _ byte: UInt8, to buffer: UnsafeMutableRawBufferPointer, _ done: inout Int
    ) {
        buffer[done] = byte
        window[position & (Self.windowSize - 1)] = byte
        position &+= 1
        done &+= 1
    }

    private mutating func codes(
        _ buffer: UnsafeMutableRawBufferPointer, _ done: inout Int, _ source: Input
    ) throws(Fault) {
        while done < buffer.count {
            let symbol = try symbol(literals, source)
            if symbol < 256 {
                emit(UInt8(truncatingIfNeeded: symbol), to: buffer, &done)
            } else if symbol == 256 {
                phase = isLast ? .end : .head
                return
            } else {
                guard symbol - 257 < DeflateTables.lengths.count else { throw .malformed("a length that is none") }
                let (base, extra) = DeflateTables.lengths[symbol - 257]
                let length = base + Int(try take(extra, source))
                let code = try self.symbol(distances, source)
                guard code < DeflateTables.distances.count else { throw .malformed("a distance that is none") }
                let (farBase, farExtra) = DeflateTables.distances[code]
                let distance = farBase + Int(try take(farExtra, source))
                guard distance <= min(position, Self.windowSize) else {
                    throw .malformed("a distance to before the beginning")
                }
                phase = .copy(left: length, distance: distance)
                return
            }
        }
    }

    private mutating func head(_ source: Input) throws(Fault) {
        isLast = try take(1, source) == 1
        switch try take(2, source) {
        case 0:
            let odd = bitCount % 8
            bits >>= UInt64(odd)
            bitCount -= odd
            let length = try take(16, source)
            let complement = try take(16, source)
            guard length == complement ^ 0xFFFF else { throw .malformed("a stored block of an impossible length") }
            phase = .stored(left: Int(length))
        case 1:
            literals = DeflateTables.fixedLiterals
            distances = DeflateTables.fixedDistances
            phase = .codes
        case 2: try tables(source)
        default: throw .malformed("a block of a kind that is none")
        }
    }

    private mutating func tables(_ source: Input) throws(Fault) {
        let literalCount = Int(try take(5, source)) + 257
        let distanceCount = Int(try take(5, source)) + 1
        let codeCount = Int(try take(4, source)) + 4
        var lengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<codeCount {
            lengths[DeflateTables.order[index]] = UInt8(truncatingIfNeeded: try take(3, source))
        }
        guard let codes = PrefixCode(lengths[...]) else { throw .malformed("code lengths that cannot be") }
        var all: [UInt8] = []
        all.reserveCapacity(320)
        while all.count < literalCount + distanceCount {
            let symbol = try symbol(codes, source)
            if symbol < 16 {
                all.append(UInt8(truncatingIfNeeded: symbol))
                continue
            }
            let (base, extra) = symbol == 16 ? (3, 2) : symbol == 17 ? (3, 3) : (11, 7)
            let count = base + Int(try take(extra, source))
            guard symbol != 16 || !all.isEmpty, all.count + count <= literalCount + distanceCount else {
                throw .malformed("code lengths that cannot be")
            }
            all += repeatElement(symbol == 16 ? all[all.count - 1] : 0, count: count)
        }
        guard let literals = PrefixCode(all[..<literalCount]), let distances = PrefixCode(all[literalCount...]) else {
            throw .malformed("code lengths that cannot be")
        }
        self.literals = literals
        self.distances = distances
        phase = .codes
    }

    /// Takes bits, the least significant first.
    @inline(__always) private mutating func take(_ count: Int, _ source: Input) throws(Fault) -> UInt64 {
        if bitCount < count {
            try fill(source)
            guard bitCount >= count else { throw .truncated }
        }
        let value = bits & (1 << UInt64(count) - 1)
        bits >>= UInt64(count)
        bitCount -= count
        return value
    }

    private mutating func symbol(_ code: PrefixCode, _ source: Input) throws(Fault) -> Int {
        if bitCount < 15 { try fill(source) }
        guard let (symbol, length) = code.decode(bits) else {
            if bitCount < 15 { throw .truncated }
            throw .malformed("a code that is none")
        }
        guard length <= bitCount else { throw .truncated }
        bits >>= UInt64(length)
        bitCount -= length
        return symbol
    }

    private mutating func fill(_ source: Input) throws(Fault) {
        while bitCount <= 56 {
            if inputPlace >= inputCount {
                let count = input.withUnsafeMutableBytes { source(inputOffset, $0) }
                guard count >= 0 else { throw .unreadable }
                if count == 0 { return }
                inputOffset += count
                inputCount = min(count, input.count)
                inputPlace = 0
            }
            bits |= UInt64(input[inputPlace]) << UInt64(bitCount)
            inputPlace += 1
            bitCount += 8
        }
    }
}
