import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// The driver `abx`: packets of identified fields of ABX and HORIBA blood counters, with length and check.
public final class ABXDriver: AnsweringBlockDriver {
    /// `abx`
    public static let name = "abx"
    /// Version of the module.
    public static let version = "1.0.0"
    /// `packet`
    public static let unitName = "packet"

    let options: ABXOptions
    /// Framer, times, repeats.
    public var link: BlockLink
    /// What it answers.
    public var answers: BlockAnswers { options.answers }

    /// Opens an instance with the options of a profile.
    public init(options: JSONValue, now: DriverTime) throws(OptionsFault) {
        self.options = try ABXOptions(options)
        // SOH and EOT may stand around packets.
        let skipped: Set<UInt8> = [
            0, ControlByte.soh, ControlByte.eot, ControlByte.enq, ControlByte.lf, ControlByte.cr, ControlByte.dc1,
            ControlByte.dc3, 0x20, 0x7F,
        ]
        let shape = BlockShape(
            start: [ControlByte.stx], ends: [.init([ControlByte.etx])], skipped: skipped, longest: 32_768)
        link = BlockLink(shape, silence: self.options.silence, repeatWindow: self.options.repeatWindow)
    }

    /// A packet.
    public func take(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        if isRepeat(block, now: now, events: &events) { return }
        let packet: Packet
        do throws(Packet.Fault) {
            packet = try Packet(block.text)
        } catch let fault {
            return refuse(block, fault.text, at: block.offset(of: fault.index, startCode: 1), events: &events)
        }
        if !packet.isCheckRight {
            if options.check == .required {
                return refuse(block, "a packet whose check is wrong or missing: it is damaged", events: &events)
            }
            if options.check == .noted { tell(.notice, "a packet whose check is wrong or missing", block, &events) }
        }
        if packet.declaredLength != packet.length {
            let text = "a packet of \(packet.length) bytes that says it has \(packet.declaredLength ?? 0)"
            if options.length == .required { return refuse(block, text, events: &events) }
            if options.length == .noted { tell(.notice, text, block, &events) }
        }
        guard options.patientPackets.contains(packet.name) || options.controlPackets.contains(packet.name) else {
            return setAside(block, "a packet \(packet.name): no results", now: now, events: &events)
        }
        let (message, remarks) = PacketReader(options: options).read(packet)
        accept(message, block, now: now, events: &events)
        let specimen = message.orders.first?.specimenID ?? ""
        for remark in remarks {
            let start = block.offset(of: remark.index, startCode: 1)
            events.append(
                .fault(remark.severity, "sample \(specimen): \(remark.text)", start: start, end: block.end))
        }
    }

    private func tell(
        _ severity: FaultSeverity, _ text: String, _ block: SerialBlock, _ events: inout [StreamDriverEvent]
    ) {
        events.append(.fault(severity, text, start: block.start, end: block.end))
    }

    /// No format of orders is known.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }
}
