import Contracts
import DriverWire
import ImagingModel
import Logging
import Synchronization

/// What all parts of the imaging node share.
final class ImagingSite: Sendable {
    let store: any ImageStore
    let journal: any Journal
    let alarms: any AlarmSink
    let clock: any Clock
    let log: Logger
    private let current: Mutex<Current>
    private let conversations = Mutex<[String: Int64]>([:])

    init(
        store: any ImageStore, journal: any Journal, alarms: any AlarmSink, clock: any Clock,
        settings: ImagingSettings, log: Logger
    ) {
        self.store = store
        self.journal = journal
        self.alarms = alarms
        self.clock = clock
        self.log = log
        current = Mutex(Current(settings))
    }

    /// Settings, and the devices by id. Replaced as a whole; asked for with every instance, so that it is not copied.
    final class Current: Sendable {
        let settings: ImagingSettings
        let devices: [String: ImagingDevice]

        init(_ settings: ImagingSettings) {
            self.settings = settings
            devices = Dictionary(settings.devices.map { ($0.id, $0) }) { first, _ in first }
        }
    }

    /// What holds now; one that was asked for stays as it is.
    var valid: Current { current.withLock { $0 } }

    var settings: ImagingSettings { valid.settings }

    func update(_ settings: ImagingSettings) {
        let new = Current(settings)
        current.withLock { $0 = new }
    }

    func device(_ id: String) -> ImagingDevice? { valid.devices[id] }

    /// The device of a calling AE title, where exactly one has it.
    func device(title: String) -> ImagingDevice? {
        let found = settings.devices.filter { $0.title == title }
        return found.count == 1 ? found[0] : nil
    }

    /// Now, microseconds since 1970.
    var now: Int64 { clock.now().unix }

    // MARK: What is shown to people

    /// A line about an association that was refused or failed, or about something in it.
    func record(_ kind: String, _ message: ServiceMessage, reason: String, cure: String = "") {
        var failure = AssociationFailure()
        failure.at = now
        failure.device = message["device"] ?? ""
        failure.calling = message["calling"] ?? ""
        failure.called = message["called"] ?? ""
        failure.address = message["address"] ?? ""
        failure.kind = kind
        failure.reason = reason
        failure.cure = cure
        store.record(failure)
        log.warning(
            "association \(kind)",
            metadata: [
                "device": "\(failure.device)", "calling": "\(failure.calling)", "called": "\(failure.called)",
                "address": "\(failure.address)", "reason": "\(reason)",
            ])
    }

    /// A fault of a device, shown where the faults of all devices are.
    func fault(_ device: String, _ severity: DriverFault.Severity, _ text: String) {
        Task { await commit(CommitUnit(device: device, conversation: 0), faults: [DriverFault(severity, text)]) }
    }

    /// Makes a unit of a device durable, in the conversation that the device has with this process of the gateway.
    @discardableResult
    func commit(_ draft: CommitUnit, faults: [DriverFault] = []) async -> Result<CommitReceipt, StoreFault> {
        var unit = draft
        unit.faults += faults
        unit.isIdle = true
        if unit.device.isEmpty { unit.device = "dicom" }
        do { unit.conversation = try await conversation(of: unit.device) } catch let fault as StoreFault {
            return .failure(fault)
        } catch { return .failure(StoreFault(.internal, "\(error)")) }
        let ready = unit
        return await withCheckedContinuation { continuation in
            journal.commit(ready) { continuation.resume(returning: $0) }
        }
    }

    private func conversation(of device: String) async throws -> Int64 {
        if let known = conversations.withLock({ $0[device] }) { return known }
        let opened = try await journal.openConversation(device: device, peer: "DICOM", at: now)
        let kept = conversations.withLock { known in
            if let other = known[device] { return other }
            known[device] = opened
            return opened
        }
        if kept != opened { try await journal.closeConversation(opened, at: now) }
        return kept
    }

    func closeConversations() async {
        let open = conversations.withLock { conversations in
            defer { conversations.removeAll() }
            return Array(conversations.values)
        }
        for conversation in open { try? await journal.closeConversation(conversation, at: now) }
    }
}
