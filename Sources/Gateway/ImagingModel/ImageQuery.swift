/// What a key asks for (PS3.4 C.2.2.2).
public enum Matching: Sendable, Equatable {
    /// C.2.2.2.1: exactly this.
    case single(String)
    /// C.2.2.2.2: one of these.
    case uids([String])
    /// C.2.2.2.4: `*` stands for any number of characters, `?` for one.
    case wildcard(String)
    /// C.2.2.2.5: from, to, both inclusive; nil: open. Dates and times without separators.
    case range(from: String?, to: String?)
    /// Only where there is no value at all (PS3.4 C.2.2.2.7): the key was `""`.
    case absent
}

/// A question to the archive. Keys not named are universal.
public struct ImageQuery: Sendable, Equatable {
    /// What is asked for.
    public var level: QueryLevel
    /// The keys. Those of a lower level than `level` hold for a study with at least one such series.
    public var keys: [ImageAttribute: Matching] = [:]
    /// Date and time ranges of the same moment are one range (PS3.4 C.2.2.2.5.1, by extended negotiation or by rule of the
    /// site) instead of a range of times on each day.
    public var combinesDateTime = false
    /// Studies as well whose files retention has deleted.
    public var includesFreed = false
    /// Results at most.
    public var limit = 1_000
    /// Results passed over.
    public var offset = 0

    /// Everything at a level.
    public init(_ level: QueryLevel) { self.level = level }
}
