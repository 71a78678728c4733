/// Why a run of an index cannot go on, or cannot begin.
public struct IndexFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What failed.
    public enum Code: String, Sendable, Equatable {
        /// The request asks for what cannot be.
        case request
        /// The output cannot be opened or written.
        case output
        /// The reader of the output went away (EPIPE).
        case closedPipe = "closed-pipe"
        /// The errors file cannot be opened or written.
        case errors
        /// The state beside the output cannot be opened or written.
        case state
        /// No thread or no memory.
        case resources
    }

    /// What failed.
    public var code: Code
    /// File concerned; empty: none.
    public var path: String
    /// What is wrong.
    public var problem: String
    /// What to do.
    public var cure: String

    /// A fault from its parts.
    public init(_ code: Code, path: String, _ problem: String, cure: String) {
        self.code = code
        self.path = path
        self.problem = problem
        self.cure = cure
    }

    /// Text for people.
    public var description: String {
        let text = path.isEmpty ? problem : "\(path): \(problem)"
        return cure.isEmpty ? text : "\(text); \(cure)"
    }
}
