import HL7v2

/// Which segments the reader is at: what a path in the options refers to.
struct SegmentContext {
    var pid: Int?
    var pv1: Int?
    var orc: Int?
    var obr: Int?
    var spm: Int?
    var sac: Int?
    /// The segment that is being read.
    var current = 0

    /// Index of the segment that a path of this name means here; nil when there is none.
    func segment(_ name: HL7SegmentName, in message: HL7Message) -> Int? {
        switch name {
        case .msh: return 0
        case .pid: return pid
        case .pv1: return pv1
        case .orc: return orc
        case .obr: return obr
        case .spm: return spm
        case .sac: return sac
        default: break
        }
        // Any other: the segment itself, else the nearest one before it.
        // Within the present order: what another order had does not count.
        let floor = obr ?? 0
        var index = current
        while index >= floor, index > 0, index < message.segments.count {
            if message.segments[index].name == name { return index }
            index -= 1
        }
        return nil
    }

    /// What stands at a path.
    func span(_ path: HL7Path, in message: HL7Message) -> HL7Message.Span {
        guard let index = segment(path.segment, in: message) else { return 0..<0 }
        return message.trimmed(message.span(path, in: index))
    }

    /// What stands at a path, as text.
    func string(_ path: HL7Path, in message: HL7Message) -> String { message.string(span(path, in: message)) }
}
