import ImagingModel
import JSONText

/// Orders as JSON (the shape is told at `ImagingOrders`).
enum JSONOrders {
    static func parse(_ bytes: [UInt8]) throws(ImagingOrderFault) -> [ImagingOrder] {
        let value: JSONValue
        do { value = try JSONValue(parsing: bytes) } catch {
            throw ImagingOrderFault("the file is no JSON: \(error)", "correct it there")
        }
        guard let list = value.array ?? value["orders"]?.array else {
            throw ImagingOrderFault("the file holds no list of orders", "an array, or an object with \"orders\"")
        }
        var orders: [ImagingOrder] = []
        for (place, entry) in list.enumerated() {
            var reader = Reader("order \(place + 1)", entry)
            orders.append(try reader.order())
        }
        return orders
    }

    /// One object; keys that nobody asked for are faults, because they are spelling mistakes.
    private struct Reader {
        let place: String
        private let object: JSONObject
        private let isObject: Bool
        private var asked: Set<String> = []

        init(_ place: String, _ value: JSONValue) {
            self.place = place
            object = value.object ?? JSONObject()
            isObject = value.object != nil
        }

        mutating func text(_ key: String) throws(ImagingOrderFault) -> String {
            asked.insert(key)
            switch object[key] {
            case nil, .null?: return ""
            case .string(let text)?: return text.allSatisfy { !$0.isNewline } ? text : text.filter { !$0.isNewline }
            case .number(let text)?: return text
            default: throw ImagingOrderFault("\(place): \"\(key)\" is no text", "write a string")
            }
        }

        mutating func texts(_ key: String) throws(ImagingOrderFault) -> [String] {
            asked.insert(key)
            guard case .array(let values)? = object[key] else {
                let one = try text(key)
                return one.isEmpty ? [] : [one]
            }
            return values.compactMap(\.string)
        }

        mutating func integer(_ key: String) throws(ImagingOrderFault) -> Int? {
            let text = try text(key)
            guard !text.isEmpty else { return nil }
            guard let number = Int(text), number >= 0 else {
                throw ImagingOrderFault("\(place): \"\(key)\" is no number", "write a whole number")
            }
            return number
        }

        mutating func reader(_ key: String) -> Reader? {
            asked.insert(key)
            return object[key].flatMap { $0 == .null ? nil : Reader("\(place), \(key)", $0) }
        }

        mutating func readers(_ key: String) -> [Reader] {
            asked.insert(key)
            return (object[key]?.array ?? []).enumerated().map {
                Reader("\(place), \(key) \($0.offset + 1)", $0.element)
            }
        }

        func end() throws(ImagingOrderFault) {
            guard isObject else { throw ImagingOrderFault("\(place): is no object", "write { … }") }
            if let other = object.members.first(where: { !asked.contains($0.key) }) {
                throw ImagingOrderFault(
                    "\(place): \"\(other.key)\" is not known", "one of \(asked.sorted().joined(separator: ", "))")
            }
        }

        mutating func code() throws(ImagingOrderFault) -> ImagingOrder.Code {
            let code = ImagingOrder.Code(
                value: try text("value"), scheme: try text("scheme"), meaning: try text("meaning"))
            try end()
            return code
        }

        mutating func patient() throws(ImagingOrderFault) -> PatientModule {
            var patient = PatientModule()
            patient.id = try text("id")
            patient.issuer = try text("issuer")
            patient.name = try text("name")
            patient.birthDate = try ImagingOrders.date(try text("birth_date"), place)
            patient.sex = try text("sex")
            patient.otherIDs = try texts("other_ids")
            try end()
            return patient
        }

        mutating func step() throws(ImagingOrderFault) -> ImagingOrder.Step {
            var step = ImagingOrder.Step()
            step.id = try text("id")
            step.stationAEs = try texts("station_ae")
            step.stationName = try text("station_name")
            step.location = try text("location")
            step.date = try ImagingOrders.date(try text("date"), place)
            step.time = try ImagingOrders.time(try text("time"), place)
            step.modality = try text("modality")
            step.description = try text("description")
            step.performer = try text("performer")
            for var reader in readers("codes") { step.codes.append(try reader.code()) }
            step.state = try ImagingOrders.state(try text("state"), place)
            try end()
            return step
        }

        mutating func order() throws(ImagingOrderFault) -> ImagingOrder {
            var order = ImagingOrder()
            if var reader = reader("patient") { order.patient = try reader.patient() }
            order.accession = try text("accession")
            order.studyUID = try text("study_uid")
            if var procedure = reader("procedure") {
                order.procedureID = try procedure.text("id")
                order.procedureDescription = try procedure.text("description")
                if var code = procedure.reader("code") { order.procedureCode = try code.code() }
                try procedure.end()
            }
            order.priority = try text("priority").uppercased()
            order.placer = try text("placer")
            order.filler = try text("filler")
            order.referrer = try text("referrer")
            order.requester = try text("requester")
            order.patientLocation = try text("location")
            order.admission = try text("admission")
            order.alerts = try text("alerts")
            order.allergies = try text("allergies")
            order.weight = try text("weight")
            order.pregnancy = try integer("pregnancy").map { min($0, 4) }
            order.expectedInstances = try integer("expected_instances")
            for var reader in readers("steps") { order.steps.append(try reader.step()) }
            try end()
            return order
        }
    }
}
