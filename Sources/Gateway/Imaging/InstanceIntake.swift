import Contracts
import DICOM
import Dispatch
import DriverWire
import Glibc
import ImagingModel
import Synchronization

/// From a file that the driver has stored to an answer: header, rules, store. What is not taken stays on disk, shown with
/// the reason.
final class InstanceIntake: Sendable {
    /// A file that came.
    struct Arrival: Sendable {
        var path: String
        var size: Int64
        /// As the C-STORE said; empty: found at a start.
        var sopClass = ""
        var sopInstance = ""
        var transferSyntax = ""
        var device: String
        var calling: String
        var address = ""
        var receivedAt: Int64
    }

    private let site: ImagingSite
    /// Told of each instance that was kept.
    private let kept: @Sendable (ImageInstance, ArrivalCount) -> Void
    /// Files are read beside the driver's thread; those of one association in order.
    private let lanes: [HeaderLane]
    private let inFlight = Mutex<Set<String>>([])

    /// What completion needs to know of an instance that was kept.
    struct ArrivalCount: Sendable {
        var device: String
        var studyInstances: Int
    }

    init(_ site: ImagingSite, lanes: Int, kept: @escaping @Sendable (ImageInstance, ArrivalCount) -> Void) {
        self.site = site
        self.kept = kept
        self.lanes = (0..<max(1, lanes)).map { HeaderLane(number: $0) }
    }

    /// A `stored` of the driver.
    func stored(_ call: Call) {
        let message = call.message
        let arrival = Arrival(
            path: message["path"] ?? "", size: Int64(message["size"] ?? "") ?? 0, sopClass: message["sop_class"] ?? "",
            sopInstance: message["sop_instance"] ?? "", transferSyntax: message["transfer_syntax"] ?? "",
            device: call.device, calling: call.calling, address: call.address, receivedAt: site.now)
        take(arrival, lane: Int(call.association) ?? 0) { status, comment in call.answer(status, comment) }
    }

    /// Takes a file; `done` is called once with the answer, when what it says is durable.
    func take(_ arrival: Arrival, lane: Int, done: @escaping @Sendable (UInt16, String) -> Void) {
        _ = inFlight.withLock { $0.insert(arrival.path) }
        let finish: @Sendable (UInt16, String) -> Void = { [self] status, comment in
            _ = inFlight.withLock { $0.remove(arrival.path) }
            done(status, comment)
        }
        let lane = lanes[Int(lane.magnitude % UInt(lanes.count))]
        lane.queue.async { [self] in read(arrival, on: lane, finish) }
    }

    /// Whether a file is being taken.
    func isInFlight(_ path: String) -> Bool { inFlight.withLock { $0.contains(path) } }

    // MARK: On a lane

    private func read(
        _ arrival: Arrival, on lane: HeaderLane, _ done: @escaping @Sendable (UInt16, String) -> Void
    ) {
        let valid = site.valid
        let rules = valid.devices[arrival.device]?.rules
        var arrival = arrival
        let image: ImageInstance
        do {
            (image, arrival) = try header(arrival, rules ?? ModalityRules(), on: lane)
        } catch let refusal as StoreRefusalReason {
            return refuse(arrival, refusal, done)
        } catch {
            return refuse(arrival, StoreRefusalReason(status: 0xC000, text: "cannot be understood: \(error)"), done)
        }
        let quiet = rules?.quietSeconds ?? valid.settings.quietSeconds
        let draft = InstanceDraft(
            image: image, path: arrival.path, size: arrival.size, transferSyntax: arrival.transferSyntax,
            device: arrival.device, callingAE: arrival.calling, receivedAt: arrival.receivedAt,
            routes: valid.settings.forward(image, arrival.device, arrival.calling),
            due: site.now &+ Int64(max(0, quiet)) &* 1_000_000)
        let known = arrival
        site.store.keep(draft) { [self] result in
            switch result {
            case .success(.kept(_, let instances, let conflict)):
                done(0x0000, "")
                if let conflict { self.conflict(image, known, conflict) }
                kept(image, ArrivalCount(device: known.device, studyInstances: instances))
            case .success(.known(let file)):
                lane.queue.async { [self] in again(known, image, file, done) }
            case .failure(let fault):
                // Not on disk in the store: what lies there would only fill the disk; it comes again.
                if fault.code == .diskFull { unlink(known.path) }
                done(0xA700, "cannot be kept: \(fault.code.rawValue)")
            }
        }
    }

    private func header(
        _ arrival: Arrival, _ rules: ModalityRules, on lane: HeaderLane
    ) throws -> (ImageInstance, Arrival) {
        var arrival = arrival
        let header = try lane.header(arrival.path, rules: rules, callingAE: arrival.calling)
        let image = header.image
        for (said, found, name) in [
            (arrival.sopClass, image.instance.sopClass, "SOP class"),
            (arrival.sopInstance, image.instance.uid, "SOP instance"),
        ] where !said.isEmpty && said != found {
            // PS3.4 B.2.3: A900, data set does not match SOP class.
            throw StoreRefusalReason(
                status: 0xA900, text: "\(name) is \(said) in the request and \(found) in the data set")
        }
        if arrival.transferSyntax.isEmpty { arrival.transferSyntax = header.transferSyntax }
        return (image, arrival)
    }

    /// The SOP Instance UID is held.
    private func again(
        _ arrival: Arrival, _ image: ImageInstance, _ file: ArchivedFile,
        _ done: @escaping @Sendable (UInt16, String) -> Void
    ) {
        // Found at a start while it was on its way: never compared with itself and removed.
        if HeaderFile.isSameFile(arrival.path, file.path) { return done(0x0000, "") }
        let isSame: Bool
        do { isSame = try HeaderFile.haveSameDataSet(arrival.path, file.path) } catch {
            site.alarms.raise(
                subject: "store", kind: "image-missing",
                text: "\(error). Restore the file from a backup; instance \(file.sopInstance) came again.")
            isSame = false
        }
        if isSame {
            unlink(arrival.path)
            done(0x0000, "")
            Task { try? await site.store.repeated(file, at: arrival.receivedAt) }
            return
        }
        var entry = SetAside(arrival)
        entry.kind = .duplicate
        entry.sopInstance = image.instance.uid
        entry.sopClass = image.instance.sopClass
        entry.study = file.study
        entry.status = site.settings.duplicateStatus.hexadecimal
        entry.reason = """
            SOP Instance UID \(image.instance.uid) is held with another data set, received from \
            \(file.callingAE.isEmpty ? "an unknown AE" : file.callingAE). The first one stays; this one is kept beside. Two \
            different images must not have one UID: ask the service of the modality.
            """
        setAside(entry, status: site.settings.duplicateStatus, done)
    }

    private func refuse(
        _ arrival: Arrival, _ refusal: StoreRefusalReason, _ done: @escaping @Sendable (UInt16, String) -> Void
    ) {
        var entry = SetAside(arrival)
        entry.kind = .refused
        entry.status = refusal.status.hexadecimal
        entry.reason = refusal.text
        setAside(entry, status: refusal.status, done)
    }

    private func setAside(
        _ entry: SetAside, status: UInt16, _ done: @escaping @Sendable (UInt16, String) -> Void
    ) {
        Task {
            do {
                try await site.store.setAside(entry)
                done(status, status == 0 ? "" : entry.reason)
            } catch { done(0xA700, "cannot be kept: \(error)") }
            let severity: DriverFault.Severity = entry.kind == .duplicate ? .lost : .refused
            site.fault(entry.device, severity, "\(entry.kind == .duplicate ? "duplicate" : "refused"): \(entry.reason)")
        }
    }

    private func conflict(_ image: ImageInstance, _ arrival: Arrival, _ text: String) {
        site.alarms.raise(subject: "study \(image.study.uid)", kind: "held", text: text)
        site.fault(arrival.device, .lost, "study \(image.study.uid): \(text)")
    }
}

/// Why a file is not taken, with the status of the C-STORE (PS3.4 B.2.3).
struct StoreRefusalReason: Error {
    var status: UInt16
    var text: String
}

extension SetAside {
    init(_ arrival: InstanceIntake.Arrival) {
        self.init()
        sopInstance = arrival.sopInstance
        sopClass = arrival.sopClass
        transferSyntax = arrival.transferSyntax
        path = arrival.path
        size = arrival.size
        device = arrival.device
        callingAE = arrival.calling
        address = arrival.address
        receivedAt = arrival.receivedAt
    }
}
