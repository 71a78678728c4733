/// Something wrong in a profile: where, what, and what to write instead.
public struct ProfileIssue: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// The profile cannot be used.
        case error
        /// It can be used, but somebody should look.
        case warning
    }

    /// How bad it is.
    public var severity: Severity
    /// Path of the file or folder.
    public var file: String
    /// Line, counted from 1; 0: the file as a whole.
    public var line: Int
    /// What is wrong.
    public var problem: String
    /// What to write or do instead; may be empty.
    public var cure: String

    /// An issue from its parts.
    public init(_ severity: Severity, file: String, line: Int = 0, _ problem: String, cure: String = "") {
        self.severity = severity
        self.file = file
        self.line = line
        self.problem = problem
        self.cure = cure
    }

    /// `file:line: what is wrong; what to write instead`, with `warning: ` before a warning.
    public var description: String {
        let place = line > 0 ? "\(file):\(line): " : "\(file): "
        let kind = severity == .warning ? "warning: " : ""
        return place + kind + problem + (cure.isEmpty ? "" : "; " + cure)
    }

    /// By file, line, text.
    public static func < (left: ProfileIssue, right: ProfileIssue) -> Bool {
        (left.file, left.line, left.problem) < (right.file, right.line, right.problem)
    }
}

/// A profile that cannot be used, with all that is wrong with it.
public struct ProfileFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong; at least one of them is an error.
    public var issues: [ProfileIssue]
    /// A fault from its issues.
    public init(_ issues: [ProfileIssue]) { self.issues = issues }
    /// One line for each issue.
    public var description: String { issues.map(\.description).joined(separator: "\n") }
}
