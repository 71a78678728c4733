import Contracts
import GRDB
import Orders

extension Store: OrderBook {
    /// Takes up orders, all or none. The same order again changes nothing but what it says of patient and specimen.
    ///
    /// - Throws: `StoreRefusal` when a test is on its way under another specimen.
    @discardableResult
    public func put(laboratory orders: [LaboratoryOrder]) async throws -> OrderImport {
        let summary = try await perform { session, now in
            var summary = OrderImport()
            for order in orders { try session.put(order, now: now.unix, &summary) }
            return summary
        }
        orderWatchers.tell()
        return summary
    }

    /// A person cancels the open tests of an order.
    ///
    /// - Parameters:
    ///   - specimen: only on this specimen; empty: on all.
    ///   - test: only this one; empty: all.
    /// - Returns: how many were open.
    /// - Throws: `StoreRefusal` when there is none.
    @discardableResult
    public func cancelLaboratoryOrder(
        placer: String, specimen: String, test: String, who: String, note: String
    ) async throws -> Int {
        let count = try await perform { session, now in
            let rows = try session.tests(placer: placer, specimen: specimen).filter { test.isEmpty || $0[1] == test }
            guard let first = rows.first else {
                throw StoreRefusal(
                    "order \"\(placer)\" has no open test\(test.isEmpty ? "" : " \(test)");"
                        + " `hilum orders list --laboratory` shows them")
            }
            let words = note.isEmpty ? "order \(placer)" : "order \(placer): \(note)"
            try session.note(now, who, "cancel", "laboratory order", first[0], words)
            for row in rows {
                try session.database.execute(
                    sql: "UPDATE laboratory_test SET state = 5, changed = ?, note = ? WHERE id = ?",
                    arguments: [now.unix, note.bounded, row[0] as Int64])
            }
            return rows.count
        }
        orderWatchers.tell()
        return count
    }

    /// All orders on a specimen, in the order taken up.
    public func orders(specimen: String) async throws -> [LaboratoryOrder] {
        try await orderReader.laboratoryOrders(where: "o.specimen = ?", [specimen], limit: 200)
    }

    /// Orders with open tests of a patient.
    public func openOrders(patient: String, limit: Int) async throws -> [LaboratoryOrder] {
        try await orderReader.laboratoryOrders(where: "o.patient = ? AND \(Self.isOpen)", [patient], limit: limit)
    }

    /// Orders with open tests.
    public func openOrders(limit: Int) async throws -> [LaboratoryOrder] {
        let ids = "SELECT laboratory_order FROM laboratory_test WHERE state < 4"
        return try await orderReader.laboratoryOrders(where: "o.id IN (\(ids))", [], limit: limit)
    }

    /// Orders with tests that no device has, and with tests cancelled that the device has.
    public func ordersToSend(device: String, limit: Int) async throws -> [LaboratoryOrder] {
        let condition = """
            (o.id IN (SELECT laboratory_order FROM laboratory_test WHERE state = 0) OR o.id IN (
                SELECT laboratory_order FROM laboratory_test WHERE state = 5 AND device IS NOT NULL
                AND device = (SELECT id FROM device WHERE name = ?)))
            """
        return try await orderReader.laboratoryOrders(where: condition, [device], limit: limit)
    }

    /// Calls `wake` when orders were taken up or cancelled.
    public func onOrders(_ wake: @escaping @Sendable () -> Void) { orderWatchers.add(wake) }

    private static let isOpen =
        "EXISTS (SELECT 1 FROM laboratory_test t WHERE t.laboratory_order = o.id AND t.state < 4)"
}

extension StoreReader {
    /// Orders for people, newest last.
    ///
    /// - Parameter onlyOpen: without those of which every test has its result or was cancelled.
    public func laboratoryOrders(
        specimen: String?, patient: String?, placer: String?, onlyOpen: Bool, limit: Int
    ) async throws(StoreFault) -> [LaboratoryOrder] {
        var (conditions, arguments) = (["1"], [String]())
        for (column, value) in [("specimen", specimen), ("patient", patient), ("placer", placer)] {
            guard let value else { continue }
            conditions.append("o.\(column) = ?")
            arguments.append(value)
        }
        if onlyOpen {
            conditions.append("o.id IN (SELECT laboratory_order FROM laboratory_test WHERE state < 4)")
        }
        return try await laboratoryOrders(where: conditions.joined(separator: " AND "), arguments, limit: limit)
    }

    func laboratoryOrders(
        where condition: String, _ arguments: [String], limit: Int
    ) async throws(StoreFault) -> [LaboratoryOrder] {
        try await read { snapshot in
            let rows = try Row.fetchAll(
                snapshot.database,
                sql: "SELECT o.* FROM laboratory_order o WHERE \(condition) ORDER BY o.id LIMIT \(max(0, limit))",
                arguments: StatementArguments(arguments))
            return try rows.map { row in
                var order = LaboratoryOrder()
                order.number = row["id"]
                order.placer = row["placer"]
                order.filler = row["filler"]
                order.specimenID = row["specimen"]
                order.specimenType = row["type"]
                order.patient.id = row["patient"]
                order.patient.name = row["name"]
                order.patient.birthDate = row["birth"]
                order.patient.sex = row["sex"]
                order.priority = LaboratoryOrder.Priority(rawValue: row["priority"]) ?? .routine
                order.orderedAt = row["ordered"]
                order.collectedAt = row["collected"]
                order.devices = (row["devices"] as String).split(separator: "\n").map(String.init)
                order.createdAt = row["created"]
                order.tests = try snapshot.tests(of: order.number)
                return order
            }
        }
    }
}

extension Snapshot {
    fileprivate func tests(of order: Int64) throws -> [LaboratoryOrder.Test] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT t.id, t.code, t.name, t.state, coalesce(d.name, ''), t.changed, t.note FROM laboratory_test t
                LEFT JOIN device d ON d.id = t.device WHERE t.laboratory_order = ? ORDER BY t.id
                """, arguments: [order])
        return rows.map { row in
            var test = LaboratoryOrder.Test(code: row[1], name: row[2])
            test.number = row[0]
            test.state = LaboratoryOrder.TestState(rawValue: row[3]) ?? .registered
            test.device = row[4]
            test.changedAt = row[5]
            test.note = row[6]
            return test
        }
    }
}
