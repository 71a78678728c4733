/// Columns of an index of image files, in the order in which they are written. The path of the file stands before them and
/// the remark (`HeaderReader.remark`) behind them; neither is one of these.
public struct IndexColumns: Sendable, Hashable {
    /// What a column shows.
    enum Source: Sendable, Hashable {
        /// An element of the top level, or of group 0002.
        case element(Tag)
        /// A private element of the top level, found by its creator.
        case privateElement(group: UInt16, creator: String, element: UInt8)
        /// An element in items of sequences.
        case path(ElementPath)
        /// The number of the frame that a row stands for, from 1.
        case frameNumber
    }

    struct Column: Sendable, Hashable {
        var name: String
        var source: Source
    }

    var columns: [Column]
    /// Highest number of an item that a path may ask for.
    static let mostItems = 1000
    /// Rows stand for frames: elements are looked for in the functional groups first.
    var areOfFrames = false

    /// Columns by their names: a keyword of PS3.6 (`PatientID`), a tag (`00100020`, `0010,0020`), a private element with its
    /// creator (`0029,"SIEMENS CSA HEADER",08`), an element in a sequence (`RequestAttributesSequence/RequestedProcedureID`,
    /// `00400275[2]/00401001`; see `ElementPath`). What is there already is not added again.
    ///
    /// - Throws: the first name that is none of these.
    public init(_ names: [String]) throws(IndexColumnFault) {
        columns = []
        self = try adding(names)
    }

    /// These columns with others behind them.
    public func adding(_ names: [String]) throws(IndexColumnFault) -> IndexColumns {
        var all = self
        for name in names {
            let column = try IndexColumns.column(name)
            let isThere = all.columns.contains { $0.source == column.source || $0.name == column.name }
            if !isThere { all.columns.append(column) }
        }
        return all
    }

    /// As they stand in the head of a table: the keyword, eight digits for an element without one, private elements and paths
    /// as they were asked for.
    public var names: [String] { columns.map(\.name) }

    /// Number of columns.
    public var count: Int { columns.count }

    /// Place of a column by its name in the table.
    public func place(of name: String) -> Int? { columns.firstIndex { $0.name == name } }

    init(known keywords: [String]) {
        columns = keywords.compactMap { keyword in
            Tag(keyword: keyword).map { Column(name: keyword, source: .element($0)) }
        }
    }

    private static func column(_ name: String) throws(IndexColumnFault) -> Column {
        guard let path = ElementPath(name) else {
            throw IndexColumnFault(
                name: name, problem: "is no keyword of the dictionary, no tag and no path",
                cure: "write a keyword (PatientID), a tag (0010,0020), a private element with its creator "
                    + "(0029,\"CREATOR\",08) or sequences and an element (RequestAttributesSequence/ScheduledProcedureStepID)"
            )
        }
        guard path.sequences.allSatisfy({ $0.item <= mostItems }) else {
            throw IndexColumnFault(
                name: name, problem: "asks for an item beyond \(mostItems)", cure: "ask for an item that may be there")
        }
        guard path.sequences.isEmpty else { return Column(name: name, source: .path(path)) }
        switch path.last {
        case .tag(let tag):
            guard tag.group != 0xFFFE, tag.group < 0x7FE0 else {
                throw IndexColumnFault(
                    name: name, problem: "is pixel data, or lies behind it",
                    cure: "ask for an element below group 7FE0: headers are read up to there")
            }
            return Column(name: tag.keyword ?? tag.description, source: .element(tag))
        case .privateElement(let group, let creator, let element):
            return Column(name: name, source: .privateElement(group: group, creator: creator, element: element))
        }
    }
}

/// A name that is no column.
public struct IndexColumnFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// As it was given.
    public var name: String
    /// What is wrong.
    public var problem: String
    /// What to write.
    public var cure: String

    /// Text for people.
    public var description: String { "column \(name): \(problem); \(cure)" }
}
