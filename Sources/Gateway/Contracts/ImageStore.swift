import ImagingModel

/// An instance as it goes to the store.
public struct InstanceDraft: Sendable, Equatable {
    /// Its header, normalised.
    public var image: ImageInstance
    /// The file, absolute, durable already.
    public var path: String
    /// Size of the file in bytes.
    public var size: Int64
    /// Transfer Syntax UID of the file.
    public var transferSyntax: String
    /// Id of the device.
    public var device: String
    /// Calling AE title.
    public var callingAE: String
    /// Received: microseconds since 1970, UTC.
    public var receivedAt: Int64
    /// Archives that it is forwarded to.
    public var routes: [ImageRoute]
    /// When the completion of its study is to be looked at: microseconds since 1970, UTC; nil: never by time.
    public var due: Int64?

    /// A draft from its parts.
    public init(
        image: ImageInstance, path: String, size: Int64, transferSyntax: String, device: String, callingAE: String,
        receivedAt: Int64, routes: [ImageRoute], due: Int64?
    ) {
        self.image = image
        self.path = path
        self.size = size
        self.transferSyntax = transferSyntax
        self.device = device
        self.callingAE = callingAE
        self.receivedAt = receivedAt
        self.routes = routes
        self.due = due
    }
}

/// What became of an instance.
public enum InstanceFate: Sendable, Equatable {
    /// It is new and durable. `instances`: held of its study now. `conflict`: why the study is held from the EMR since now;
    /// nil: it is not.
    case kept(number: Int64, instances: Int, conflict: String?)
    /// Its SOP Instance UID is held already, nothing was written: the files have to be compared.
    case known(ArchivedFile)
}

/// A storage commitment report that a modality waits for (PS3.4 J.3.3).
public struct CommitmentReport: Sendable, Equatable {
    /// Number; 0 before it is stored.
    public var number: Int64 = 0
    /// Transaction UID (0008,1195).
    public var transaction = ""
    /// Device that asked.
    public var device = ""
    /// AE title that asked.
    public var calling = ""
    /// AE title that was asked.
    public var called = ""
    /// Event Type ID: 1 all committed, 2 failures exist; 0: not decided yet (waits for the PACS).
    public var event = 0
    /// The request's action information: a data set in Explicit VR Little Endian.
    public var request: [UInt8] = []
    /// Attempts to send it.
    public var attempts = 0
    /// When it is tried next: microseconds since 1970, UTC.
    public var due: Int64 = 0
    /// When it was asked for.
    public var createdAt: Int64 = 0
    /// An empty report.
    public init() {}
}

/// Whether an instance is safe.
public struct CommitmentState: Sendable, Equatable {
    /// SOP Instance UID.
    public var sopInstance: String
    /// SOP Class UID as held; empty: it is not held.
    public var sopClass: String
    /// Destinations that have not committed it yet, of those that were asked about.
    public var waitsFor: [String]
    /// A state from its parts.
    public init(sopInstance: String, sopClass: String, waitsFor: [String]) {
        self.sopInstance = sopInstance
        self.sopClass = sopClass
        self.waitsFor = waitsFor
    }
}

/// Why a request of a peer cannot be done: the peer's fault, not ours.
public struct ImagingRefusal: Error, Sendable, CustomStringConvertible {
    /// DIMSE status to answer with.
    public var status: UInt16
    /// Why, for people.
    public var text: String
    /// A refusal from its parts.
    public init(status: UInt16, _ text: String) {
        self.status = status
        self.text = text
    }
    /// Text for people.
    public var description: String { text }
}

/// The writing side of the archive, as the imaging node needs it. Everything is durable when the call returns or calls
/// back. All throw `StoreFault`, some `ImagingRefusal`.
public protocol ImageStore: ImageArchive, ForwardQueue {
    /// Makes an instance durable, with its rows in the queues, in the next group. `completion` is called once, in the order
    /// handed in; it must not block. When nobody writes just now the caller's thread writes, and waits for the disk: call it
    /// from a thread that may.
    func keep(_ draft: InstanceDraft, completion: @escaping @Sendable (Result<InstanceFate, StoreFault>) -> Void)
    /// Keeps a file beside: a duplicate, or one that was refused.
    func setAside(_ entry: SetAside) async throws
    /// An instance came again with the same bytes; its new file was removed.
    func repeated(_ file: ArchivedFile, at unix: Int64) async throws
    /// Which of these absolute paths belong to an instance or a file set aside.
    func knownPaths(_ paths: [String]) async throws -> Set<String>

    // Completion

    /// Studies whose timer has run out, the oldest first, and when the next one does.
    func dueStudies(now: Int64, limit: Int) async throws -> (studies: [ArchivedStudy], nextDue: Int64?)
    /// Sets the timer of a study that is not complete, or of any study when `reopens`; nil stops it.
    func schedule(study: String, due: Int64?, reopens: Bool) async throws
    /// A version was told to the EMR (or nobody wanted it): the study is complete unless instances came meanwhile.
    func completed(study: Int64, version: Int, instances: Int) async throws
    /// Keeps a study from the EMR until a person looks.
    func hold(study: String, reason: String) async throws

    // Worklist

    /// Entries of the worklist, by date and time.
    func worklist(_ query: WorklistQuery) async throws -> [WorklistEntry]
    /// The orders of a study: by its UID, or by accession number where no order has that UID. `accession` may be empty.
    func orders(study: String, accession: String) async throws -> [ImagingOrder]
    /// Stores orders; one with the same accession and procedure id (and patient, where there is no accession) replaces the
    /// earlier one, its steps keep their states.
    func put(orders: [ImagingOrder]) async throws
    /// Sets the state of steps by their id within a study (or accession); without an id, of the only step of an order.
    func setStep(_ id: String, study: String, accession: String, state: ImagingOrder.Step.State) async throws

    // Performed steps

    /// Stores a new step. Throws `ImagingRefusal` 0111 when there is one of that UID.
    func create(_ step: PerformedStep) async throws
    /// Replaces a step by `change` of what is stored, in one transaction; `change` throws to refuse. `ImagingRefusal` 0112
    /// when there is no such step.
    @discardableResult
    func change(
        step uid: String, _ change: @escaping @Sendable (PerformedStep) throws -> PerformedStep
    ) async throws -> PerformedStep
    /// Steps of a study.
    func performedSteps(study: String) async throws -> [PerformedStep]

    // Storage commitment, as its provider

    /// Whether instances are held, and committed by these destinations.
    func commitmentState(sopInstances: [String], destinations: [String]) async throws -> [CommitmentState]
    /// Stores a report that is to be sent, or to be decided; the number of it.
    func put(report: CommitmentReport) async throws -> Int64
    /// Reports whose time has come, and when the next one is due.
    func dueReports(now: Int64, limit: Int) async throws -> (reports: [CommitmentReport], nextDue: Int64?)
    /// Changes a report (attempts, due, event); nil: it was taken, or is given up.
    func settle(report number: Int64, as report: CommitmentReport?) async throws

    // What went wrong

    /// Keeps a line about an association that failed. At most some thousand are kept.
    func record(_ failure: AssociationFailure)
}
