import DriverKit
import JSONText
import LIS02

/// `order`: how orders and answers to queries are written for the device.
struct OrderOptions {
    /// What a device is told about a specimen that nobody knows.
    enum Unknown: Sendable {
        /// H, L|1|I: no information.
        case terminator
        /// The order record with O.26 = Y: no order.
        case noOrder
        /// The order record with O.26 = Z: no patient.
        case noPatient
        /// The question repeated with Q.13 = X.
        case question
        /// Nothing is sent: the device gives up by its own timer.
        case silence
    }

    var isTaken = true
    /// Each specimen of a question in a message of its own.
    var isAnsweredApart = false
    /// L.3 of the answer to a question that cannot be answered; empty: as `unknown`.
    var errorTerminator = "Q"
    var delimiters: LIS02Delimiters?
    var sender = "HILUM"
    var receiver = ""
    var processing = "P"
    var version = "LIS2-A2"
    var specimen = LIS02Path("O.3.1")
    var patient = LIS02Path("P.3")
    var patientName = LIS02Path("P.6")
    var birthDate = LIS02Path("P.8")
    var sex = LIS02Path("P.9")
    var specimenType = LIS02Path("O.16.1")
    /// O.5 of one test: texts before and after the code, each a component.
    var testForm: (before: [String], after: [String]) = (["", "", ""], [])
    var isRecordPerTest = false
    var action = "N"
    var answerReportType = "Q"
    var orderReportType = "O"
    var answerTerminator = "F"
    var orderTerminator = "N"
    var unknown = Unknown.terminator
    /// Fields of the answer that repeat something of the query.
    var echoes: [(to: LIS02Path, from: LIS02Path)] = []
    /// Fields with a fixed text.
    var constants: [(to: LIS02Path, text: String)] = []
    /// The same in orders that nobody asked for, over the others.
    var unaskedConstants: [(to: LIS02Path, text: String)] = []
    var attempts = 6
    /// LIS01-A2 6.3.5: a device that is sending is asked for the line (EOT in place of ACK).
    var interrupts = false

    init() {}

    init(_ json: JSONValue) throws(OptionsFault) {
        if json.bool == false {
            isTaken = false
            return
        }
        var reader = try OptionReader(json, name: "options.order")
        if let text = try reader.text("delimiters"), text != "query" {
            let bytes = Array(text.utf8)
            guard bytes.count == 4, Set(bytes).count == 4, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw OptionsFault(
                    "options.order.delimiters: write query, or field, repeat, component and escape like |\\^&")
            }
            delimiters = LIS02Delimiters(field: bytes[0], repeat: bytes[1], component: bytes[2], escape: bytes[3])
        }
        sender = try reader.text("sender") ?? sender
        receiver = try reader.text("receiver") ?? receiver
        processing = try reader.text("processing") ?? processing
        version = try reader.text("version") ?? version
        specimen = try reader.path("specimen") ?? specimen
        patient = try reader.path("patient") ?? patient
        patientName = try reader.path("patient_name") ?? patientName
        birthDate = try reader.path("birth_date") ?? birthDate
        sex = try reader.path("sex") ?? sex
        specimenType = try reader.path("specimen_type") ?? specimenType
        if let component = try reader.count("test_component", 1...20) {
            testForm = (Array(repeating: "", count: component - 1), [])
        }
        if let form = try reader.text("test") {
            let parts = form.split(separator: "^", omittingEmptySubsequences: false).map(String.init)
            guard parts.count <= 20, let place = parts.firstIndex(of: "*"), parts.count(where: { $0 == "*" }) == 1
            else {
                throw OptionsFault(
                    "options.order.test: \"\(form)\" has no component that is *; write for example ^^^*^0")
            }
            testForm = (Array(parts[..<place]), Array(parts[(place + 1)...]))
        }
        isAnsweredApart = try reader.choice("answers", ["together": false, "apart": true]) ?? false
        switch try reader.text("error") {
        case nil: break
        case "unknown": errorTerminator = ""
        case .some(let text):
            guard text.utf8.count == 5, text.hasPrefix("L|1|") else {
                throw OptionsFault("options.order.error: write L|1|Q, or unknown for the answer to an unknown specimen")
            }
            errorTerminator = String(text.suffix(1))
        }
        isRecordPerTest = try reader.choice("tests", ["repeats": false, "records": true]) ?? false
        action = try reader.text("action") ?? action
        answerReportType = try reader.text("answer_report_type") ?? answerReportType
        orderReportType = try reader.text("order_report_type") ?? orderReportType
        answerTerminator = try reader.text("answer_terminator") ?? answerTerminator
        orderTerminator = try reader.text("order_terminator") ?? orderTerminator
        attempts = try reader.count("attempts", 1...1000) ?? attempts
        interrupts = try reader.flag("interrupts") ?? false
        let unknowns: KeyValuePairs<String, Unknown> = [
            "L|1|I": .terminator, "O.26 Y": .noOrder, "O.26 Z": .noPatient, "Q.13 X": .question, "none": .silence,
        ]
        unknown = try reader.choice("unknown", unknowns) ?? .terminator
        if let echo = reader.value("echo") {
            let echoReader = try OptionReader(echo, name: "options.order.echo")
            for member in echoReader.members {
                guard let to = LIS02Path(member.key), let from = LIS02Path(member.value.string ?? "") else {
                    throw OptionsFault(
                        "options.order.echo.\(member.key): write a path and where it is taken from, like O.4: Q.3.3")
                }
                echoes.append((to, from))
            }
        }
        constants = try OrderOptions.constants(&reader, "set")
        unaskedConstants = try OrderOptions.constants(&reader, "set_unasked")
        try reader.finish()
    }

    private static func constants(
        _ reader: inout OptionReader, _ key: String
    ) throws(OptionsFault) -> [(to: LIS02Path, text: String)] {
        guard let set = reader.value(key) else { return [] }
        var constants: [(to: LIS02Path, text: String)] = []
        for member in try OptionReader(set, name: "options.order.\(key)").members {
            guard let to = LIS02Path(member.key) else {
                throw OptionsFault("options.order.\(key): \"\(member.key)\" is no path; write for example O.11")
            }
            let name = "options.order.\(key).\(member.key)"
            constants.append((to, try OptionReader.texts(member.value, name: name).first ?? ""))
        }
        return constants
    }
}

extension OptionReader {
    mutating func path(_ key: String) throws(OptionsFault) -> LIS02Path? {
        guard let text = try text(key) else { return nil }
        guard let path = LIS02Path(text) else {
            throw OptionsFault("\(name).\(key): \"\(text)\" is no path; write for example O.3.1")
        }
        return path
    }
}
