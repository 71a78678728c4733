import Contracts
import Foundation
import GRDB
import ImagingModel

extension Store {
    /// Stores orders; one with the same accession and procedure id replaces the earlier one.
    public func put(orders: [ImagingOrder]) async throws {
        try await perform { session, now in
            for order in orders { try session.put(order, now: now.unix) }
        }
    }

    /// Sets the state of steps by their id within a study, or within an accession where no order has that study.
    public func setStep(
        _ id: String, study: String, accession: String, state: ImagingOrder.Step.State
    ) async throws {
        try await perform { session, _ in
            // A step that ended is not begun again by a late message.
            try session.database.execute(
                sql: """
                    UPDATE image_step SET state = ?1 WHERE (step_id = ?2 OR (?2 = '' AND 1 = (SELECT count(*)
                        FROM image_step t WHERE t.image_order = image_step.image_order))) AND state < 3 AND image_order IN (
                        SELECT id FROM image_order WHERE study_uid = ?3 AND ?3 <> ''
                        UNION SELECT id FROM image_order WHERE accession = ?4 AND ?4 <> '')
                    """, arguments: [state.rawValue, id, study, accession])
        }
    }

    /// A person takes an order out of the worklist.
    ///
    /// - Returns: steps that were open.
    /// - Throws: `StoreRefusal` when there is none of that accession number with a step that may still be started.
    @discardableResult
    public func cancelOrder(accession: String, who: String, note: String) async throws -> Int {
        try await perform { session, now in
            let steps = try Int64.fetchAll(
                session.database,
                sql: """
                    SELECT t.id FROM image_step t JOIN image_order o ON o.id = t.image_order
                    WHERE o.accession = ? AND t.state < 3
                    """, arguments: [accession])
            guard !steps.isEmpty else {
                throw StoreRefusal(
                    "no order with accession number \"\(accession)\" has an open step; `hilum orders list` shows them")
            }
            try session.note(now, who, "cancel", "order", steps[0], note.isEmpty ? accession : "\(accession): \(note)")
            for step in steps {
                try session.database.execute(sql: "UPDATE image_step SET state = 5 WHERE id = ?", arguments: [step])
            }
            return steps.count
        }
    }

    /// Entries of the worklist.
    public func worklist(_ query: WorklistQuery) async throws -> [WorklistEntry] { try await reader.worklist(query) }

    /// The orders of a study.
    public func orders(study: String, accession: String) async throws -> [ImagingOrder] {
        try await reader.orders(study: study, accession: accession)
    }
}

extension WriteSession {
    func put(_ order: ImagingOrder, now: Int64) throws {
        let old = try Row.fetchAll(
            database,
            sql: """
                SELECT o.id, t.step_id, t.state FROM image_order o LEFT JOIN image_step t ON t.image_order = o.id
                WHERE o.accession = ?1 AND o.procedure_id = ?2 AND (?1 <> '' OR o.patient_id = ?3)
                """, arguments: [order.accession, order.procedureID, order.patient.id])
        var states: [String: Int64] = [:]
        for row in old { if let step: String = row[1] { states[step] = row[2] } }
        for id in Set(old.map { $0[0] as Int64 }) {
            try database.execute(sql: "DELETE FROM image_step WHERE image_order = ?", arguments: [id])
            try database.execute(sql: "DELETE FROM image_order WHERE id = ?", arguments: [id])
        }
        let id = try imaging.next("image_order")
        let name = NameFolding.groups(order.patient.name)
        try database.execute(
            sql: """
                INSERT INTO image_order (id, accession, procedure_id, study_uid, patient_id, name_a, name_i, name_p, birth, sex,
                admission, placer, filler, referrer_key, expected, created, body)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id, order.accession, order.procedureID, order.studyUID, order.patient.id, name.alphabetic,
                name.ideographic, name.phonetic, order.patient.birthDate, order.patient.sex, order.admission,
                order.placer, order.filler, NameFolding.fold(order.referrer), order.expectedInstances,
                order.createdAt == 0 ? now : order.createdAt, Data(order.encoded()),
            ])
        for (place, step) in order.steps.enumerated() {
            // What the modality has done with a step outlives a change of the order.
            let state = step.state == .cancelled ? step.state.rawValue : states[step.id] ?? step.state.rawValue
            try database.execute(
                sql: """
                    INSERT INTO image_step (id, image_order, place, step_id, station_aes, station_name, date, time, modality,
                    performer_key, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    try imaging.next("image_step"), id, place, step.id, StudyColumns.list(step.stationAEs),
                    step.stationName, step.date, step.time, step.modality, NameFolding.fold(step.performer), state,
                ])
        }
    }
}

extension StoreReader {
    /// Entries of the worklist, by date and time.
    public func worklist(_ query: WorklistQuery) async throws(StoreFault) -> [WorklistEntry] {
        try await read { snapshot in
            let conditions = Self.conditions(query)
            let sql =
                "SELECT o.id, t.place FROM image_step t JOIN image_order o ON o.id = t.image_order" + conditions.clause
                + " ORDER BY t.date, t.time, t.id LIMIT \(max(0, query.limit))"
            var orders: [Int64: ImagingOrder] = [:]
            return try Row.fetchAll(snapshot.database, sql: sql, arguments: conditions.arguments).compactMap { row in
                let (id, place): (Int64, Int) = (row[0], row[1])
                if orders[id] == nil { orders[id] = try snapshot.order(id) }
                guard let order = orders[id], order.steps.indices.contains(place) else { return nil }
                return WorklistEntry(order: order, step: order.steps[place])
            }
        }
    }

    /// The orders of a study: by its UID, or by accession number where no order has that UID.
    public func orders(study: String, accession: String) async throws(StoreFault) -> [ImagingOrder] {
        try await read { snapshot in
            var ids: [Int64] = []
            if !study.isEmpty {
                ids = try Int64.fetchAll(
                    snapshot.database, sql: "SELECT id FROM image_order WHERE study_uid = ? ORDER BY id LIMIT 50",
                    arguments: [study])
            }
            if ids.isEmpty, !accession.isEmpty {
                ids = try Int64.fetchAll(
                    snapshot.database, sql: "SELECT id FROM image_order WHERE accession = ? ORDER BY id LIMIT 50",
                    arguments: [accession])
            }
            return try ids.compactMap { try snapshot.order($0) }
        }
    }

    private static func conditions(_ query: WorklistQuery) -> MatchingSQL {
        var conditions = MatchingSQL()
        if query.onlyOpen { conditions.add("t.state < 3") }
        let times = query.keys[.time]
        for (key, matching) in query.keys {
            switch key {
            case .patientID: conditions.text("o.patient_id", matching)
            case .patientName: conditions.name("o.name", matching)
            case .accession: conditions.text("o.accession", matching)
            case .procedureID: conditions.text("o.procedure_id", matching)
            case .admission: conditions.text("o.admission", matching)
            case .placer: conditions.text("o.placer", matching)
            case .filler: conditions.text("o.filler", matching)
            case .studyUID: conditions.text("o.study_uid", matching)
            case .referrer: conditions.foldedName("o.referrer_key", matching)
            case .birthDate: conditions.text("o.birth", matching)
            case .sex: conditions.text("o.sex", matching)
            case .stationAE: conditions.list("t.station_aes", matching)
            case .stationName: conditions.text("t.station_name", matching)
            case .stepID: conditions.text("t.step_id", matching)
            case .modality: conditions.text("t.modality", matching)
            case .performer: conditions.foldedName("t.performer_key", matching)
            case .date:
                if case .range? = times {
                    conditions.moment(
                        date: "t.date", time: "t.time", from: (matching.ends.from, times?.ends.from),
                        to: (matching.ends.to, times?.ends.to))
                } else {
                    conditions.text("t.date", matching)
                }
            case .time:
                if case .range = matching, query.keys[.date] != nil { continue }
                conditions.time("t.time", matching)
            }
        }
        return conditions
    }
}

extension Snapshot {
    func order(_ id: Int64) throws -> ImagingOrder? {
        let row = try Row.fetchOne(
            database, sql: "SELECT body, expected, created FROM image_order WHERE id = ?", arguments: [id])
        guard let row, var order = ImagingOrder(encoded: Array(row[0] as Data)) else { return nil }
        order.number = id
        order.expectedInstances = row[1]
        order.createdAt = row[2]
        let states = try Row.fetchAll(
            database, sql: "SELECT place, state FROM image_step WHERE image_order = ?", arguments: [id])
        for state in states {
            let place: Int = state[0]
            guard order.steps.indices.contains(place) else { continue }
            order.steps[place].state = ImagingOrder.Step.State(rawValue: state[1]) ?? .scheduled
        }
        return order
    }
}
