import DICOM

/// Reads the content of a structured report (PS3.3 C.17.3). Total: whatever the data set holds gives a tree, bounded in
/// depth and size.
public struct ContentTree: Sendable {
    /// Levels read; deeper nodes are left out.
    static let deepest = 32
    /// Nodes read.
    static let most = 50_000

    /// The root, a container as a rule.
    public private(set) var root: ContentItem
    /// True when something was left out because the tree is too deep or too large.
    public private(set) var isCut = false
    private var count = 0

    /// The tree of a document; nil when it has no content.
    public init?(_ dataSet: DataSet) {
        guard dataSet.contains(.contentSequence) || dataSet.contains(.valueType) else { return nil }
        root = ContentItem(relationship: nil, name: nil, value: .other(""), observed: "", children: [])
        if let read = item(dataSet, depth: 0) { root = read }
    }

    /// The node at a place (PS3.3 C.17.3.2.5): `1` is the root, `1.2` its second child.
    public func node(at place: [Int]) -> ContentItem? {
        guard place.first == 1 else { return nil }
        var node = root
        for index in place.dropFirst() {
            guard index >= 1, index <= node.children.count else { return nil }
            node = node.children[index - 1]
        }
        return node
    }

    private mutating func item(_ data: DataSet, depth: Int) -> ContentItem? {
        guard count < ContentTree.most, depth < ContentTree.deepest else {
            isCut = true
            return nil
        }
        count += 1
        let relationship = data.string(.relationshipType).flatMap { ContentItem.Relationship(rawValue: $0) }
        // UL up to PS3.3's present form, others in the wild: read as numbers.
        if data.contains(.referencedContentItemIdentifier), data.string(.valueType) == nil {
            let place = data.numbers(.referencedContentItemIdentifier).compactMap { Int(exactly: $0) }
            return ContentItem(
                relationship: relationship, name: nil, value: .reference(place), observed: "", children: [])
        }
        // Every item takes its place, readable or not: references count them.
        var children: [ContentItem] = []
        for child in data.items(.contentSequence) {
            if let read = item(child, depth: depth + 1) { children.append(read) }
        }
        return ContentItem(
            relationship: relationship, name: CodedConcept(data.item(.conceptNameCodeSequence)),
            value: ContentTree.value(data), observed: data.string(.observationDateTime) ?? "", children: children)
    }

    private static func value(_ data: DataSet) -> ContentItem.Value {
        let type = data.string(.valueType) ?? ""
        switch type {
        case "CONTAINER":
            return .container(template: data.item(.contentTemplateSequence)?.string(.templateIdentifier) ?? "")
        case "TEXT": return .text(data.text(.textValue) ?? "")
        case "CODE":
            guard let code = CodedConcept(data.item(.conceptCodeSequence)) else { return .other(type) }
            return .code(code)
        case "NUM":
            return .number(
                MeasuredNumber(
                    measure: data.item(.measuredValueSequence),
                    qualifier: CodedConcept(data.item(.numericValueQualifierCodeSequence))))
        case "PNAME": return .person(data.personName(.personName) ?? PersonName())
        case "DATETIME": return .time(data.string(.dateTime).flatMap { DICOMTime.dateTime($0) } ?? "")
        case "DATE": return .time(data.string(.date).flatMap { DICOMTime.date($0) } ?? "")
        case "TIME": return .time(data.string(.time).flatMap { DICOMTime.time($0) } ?? "")
        case "UIDREF": return .uid(data.string(.uid) ?? "")
        case "IMAGE", "COMPOSITE", "WAVEFORM":
            guard let reference = data.item(.referencedSOPSequence),
                let uid = reference.string(.referencedSOPInstanceUID)
            else { return .other(type) }
            let frames = reference.numbers(.referencedFrameNumber).compactMap { Int(exactly: $0) }
            return .instance(uid: uid, frames: frames)
        default: return .other(type)
        }
    }
}

extension MeasuredNumber {
    /// From an item of Measured Value Sequence.
    init(measure: DataSet?, qualifier: CodedConcept?) {
        self.init(
            text: measure?.string(.numericValue) ?? "",
            unit: CodedConcept(measure?.item(.measurementUnitsCodeSequence)),
            qualifier: qualifier)
    }
}
