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

    /// Orders with tests that no device has or is being sent, and with tests cancelled that the device has.
    ///
    /// - Parameter number: only those taken up after the order of this number.
    public func ordersToSend(
        device: String, after number: Int64 = 0, limit: Int
    ) async throws -> [LaboratoryOrder] {
        let condition = """
            o.id > \(number) AND (o.id IN (
                SELECT laboratory_order FROM laboratory_test WHERE state = 0
                AND (device IS NULL OR device = (SELECT id FROM device WHERE name = ?1)))
            OR o.id IN (
                SELECT laboratory_order FROM laboratory_test WHERE state = 5 AND device IS NOT NULL
                AND device = (SELECT id FROM device WHERE name = ?1)))
            """
        return try await orderReader.laboratoryOrders(where: condition, [device], limit: limit)
    }

    /// Whether all of these tests still wait for a device and may be sent to this one unasked; from then on no other is sent
    /// them. A test that waits (`registered`) and has a device is on its way to it.
    public func claim(_ tests: [Int64], device: String) async throws -> Bool {
        try await perform { session, now in
            let device = try session.device(device)
            for test in tests {
                let isFree = try Bool.fetchOne(
                    session.database,
                    sql: "SELECT state = 0 AND (device IS NULL OR device = ?) FROM laboratory_test WHERE id = ?",
                    arguments: [device, test])
                guard isFree == true else { return false }
            }
            for test in tests {
                try session.database.execute(
                    sql: "UPDATE laboratory_test SET device = ?, changed = ? WHERE id = ?",
                    arguments: [device, now.unix, test])
            }
            return true
        }
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
            let cursor = try Row.fetchCursor(
                snapshot.database,
                sql: """
                    SELECT o.*, t.id AS test, t.code, t.name AS test_name, t.state, coalesce(d.name, '') AS device, t.changed,
                    t.note FROM (
                        SELECT o.* FROM laboratory_order o WHERE \(condition) ORDER BY o.id LIMIT \(max(0, limit))) o
                    LEFT JOIN laboratory_test t ON t.laboratory_order = o.id LEFT JOIN device d ON d.id = t.device
                    ORDER BY o.id, t.id
                    """, arguments: StatementArguments(arguments))
            var orders: [LaboratoryOrder] = []
            while let row = try cursor.next() {
                if orders.last?.number != row["id"] { orders.append(LaboratoryOrder(row)) }
                if let test = LaboratoryOrder.Test(row) { orders[orders.count - 1].tests.append(test) }
            }
            return orders
        }
    }
}

extension LaboratoryOrder {
    fileprivate init(_ row: Row) {
        self.init()
        number = row["id"]
        placer = row["placer"]
        filler = row["filler"]
        specimenID = row["specimen"]
        specimenType = row["type"]
        patient.id = row["patient"]
        patient.name = row["name"]
        patient.birthDate = row["birth"]
        patient.sex = row["sex"]
        priority = LaboratoryOrder.Priority(rawValue: row["priority"]) ?? .routine
        orderedAt = row["ordered"]
        collectedAt = row["collected"]
        devices = (row["devices"] as String).split(separator: "\n").map(String.init)
        createdAt = row["created"]
    }
}

extension LaboratoryOrder.Test {
    /// Nil: an order of which no test is left.
    fileprivate init?(_ row: Row) {
        guard let number = row["test"] as Int64? else { return nil }
        self.init(code: row["code"], name: row["test_name"])
        self.number = number
        state = LaboratoryOrder.TestState(rawValue: row["state"]) ?? .registered
        device = row["device"]
        changedAt = row["changed"]
        note = row["note"]
    }
}
