import ImagingModel
import JSONText

/// Orders from a file, for `hilum orders import`.
///
/// JSON: an array of orders, or an object with `orders`.
///
/// ```json
/// [{"patient": {"id": "P1", "issuer": "HOSP", "name": "Wang^Xiaodong=王^小东", "birth_date": "1960-04-01", "sex": "M",
///               "other_ids": ["X9"]},
///   "accession": "A1", "study_uid": "2.25.1", "procedure": {"id": "RP1", "description": "CT chest",
///               "code": {"value": "24627-2", "scheme": "LN", "meaning": "CT Chest"}},
///   "priority": "ROUTINE", "placer": "PL1", "filler": "FL1", "referrer": "Li^Na", "requester": "Li^Na",
///   "location": "Ward 3", "admission": "V1", "alerts": "", "allergies": "iodine", "weight": "70.5", "pregnancy": 1,
///   "expected_instances": 120,
///   "steps": [{"id": "S1", "station_ae": ["CT1", "CT2"], "station_name": "CT", "location": "Room 1", "date": "2024-03-18",
///              "time": "09:15", "modality": "CT", "description": "chest", "performer": "Zhao^Wei",
///              "codes": [{"value": "C1", "scheme": "99SITE", "meaning": "chest"}], "state": "scheduled"}]}]
/// ```
///
/// Must be there: `patient.id`, `accession` or `procedure.id`, and one step with `modality` and `date`. A Study Instance UID
/// that is missing is made; a step id that is missing is the procedure id (or accession) with the number of the step.
///
/// CSV: a first line with column names, then a line for each step; lines of the same accession and procedure id are one
/// order. Columns: `CSVOrders.columns`.
public enum ImagingOrders {
    /// Reads a file of either kind: JSON begins with `[` or `{`.
    ///
    /// - Parameter makeUID: makes Study Instance UIDs; from random numbers by default.
    /// - Throws: `ImagingOrderFault` that names the place.
    public static func parse(
        _ bytes: [UInt8], makeUID: () -> String = { UIDText.make() }
    ) throws(ImagingOrderFault) -> [ImagingOrder] {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let content = Array(bytes[start...])
        let first = content.first { $0 > 0x20 }
        var orders: [ImagingOrder]
        if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
            orders = try JSONOrders.parse(content)
        } else {
            orders = try CSVOrders.parse(content)
        }
        for place in orders.indices { try complete(&orders[place], "order \(place + 1)", makeUID) }
        return orders
    }

    private static func complete(
        _ order: inout ImagingOrder, _ place: String, _ makeUID: () -> String
    ) throws(ImagingOrderFault) {
        func missing(_ what: String) -> ImagingOrderFault {
            ImagingOrderFault("\(place): \(what) is missing", "add it")
        }
        if order.patient.id.isEmpty { throw missing("the patient's id") }
        if order.accession.isEmpty, order.procedureID.isEmpty { throw missing("the accession number or procedure id") }
        // SH: 16 characters (PS3.5 6.2); longer ones are cut by modalities and match nothing afterwards.
        for (name, value) in [("accession", order.accession), ("procedure id", order.procedureID)]
        where value.count > 16 {
            throw ImagingOrderFault("\(place): \(name) \"\(value)\" has more than 16 characters", "use a shorter one")
        }
        if order.procedureID.isEmpty { order.procedureID = order.accession }
        if order.studyUID.isEmpty { order.studyUID = makeUID() }
        guard UIDText.isPossible(order.studyUID) else {
            throw ImagingOrderFault(
                "\(place): study_uid \"\(order.studyUID)\" is no UID", "digits and points, at most 64")
        }
        if order.steps.isEmpty { throw missing("a step") }
        for number in order.steps.indices {
            let step = "\(place), step \(number + 1)"
            if order.steps[number].modality.isEmpty {
                throw ImagingOrderFault("\(step): the modality is missing", "add it: CT, MR, US, …")
            }
            if order.steps[number].date.isEmpty { throw ImagingOrderFault("\(step): the date is missing", "add it") }
            if order.steps[number].time.isEmpty { order.steps[number].time = "000000" }
            for title in order.steps[number].stationAEs where title.utf8.count > 16 || title.contains("\\") {
                throw ImagingOrderFault("\(step): \"\(title)\" is no AE title", "at most 16 characters, no backslash")
            }
            if order.steps[number].id.isEmpty {
                order.steps[number].id = String("\(order.procedureID)-\(number + 1)".suffix(16))
            }
        }
    }

    /// A date as `2024-03-18` or `20240318`.
    static func date(_ text: String, _ place: String) throws(ImagingOrderFault) -> String {
        let digits = text.filter { $0 != "-" && $0 != "." && $0 != "/" }
        guard text.isEmpty || (digits.utf8.count == 8 && digits.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }) else {
            throw ImagingOrderFault("\(place): \"\(text)\" is no date", "write 2024-03-18")
        }
        return digits
    }

    /// A time as `09:15`, `09:15:30` or `091530`.
    static func time(_ text: String, _ place: String) throws(ImagingOrderFault) -> String {
        let digits = text.filter { $0 != ":" }
        let isTime = [4, 6].contains(digits.utf8.count) && digits.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        guard text.isEmpty || isTime else {
            throw ImagingOrderFault("\(place): \"\(text)\" is no time", "write 09:15 or 09:15:30")
        }
        return digits.utf8.count == 4 ? digits + "00" : digits
    }

    static func state(_ text: String, _ place: String) throws(ImagingOrderFault) -> ImagingOrder.Step.State {
        if text.isEmpty { return .scheduled }
        let state = ImagingOrder.Step.State.allCases.first { $0.word == text.uppercased() }
        guard let state else {
            throw ImagingOrderFault(
                "\(place): there is no state \"\(text)\"",
                "scheduled, arrived, started, completed, discontinued, cancelled")
        }
        return state
    }
}

/// What is wrong in a file of orders.
public struct ImagingOrderFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What, and where.
    public var problem: String
    /// What to do.
    public var cure: String
    init(_ problem: String, _ cure: String) {
        self.problem = problem
        self.cure = cure
    }
    /// Text for people.
    public var description: String { "\(problem); \(cure)" }
}
