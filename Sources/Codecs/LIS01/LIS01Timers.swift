/// Times of LIS01-A2, in microseconds.
public struct LIS01Timers: Sendable, Equatable {
    /// 6.5.2.1: the sender waits 15 s for the answer to ENQ, then ends with EOT.
    public var answerToENQ: Int64 = 15_000_000
    /// 6.5.2.3: the sender waits 15 s for the answer to a frame, then ends with EOT and keeps the whole message.
    public var answerToFrame: Int64 = 15_000_000
    /// 6.5.2.4: the receiver waits 30 s for a frame or EOT, then drops the incomplete message.
    public var frameOrEOT: Int64 = 30_000_000
    /// 6.2.6: after a NAK to ENQ the sender waits at least 10 s.
    public var afterNAK: Int64 = 10_000_000
    /// 6.5.2.2: in contention the computer waits up to 20 s for the instrument's ENQ.
    public var contentionComputer: Int64 = 20_000_000
    /// 6.2.7.1: in contention the instrument waits at least 1 s before its next ENQ.
    public var contentionInstrument: Int64 = 1_000_000
    /// 6.3.5.3: a sender that honours a receiver's interrupt keeps silent for 15 s.
    public var interrupt: Int64 = 15_000_000
    /// A second ENQ or EOT within this time of the first is the same one (`LIS01Options.doubledControls`).
    public var doubled: Int64 = 1_000_000
    /// The standard's times.
    public init() {}
}
