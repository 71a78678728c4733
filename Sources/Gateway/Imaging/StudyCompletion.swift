import Contracts
import DICOM
import ImagingModel
import ResultModel
import Synchronization

/// When a study is complete, and what is done then.
///
/// Timers lie in the store: they survive a restart. A study is complete when nothing came for the quiet time; sooner when
/// a performed procedure step has ended and all instances that it names are here, or when as many are here as the order
/// expects; later while a step is in progress. An instance that comes afterwards opens the study again: a new version.
final class StudyCompletion: Sendable {
    /// A step that was never ended keeps its study open for so long: 4 h.
    private static let longestStep: Int64 = 4 * 3_600 * 1_000_000
    /// Instances that an ended step names are waited for so long after its end: 15 min.
    private static let longestMissing: Int64 = 900 * 1_000_000
    private static let second: Int64 = 1_000_000

    private let site: ImagingSite
    private let reports: StudyReports
    private struct State {
        /// Instances of ended steps that are not here, by study. Only makes completion sooner: lost at a restart.
        var awaited: [String: Set<String>] = [:]
        /// Instances that the order expects, by study; 0: not known.
        var expected: [String: Int] = [:]
    }
    private let state = Mutex(State())

    init(_ site: ImagingSite) {
        self.site = site
        reports = StudyReports(site: site)
    }

    // MARK: What happens

    /// An instance was kept.
    func kept(_ image: ImageInstance, _ count: InstanceIntake.ArrivalCount) {
        let study = image.study.uid
        let (isLast, expected) = state.withLock { state -> (Bool, Int?) in
            var isLast = false
            if var awaited = state.awaited[study] {
                isLast = awaited.remove(image.instance.uid) != nil && awaited.isEmpty
                state.awaited[study] = awaited.isEmpty ? nil : awaited
            }
            return (isLast, state.expected[study])
        }
        if isLast || (expected ?? 0 > 0 && count.studyInstances >= expected ?? 0) { hasten(study) }
        guard expected == nil else { return }
        let fixed = site.device(count.device)?.rules.expectedInstances ?? 0
        state.withLock { state in
            if state.expected.count > 1_000 { state.expected.removeAll() }
            state.expected[study] = fixed
        }
        if fixed > 0, count.studyInstances >= fixed { hasten(study) }
        Task { [self] in
            let orders = try? await site.store.orders(study: study, accession: image.study.accession)
            let sum = (orders ?? []).compactMap(\.expectedInstances).reduce(0, +)
            guard sum > 0 else { return }
            state.withLock { $0.expected[study] = sum }
            if try await held(study) >= sum { hasten(study) }
        }
    }

    /// A performed procedure step has ended.
    func ended(_ step: PerformedStep) async {
        let held = (try? await site.store.files(sopInstances: step.instances)) ?? []
        let here = Set(held.map(\.sopInstance))
        let missing = step.instances.filter { !here.contains($0) }
        for study in step.studies {
            if missing.isEmpty {
                hasten(study)
            } else {
                state.withLock { state in
                    if state.awaited.count > 1_000 { state.awaited.removeAll() }
                    state.awaited[study] = Set(missing)
                }
            }
        }
    }

    private func hasten(_ study: String) {
        let due = site.now &+ Int64(max(0, site.settings.afterStepSeconds)) &* Self.second
        Task { [self] in try? await site.store.schedule(study: study, due: due, reopens: false) }
    }

    private func held(_ study: String) async throws -> Int {
        var query = ImageQuery(.study)
        query.keys[.studyInstanceUID] = .uids([study])
        return try await site.store.studies(query).first?.instanceCount ?? 0
    }

    // MARK: Timers

    /// Looks at what is due.
    ///
    /// - Returns: when the next timer runs out; nil: there is none.
    func run() async throws -> Int64? {
        let (studies, nextDue) = try await site.store.dueStudies(now: site.now, limit: 16)
        for study in studies {
            if Task.isCancelled { return nil }
            do { try await complete(study) } catch let fault as StoreFault where fault.code != .internal {
                throw fault
            } catch {
                // Whatever is wrong with one study must not stop the others, nor be tried without a pause.
                site.fault(study.device, .lost, "study \(study.study.uid) cannot be told to the EMR: \(error)")
                try await site.store.schedule(
                    study: study.study.uid, due: site.now &+ 300 * Self.second, reopens: false)
            }
        }
        return nextDue
    }

    private func complete(_ study: ArchivedStudy) async throws {
        let steps = try await site.store.performedSteps(study: study.study.uid)
        let (pause, missing) = try await waits(study, steps)
        if let pause {
            return try await site.store.schedule(
                study: study.study.uid, due: site.now &+ pause, reopens: false)
        }
        state.withLock { state in
            state.awaited[study.study.uid] = nil
            state.expected[study.study.uid] = nil
        }
        guard study.instanceCount != study.reportedInstances || study.version == 0 else {
            return try await site.store.completed(
                study: study.number, version: study.version, instances: study.instanceCount)
        }
        try await reports.tell(study, missing: missing)
        site.alarms.clear(subject: "study \(study.study.uid)", kind: "held", text: "the study was told")
    }

    /// How long to wait for steps that are in progress or whose instances are not all here; and how many are not.
    private func waits(_ study: ArchivedStudy, _ steps: [PerformedStep]) async throws -> (pause: Int64?, missing: Int) {
        let quiet = Int64(max(1, site.settings.quietSeconds)) &* Self.second
        for step in steps where step.state == .inProgress {
            if site.now &- max(step.updatedAt, study.lastReceived) < Self.longestStep { return (quiet, 0) }
        }
        var missing = 0
        for step in steps where step.state == .completed && !step.instances.isEmpty {
            let here = try await site.store.files(sopInstances: step.instances).count
            let absent = max(0, step.instances.count - here)
            if absent > 0, site.now &- max(step.updatedAt, study.lastReceived) < Self.longestMissing {
                return (min(quiet, 30 * Self.second), 0)
            }
            missing += absent
        }
        return (nil, missing)
    }
}
