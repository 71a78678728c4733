import DICOM

/// A node of a content tree (PS3.3 C.17.3).
public struct ContentItem: Sendable {
    /// Relationship Type (0040,A010) to the node above.
    public enum Relationship: String, Sendable {
        /// Parts of a container.
        case contains = "CONTAINS"
        /// Said of the node above.
        case hasProperties = "HAS PROPERTIES"
        /// Who, what, when: holds for all below the node above.
        case hasObsContext = "HAS OBS CONTEXT"
        /// How images were acquired.
        case hasAcqContext = "HAS ACQ CONTEXT"
        /// Evidence for the node above.
        case inferredFrom = "INFERRED FROM"
        /// Image of a region, waveform of a time.
        case selectedFrom = "SELECTED FROM"
        /// Qualifies the concept name of the node above.
        case hasConceptMod = "HAS CONCEPT MOD"
    }

    /// What it says, by Value Type (0040,A040).
    public enum Value: Sendable {
        /// Heading; its template, where it is named.
        case container(template: String)
        /// TEXT.
        case text(String)
        /// CODE.
        case code(CodedConcept)
        /// NUM.
        case number(MeasuredNumber)
        /// PNAME.
        case person(PersonName)
        /// DATE, TIME, DATETIME as ISO 8601 text.
        case time(String)
        /// UIDREF.
        case uid(String)
        /// IMAGE, COMPOSITE, WAVEFORM: SOP Instance UID, frames.
        case instance(uid: String, frames: [Int])
        /// SCOORD, SCOORD3D, TCOORD, TABLE: seen, not read.
        case other(String)
        /// By reference: the place of a node, from 1, root first.
        case reference([Int])
    }

    /// Relationship; nil at the root, and where it is none that the standard knows.
    public var relationship: Relationship?
    /// Concept Name.
    public var name: CodedConcept?
    /// Value.
    public var value: Value
    /// Observation DateTime (0040,A032), DT as sent; empty when missing.
    public var observed: String
    /// Nodes below.
    public var children: [ContentItem]

    /// True for a container.
    public var isContainer: Bool { if case .container = value { true } else { false } }

    func named(_ concept: Concept) -> Bool { name?.is(concept) ?? false }
    func named(_ concepts: Set<Concept>) -> Bool { name?.isAny(concepts) ?? false }

    /// Nodes below in one relationship.
    func children(_ relationship: Relationship) -> [ContentItem] {
        children.filter { $0.relationship == relationship }
    }
}

/// A number as a content item has it (PS3.3 C.18.1).
public struct MeasuredNumber: Sendable, Equatable {
    /// Numeric Value, first of its values, as sent; empty when there is none.
    public var text: String
    /// Unit; nil when there is none.
    public var unit: CodedConcept?
    /// Why there is no number, or what is wrong with it (CID 42).
    public var qualifier: CodedConcept?
}
