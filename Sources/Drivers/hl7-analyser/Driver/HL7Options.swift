import CharacterSets
import DriverKit
import HL7v2
import JSONText
import MLLP

/// The options of a profile for the driver `hl7-analyser`. Each is described in the driver's README.
struct HL7Options {
    var framing = MLLPDecoder.Framing.automatic
    var longestMessage = MLLPDecoder.defaultLimit
    /// Silence after which an unframed message is complete: microseconds.
    var unframedEnd: Int64 = 2_000_000
    var charset = HL7CharacterSetChoice.automatic
    /// First components of MSH-9 that carry results.
    var resultMessages: Set<String> = ["ORU", "OUL", "OPU"]
    /// First components of MSH-9, or both joined by ^, that are accepted as events.
    var eventMessages: Set<String> = [
        "ESU", "ESR", "INU", "INR", "SSU", "SSR", "EAR", "EAN", "NMD", "TCU", "LSU", "NMQ",
    ]
    var acknowledgement = AcknowledgementOptions()
    var fields = FieldOptions()
    var query = QueryOptions()

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        framing = try reader.choice("framing", ["auto": .automatic, "mllp": .blocks]) ?? .automatic
        longestMessage = try reader.count("max_message", 1024...(1 << 28)) ?? longestMessage
        if let milliseconds = try reader.count("unframed_end_ms", 50...600_000) {
            unframedEnd = Int64(milliseconds) * 1000
        }
        switch try reader.text("charset") {
        case nil, "auto": charset = .automatic
        case "declared": charset = .declared
        case .some(let name):
            guard let set = CharacterSet(name: name) else {
                throw OptionsFault(
                    "options.charset: \"\(name)\" is not known; write for example auto, declared, UTF-8, GB18030, ISO-8859-1"
                )
            }
            charset = .fixed(set)
        }
        if let types = try reader.texts("result_messages") { resultMessages = Set(types) }
        if let types = try reader.texts("event_messages") { eventMessages.formUnion(types) }
        if let value = reader.value("acknowledgement") { acknowledgement = try AcknowledgementOptions(value) }
        if let value = reader.value("query") { query = try QueryOptions(value) }
        fields = try FieldOptions(&reader)
        try reader.finish()
    }
}

/// `acknowledgement`: how answers look.
struct AcknowledgementOptions {
    enum Mode: Sendable {
        case auto
        case original
        case enhanced
        case none
    }
    var mode = Mode.auto
    var event = HL7Acknowledgement.EventStyle.byVersion
    var version = ""
    var charset: CharacterSet?
    var sender: (application: String, facility: String)?
    var usesTheirControlID = false
    var hasZone = true
    var fields: [(path: HL7Path, text: String)] = []

    init() {}

    init(_ value: JSONValue) throws(OptionsFault) {
        let name = "options.acknowledgement"
        if case .string(let word) = value {
            var reader = try OptionReader(.object(["mode": value]), name: "options.acknowledgement (\(word))")
            try readMode(&reader)
            return
        }
        var reader = try OptionReader(value, name: name)
        try readMode(&reader)
        let events: KeyValuePairs<String, HL7Acknowledgement.EventStyle> = [
            "auto": .byVersion, "none": .plain, "event": .event, "structure": .structure,
        ]
        event = try reader.choice("event", events) ?? .byVersion
        version = try reader.text("version") ?? ""
        if let text = try reader.text("charset") {
            guard let set = CharacterSet(name: text) else {
                throw OptionsFault("\(name).charset: \"\(text)\" is not known; write for example UTF-8 or GB18030")
            }
            charset = set
        }
        let application = try reader.text("sending_application")
        let facility = try reader.text("sending_facility")
        if application != nil || facility != nil { sender = (application ?? "", facility ?? "") }
        usesTheirControlID = try reader.choice("control_id", ["own": false, "theirs": true]) ?? false
        hasZone = try reader.flag("zone") ?? true
        if let set = reader.value("set") {
            for member in try OptionReader(set, name: "\(name).set").members {
                guard let path = HL7Path(member.key), path.segment == .msh || path.segment == .msa, path.field > 2,
                    path.component == .whole
                else { throw OptionsFault("\(name).set: \"\(member.key)\" is no field of MSH or MSA, like MSA-6") }
                fields.append((path, try OptionReader.texts(member.value, name: "\(name).set").first ?? ""))
            }
        }
        try reader.finish()
    }

    private mutating func readMode(_ reader: inout OptionReader) throws(OptionsFault) {
        let modes: KeyValuePairs<String, Mode> = [
            "auto": .auto, "original": .original, "enhanced": .enhanced, "none": .none,
        ]
        mode = try reader.choice("mode", modes) ?? .auto
    }
}

/// `query`: how the device asks for orders, and how it is answered.
struct QueryOptions {
    enum Dialect: Sendable {
        case auto
        /// QCK^Q02 and DSR^Q03.
        case display
        /// RSP^K11, then OML^O33.
        case law
        /// ORM^O01 that asks (ORC-1 RF), ORR^O02.
        case order
        /// RSP only.
        case response
        /// Queries are refused.
        case none
    }
    var dialect = Dialect.auto
    var specimen = Selector(["QRD-8.1", "QPD-3.1.1", "ORC-3.1", "ORC-2.1"])
    var patient = Selector([])
    /// How long the host may take: microseconds. Then the device is told that nothing is known.
    var timeout: Int64 = 1_500_000
    /// ORR^O02: OBX-3 of the one row whose value is the tests, joined by +; empty: a row a test.
    var testRow = ""
    /// ORR^O02: rows that every order has, OBX-3 and value.
    var fixedRows: [(code: String, value: String)] = []
    /// ORR^O02: OBR-4.
    var service = ""
    /// ORR^O02: the device's word for a sex.
    var sexes: [String: String] = [:]
    /// IHE LAW: the analyser takes orders on a connection of their own.
    var ordersGoElsewhere = false

    init() {}

    init(_ value: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(value, name: "options.query")
        let dialects: KeyValuePairs<String, Dialect> = [
            "auto": .auto, "dsr": .display, "law": .law, "orr": .order, "rsp": .response, "none": .none,
        ]
        dialect = try reader.choice("dialect", dialects) ?? .auto
        specimen = try reader.selector("specimen") ?? specimen
        patient = try reader.selector("patient") ?? patient
        if let milliseconds = try reader.count("timeout_ms", 100...60_000) { timeout = Int64(milliseconds) * 1000 }
        testRow = try reader.text("test_row") ?? ""
        service = try reader.text("service") ?? ""
        for (key, keep) in [("rows", true), ("sex", false)] {
            guard let value = reader.value(key) else { continue }
            for member in try OptionReader(value, name: "options.query.\(key)").members {
                let text = try OptionReader.texts(member.value, name: "options.query.\(key).\(member.key)").first ?? ""
                if keep { fixedRows.append((member.key, text)) } else { sexes[member.key] = text }
            }
        }
        ordersGoElsewhere = try reader.choice("orders", ["here": false, "elsewhere": true]) ?? false
        try reader.finish()
    }
}
