/// A frame that was accepted.
public struct LIS01Frame: Sendable, Equatable {
    /// Its text, without number and checksum.
    public var text: [UInt8]
    /// Closed by ETX: the text ends here. False: ETB, it goes on in the next frame.
    public var endsText: Bool
    /// Offset of STX in the stream.
    public var start: UInt64
    /// Offset behind the last character of the frame.
    public var end: UInt64
    /// A frame from its parts.
    public init(text: [UInt8], endsText: Bool, start: UInt64, end: UInt64) {
        self.text = text
        self.endsText = endsText
        self.start = start
        self.end = end
    }
}

/// Why a transfer phase ended.
public enum LIS01End: Sendable, Equatable {
    /// EOT.
    case endOfTransmission
    /// 6.5.2.4: nothing came for 30 s.
    case silence
    /// ENQ in the transfer phase: the sender starts again.
    case restart
}

/// What a link end has to say. Take the outputs in order.
public enum LIS01Output: Sendable, Equatable {
    /// Put these bytes on the wire. Immediate: they acknowledge nothing.
    case transmit([UInt8], isImmediate: Bool)
    /// A transfer phase begins (ENQ was answered with ACK).
    case began(offset: UInt64)
    /// A frame was accepted. Its ACK is the next `transmit`.
    case frame(LIS01Frame)
    /// The transfer phase is over. `frames`: how many were accepted in it.
    case ended(LIS01End, frames: Int, offset: UInt64)
    /// Something is not as it should be.
    case fault(LIS01Fault, start: UInt64, end: UInt64)
    /// A message handed to the sender has been accepted whole.
    case sent(id: UInt64)
    /// A message handed to the sender was not accepted; it was taken out of the queue. Hand it over again to try again.
    case unsent(id: UInt64, LIS01SendFault)
}

/// Why a message could not be sent.
public enum LIS01SendFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// No answer to ENQ within 15 s.
    case noAnswerToENQ
    /// ENQ was answered with NAK.
    case notReady
    /// No answer to a frame within 15 s.
    case noAnswerToFrame(number: Int)
    /// A frame was refused six times.
    case frameRefused(number: Int)
    /// The device asked for the line itself.
    case deviceSends

    /// For people.
    public var description: String {
        switch self {
        case .noAnswerToENQ: "the device did not answer ENQ; is it switched on and its host connection enabled?"
        case .notReady: "the device answered ENQ with NAK: it is busy or its host connection is not enabled"
        case .noAnswerToFrame(let number): "the device did not answer frame \(number)"
        case .frameRefused(let number):
            "the device refused frame \(number) six times; compare frame length and checksum with its manual"
        case .deviceSends: "the device began to send before our message was through"
        }
    }
}
