import CharacterSets
import DriverKit
import HL7v2
import JSONText

/// What the host hands to `submit`.
struct DeviceOrder {
    var specimenID = ""
    var specimenType = ""
    var patientID = ""
    var patientName = ""
    var birthDate = ""
    var sex = ""
    var tests: [String] = []
    var priority = ""
    /// N new, A add, C cancel.
    var action = ""
    /// O.26 of LIS02: Y and Z mean that there is nothing.
    var reportType = ""
    var placerID = ""
    var token = ""
    /// Numbers of the tests at the host, as many as `tests`, or none.
    var testNumbers: [String] = []
    /// The question cannot be answered.
    var isError = false
    /// Another order in answer to the same message follows.
    var isFollowed = false

    init() {}

    init(_ json: JSONValue) throws(OptionsFault) {
        guard json.object != nil else { throw OptionsFault("an order must be a JSON object") }
        func text(_ key: String, in value: JSONValue? = json) -> String { value?[key]?.string ?? "" }
        specimenID = text("specimen_id")
        specimenType = text("specimen_type")
        let patient = json["patient"]
        patientID = text("id", in: patient)
        patientName = text("name", in: patient)
        birthDate = text("birth_date", in: patient)
        sex = text("sex", in: patient)
        priority = text("priority")
        action = text("action")
        reportType = text("report_type")
        placerID = text("placer_id")
        token = text("token")
        for test in json["tests"]?.array ?? [] { if let test = test.string { tests.append(test) } }
        testNumbers = (json["test_numbers"]?.array ?? []).compactMap(\.string)
        isError = !text("error").isEmpty
        isFollowed = json["more"]?.bool ?? false
    }

    /// Nothing is known of the specimen, or nothing is to be done on it.
    var isNothing: Bool { tests.isEmpty || reportType == "Y" || reportType == "Z" }
    var isUrgent: Bool { priority == "S" || priority == "A" }
}

extension HL7AnalyserDriver {
    /// A writer with MSH that goes back to whoever sent `message`.
    func writer(
        to message: HL7Message?, delimiters: HL7Delimiters, type: [String], controlID: String, _ now: DriverTime
    ) -> HL7Writer {
        let theirs = message?.characterSet ?? .utf8
        let set = options.acknowledgement.charset ?? (theirs == .ascii ? .utf8 : theirs)
        var writer = HL7Writer(characterSet: set, delimiters: delimiters)
        writer.begin("MSH")
        writer.field(3, options.acknowledgement.sender?.application ?? message?.header(5) ?? "")
        writer.field(4, options.acknowledgement.sender?.facility ?? message?.header(6) ?? "")
        writer.field(5, message?.header(3) ?? "")
        writer.field(6, message?.header(4) ?? "")
        writer.field(7)
        writer.time(unix: now.unix, utcOffset: now.utcOffset, zone: options.acknowledgement.hasZone)
        writer.field(9)
        for (place, part) in type.enumerated() { writer.component(place + 1, part) }
        writer.field(10, controlID)
        writer.field(11, message?.header(11) ?? "P")
        let version = options.acknowledgement.version.isEmpty ? message?.header(12) : options.acknowledgement.version
        writer.field(12, version ?? "2.5.1")
        return writer
    }

    private func addAcknowledgement(_ writer: inout HL7Writer, of message: HL7Message) {
        writer.begin("MSA")
        writer.field(1, "AA")
        writer.field(2, message.header(10))
    }

    /// A segment of theirs as it came.
    private func addCopy(_ writer: inout HL7Writer, of name: HL7SegmentName, from message: HL7Message, as: StaticString)
    {
        guard let index = message.firstSegment(name) else { return }
        let text = String(decoding: message.text[message.segments[index].span].dropFirst(3), as: UTF8.self)
        writer.begin(`as`)
        writer.raw(writer.characterSet.encode(text).bytes)
    }

    /// QCK^Q02: whether anything is known (QAK-2 OK, NF nothing, AE it cannot be told).
    func displayStatus(of message: HL7Message, _ status: String, _ now: DriverTime) -> [UInt8] {
        var writer = writer(
            to: message, delimiters: message.delimiters, type: ["QCK", "Q02"], controlID: nextControlID(now), now)
        writer.field(18, message.header(18))
        addAcknowledgement(&writer, of: message)
        writer.begin("ERR")
        writer.field(1, "0")
        writer.begin("QAK")
        writer.field(1, "SR")
        writer.field(2, status)
        return writer.finish()
    }

    /// DSR^Q03: one sample's order, a DSP line for each item.
    ///
    /// - Parameter place: number of the sample among those of a group; 0: one sample was asked for.
    func display(
        _ order: DeviceOrder, place: Int, of message: HL7Message, controlID: String, _ now: DriverTime
    ) -> [UInt8] {
        var writer = writer(
            to: message, delimiters: message.delimiters, type: ["DSR", "Q03"], controlID: controlID, now)
        writer.field(18, message.header(18))
        addAcknowledgement(&writer, of: message)
        writer.begin("ERR")
        writer.field(1, "0")
        writer.begin("QAK")
        writer.field(1, "SR")
        writer.field(2, "OK")
        addCopy(&writer, of: .qrd, from: message, as: "QRD")
        addCopy(&writer, of: .qrf, from: message, as: "QRF")
        let items: [Int: String] = [
            1: order.patientID, 3: order.patientName.split(separator: "^").joined(separator: " "),
            4: HL7AnalyserDriver.compact(order.birthDate), 5: order.sex,
            21: order.specimenID, 24: order.isUrgent ? "Y" : "N", 26: order.specimenType,
        ]
        for number in 1...28 + order.tests.count {
            writer.begin("DSP")
            writer.field(1, String(number))
            if number > 28 {
                // channel^name^unit^range: only the channel is needed.
                HL7AnalyserDriver.components(of: order.tests[number - 29], in: 3, &writer)
            } else {
                writer.field(3, items[number] ?? "")
            }
        }
        writer.begin("DSC")
        if place > 0 { writer.field(1, String(place)) }
        return writer.finish()
    }

    /// RSP to a QBP: that it came (OK), or that nothing is known (NF).
    func queryResponse(to message: HL7Message, status: String, _ now: DriverTime) -> [UInt8] {
        let event = message.string(message.component(2, of: message.field(9, of: 0)))
        let type = event == "Q11" ? ["RSP", "K11", "RSP_K11"] : ["RSP", event]
        var writer = writer(
            to: message, delimiters: message.delimiters, type: type, controlID: nextControlID(now), now)
        writer.field(18, message.header(18))
        addProfile(&writer, of: message)
        addAcknowledgement(&writer, of: message)
        writer.begin("QAK")
        if let qpd = message.firstSegment(.qpd) { writer.field(1, message.string(message.field(2, of: qpd))) }
        writer.field(2, status)
        if event == "Q11", let qpd = message.firstSegment(.qpd) {
            writer.field(3)
            addCopy(&writer, of: message.trimmed(message.field(1, of: qpd)), in: message)
        }
        addCopy(&writer, of: .qpd, from: message, as: "QPD")
        return writer.finish()
    }

    /// Text of the order with `^` between components.
    static func components(of text: String, in field: Int, _ writer: inout HL7Writer) {
        writer.field(field)
        for (place, part) in text.split(separator: "^", omittingEmptySubsequences: false).enumerated() {
            writer.component(place + 1, String(part))
        }
    }

    static func compact(_ iso8601: String) -> String {
        var bytes: [UInt8] = []
        HL7Time.append(iso8601: iso8601, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
