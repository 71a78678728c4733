import HL7v2
import NIOCore

/// One message out, its acknowledgement back.
struct Exchange: Sendable {
    /// MSH-10.
    var controlID: String
    /// Framed.
    var bytes: ByteBuffer
    /// What the receiver says to it.
    var answer: EventLoopPromise<ExchangeAnswer>
}

/// How an exchange ended.
enum ExchangeAnswer: Sendable, Equatable {
    /// The receiver named our message.
    case acknowledged(HL7AcknowledgementCode, reason: String)
    /// It did not within the time allowed. `stray` is what came instead, if anything did.
    case timeout(stray: String)
    /// The connection ended first. `isFresh`: it was made for this exchange, or bytes came on it since.
    case closed(reason: String)
    /// An answer that takes nothing but names no message: nothing is released, but there is nothing to wait for.
    case unnamedRefusal(code: String, reason: String)
}
