import HL7v2

/// Which segments the reader is at: what a path in the options refers to.
struct SegmentContext {
    var pid: Int?
    var pv1: Int?
    var orc: Int?
    var obr: Int?
    var spm: Int?
    var sac: Int?
    var obx: Int?
    /// The last one of every other name, within the patient and the order.
    private var others: [HL7SegmentName: Int] = [:]
    private var firstRequest: Int?

    /// Notes a segment that has no place of its own above.
    mutating func note(_ name: HL7SegmentName, at index: Int) { others[name] = index }

    /// An OBR begins: what the order before it had does not count any more.
    mutating func startRequest(at index: Int) {
        obr = index
        obx = nil
        if let firstRequest, !others.isEmpty { others = others.filter { $0.value < firstRequest } }
        firstRequest = firstRequest ?? index
    }

    /// Index of the segment that a path of this name means here; nil when there is none.
    func segment(_ name: HL7SegmentName) -> Int? {
        switch name {
        case .msh: 0
        case .pid: pid
        case .pv1: pv1
        case .orc: orc
        case .obr: obr
        case .spm: spm
        case .sac: sac
        case .obx: obx
        default: others[name]
        }
    }

    /// What stands at a path.
    func span(_ path: HL7Path, in message: HL7Message) -> HL7Message.Span {
        guard let index = segment(path.segment) else { return 0..<0 }
        return message.trimmed(message.span(path, in: index))
    }

    /// What stands at a path, as text.
    func string(_ path: HL7Path, in message: HL7Message) -> String { message.string(span(path, in: message)) }
}
