import ResultModel

/// What a device message comes to.
public struct NormalizedMessage: Sendable, Equatable {
    /// One for each patient and specimen of the message, in the order sent; control material apart.
    public var reports: [Report] = []
    /// Digest of everything that the device said but message id, time of sending, its own running numbers and marks of a
    /// resend: equal for a message that comes again.
    public var contentDigest: UInt64 = 0
    /// Codes of results that no rule knew, each once, in the order seen: to be counted and shown.
    public var unknownCodes: [String] = []
    /// Spellings of units that neither the profile nor the table of usual spellings knew, each once.
    public var unknownUnits: [String] = []

    /// Nothing.
    public init() {}
}
