import DriverKit
import JSONText
import POCT1A

/// The options of a profile for the driver `poct1a`. Each is described in the driver's README.
struct POCT1AOptions {
    /// What the gateway asks for after the device's status.
    enum Requests: Sendable {
        /// What the device says it has.
        case new
        /// Observations in any case.
        case always
        /// Nothing: the device sends by itself.
        case nothing
    }
    /// What follows when everything has been asked for.
    enum Afterwards: Sendable {
        /// Continuous mode where the device says that it knows it, else the end.
        case automatic
        case continuous
        case end
        /// Nothing: the device goes on.
        case nothing
    }

    var longestDocument = DocumentFramer.defaultLimit
    /// Silence in the middle of a document after which it is broken off: microseconds.
    var silence: Int64 = 15_000_000
    /// Silence in a conversation when the device does not say its own: microseconds. 60 s: seen in Hello messages.
    var applicationTimeout: Int64 = 60_000_000
    var requests = Requests.new
    var asksForEvents = true
    var afterwards = Afterwards.automatic
    var isWrapped: Bool?
    var specimen = [Place("SPC.specimen_id"), Place("PT.patient_id")]
    var specimenKind = ""
    var patient = [Place("PT.patient_id")]
    var placer = [Place("ORD.order_id")]
    /// SVC.role_cd of observations of patients.
    var patientRoles: Set<String> = ["OBS"]
    /// OBS.method_cd of values that were not measured or calculated but put in.
    var enteredMethods: Set<String> = ["I", "D"]
    /// OBS.status_cd that mean that the value does not stand.
    var rejectedStates: Set<String> = ["D", "R"]
    /// Notes that are flags.
    var noteFlags: Set<String> = []

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        longestDocument = try reader.count("max_document", 1024...(1 << 26)) ?? longestDocument
        if let milliseconds = try reader.count("silence_ms", 500...600_000) { silence = Int64(milliseconds) * 1000 }
        if let seconds = try reader.count("application_timeout_s", 5...86_400) {
            applicationTimeout = Int64(seconds) * 1_000_000
        }
        requests = try reader.choice("request", ["new": .new, "always": .always, "none": .nothing]) ?? requests
        asksForEvents = try reader.flag("events") ?? asksForEvents
        let ends: KeyValuePairs<String, Afterwards> = [
            "auto": .automatic, "continuous": .continuous, "end": .end, "none": .nothing,
        ]
        afterwards = try reader.choice("afterwards", ends) ?? afterwards
        isWrapped = try reader.choice("framing", ["auto": nil, "none": false, "mllp": true]) ?? nil
        specimen = try reader.places("specimen") ?? specimen
        patient = try reader.places("patient") ?? patient
        placer = try reader.places("placer_id") ?? placer
        specimenKind = try reader.choice("specimen_kind", ["barcode": "barcode", "number": "number"]) ?? ""
        if let roles = try reader.texts("patient_roles") { patientRoles = Set(roles) }
        if let methods = try reader.texts("entered_methods") { enteredMethods = Set(methods) }
        if let states = try reader.texts("rejected_states") { rejectedStates = Set(states) }
        if let notes = try reader.texts("note_flags") { noteFlags = Set(notes) }
        try reader.finish()
    }
}

/// Where an identifier stands: the element `ORD.order_id`, wherever it is in the service.
struct Place: Sendable {
    let element: String

    init(_ element: String) { self.element = element }

    func text(in service: XMLElement) -> String { service.descendant(element)?.value ?? "" }
}

extension [Place] {
    /// The first that holds anything.
    func text(in service: XMLElement) -> String {
        for place in self {
            let text = place.text(in: service)
            if !text.isEmpty { return text }
        }
        return ""
    }
}

extension OptionReader {
    fileprivate mutating func places(_ key: String) throws(OptionsFault) -> [Place]? {
        guard let texts = try texts(key) else { return nil }
        for text in texts where !text.contains(".") || text.utf8.contains(where: { $0 <= 0x20 }) {
            throw OptionsFault(
                "\(name).\(key): \"\(text)\" names no element; write for example PT.patient_id or ORD.order_id")
        }
        return texts.map { Place($0) }
    }
}
