import Contracts
import Foundation
import GRDB
import ImagingModel

extension Store {
    /// Stores a new step.
    public func create(_ step: PerformedStep) async throws {
        let isNew = try await perform { session, _ in
            let number = try session.imaging.next("performed_step")
            try session.database.execute(
                sql: """
                    INSERT INTO performed_step (id, uid, state, device, calling, created, updated, attributes)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """,
                arguments: [
                    number, step.uid, step.state.rawValue, step.device, step.callingAE, step.createdAt, step.updatedAt,
                    Data(step.attributes),
                ])
            guard session.database.changesCount == 1 else { return false }
            for study in step.studies {
                try session.database.execute(
                    sql: "INSERT OR IGNORE INTO performed_step_study (study, step) VALUES (?, ?)",
                    arguments: [study, number])
            }
            return true
        }
        guard isNew else {
            throw ImagingRefusal(status: 0x0111, "there is a performed procedure step \(step.uid) already")
        }
    }

    /// Replaces a step by `change` of what is stored.
    @discardableResult
    public func change(
        step uid: String, _ change: @escaping @Sendable (PerformedStep) throws -> PerformedStep
    ) async throws -> PerformedStep {
        let result: Result<PerformedStep, ImagingRefusal> = try await perform { session, now in
            let row = try Row.fetchOne(
                session.database, sql: PerformedStepColumns.select + " WHERE p.uid = ?", arguments: [uid])
            guard let row, let old = PerformedStepColumns.step(row) else {
                return .failure(
                    ImagingRefusal(status: 0x0112, "there is no performed procedure step \(uid.bounded)"))
            }
            var step: PerformedStep
            do { step = try change(old) } catch let refusal as ImagingRefusal { return .failure(refusal) } catch {
                let status = (error as? PerformedStepFault)?.status ?? 0x0110
                return .failure(ImagingRefusal(status: status, "\(error)"))
            }
            step.updatedAt = now.unix
            try session.database.execute(
                sql: "UPDATE performed_step SET state = ?, updated = ?, attributes = ? WHERE uid = ?",
                arguments: [step.state.rawValue, step.updatedAt, Data(step.attributes), uid])
            return .success(step)
        }
        return try result.get()
    }

    /// Steps of a study.
    public func performedSteps(study: String) async throws -> [PerformedStep] {
        try await reader.performedSteps(study: study)
    }
}

extension StoreReader {
    /// Performed procedure steps of a study, in the order in which they began.
    public func performedSteps(study: String) async throws(StoreFault) -> [PerformedStep] {
        try await read { snapshot in
            try Row.fetchAll(
                snapshot.database,
                sql: PerformedStepColumns.select
                    + " JOIN performed_step_study y ON y.step = p.id WHERE y.study = ? ORDER BY p.id LIMIT 100",
                arguments: [study]
            ).compactMap(PerformedStepColumns.step)
        }
    }
}

enum PerformedStepColumns {
    static let select =
        "SELECT p.uid, p.state, p.device, p.calling, p.created, p.updated, p.attributes FROM performed_step p"

    static func step(_ row: Row) -> PerformedStep? {
        guard var step = PerformedStep(encoded: Array(row[6] as Data)) else { return nil }
        step.uid = row[0]
        step.state = PerformedStep.State(rawValue: row[1]) ?? .inProgress
        step.device = row[2]
        step.callingAE = row[3]
        step.createdAt = row[4]
        step.updatedAt = row[5]
        return step
    }
}
