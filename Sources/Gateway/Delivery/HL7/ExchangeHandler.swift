import HL7v2
import MLLP
import NIOCore

/// The near end of an MLLP connection: one exchange at a time. An acknowledgement counts only if its MSA-2 is our MSH-10;
/// any other releases nothing.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Exchange
    typealias OutboundOut = ByteBuffer

    /// What a handler needs to know.
    struct Settings: Sendable {
        var answerTimeout: TimeAmount
        /// Wait for the application's word after the commit.
        var waitsForApplication: Bool
        /// Microseconds since 1970, for acknowledgements of acknowledgements.
        var now: @Sendable () -> Int64
        var tell: @Sendable (Oddity) -> Void
    }

    /// Acknowledgements are short; a longer one is no acknowledgement.
    private static let longestAnswer = 1 << 20

    private let settings: Settings
    private var decoder = MLLPDecoder(framing: .automatic, limit: ExchangeHandler.longestAnswer)
    private var current: Exchange?
    private var isCommitted = false
    private var deadline: Scheduled<Void>?
    /// What came during the current exchange that was not its acknowledgement.
    private var stray = ""
    /// Control ids of exchanges that ended without acknowledgement; a late one is no alarm.
    private var earlier: [String] = []
    private var failure = ""
    private var hadWrong = false

    init(settings: Settings) { self.settings = settings }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        guard current == nil, context.channel.isActive else {
            exchange.answer.succeed(.closed(reason: current == nil ? "the connection is closed" : "busy"))
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        current = exchange
        isCommitted = false
        stray = ""
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let boundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: settings.answerTimeout) {
            bound.value.timedOut(context: boundContext.value)
        }
        context.write(wrapOutboundOut(exchange.bytes), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        var answers: [Result<ReceivedAcknowledgement, ORUFault>] = []
        buffer.withUnsafeReadableBytes { bytes in
            decoder.receive(bytes) { event in
                switch event {
                case .message(let bytes, _, _, _): answers.append(ReceivedAcknowledgement.read(bytes))
                case .tooLong: answers.append(.failure(ORUFault(description: "the answer is longer than 1 MiB")))
                case .noise, .brokenOff: break
                }
            }
        }
        for answer in answers { take(answer, context: context) }
    }

    private func take(_ answer: Result<ReceivedAcknowledgement, ORUFault>, context: ChannelHandlerContext) {
        switch answer {
        case .failure(let fault): wrong("what came is no acknowledgement: \(fault)")
        case .success(let acknowledgement): take(acknowledgement, context: context)
        }
    }

    private func take(_ acknowledgement: ReceivedAcknowledgement, context: ChannelHandlerContext) {
        guard let current, acknowledgement.controlID == current.controlID else {
            if earlier.contains(acknowledgement.controlID) { return commit(acknowledgement, context: context) }
            let said = "\(acknowledgement.codeText) for “\(acknowledgement.controlID.printable.prefix(40))”"
            let isRefusal = acknowledgement.code?.isPositive == false
            if acknowledgement.controlID.isEmpty, isRefusal, self.current != nil {
                return finish(.unnamedRefusal(code: acknowledgement.codeText, reason: acknowledgement.reason))
            }
            return wrong("an acknowledgement of no message of ours: \(said)")
        }
        guard let code = acknowledgement.code else {
            return wrong("MSA-1 is “\(acknowledgement.codeText.printable)”, none of AA AE AR CA CE CR")
        }
        if code == .commitAccept, settings.waitsForApplication {
            isCommitted = true
            return
        }
        commit(acknowledgement, context: context)
        if hadWrong {
            hadWrong = false
            settings.tell(.rightAcknowledgement)
        }
        finish(.acknowledged(code, reason: acknowledgement.reason))
    }

    /// An application acknowledgement may itself ask for a commit acknowledgement (HL7 v2.5.1 section 2.9.3.2).
    private func commit(_ acknowledgement: ReceivedAcknowledgement, context: ChannelHandlerContext) {
        guard acknowledgement.wantsCommit, isCommitted || earlier.contains(acknowledgement.controlID) else { return }
        let bytes = HL7Acknowledgement(.commitAccept, unix: settings.now(), utcOffset: 0)
            .bytes(answering: acknowledgement.message)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: MLLP.frame(bytes))), promise: nil)
    }

    private func wrong(_ text: String) {
        stray = text
        hadWrong = true
        settings.tell(.wrongAcknowledgement(text: text))
    }

    private func finish(_ answer: ExchangeAnswer) {
        guard let exchange = current else { return }
        current = nil
        deadline?.cancel()
        deadline = nil
        if case .acknowledged = answer {} else { remember(exchange.controlID) }
        exchange.answer.succeed(answer)
    }

    private func remember(_ controlID: String) {
        earlier.append(controlID)
        if earlier.count > 32 { earlier.removeFirst() }
    }

    private func timedOut(context: ChannelHandlerContext) {
        deadline = nil
        var stray = stray
        if isCommitted { stray = "it was committed (CA), but the application said nothing" }
        finish(.timeout(stray: stray))
        // What comes late on this connection must not meet the next message.
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = "\(error)"
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // An acknowledgement without framing is complete when the receiver closes.
        var answers: [Result<ReceivedAcknowledgement, ORUFault>] = []
        decoder.flush { event in
            if case .message(let bytes, _, _, _) = event { answers.append(ReceivedAcknowledgement.read(bytes)) }
        }
        for answer in answers { take(answer, context: context) }
        finish(.closed(reason: failure.isEmpty ? "the receiver closed the connection" : failure))
        context.fireChannelInactive()
    }
}
