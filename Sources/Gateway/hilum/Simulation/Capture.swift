/// What a device once sent, cut into the units after which it waits for an answer.
struct Capture: Sendable, Equatable {
    /// How the units are framed.
    enum Framing: String, Sendable {
        /// LIS01: ENQ, frames, EOT, each frame acknowledged.
        case lis01
        /// Blocks VT … FS CR, each acknowledged by a message.
        case mllp
        /// STX … ETX or SOH … EOT without frame numbers: an answer may come or not.
        case bare
        /// As captured, at once: conversations that only their driver knows.
        case asCaptured = "as-captured"
        /// In the time of a recording, after as many bytes of the host.
        case recorded
    }

    /// A piece that is sent at once.
    struct Unit: Sendable, Equatable {
        /// What is waited for after it.
        enum Kind: Sendable, Equatable {
            /// ENQ: ACK or NAK.
            case enquiry
            /// A frame: ACK, NAK or EOT.
            case frame
            /// STX … ETX, SOH … EOT: perhaps ACK.
            case bareFrame
            /// EOT, noise: nothing.
            case end
            /// A block: a message whose MSA-2 is `controlID`.
            case block(controlID: [UInt8])
            /// A whole conversation of one side: whatever is answered is read until the other side is silent.
            case conversation
            /// Before it: so many bytes of the host, then a pause.
            case recorded(pause: Duration, hostBytes: Int)
        }
        /// What is waited for.
        var kind: Kind
        /// Bytes to send, noise before the unit included.
        var bytes: [UInt8]
        /// The text inside: without control characters, frame number and checksum.
        var text: Range<Int>
        /// The two digits of the checksum.
        var checksum: Range<Int>?
        /// False: the checksum was wrong as captured, and the receiver has to refuse the frame.
        var isSound = true
    }

    /// Units of one message (MLLP) or one transfer (LIS01): what a device repeats when it was broken off.
    struct Message: Sendable, Equatable {
        /// In the order sent.
        var units: [Unit]
    }

    /// How it is framed.
    var framing: Framing
    /// In the order sent.
    var messages: [Message]

    /// Reads a capture. Nil where there is neither a frame nor a block nor a message in it.
    init?(_ bytes: [UInt8]) {
        if bytes.contains(MLLPBytes.start) {
            self.init(blocks: bytes)
        } else if Capture.hasLine(bytes, beginning: "MSH") {
            self.init(unframedHL7: bytes)
        } else if bytes.contains(LISBytes.stx) || bytes.contains(LISBytes.soh) {
            self.init(frames: bytes)
        } else {
            self.init(records: bytes)
        }
        if messages.isEmpty { return nil }
    }

    /// The bytes as they are, as one message. Nil when there are none.
    init?(asCaptured bytes: [UInt8]) {
        if bytes.isEmpty { return nil }
        let unit = Unit(kind: .conversation, bytes: bytes, text: 0..<0)
        self.init(framing: .asCaptured, messages: [Message(units: [unit])])
    }

    init(framing: Framing, messages: [Message]) {
        self.framing = framing
        self.messages = messages
    }

    /// True when a line begins with a word.
    static func hasLine(_ bytes: [UInt8], beginning word: String) -> Bool {
        lineStarts(bytes).contains { bytes[$0...].starts(with: word.utf8) }
    }

    /// Offsets at which a line begins.
    static func lineStarts(_ bytes: [UInt8]) -> [Int] {
        var starts: [Int] = []
        var isStart = true
        for (index, byte) in bytes.enumerated() {
            let isEnd = byte == 0x0D || byte == 0x0A
            if isStart, !isEnd { starts.append(index) }
            isStart = isEnd
        }
        return starts
    }
}

/// Control characters of LIS01-A2 (ISO 646).
enum LISBytes {
    static let soh: UInt8 = 0x01
    static let stx: UInt8 = 0x02
    static let etx: UInt8 = 0x03
    static let eot: UInt8 = 0x04
    static let enq: UInt8 = 0x05
    static let ack: UInt8 = 0x06
    static let nak: UInt8 = 0x15
    static let etb: UInt8 = 0x17

    /// LIS01-A2 6.3.3: sum of the bytes from the frame number to ETX or ETB, modulo 256, two upper-case hex digits.
    static func checksum(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let sum = bytes.reduce(UInt8(0)) { $0 &+ $1 }
        let digits = Array("0123456789ABCDEF".utf8)
        return [digits[Int(sum >> 4)], digits[Int(sum & 15)]]
    }

    /// True for a hexadecimal digit.
    static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}

/// Bytes around a block (HL7 v2.5.1 appendix C.2: Minimal Lower Layer Protocol).
enum MLLPBytes {
    static let start: UInt8 = 0x0B
    static let end: UInt8 = 0x1C
}
