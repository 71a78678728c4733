/// A serial line, with the settings named as an analyser's manual names them.
public struct SerialSettings: Sendable, Equatable {
    /// Parity bit.
    public enum Parity: String, Sendable, Equatable {
        /// No parity bit.
        case none
        /// Even parity.
        case even
        /// Odd parity.
        case odd
        /// Always 1.
        case mark
        /// Always 0.
        case space
    }
    /// How a side that cannot keep up stops the other.
    public enum FlowControl: String, Sendable, Equatable {
        /// Not at all.
        case none
        /// By the bytes 11 and 13 hex; they can then not be data.
        case xonxoff
        /// By the lines RTS and CTS.
        case rtscts
        /// By the lines DTR and DSR.
        case dtrdsr
    }
    /// Device file: `/dev/ttyS0`, or better `/dev/serial/by-id/…`, which stays the same when USB adapters change places.
    public var path: String
    /// Bits per second.
    public var baud: Int
    /// 5 … 8.
    public var dataBits: Int
    /// Parity bit.
    public var parity: Parity
    /// 1 or 2.
    public var stopBits: Int
    /// Flow control.
    public var flow: FlowControl
    /// Data Terminal Ready while the line is open: many analysers send only when it is on.
    public var dtr: Bool
    /// Request To Send while the line is open, unless `flow` moves it.
    public var rts: Bool
    /// Counts bytes with parity or framing errors and reports them; the bytes are handed on as they came.
    public var reportsLineErrors: Bool
    /// Seconds between looking for a port that is not there, or opening one again after it was lost or closed.
    public var reopenAfter: Double

    /// Settings from their parts; the defaults are 9600 8N1 without flow control, the commonest on analysers.
    public init(
        path: String, baud: Int = 9600, dataBits: Int = 8, parity: Parity = .none, stopBits: Int = 1,
        flow: FlowControl = .none, dtr: Bool = true, rts: Bool = true, reportsLineErrors: Bool = true,
        reopenAfter: Double = 1
    ) {
        self.path = path
        self.baud = baud
        self.dataBits = dataBits
        self.parity = parity
        self.stopBits = stopBits
        self.flow = flow
        self.dtr = dtr
        self.rts = rts
        self.reportsLineErrors = reportsLineErrors
        self.reopenAfter = reopenAfter
    }

    /// `/dev/ttyUSB0 9600 8N1`, with the flow control if there is any.
    public var summary: String {
        let letter = Character(Unicode.Scalar(parityLetter))
        return "\(path) \(baud) \(dataBits)\(letter)\(stopBits)" + (flow == .none ? "" : " \(flow.rawValue)")
    }
}
