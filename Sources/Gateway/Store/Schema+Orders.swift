extension Schema {
    /// Migration "3": laboratory orders.
    static let laboratoryOrders = """
        -- One row an order number and specimen. devices: ids, one a line; empty: any.
        CREATE TABLE laboratory_order (
            id INTEGER PRIMARY KEY AUTOINCREMENT, placer TEXT NOT NULL, filler TEXT NOT NULL, specimen TEXT NOT NULL,
            type TEXT NOT NULL, patient TEXT NOT NULL, name TEXT NOT NULL, birth TEXT NOT NULL, sex TEXT NOT NULL,
            priority TEXT NOT NULL, ordered TEXT NOT NULL, collected TEXT NOT NULL, devices TEXT NOT NULL,
            created INTEGER NOT NULL);
        CREATE UNIQUE INDEX laboratory_order_placer ON laboratory_order(placer, specimen);
        CREATE INDEX laboratory_order_specimen ON laboratory_order(specimen);
        CREATE INDEX laboratory_order_patient ON laboratory_order(patient);

        -- state: LaboratoryOrder.TestState. device: who has it. answered_by: codes of that device whose result answers it,
        -- one a line.
        CREATE TABLE laboratory_test (
            id INTEGER PRIMARY KEY AUTOINCREMENT, laboratory_order INTEGER NOT NULL, code TEXT NOT NULL,
            name TEXT NOT NULL, state INTEGER NOT NULL, device INTEGER, changed INTEGER NOT NULL,
            note TEXT NOT NULL, answered_by TEXT NOT NULL);
        CREATE UNIQUE INDEX laboratory_test_code ON laboratory_test(laboratory_order, code);
        CREATE INDEX laboratory_test_open ON laboratory_test(laboratory_order) WHERE state < 4;
        CREATE INDEX laboratory_test_registered ON laboratory_test(laboratory_order) WHERE state = 0;
        CREATE INDEX laboratory_test_recalled ON laboratory_test(laboratory_order)
            WHERE state = 5 AND device IS NOT NULL;
        """
}
