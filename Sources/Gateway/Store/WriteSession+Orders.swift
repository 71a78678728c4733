import Contracts
import GRDB
import Orders
import ResultModel

extension WriteSession {
    /// Takes up one order. What is known of a test stays: an import twice is an import once.
    func put(_ order: LaboratoryOrder, now: Int64, _ summary: inout OrderImport) throws {
        summary.orders += 1
        if order.action == .cancel {
            summary.cancelled += try cancel(order, now: now)
            return
        }
        let id = try row(of: order, now: now)
        for test in order.tests {
            try refuseOtherSpecimen(order, test)
            let known = try Row.fetchOne(
                database, sql: "SELECT id, state FROM laboratory_test WHERE laboratory_order = ? AND code = ?",
                arguments: [id, test.code])
            if let known {
                summary.known += 1
                // Ordered again after it was cancelled or refused: it is wanted.
                guard [3, 5].contains(known[1] as Int64) else { continue }
                try database.execute(
                    sql: """
                        UPDATE laboratory_test SET state = 0, device = NULL, changed = ?, note = '', answered_by = ''
                        WHERE id = ?
                        """, arguments: [now, known[0] as Int64])
            } else {
                summary.added += 1
                try database.execute(
                    sql: """
                        INSERT INTO laboratory_test (laboratory_order, code, name, state, changed, note, answered_by)
                        VALUES (?, ?, ?, 0, ?, '', '')
                        """, arguments: [id, test.code, test.name, now])
            }
        }
    }

    private func row(of order: LaboratoryOrder, now: Int64) throws -> Int64 {
        let known = try Int64.fetchOne(
            database, sql: "SELECT id FROM laboratory_order WHERE placer = ? AND specimen = ?",
            arguments: [order.placer, order.specimenID])
        let patient = order.patient
        let devices = order.devices.joined(separator: "\n")
        if let known {
            try database.execute(
                sql: """
                    UPDATE laboratory_order SET filler = ?, type = ?, patient = ?, name = ?, birth = ?, sex = ?,
                    priority = ?, ordered = ?, collected = ?, devices = ? WHERE id = ?
                    """,
                arguments: [
                    order.filler, order.specimenType, patient.id, patient.name, patient.birthDate, patient.sex,
                    order.priority.rawValue, order.orderedAt, order.collectedAt, devices, known,
                ])
            return known
        }
        try database.execute(
            sql: """
                INSERT INTO laboratory_order (placer, filler, specimen, type, patient, name, birth, sex, priority, ordered,
                collected, devices, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                order.placer, order.filler, order.specimenID, order.specimenType, patient.id, patient.name,
                patient.birthDate, patient.sex, order.priority.rawValue, order.orderedAt, order.collectedAt, devices,
                now,
            ])
        return database.lastInsertedRowID
    }

    /// A test of one order on another specimen now: moved while nobody has it, refused afterwards.
    private func refuseOtherSpecimen(_ order: LaboratoryOrder, _ test: LaboratoryOrder.Test) throws {
        let others = try Row.fetchAll(
            database,
            sql: """
                SELECT t.id, t.state > 0 OR t.device IS NOT NULL, o.specimen FROM laboratory_test t JOIN laboratory_order o ON o.id = t.laboratory_order
                WHERE o.placer = ? AND o.specimen <> ? AND t.code = ? AND t.state < 4
                """, arguments: [order.placer, order.specimenID, test.code])
        for other in others {
            guard !(other[1] as Bool) else {
                throw StoreRefusal(
                    "order \(order.placer), test \(test.code): a device has it already for specimen \(other[2] as String),"
                        + " not \(order.specimenID). Cancel it first: hilum orders cancel \(order.placer) --laboratory")
            }
            try database.execute(sql: "DELETE FROM laboratory_test WHERE id = ?", arguments: [other[0] as Int64])
        }
    }

    /// Cancels the tests of an order, all of it where none is named. One with a result stays as it is.
    private func cancel(_ order: LaboratoryOrder, now: Int64) throws -> Int {
        var count = 0
        let codes = order.tests.map(\.code)
        for row in try tests(placer: order.placer, specimen: order.specimenID)
        where codes.isEmpty || codes.contains(row[1]) {
            try database.execute(
                sql: "UPDATE laboratory_test SET state = 5, changed = ?, note = 'by the orderer' WHERE id = ?",
                arguments: [now, row[0] as Int64])
            count += 1
        }
        return count
    }

    /// Open tests of an order: id, code, specimen.
    func tests(placer: String, specimen: String) throws -> [Row] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT t.id, t.code, o.specimen FROM laboratory_test t JOIN laboratory_order o ON o.id = t.laboratory_order
                WHERE o.placer = ?1 AND (?2 = '' OR o.specimen = ?2) AND t.state < 4 ORDER BY t.id
                """, arguments: [placer, specimen])
    }

    /// What devices said of tests that they were given. A result that came first, and a cancellation, stay; so does what another
    /// device has taken, when this one refuses it.
    func write(_ marks: [OrderMark], _ device: Int64, now: Int64) throws {
        for mark in marks {
            guard let state = mark.state else {
                try database.execute(
                    sql: "UPDATE laboratory_test SET device = NULL, note = ? WHERE id = ? AND state = 5",
                    arguments: [mark.note.bounded, mark.test])
                continue
            }
            let answeredBy = mark.answeredBy.joined(separator: "\n")
            try database.execute(
                sql: """
                    UPDATE laboratory_test SET state = CASE state WHEN 5 THEN 5 ELSE ?1 END,
                    device = CASE WHEN state = 5 AND ?1 = 3 THEN NULL ELSE ?2 END, changed = ?3, note = ?4,
                    answered_by = ?5 WHERE id = ?6 AND state <> 4 AND NOT (?1 = 3 AND state IN (1, 2) AND device <> ?2)
                    """,
                arguments: [state.rawValue, device, now, mark.note.bounded, answeredBy, mark.test])
        }
    }

    /// A report marks the tests that it answers: those on its specimen with its codes, never another patient's.
    func markResulted(_ report: Report, _ device: Int64, now: Int64) throws {
        let specimen = report.specimen
        guard !specimen.id.isEmpty, !specimen.isRunningNumber, !report.isQC else { return }
        var waiting: [(id: Int64, code: String, answeredBy: String)] = []
        var owners: Set<String> = []
        try statements.openTests.bind(specimen.id).rows { row in
            let owner = row.text(4)
            if let patient = report.patient?.id, !patient.isEmpty, patient != owner { return true }
            owners.insert(owner)
            let isHere = row.integer(3) == device
            waiting.append((row.integer(0), row.text(1), isHere ? row.text(2) : ""))
            return true
        }
        // Whose of several patients' tests it answers, a result without a patient does not say.
        guard owners.count == 1 else { return }
        for test in waiting {
            let codes = test.answeredBy.split(separator: "\n").map(String.init)
            let isAnswered = report.observations.contains { $0.answers(test.code, sentAs: codes) }
            if isAnswered { try statements.resulted.bind(device).bind(now).bind(test.id).run() }
        }
    }
}

extension Observation {
    /// Whether this is the result of a test: a value, final, of its code. A device that could not measure it has not
    /// answered it.
    fileprivate func answers(_ ordered: String, sentAs codes: [String]) -> Bool {
        guard role == .result || role == .attachment, isUsable else { return false }
        switch status {
        case .final, .corrected, .amended: break
        case .registered, .preliminary, .cancelled, .enteredInError: return false
        }
        if case .absent = value { return false }
        return asSent.code == ordered || loinc?.code == ordered || (!localCode.isEmpty && localCode == ordered)
            || codes.contains(asSent.code)
    }
}
