/// What is wrong in a file of orders.
public struct OrderFileFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What, and in which line.
    public var problem: String
    /// What to write instead.
    public var cure: String
    init(_ problem: String, _ cure: String) {
        self.problem = problem
        self.cure = cure
    }
    /// Text for people.
    public var description: String { "\(problem); \(cure)" }
}
