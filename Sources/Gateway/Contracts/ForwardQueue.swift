/// One instance on its way to one archive.
public struct ForwardItem: Sendable, Equatable {
    /// Number, unique in this gateway, stable over retries and restarts.
    public var id: Int64
    /// Id of the destination.
    public var destination: String
    /// Study Instance UID.
    public var study: String
    /// SOP Class UID.
    public var sopClass: String
    /// SOP Instance UID.
    public var sopInstance: String
    /// Transfer Syntax UID of the file.
    public var transferSyntax: String
    /// The file, absolute.
    public var path: String
    /// Size of the file in bytes.
    public var size: Int64
    /// AE title of the modality that sent it.
    public var callingAE: String
    /// Attempts made before this one.
    public var attempts: Int
    /// When it was put into the queue: microseconds since 1970, UTC.
    public var createdAt: Int64

    /// An item from its parts.
    public init(
        id: Int64, destination: String, study: String, sopClass: String, sopInstance: String, transferSyntax: String,
        path: String, size: Int64, callingAE: String, attempts: Int, createdAt: Int64
    ) {
        self.id = id
        self.destination = destination
        self.study = study
        self.sopClass = sopClass
        self.sopInstance = sopInstance
        self.transferSyntax = transferSyntax
        self.path = path
        self.size = size
        self.callingAE = callingAE
        self.attempts = attempts
        self.createdAt = createdAt
    }
}

/// The queue of images, as the delivery needs it.
public protocol ForwardQueue: Sendable {
    /// Up to `limit` items of one study whose time has come, in the order received, for one association. An item stays
    /// claimed until it is settled or the gateway restarts. Studies that are claimed already are passed over.
    ///
    /// - Returns: the items, and when the next one is due (nil: nothing waits but what is claimed or not yet put in).
    func claimImages(destination: String, limit: Int, now: Int64) async throws -> (
        items: [ForwardItem], nextDue: Int64?
    )
    /// Records what became of claimed items. `delivered` where the archive has answered 0000 or Bxxx (a warning).
    func settleImages(_ outcomes: [(item: Int64, outcome: DeliveryOutcome)], now: Int64) async throws
    /// Calls `wake` whenever an item for the destination may have become due. One waker a destination.
    func onImages(destination: String, _ wake: @escaping @Sendable () -> Void)
    /// Delivered items of a destination that asks for storage commitment, whose commitment was not asked for yet or not
    /// answered for `again` microseconds: of one study at most, empty when there are none.
    func imagesToCommit(destination: String, again: Int64, now: Int64) async throws -> [ForwardItem]
    /// A storage commitment was asked for (PS3.4 J.3.2) under this Transaction UID.
    func commitmentRequested(transaction: String, items: [Int64], now: Int64) async throws
    /// What the archive reported (PS3.4 J.3.3): committed SOP Instance UIDs; failed ones with their reason (0008,1197).
    /// Failed ones go back into the queue with the reason. Unknown transactions give false.
    func commitmentReported(
        transaction: String, committed: [String], failed: [(sopInstance: String, reason: UInt16)], now: Int64
    ) async throws -> Bool
}
