import ResultModel
import Terminology

/// Makes observations of a content tree: numbers, codes, texts and times wherever they stand.
struct ContentRows {
    let header: DocumentHeader
    let tree: ContentTree
    private(set) var rows: [Observation] = []
    private let limit: Int
    private(set) var isCut = false

    init(_ tree: ContentTree, _ header: DocumentHeader, limit: Int) {
        self.tree = tree
        self.header = header
        self.limit = limit
        var context = ContentContext()
        context.person = header.author
        context.device = header.deviceName
        walk(tree.root, context, isRoot: true)
        isCut = isCut || tree.isCut
    }

    private mutating func walk(_ container: ContentItem, _ outer: ContentContext, isRoot: Bool = false) {
        if container.named(.imageLibrary) { return }
        let context = outer.below(container, header.kind, isRoot: isRoot)
        for child in container.children {
            switch child.relationship {
            case .contains, .hasProperties, nil: break
            case .inferredFrom:
                statement(child, context, role: .raw, modifiers: [])
                continue
            default: continue
            }
            if child.isContainer {
                walk(child, context)
            } else if !ContentContext.isContext(child, header.kind, isRoot: isRoot) {
                guard let role = role(of: child, context) else { continue }
                statement(child, context, role: role, modifiers: [])
            }
        }
    }

    /// What a chart keeps, and what only stands behind it; nil: no row at all.
    private func role(of item: ContentItem, _ context: ContentContext) -> Observation.Role? {
        switch header.kind {
        case .doseReport:
            // When an irradiation ended, who had authorised it: nothing without the doses.
            guard case .number = item.value else {
                return item.named(.comment) && !context.isIrradiationEvent ? .result : nil
            }
            guard context.isIrradiationEvent else { return .result }
            if item.named(Concept.doseOfAnEvent) { return .result }
            return item.named(Concept.partOfATotal) ? .raw : nil
        case .detection: return .raw
        default: return .result
        }
    }

    /// A row of a number, code, text or time, then the rows of what is said about it.
    private mutating func statement(
        _ item: ContentItem, _ outer: ContentContext, role: Observation.Role, modifiers: [String]
    ) {
        guard let value = ContentRows.value(item) else { return }
        guard rows.count < limit else {
            isCut = true
            return
        }
        let name = item.name ?? CodedConcept("", value.kind, value.kind.lowercased())
        var context = outer
        var row = Observation()
        var modifiers = modifiers
        var about: [ContentItem] = []
        let isNumber = value.kind == "NUM"
        let before = context.said.count
        for child in item.children {
            switch child.relationship {
            case .hasConceptMod, .hasObsContext, .hasAcqContext: context.apply(child)
            default: break
            }
        }
        modifiers += context.said.dropFirst(before)
        for child in item.children {
            switch child.relationship {
            case .hasProperties, .contains, nil: property(child, isNumber, &row, &context, &about)
            case .inferredFrom, .selectedFrom: evidence(child, &row, &context, &about)
            default: break
            }
        }
        fill(&row, name, value, item, context)
        row.role = role
        row.run = header.run(group: context.keys, modifiers: modifiers)
        rows.append(row)
        // Percentiles of a measurement, properties of a finding: their own rows, in a group named by it.
        context.group.append(name.words)
        for child in about {
            let isBehind = child.relationship == .inferredFrom
            statement(child, context, role: isBehind ? .raw : role, modifiers: modifiers + [name.key])
        }
    }

    private func property(
        _ child: ContentItem, _ isNumber: Bool, _ row: inout Observation, _ context: inout ContentContext,
        _ about: inout [ContentItem]
    ) {
        switch child.value {
        case .code(let code) where child.named(.normality):
            row.interpretation = ContentRows.interpretation(code).map { [$0] } ?? []
            if row.interpretation.isEmpty { row.comments.append(code.words) }
        case .number(let number) where child.named(.normalRangeLow) || child.named(.normalRangeHigh):
            guard let limit = MeasuredNumber.plain(number.text) else { return }
            var range = row.referenceRange ?? ReferenceRange()
            if child.named(.normalRangeLow) { range.low = limit } else { range.high = limit }
            row.referenceRange = range
        case .code:
            // Of a number: how it was chosen. Of a finding: a finding itself.
            if isNumber { context.apply(child) } else { about.append(child) }
        case .text(let text) where isNumber:
            if !text.isEmpty { row.comments.append((child.name.map { $0.words + ": " } ?? "") + text) }
        case .number, .text, .time: about.append(child)
        default: context.addImage(child)
        }
    }

    private func evidence(
        _ child: ContentItem, _ row: inout Observation, _ context: inout ContentContext, _ about: inout [ContentItem]
    ) {
        switch child.value {
        case .reference(let place): if let node = tree.node(at: place) { context.addImage(node) }
        case .code: context.apply(child)
        case .text(let text):
            if !text.isEmpty { row.comments.append((child.name.map { $0.words + ": " } ?? "") + text) }
        case .number: about.append(child)
        default: context.addImage(child)
        }
    }

    private func fill(
        _ row: inout Observation, _ name: CodedConcept, _ value: RowValue, _ item: ContentItem,
        _ context: ContentContext
    ) {
        header.name(&row, name)
        row.value = value.value
        row.asSent.value = value.sent
        row.asSent.unit = value.unit
        if let remark = value.remark { row.comments.append(remark) }
        row.effective = header.time(item.observed, context.started)
        row.operatorID = context.person
        row.instrument = context.device
        row.status = header.status
        row.method = context.method?.words ?? ""
        var imaging = ImagingContext()
        imaging.concept = name.coding
        imaging.bodySite = context.bodySite?.coding
        imaging.laterality = context.laterality?.coding
        imaging.method = context.method?.coding
        // A finding is no qualifier of itself.
        imaging.qualifiers = context.qualifiers.filter { $0.name.key != name.key }.map {
            ImagingContext.Qualifier(name: $0.name.coding, value: $0.value.coding)
        }
        imaging.group = context.group.filter { !$0.isEmpty }.joined(separator: " / ")
        imaging.trackingID = context.trackingID
        imaging.trackingUID = context.trackingUID
        imaging.document = header.uid
        imaging.documentTitle = header.title
        imaging.images = context.images
        row.imaging = imaging
    }

    /// CID 222 as v3 ObservationInterpretation.
    private static func interpretation(_ code: CodedConcept) -> String? {
        switch code.coding.code {
        case "17621005": "N"
        case "263654008": "A"
        case "371879000": "H"
        case "371880002": "L"
        default: nil
        }
    }
}
