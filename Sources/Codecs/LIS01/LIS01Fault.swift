/// What is wrong on the link, and who has to do what.
public enum LIS01Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Characters that belong to no frame.
    case noise(count: UInt64)
    /// 6.3.3: the checksum does not fit the frame.
    case checksum(sent: [UInt8], computed: UInt8, accepted: Bool)
    /// 6.3.2: a frame number out of turn, or none.
    case frameNumber(sent: UInt8, expected: Int)
    /// 6.5.1.3: the last frame again, because our answer was lost. Acknowledged, not taken twice.
    case repeatedFrame(number: Int)
    /// The last number again over another text.
    case reusedFrameNumber(number: Int)
    /// A frame outside a transfer phase.
    case frameWithoutENQ
    /// STX without number where the device's frames are numbered.
    case bareFrame
    /// A frame was begun and never closed.
    case brokenFrame
    /// A frame longer than the limit.
    case frameTooLong(limit: Int)
    /// A message longer than the limit.
    case messageTooLong(limit: Int)
    /// ENQ where a frame was expected: the sender starts again.
    case restarted
    /// 6.5.2.4: nothing for 30 s.
    case silence
    /// Both wanted the line; the device has it.
    case contention
    /// The receiver is not ready, or wants the line.
    case busy

    /// For people: what, who, what to do.
    public var description: String {
        switch self {
        case .noise(let count): return "\(count) characters outside frames were ignored"
        case .checksum(let sent, let computed, let accepted):
            let sent = String(decoding: sent.map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
            let outcome = accepted ? "taken all the same" : "refused, the device sends it again"
            return "the frame's checksum is \(sent), its bytes give \(hexadecimal(computed)); \(outcome)."
                + " If it happens often, look at the cable, speed and parity; if always, set option checksum"
        case .frameNumber(let sent, let expected):
            return "frame number \(printable(sent)) where \(expected) was due; refused, the device sends it again."
                + " If always, set option frame_numbers: ignored"
        case .repeatedFrame(let number): return "frame \(number) again; acknowledged once more, not taken twice"
        case .reusedFrameNumber(let number):
            return "frame number \(number) again, but over another text; refused, so that nothing is lost."
                + " If the device always does so, set option frame_numbers: ignored"
        case .frameWithoutENQ:
            return "a frame without ENQ before it; refused: the device has to start the message again"
        case .bareFrame:
            return "STX without a frame number; refused. If the device sends such frames, set option framing: bare"
        case .brokenFrame: return "a frame without end; dropped, the device sends it again"
        case .frameTooLong(let limit):
            return
                "a frame longer than \(limit) bytes; refused. If the device sends such frames, raise option max_frame"
        case .messageTooLong(let limit):
            return "a message longer than \(limit) bytes; refused. If the device sends such, raise option max_message"
        case .restarted: return "ENQ in the middle of a transfer: the device starts again"
        case .silence: return "nothing came for 30 s in the middle of a transfer; what was incomplete is dropped"
        case .contention: return "both ends asked for the line; the device goes first"
        case .busy: return "the device was told to wait"
        }
    }

    private func printable(_ byte: UInt8) -> String {
        byte >= 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "0x\(hexadecimal(byte))"
    }

    private func hexadecimal(_ byte: UInt8) -> String {
        let digits = LIS01Checksum.digits(of: byte)
        return String(decoding: [digits.0, digits.1], as: UTF8.self)
    }
}
