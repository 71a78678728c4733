import HL7v2
import MLLP
import NIOCore

/// The far end of an MLLP connection.
final class MLLPReceiverHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let receiver: EMRReceiver
    private var decoder = MLLPDecoder(framing: .blocks)

    init(receiver: EMRReceiver) { self.receiver = receiver }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var messages: [[UInt8]] = []
        unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            decoder.receive(bytes) { event in
                if case .message(let bytes, _, _, _) = event { messages.append(Array(bytes)) }
            }
        }
        for message in messages { take(message, context: context) }
    }

    private func take(_ bytes: [UInt8], context: ChannelHandlerContext) {
        let (number, behaviour) = receiver.next()
        let peer = context.remoteAddress.map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" } ?? ""
        func every(_ count: Int) -> Bool { count > 0 && number % count == 0 }
        func tell(_ answer: String) {
            receiver.tell(
                .init(way: .mllp, bytes: bytes, authorization: "", answer: answer, peer: peer, number: number))
        }
        guard !behaviour.isSilent else { return tell("none") }
        guard !every(behaviour.dropsEvery), let message = try? HL7Message(parsing: bytes) else {
            tell("none")
            return context.close(promise: nil)
        }
        var answers: [(code: HL7AcknowledgementCode, reason: String)] = []
        let isEnhanced = !message.header(15).isEmpty || !message.header(16).isEmpty
        if every(behaviour.refusesEvery) {
            switch (behaviour.refusal, isEnhanced) {
            case (.error, false): answers = [(.applicationError, "refused as asked")]
            case (.reject, false): answers = [(.applicationReject, "refused as asked")]
            case (.error, true): answers = [(.commitError, "refused as asked")]
            case (.reject, true): answers = [(.commitReject, "refused as asked")]
            }
        } else if isEnhanced {
            answers = [(.commitAccept, "")]
            if message.header(16) == "AL" { answers.append((.applicationAccept, "")) }
        } else {
            answers = [(.applicationAccept, "")]
        }
        tell(answers.map(\.code.rawValue).joined(separator: "+"))
        var frames = ByteBuffer()
        for answer in answers {
            var acknowledgement = HL7Acknowledgement(answer.code, unix: receiver.now, utcOffset: 0)
            acknowledgement.reason = answer.reason
            acknowledgement.controlID = "EMR" + String(number)
            if every(behaviour.isWrongEvery), let path = HL7Path("MSA-2") {
                acknowledgement.fields = [(path: path, text: "ANOTHER" + String(number))]
            }
            frames.writeBytes(MLLP.frame(acknowledgement.bytes(answering: message)))
        }
        send(frames, after: behaviour.delay, thenClose: behaviour.closesAfterEach, context: context)
    }

    private func send(_ bytes: ByteBuffer, after delay: Duration, thenClose: Bool, context: ChannelHandlerContext) {
        let channel = context.channel
        @Sendable func send() {
            let written = channel.writeAndFlush(bytes)
            if thenClose { written.whenComplete { _ in channel.close(promise: nil) } }
        }
        if delay > .zero {
            context.eventLoop.scheduleTask(in: .microseconds(delay.microseconds)) { send() }
        } else {
            send()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
