/// An association that was refused or failed, or something in it that was refused: one line for people.
public struct AssociationFailure: Sendable, Equatable {
    /// Number.
    public var number: Int64 = 0
    /// When: microseconds since 1970, UTC.
    public var at: Int64 = 0
    /// Device; empty when it is none that is known.
    public var device = ""
    /// Calling AE title.
    public var calling = ""
    /// Called AE title.
    public var called = ""
    /// Address of the peer.
    public var address = ""
    /// `refused`, `aborted`, `lost`, `timeout`, `failed`, `query`, `store`.
    public var kind = ""
    /// What and why, in one line.
    public var reason = ""
    /// What a person can do; may be empty.
    public var cure = ""
    /// An empty failure.
    public init() {}
}

/// An instance that was not taken, or came again with other bytes: its file is kept beside.
public struct SetAside: Sendable, Equatable {
    /// Why.
    public enum Kind: Int64, Sendable {
        /// The same SOP Instance UID with another data set; the first one stays.
        case duplicate = 0
        /// Refused: not understood, or not what it said to be.
        case refused = 1
    }
    /// Number.
    public var number: Int64 = 0
    /// Why.
    public var kind = Kind.duplicate
    /// SOP Instance UID; empty when there is none.
    public var sopInstance = ""
    /// SOP Class UID.
    public var sopClass = ""
    /// Study Instance UID; empty when it is not known.
    public var study = ""
    /// Transfer Syntax UID.
    public var transferSyntax = ""
    /// The file, absolute.
    public var path = ""
    /// Its size in bytes.
    public var size: Int64 = 0
    /// Device that sent it.
    public var device = ""
    /// AE title that sent it.
    public var callingAE = ""
    /// Address of the peer.
    public var address = ""
    /// When: microseconds since 1970, UTC.
    public var receivedAt: Int64 = 0
    /// What was answered: four hexadecimal digits.
    public var status = ""
    /// What is wrong and what to do.
    public var reason = ""
    /// Nothing.
    public init() {}
}
