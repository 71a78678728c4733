import ImagingModel

/// Orders as CSV (RFC 4180): commas or semicolons, quotes doubled inside quotes, UTF-8.
public enum CSVOrders {
    /// Names of columns; `patient_id`, `modality`, `date` and one of `accession`, `procedure_id` must be there.
    public static let columns = [
        "patient_id", "issuer", "patient_name", "birth_date", "sex", "accession", "study_uid", "procedure_id",
        "procedure_description", "procedure_code", "procedure_scheme", "procedure_meaning", "priority", "placer",
        "filler",
        "referrer", "requester", "patient_location", "admission", "allergies", "weight", "expected_instances",
        "step_id",
        "station_ae", "station_name", "location", "date", "time", "modality", "description", "performer",
    ]

    static func parse(_ bytes: [UInt8]) throws(ImagingOrderFault) -> [ImagingOrder] {
        let text = String(decoding: bytes, as: UTF8.self)
        let firstLine = text.prefix { !$0.isNewline }
        let separator: Character = firstLine.contains(",") || !firstLine.contains(";") ? "," : ";"
        var rows = Self.rows(text, separator)[...]
        guard let head = rows.popFirst() else {
            throw ImagingOrderFault("the file is empty", "a first line with names of columns")
        }
        let names = head.fields.map { $0.trimmed.lowercased() }
        if let other = names.first(where: { !columns.contains($0) }) {
            throw ImagingOrderFault(
                "line 1: there is no column \"\(other)\"", "one of \(columns.joined(separator: ", "))")
        }
        var orders: [ImagingOrder] = []
        var places: [String: Int] = [:]
        for row in rows {
            let place = "line \(row.line)"
            guard row.fields.count <= names.count else {
                throw ImagingOrderFault(
                    "\(place): \(row.fields.count) fields where line 1 has \(names.count)",
                    "quote fields that hold the separator")
            }
            var values: [String: String] = [:]
            for (name, value) in zip(names, row.fields) { values[name] = value.trimmed }
            let order = try Self.order(values, place)
            let key = order.accession + "\\" + order.procedureID
            if let known = places[key] {
                orders[known].steps += order.steps
            } else {
                places[key] = orders.count
                orders.append(order)
            }
        }
        return orders
    }

    private static func order(
        _ values: [String: String], _ place: String
    ) throws(ImagingOrderFault) -> ImagingOrder {
        func text(_ name: String) -> String { values[name] ?? "" }
        var order = ImagingOrder()
        order.patient.id = text("patient_id")
        order.patient.issuer = text("issuer")
        order.patient.name = text("patient_name")
        order.patient.birthDate = try ImagingOrders.date(text("birth_date"), place)
        order.patient.sex = text("sex")
        order.accession = text("accession")
        order.studyUID = text("study_uid")
        order.procedureID = text("procedure_id")
        order.procedureDescription = text("procedure_description")
        if !text("procedure_code").isEmpty {
            order.procedureCode = ImagingOrder.Code(
                value: text("procedure_code"), scheme: text("procedure_scheme"), meaning: text("procedure_meaning"))
        }
        order.priority = text("priority").uppercased()
        order.placer = text("placer")
        order.filler = text("filler")
        order.referrer = text("referrer")
        order.requester = text("requester")
        order.patientLocation = text("patient_location")
        order.admission = text("admission")
        order.allergies = text("allergies")
        order.weight = text("weight")
        let expected = text("expected_instances")
        if !expected.isEmpty {
            guard let number = Int(expected), number >= 0 else {
                throw ImagingOrderFault(
                    "\(place): expected_instances \"\(expected)\" is no number", "write a whole number")
            }
            order.expectedInstances = number
        }
        var step = ImagingOrder.Step()
        step.id = text("step_id")
        step.stationAEs = text("station_ae").split(separator: " ").map(String.init)
        step.stationName = text("station_name")
        step.location = text("location")
        step.date = try ImagingOrders.date(text("date"), place)
        step.time = try ImagingOrders.time(text("time"), place)
        step.modality = text("modality")
        step.description = text("description")
        step.performer = text("performer")
        order.steps = [step]
        return order
    }

    private static func rows(_ text: String, _ separator: Character) -> [(line: Int, fields: [String])] {
        var rows: [(line: Int, fields: [String])] = []
        var (fields, field, isQuoted, wasQuote) = ([String](), "", false, false)
        var (line, begun) = (1, 1)
        func isBlank(_ fields: [String]) -> Bool { fields.allSatisfy(\.trimmed.isEmpty) }
        for character in text {
            if isQuoted {
                if character == "\"" {
                    isQuoted = false
                    wasQuote = true
                } else {
                    field.append(character)
                }
            } else if character == "\"", field.isEmpty || wasQuote {
                // A quote inside quotes is doubled.
                if wasQuote { field.append("\"") }
                isQuoted = true
                wasQuote = false
            } else if character == separator {
                fields.append(field)
                (field, wasQuote) = ("", false)
            } else if character.isNewline {
                fields.append(field)
                if !isBlank(fields) { rows.append((begun, fields)) }
                (fields, field, wasQuote) = ([], "", false)
                begun = line + 1
            } else {
                field.append(character)
                wasQuote = false
            }
            if character.isNewline { line += 1 }
        }
        fields.append(field)
        if !isBlank(fields) { rows.append((begun, fields)) }
        return rows
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace ?? false { text.removeFirst() }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }
}
