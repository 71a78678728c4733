/// How the columns of a row lie in an object of the DICOM JSON model, in the order of their tags.
struct DICOMJSONPlan: Sendable {
    /// An attribute.
    struct Node: Sendable {
        var tag: Tag
        /// What its value is; nil for a sequence that only holds others.
        var cell: Cell?
        /// Attributes of the items of a sequence, the item's number first.
        var items: [Int: [Node]] = [:]
    }

    enum Cell: Sendable {
        case column(Int)
        /// The creator of a block of private elements.
        case creator(String)
        case path
        case remark
    }

    /// Attributes of the top level.
    private(set) var nodes: [Node] = []
    /// The creator of the private elements that hold path and remark.
    static let creator = "HILUM INDEX"
    private static let ownGroup: UInt16 = 0x0009

    init(_ columns: IndexColumns) {
        var steps: [(steps: [(step: ElementPath.Step, item: Int)], last: ElementPath.Step, cell: Cell)] = []
        for (place, source) in columns.columns.map(\.source).enumerated() {
            switch source {
            case .element(let tag): steps.append(([], .tag(DICOMJSONPlan.shown(tag)), .column(place)))
            case .privateElement(let group, let creator, let element):
                steps.append(
                    ([], .privateElement(group: group, creator: creator, element: element), .column(place)))
            case .path(let path): steps.append((path.sequences, path.last, .column(place)))
            // Referenced Frame Number.
            case .frameNumber: steps.append(([], .tag(Tag(0x0008, 0x1160)), .column(place)))
            }
        }
        for (element, cell) in [(UInt8(1), Cell.path), (2, .remark)] {
            steps.append(
                ([], .privateElement(group: Self.ownGroup, creator: Self.creator, element: element), cell))
        }
        // Blocks whose elements were asked for by their tags are not given to a creator.
        let taken = Set(
            columns.columns.compactMap { column -> UInt32? in
                guard case .element(let tag) = column.source, tag.isPrivate else { return nil }
                return tag.isPrivateCreator ? tag.number : UInt32(tag.group) << 16 | UInt32(tag.element >> 8)
            })
        for (sequences, last, cell) in steps {
            DICOMJSONPlan.add(sequences[...], last, cell, to: &nodes, taken)
        }
    }

    /// Group 0002 is not of the model: the transfer syntax is that in which the instance is available (PS3.18 F.2, PS3.4
    /// Available Transfer Syntax UID).
    private static func shown(_ tag: Tag) -> Tag { tag == .transferSyntaxUID ? Tag(0x0008, 0x3002) : tag }

    private static func add(
        _ sequences: ArraySlice<(step: ElementPath.Step, item: Int)>, _ last: ElementPath.Step, _ cell: Cell,
        to nodes: inout [Node], _ taken: Set<UInt32>
    ) {
        let tag = Self.tag(sequences.first?.step ?? last, in: &nodes, taken)
        let place = nodes.firstIndex { $0.tag >= tag } ?? nodes.count
        if place == nodes.count || nodes[place].tag != tag { nodes.insert(Node(tag: tag), at: place) }
        if let first = sequences.first {
            add(sequences.dropFirst(), last, cell, to: &nodes[place].items[first.item, default: []], taken)
            return
        }
        // A column more for the same attribute says nothing more.
        if nodes[place].cell == nil { nodes[place].cell = cell }
    }

    /// The tag of a step; a private one gets a block of its own for its creator.
    private static func tag(_ step: ElementPath.Step, in nodes: inout [Node], _ taken: Set<UInt32>) -> Tag {
        guard case .privateElement(let group, let creator, let element) = step else {
            if case .tag(let tag) = step { return tag }
            return Tag(0)
        }
        for block in UInt16(0x10)...0xFF {
            let tag = Tag(group, block)
            let own = Tag(group, block << 8 | UInt16(element))
            if let node = nodes.first(where: { $0.tag == tag }) {
                if case .creator(let name)? = node.cell, name == creator { return own }
                continue
            }
            if taken.contains(tag.number) { continue }
            let place = nodes.firstIndex { $0.tag >= tag } ?? nodes.count
            nodes.insert(Node(tag: tag, cell: .creator(creator)), at: place)
            return own
        }
        return Tag(group, 0xFF00 | UInt16(element))
    }
}
