import LIS01

let stx = ControlCharacter.stx
let etx = ControlCharacter.etx
let etb = ControlCharacter.etb
let enq = ControlCharacter.enq
let eot = ControlCharacter.eot
let ack = ControlCharacter.ack
let nak = ControlCharacter.nak

/// A small generator with a seed (SplitMix64).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

func frame(_ number: Int, _ text: String, close: UInt8 = etx, options: LIS01Options = LIS01Options()) -> [UInt8] {
    LIS01Framing.frame(number: number, text: Array(text.utf8), close: close, options: options)
}

/// A receiver with what it said.
struct Line {
    var receiver: LIS01Receiver
    var outputs: [LIS01Output] = []
    var offset: UInt64 = 0
    var now: Int64 = 0

    init(_ options: LIS01Options = LIS01Options()) { receiver = LIS01Receiver(options: options) }

    mutating func feed(_ bytes: [UInt8], pieces: Int = .max) {
        var index = 0
        while index < bytes.count {
            let end = pieces < bytes.count - index ? index + pieces : bytes.count
            bytes[index..<end].withUnsafeBytes { receiver.receive($0, offset: offset, now: now, outputs: &outputs) }
            offset += UInt64(end - index)
            index = end
        }
    }

    /// Characters put on the wire.
    var answers: [UInt8] {
        outputs.flatMap { if case .transmit(let bytes, _) = $0 { bytes } else { [UInt8]() } }
    }
    /// Text accepted, frame by frame.
    var texts: [String] {
        outputs.compactMap {
            if case .frame(let frame) = $0 { String(decoding: frame.text, as: UTF8.self) } else { nil }
        }
    }
    var faults: [LIS01Fault] {
        outputs.compactMap { if case .fault(let fault, _, _) = $0 { fault } else { nil } }
    }
    var ends: [LIS01End] {
        outputs.compactMap { if case .ended(let end, _, _) = $0 { end } else { nil } }
    }
}
