/// An archive that an instance goes to.
public struct ImageRoute: Sendable, Equatable {
    /// Id of the destination.
    public var destination: String
    /// It is asked for storage commitment.
    public var asksCommitment: Bool
    /// A route from its parts.
    public init(destination: String, asksCommitment: Bool = false) {
        self.destination = destination
        self.asksCommitment = asksCommitment
    }
}
