import SerialBlocks

/// What came out of the bytes.
enum XmodemOutput: Equatable {
    /// A block whose complement and sum are right.
    case block(XmodemBlock)
    /// A block whose sum is wrong.
    case damaged(start: UInt64, end: UInt64)
    /// EOT: the transfer is over.
    case end(at: UInt64)
    /// CAN twice: the sender gave up.
    case cancelled(at: UInt64)
}

/// A block of 128 bytes.
struct XmodemBlock: Equatable {
    /// 1, 2 … 255, 0; seven bits of it on a line of seven data bits.
    var number: UInt8
    var data: [UInt8]
    /// Bit 7 was lost on the way.
    var isSevenBit: Bool
    var start: UInt64
    var end: UInt64

    /// The number the next block has.
    var next: UInt8 { number &+ 1 & (isSevenBit ? 0x7F : 0xFF) }
}

/// Cuts a stream into blocks: SOH, number, its complement, 128 bytes, their sum modulo 256 (XMODEM as Ward Christensen described
/// it in 1977). Holds one block at most; nothing traps.
struct XmodemReceiver {
    /// SOH, number, complement, data, sum.
    static let length = 132

    private var buffer: [UInt8] = []
    private(set) var received: UInt64 = 0
    private var cancels = 0
    /// Bytes that belong to no block, since the last one.
    private(set) var noise = 0

    /// Something was taken in that is not a whole block yet, or is none.
    var isPartial: Bool { !buffer.isEmpty || noise > 0 }

    /// Takes one byte.
    mutating func take(_ byte: UInt8, outputs: inout [XmodemOutput]) {
        received &+= 1
        if buffer.isEmpty {
            outside(byte, &outputs)
            return
        }
        buffer.append(byte)
        if buffer.count == 3, !hasHead(at: 0) {
            noise &+= 1
            restart(&outputs)
        } else if buffer.count == Self.length {
            close(&outputs)
        }
    }

    /// Nothing came for some time: what is held is no block.
    mutating func drop() {
        buffer.removeAll(keepingCapacity: true)
        noise = 0
        cancels = 0
    }

    private mutating func outside(_ byte: UInt8, _ outputs: inout [XmodemOutput]) {
        cancels = byte == ControlByte.can ? cancels + 1 : 0
        switch byte {
        case ControlByte.soh: buffer.append(byte)
        case ControlByte.eot:
            noise = 0
            outputs.append(.end(at: received &- 1))
        case ControlByte.can:
            if cancels == 2 { outputs.append(.cancelled(at: received &- 1)) }
        case 0x00, ControlByte.cr, ControlByte.lf, ControlByte.dc1, ControlByte.dc3, ControlByte.ack, ControlByte.nak:
            break
        default: noise &+= 1
        }
    }

    private mutating func close(_ outputs: inout [XmodemOutput]) {
        let data = Array(buffer[3..<131])
        // On a line of eight data bits either the number or its complement has bit 7.
        let isSevenBit = (buffer[1] | buffer[2]) & 0x80 == 0
        let difference = buffer[131] ^ BlockCheck.sum(data)
        let start = received &- UInt64(Self.length)
        if difference & (isSevenBit ? 0x7F : 0xFF) == 0 {
            outputs.append(
                .block(
                    XmodemBlock(number: buffer[1], data: data, isSevenBit: isSevenBit, start: start, end: received)))
            drop()
            return
        }
        // Bytes were lost and the block that was sent again has begun within: its head tells.
        let rest = (1..<buffer.count).first { buffer[$0] == ControlByte.soh && hasHead(at: $0) }
        outputs.append(.damaged(start: start, end: received))
        if let rest {
            buffer.removeFirst(rest)
        } else {
            drop()
        }
    }

    /// SOH, then a number and its complement, as far as they have come.
    private func hasHead(at index: Int) -> Bool {
        guard index + 2 < buffer.count else { return true }
        return (buffer[index + 1] ^ buffer[index + 2]) & 0x7F == 0x7F
    }

    /// The first byte held begins no block: the ones behind it may.
    private mutating func restart(_ outputs: inout [XmodemOutput]) {
        let rest = buffer.dropFirst()
        buffer.removeAll(keepingCapacity: true)
        received &-= UInt64(rest.count)
        for byte in rest { take(byte, outputs: &outputs) }
    }
}
