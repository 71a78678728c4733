import DriverWire
import HL7v2

/// Makes a device message of an HL7 message that carries results.
///
/// Segments are read in order. A specimen segment (SPM, SAC) before the first OBR belongs to what follows it (OUL^R22);
/// one after it belongs to the OBR before it (ORU^R01 from version 2.5 on), and a single one to every OBR. One reader a message.
final class MessageReader {
    let message: HL7Message
    let options: FieldOptions
    var context = SegmentContext()
    /// The segment that is being read.
    private(set) var current = 0
    var result: DeviceMessage
    /// What was odd, for people.
    var notices: [String] = []

    /// Index of the patient row of the present PID.
    private var patient: Int?
    /// Index of the order row of the present OBR.
    private(set) var order: Int?
    /// What the next NTE is about.
    private var noteTarget = NoteTarget.message
    private var specimenComesFirst = false
    private var onlySpecimen: Int?
    private var lastPatient = -1
    private var nextORC: Int?
    private var hasRows = false
    /// Whether the present order is control material.
    private var isControl = false

    private enum NoteTarget {
        case message
        case order
        case result
    }

    init(_ message: HL7Message, options: FieldOptions) {
        self.message = message
        self.options = options
        result = DeviceMessage(kind: .results, message)
    }

    /// Reads all segments.
    func read() -> DeviceMessage {
        findSpecimens()
        result.results.reserveCapacity(message.segments.count)
        for index in message.segments.indices {
            current = index
            switch message.segments[index].name {
            case .msh, .pv1, .pid: readPatient(index)
            case .orc: readOrder(index)
            case .obr: startRequest(index)
            case .spm, .sac: readSpecimen(index)
            case .obx:
                context.obx = index
                openOrder()
                addResult()
                noteTarget = .result
                hasRows = true
            case .nte:
                context.note(.nte, at: index)
                addComment(index)
            default:
                context.note(message.segments[index].name, at: index)
                addOther(index)
            }
            addRecordResults(message.segments[index].name)
        }
        closeOrder()
        return result
    }

    /// Where specimen segments stand in this message.
    private func findSpecimens() {
        let request = message.firstSegment(.obr) ?? message.segments.count
        let specimen = message.firstSegment(.spm)
        let container = message.firstSegment(.sac)
        lastPatient = message.segments.lastIndex { $0.name == .pid } ?? -1
        specimenComesFirst = min(specimen ?? .max, container ?? .max) < request
        if let specimen, message.firstSegment(.spm, from: specimen + 1) == nil { onlySpecimen = specimen }
    }

    private func readPatient(_ index: Int) {
        switch message.segments[index].name {
        case .pid:
            closeOrder()
            context = SegmentContext()
            context.pid = index
            patient = nil
            nextORC = nil
            noteTarget = .message
        case .pv1: context.pv1 = index
        default: break
        }
    }

    /// ORC stands before its OBR (ORU) or after it (OUL^R22 of IHE LAW).
    private func readOrder(_ index: Int) {
        if specimenComesFirst, context.obr != nil, context.orc == nil, !hasRows {
            context.orc = index
        } else {
            nextORC = index
        }
    }

    private func startRequest(_ index: Int) {
        closeOrder()
        context.startRequest(at: index)
        context.orc = nextORC
        nextORC = nil
        hasRows = false
        noteTarget = .order
        guard !specimenComesFirst else { return }
        context.spm = nil
        context.sac = nil
        var next = index + 1
        while next < message.segments.count {
            switch message.segments[next].name {
            case .obr, .pid: next = message.segments.count
            case .spm: context.spm = context.spm ?? next
            case .sac: context.sac = context.sac ?? next
            default: break
            }
            next += 1
        }
        if context.spm == nil, let onlySpecimen, lastPatient < index {
            context.spm = onlySpecimen
        }
    }

    private func readSpecimen(_ index: Int) {
        guard specimenComesFirst else { return }
        if message.segments[index].name == .sac, context.sac == nil, order == nil {
            context.sac = index
            return
        }
        closeOrder()
        context.obr = nil
        context.orc = nil
        if message.segments[index].name == .spm {
            context.spm = index
            context.sac = nil
        } else {
            context.sac = index
        }
    }

    /// An OBR without rows is an order all the same.
    private func closeOrder() {
        if context.obr != nil { openOrder() }
        order = nil
        context.obr = nil
    }

    /// Makes the order row, once what belongs to it has been read.
    private func openOrder() {
        guard order == nil else { return }
        if context.pid != nil, patient == nil {
            patient = result.patients.count
            result.patients.append(readPatient())
        }
        order = result.orders.count
        result.orders.append(readOrder())
        let parent = text(options.parent)
        if !parent.isEmpty {
            var comment = DeviceMessage.Comment()
            comment.text = "follows from \(parent)"
            comment.code = parent
            comment.type = "parent"
            comment.order = order
            result.comments.append(comment)
        }
    }

    private func text(_ selector: Selector?) -> String { selector?.text(context, in: message) ?? "" }

    private func time(_ selector: Selector?) -> String {
        guard let selector else { return "" }
        var odd: [HL7Message.Span] = []
        let time = selector.time(context, in: message) { odd.append($0) }
        // Control messages put lots and limits where others have times.
        for span in odd where notices.count < 8 && !isControl {
            notices.append("\"\(message.string(span))\" in \(message.segments[current].name) is no time")
        }
        return time
    }

    private func readPatient() -> DeviceMessage.Patient {
        var patient = DeviceMessage.Patient()
        patient.id = text(options.patient)
        for selector in options.alternatePatients {
            let other = text(selector)
            if !other.isEmpty, other != patient.id, !patient.alternateIDs.contains(other) {
                patient.alternateIDs.append(other)
            }
        }
        patient.name = HL7Text.withoutEmptyEnd(text(options.patientName), message.delimiters)
        patient.birthDate = options.birthDate.time(context, in: message) { _ in }
        patient.sex = text(options.sex)
        patient.location = HL7Text.withoutEmptyEnd(text(options.location), message.delimiters)
        return patient
    }

    private func readOrder() -> DeviceMessage.Order {
        var order = DeviceMessage.Order()
        order.patient = patient
        isControl = options.qc.contains { $0.holds(context, in: message) }
        order.isQC = isControl
        order.specimenID = text(options.specimen)
        order.specimenKind = text(options.specimenKind)
        order.specimenType = text(options.specimenType)
        order.rack = text(options.rack)
        order.position = text(options.position)
        order.priority = text(options.priority)
        order.placerID = text(options.placerID)
        order.fillerID = text(options.fillerID)
        order.orderedAt = time(options.orderedAt)
        order.collectedAt = time(options.collectedAt)
        order.receivedAt = time(options.receivedAt)
        order.reportedAt = time(options.reportedAt)
        order.reportType = text(options.reportType)
        order.action = text(options.action)
        order.run = text(options.orderRun)
        return order
    }

    private func addComment(_ index: Int) {
        guard options.keepsComments else { return }
        var comment = DeviceMessage.Comment()
        var lines: [String] = []
        message.forEachPart(of: message.field(3, of: index), by: message.delimiters.repetition) {
            let line = message.string($0)
            if !line.isEmpty { lines.append(line) }
        }
        comment.text = lines.joined(separator: "\n")
        comment.source = message.string(message.field(2, of: index))
        comment.type = message.string(message.component(1, of: message.field(4, of: index)))
        guard !comment.text.isEmpty else { return }
        switch noteTarget {
        case .result where !result.results.isEmpty:
            result.results[result.results.count - 1].comments.append(comment)
        case .message: result.comments.append(comment)
        default:
            openOrder()
            comment.order = order
            result.comments.append(comment)
        }
    }

    private func addOther(_ index: Int) {
        let name = message.segments[index].name
        if MessageReader.structural.contains(name) { return }
        let raw = String(decoding: message.text[message.segments[index].span], as: UTF8.self)
        result.others.append(DeviceMessage.Other(tag: name.description, raw: raw))
    }

    /// Segments that hold nothing but what the options ask for, or the shape of the message.
    private static let structural: Set<HL7SegmentName> = [
        HL7SegmentName("TQ1"), HL7SegmentName("PV2"), HL7SegmentName("DSC"), HL7SegmentName("SFT"),
        HL7SegmentName("BTS"), HL7SegmentName("FTS"),
    ]

    private func addRecordResults(_ name: HL7SegmentName) {
        for rule in options.records where rule.segment == name && rule.condition.holds(context, in: message) {
            let value = text(rule.value)
            guard !value.isEmpty else { continue }
            openOrder()
            var row = DeviceMessage.Result()
            row.order = order
            row.code = text(rule.code)
            row.name = text(rule.name)
            row.value = value
            row.unit = text(rule.unit)
            row.time = time(rule.time)
            row.role = rule.role
            let specimen = text(rule.specimen)
            if let order {
                if !specimen.isEmpty { result.orders[order].specimenID = specimen }
                if rule.isQC { result.orders[order].isQC = true }
                row.isQC = rule.isQC || result.orders[order].isQC
            }
            result.results.append(row)
        }
    }
}

extension DeviceMessage {
    /// What the header says.
    init(kind: Kind, _ message: HL7Message) {
        let version = message.string(message.component(1, of: message.field(12, of: 0)))
        self.init(
            kind: kind, protocolName: version.isEmpty ? "HL7" : "HL7 \(version)", controlID: message.header(10),
            sender: HL7Text.withoutEmptyEnd(message.header(3), message.delimiters),
            sentAt: HL7Time.iso8601(message.text[message.trimmed(message.field(7, of: 0))]) ?? "",
            processing: message.header(11), charset: message.characterSet.name)
    }
}

/// Text of fields with components.
enum HL7Text {
    /// What HL7 writes where there is nothing (v2.5.1, 2.5.3): not a value.
    static let null = "\"\""

    /// Whether a field or component is that.
    static func isNull(_ span: HL7Message.Span, in message: HL7Message) -> Bool {
        span.count == 2 && message.text[span].allSatisfy { $0 == UInt8(ascii: "\"") }
    }

    /// `Rakoto^Jao^^^` → `Rakoto^Jao`
    static func withoutEmptyEnd(_ text: String, _ delimiters: HL7Delimiters) -> String {
        guard text.utf8.last == delimiters.component else { return text }
        var bytes = text.utf8[...]
        while bytes.last == delimiters.component { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
