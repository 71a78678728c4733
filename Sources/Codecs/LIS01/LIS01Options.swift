/// How a device departs from LIS01-A2. The defaults are the standard's, read leniently.
public struct LIS01Options: Sendable, Equatable {
    /// What is done with the two digits after ETB or ETX.
    public enum Checksum: Sendable, Equatable {
        /// 6.3.3: a wrong one is refused.
        case required
        /// A wrong one is told, the frame taken.
        case noted
        /// The device sends none: the answer follows ETB or ETX at once.
        case none
    }

    /// What frames look like.
    public enum FrameStyle: Sendable, Equatable {
        /// 6.3.1: STX, number, text, ETB or ETX, checksum.
        case numbered
        /// STX, text, ETX, without number and checksum.
        case bare
        /// Whatever the first good frame is. A bare one is then believed only if its text begins with a header record
        /// and ends with a terminator record, because a frame that lost its number looks much the same.
        case either
    }

    /// Checksum.
    public var checksum = Checksum.required
    /// Frame style.
    public var frames = FrameStyle.numbered
    /// 6.3.2: numbers run 1 … 7 0 1. False: they are not looked at, and a repeat is told by its bytes alone.
    public var checksFrameNumbers = true
    /// 6.2: frames count after ENQ only. False is for recordings that leave ENQ and EOT out: a frame with number 1, a right
    /// checksum and a header record begins a transfer phase. On a line such a frame means that the beginning was lost.
    public var requiresENQ = true
    /// The device sends ENQ or EOT twice and wants one answer.
    public var doubledControls = false
    /// Longest frame accepted, in bytes of text. 8.3.1 allows 63 993; devices that put a message in one frame exceed it.
    public var longestFrame = 1 << 20
    /// Most text accepted in one message, in bytes.
    public var longestMessage = 64 << 20
    /// Longest text of a frame that we send (6.3.1.2: 240; 8.3.1: 63 993).
    public var longestTextSent = 240
    /// Each record in a frame of its own, ended by ETX; otherwise the whole message as one text, divided by ETB.
    public var sendsRecordPerFrame = true
    /// CR LF after the checksum of the frames we send.
    public var sendsCRLF = true
    /// 6.5.1.2: a frame is sent six times at most.
    public var mostSends = 6
    /// Timers.
    public var timers = LIS01Timers()
    /// The standard.
    public init() {}
}
