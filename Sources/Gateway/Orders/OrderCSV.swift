/// Laboratory orders as lines of fields.
enum OrderCSV {
    static func parse(_ bytes: [UInt8]) throws(OrderFileFault) -> [(place: String, order: LaboratoryOrder)] {
        let text = SeparatedText(String(decoding: bytes, as: UTF8.self))
        if let line = text.openQuote {
            throw OrderFileFault("line \(line): a quote is opened and not closed", "close it, or double it")
        }
        var rows = text.rows[...]
        guard let head = rows.popFirst() else {
            throw OrderFileFault("the file is empty", "a first line with names of columns")
        }
        let names = head.fields.map { $0.lowercased() }
        let known = OrderFile.columns
        if let other = names.first(where: { !known.contains($0) }) {
            throw OrderFileFault(
                "line \(head.line): there is no column \"\(other)\"", "one of \(known.joined(separator: ", "))")
        }
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw OrderFileFault("line \(head.line): column \"\(twice)\" is there twice", "remove one")
        }
        var orders: [(place: String, order: LaboratoryOrder)] = []
        for row in rows {
            let place = "line \(row.line)"
            guard row.fields.count <= names.count else {
                throw OrderFileFault(
                    "\(place): \(row.fields.count) fields where line \(head.line) has \(names.count)",
                    "quote fields that hold the separator")
            }
            orders.append((place, try order(Dictionary(uniqueKeysWithValues: zip(names, row.fields)), place)))
        }
        return orders
    }

    private static func order(
        _ values: [String: String], _ place: String
    ) throws(OrderFileFault) -> LaboratoryOrder {
        func text(_ name: String) -> String { values[name] ?? "" }
        func list(_ name: String) -> [String] {
            text(name).split { $0.isWhitespace || $0 == "," || $0 == ";" }.map(String.init)
        }
        var order = LaboratoryOrder()
        order.placer = text("placer")
        order.filler = text("filler")
        order.specimenID = text("specimen_id")
        order.specimenType = text("specimen_type")
        order.patient.id = text("patient_id")
        order.patient.name = text("patient_name")
        order.patient.birthDate = try OrderFile.date(text("birth_date"), place)
        order.patient.sex = try OrderFile.sex(text("sex"), place)
        for code in list("tests") where !order.tests.contains(where: { $0.code == code }) {
            order.tests.append(LaboratoryOrder.Test(code: code))
        }
        order.priority = try OrderFile.priority(text("priority"), place)
        order.action = try OrderFile.action(text("action"), place)
        order.orderedAt = try OrderFile.time(text("ordered_at"), place)
        order.collectedAt = try OrderFile.time(text("collected_at"), place)
        order.devices = list("devices")
        return order
    }
}
