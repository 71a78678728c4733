import Contracts
import ResultModel

/// Fields that the site sets itself, sorted by segment, read once for a destination.
struct ORUOverrides: Sendable {
    /// What a placeholder stands for.
    enum Placeholder: String, CaseIterable {
        case specimen, patient, device, profile, placer, filler
    }

    /// A piece of an override.
    enum Piece: Sendable, Equatable {
        case literal([UInt8])
        case placeholder(Placeholder)
    }

    struct Template: Sendable {
        let segment: String
        let field: Int
        let pieces: [Piece]
    }

    /// Overrides of one message.
    struct Resolved {
        var msh: [SegmentWriter.Override] = []
        var pid: [SegmentWriter.Override] = []
        var pv1: [SegmentWriter.Override] = []
        var orc: [SegmentWriter.Override] = []
        var obr: [SegmentWriter.Override] = []
        var nte: [SegmentWriter.Override] = []
        var obx: [SegmentWriter.Override] = []
        var spm: [SegmentWriter.Override] = []
    }

    private let templates: [Template]
    private let constant: Resolved?

    init(_ overrides: [ReceiverProfile.FieldOverride]) throws(ORUFault) {
        var templates: [Template] = []
        for override in overrides { templates.append(try ORUOverrides.template(override)) }
        templates.sort { ($0.segment, $0.field) < ($1.segment, $1.field) }
        for (left, right) in zip(templates, templates.dropFirst())
        where left.segment == right.segment && left.field == right.field {
            throw ORUFault(description: "field \(left.segment)-\(left.field) is set twice")
        }
        self.templates = templates
        let isConstant = templates.allSatisfy { template in
            template.pieces.allSatisfy { if case .literal = $0 { true } else { false } }
        }
        constant = isConstant ? ORUOverrides.resolve(templates) { _ in "" } : nil
    }

    /// Fields that hold the message together: the writer alone sets them.
    private static let fixed = ["MSH-1", "MSH-2", "MSH-7", "MSH-9", "MSH-10", "MSH-12", "MSH-15", "MSH-16", "MSH-18"]
    private static let fixedColumns = ["OBX-1", "OBX-2", "OBX-5", "OBX-11", "OBR-25"]
    private static let segments = ["MSH", "PID", "PV1", "ORC", "OBR", "NTE", "OBX", "SPM"]

    private static func template(_ override: ReceiverProfile.FieldOverride) throws(ORUFault) -> Template {
        let parts = override.path.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, segments.contains(String(parts[0])), let field = Int(parts[1]), field >= 1, field <= 99
        else {
            throw ORUFault(
                description: "“\(override.path)” is no field of ORU^R01; write segment, hyphen, number: OBR-4")
        }
        guard !fixed.contains(override.path), !fixedColumns.contains(override.path) else {
            throw ORUFault(
                description: "\(override.path) cannot be set as a field: it says what the message itself is; "
                    + "version, charset and acknowledgement are settings of their own")
        }
        guard !override.value.utf8.contains(where: { $0 < 0x20 }) else {
            throw ORUFault(description: "the value of \(override.path) holds a control character; a field is one line")
        }
        return Template(segment: String(parts[0]), field: field, pieces: try pieces(override))
    }

    private static func pieces(_ override: ReceiverProfile.FieldOverride) throws(ORUFault) -> [Piece] {
        var pieces: [Piece] = []
        var rest = override.value[...]
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { pieces.append(.literal(Array(rest[..<open].utf8))) }
            guard let close = rest[open...].firstIndex(of: "}"),
                let placeholder = Placeholder(rawValue: String(rest[rest.index(after: open)..<close]))
            else {
                let known = Placeholder.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
                throw ORUFault(
                    description: "the value of \(override.path) has an unknown placeholder; known are \(known)")
            }
            pieces.append(.placeholder(placeholder))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.literal(Array(rest.utf8))) }
        return pieces
    }

    /// The overrides for one item.
    func resolved(for item: OutboxItem) -> Resolved {
        if let constant { return constant }
        let report = item.report
        return ORUOverrides.resolve(templates) { placeholder in
            switch placeholder {
            case .specimen: report.specimen.id
            case .patient: report.patient?.id ?? ""
            case .device: report.device
            case .profile: report.profile
            case .placer: report.order.placerID
            case .filler: report.order.fillerID
            }
        }
    }

    private static func resolve(_ templates: [Template], _ value: (Placeholder) -> String) -> Resolved {
        var resolved = Resolved()
        for template in templates {
            var bytes: [UInt8] = []
            for piece in template.pieces {
                switch piece {
                case .literal(let literal): bytes.append(contentsOf: literal)
                case .placeholder(let placeholder): SegmentWriter.escape(value(placeholder), into: &bytes)
                }
            }
            let override = SegmentWriter.Override(field: template.field, bytes: bytes)
            switch template.segment {
            case "MSH": resolved.msh.append(override)
            case "PID": resolved.pid.append(override)
            case "PV1": resolved.pv1.append(override)
            case "ORC": resolved.orc.append(override)
            case "OBR": resolved.obr.append(override)
            case "NTE": resolved.nte.append(override)
            case "OBX": resolved.obx.append(override)
            default: resolved.spm.append(override)
            }
        }
        return resolved
    }
}
