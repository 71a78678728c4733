/// Why a link cannot be opened, or was lost: what is wrong, naming the place, and what a person can do.
public struct LinkTrouble: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, with the place: `/dev/ttyUSB0: permission denied`.
    public var problem: String
    /// What to do.
    public var cure: String

    /// A trouble from its parts.
    public init(_ problem: String, cure: String) {
        self.problem = problem
        self.cure = cure
    }

    /// Both in one line.
    public var description: String { "\(problem). \(cure)" }
}
