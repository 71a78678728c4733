import CharacterSets
import DriverKit
import JSONText
import LIS01
import LIS02

/// The options of a profile for the driver `lis`. Each is described in the driver's README.
struct LISOptions {
    enum Framing: Sendable {
        case auto
        case lis01
        case bare
        case sohEOT
        case records
    }

    var framing = Framing.auto
    var link = LIS01Options()
    /// Nil: told from the bytes of each message.
    var charset: CharacterSet?
    /// False: a message is whole without L record.
    var needsTerminator = true
    var fields = FieldOptions()
    var order = OrderOptions()

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        let framings: KeyValuePairs<String, Framing> = [
            "auto": .auto, "lis01": .lis01, "bare": .bare, "soh-eot": .sohEOT, "records": .records,
        ]
        framing = try reader.choice("framing", framings) ?? .auto
        try readLink(&reader)
        if let name = try reader.text("charset"), name != "auto" {
            guard let charset = CharacterSet(name: name) else {
                throw OptionsFault(
                    "options.charset: \"\(name)\" is not known; write for example auto, UTF-8, GB18030, ISO-8859-1, windows-1251"
                )
            }
            self.charset = charset
        }
        needsTerminator = try reader.choice("terminator", ["required": true, "optional": false]) ?? true
        fields = try FieldOptions(&reader)
        if let value = reader.value("order") { order = try OrderOptions(value) }
        try reader.finish()
        switch framing {
        case .auto: link.frames = .either
        case .bare: link.frames = .bare
        default: link.frames = .numbered
        }
    }

    private mutating func readLink(_ reader: inout OptionReader) throws(OptionsFault) {
        if let checksum = try reader.choice(
            "checksum", ["required": LIS01Options.Checksum.required, "noted": .noted, "none": .none])
        {
            link.checksum = checksum
        }
        link.checksFrameNumbers = try reader.choice("frame_numbers", ["checked": true, "ignored": false]) ?? true
        link.requiresENQ = try reader.choice("establishment", ["required": true, "optional": false]) ?? true
        link.doubledControls = try reader.flag("doubled_controls") ?? false
        link.sendsCRLF = try reader.flag("crlf_after_checksum") ?? true
        link.longestFrame = try reader.count("max_frame", 240...(64 << 20)) ?? link.longestFrame
        link.longestMessage = try reader.count("max_message", 1024...(1 << 30)) ?? link.longestMessage
        link.longestTextSent = try reader.count("frame_sent", 1...63993) ?? 240
        link.sendsRecordPerFrame =
            try reader.choice("send", ["record_per_frame": true, "message_per_frame": false]) ?? true
        if let seconds = try reader.count("receive_timeout", 1...3600) {
            link.timers.frameOrEOT = Int64(seconds) * 1_000_000
        }
        if let seconds = try reader.count("answer_timeout", 1...3600) {
            link.timers.answerToENQ = Int64(seconds) * 1_000_000
            link.timers.answerToFrame = Int64(seconds) * 1_000_000
        }
    }
}

/// Where in the records things are. Not changed once read.
final class FieldOptions {
    var specimen = Selector(["O.3.1", "O.4.*"])
    var specimenKind: Selector?
    var specimenType = Selector(["O.16.1"])
    var rack: Selector?
    var position: Selector?
    var priority = Selector(["O.6"])
    var placerID: Selector?
    var fillerID: Selector?
    var orderedAt = Selector(["O.7"])
    var collectedAt = Selector(["O.8"])
    var receivedAt = Selector(["O.15"])
    var reportedAt = Selector(["O.23"])
    var reportType = Selector(["O.26"])
    var orderRun: Selector?
    var patient = Selector(["P.3.1", "P.4.1", "P.5.1"])
    var alternatePatients = Selector.each(["P.3.1", "P.4.1", "P.5.1"])
    var patientName = Selector(["P.6"])
    var birthDate = Selector(["P.8"])
    var sex = Selector(["P.9"])
    var location = Selector(["P.26"])
    var code = Selector(["R.3.*"])
    var name: Selector?
    var value = Selector(["R.4"])
    var unit = Selector(["R.5"])
    var range = Selector(["R.6"])
    var flags = Selector(["R.7"])
    var flagSeparators: [Unicode.Scalar] = []
    var status = Selector(["R.9"])
    var time = Selector(["R.13", "R.12", "O.23"])
    var startedAt = Selector(["R.12"])
    var operatorID = Selector(["R.11"])
    var instrument = Selector(["R.14"])
    var method: Selector?
    var run: Selector?
    var noneTimes: [Glob] = []
    var qc = [Condition("O.12", "Q"), Condition("H.12", "Q")]
    var rows = [RowRule.cannotBeDone]
    var quantities: [QuantityRule] = []
    var records: [RecordRule] = []
    var commentText = Selector(["C.4"])
    var commentCode: Selector?
    var commentsLeftOut: [Condition] = []
    var querySpecimen = Selector(["Q.3.2", "Q.3.*"])
    var queryLastSpecimen = Selector(["Q.4.2", "Q.4.*"])
    var queryPatient: Selector?
    /// A query of which one holds names no specimen that a device has read.
    var queryUnnamed: [Condition] = []

    init() {}

    init(_ reader: inout OptionReader) throws(OptionsFault) {
        specimen = try reader.selector("specimen") ?? specimen
        specimenKind = try reader.selector("specimen_kind")
        specimenType = try reader.selector("specimen_type") ?? specimenType
        rack = try reader.selector("rack")
        position = try reader.selector("position")
        priority = try reader.selector("priority") ?? priority
        placerID = try reader.selector("placer_id")
        fillerID = try reader.selector("filler_id")
        orderedAt = try reader.selector("ordered_at") ?? orderedAt
        collectedAt = try reader.selector("collected_at") ?? collectedAt
        receivedAt = try reader.selector("received_at") ?? receivedAt
        reportedAt = try reader.selector("reported_at") ?? reportedAt
        reportType = try reader.selector("report_type") ?? reportType
        orderRun = try reader.selector("order_run")
        patient = try reader.selector("patient") ?? patient
        if let paths = try reader.texts("alternate_patients") { alternatePatients = Selector.each(paths) }
        patientName = try reader.selector("patient_name") ?? patientName
        birthDate = try reader.selector("birth_date") ?? birthDate
        sex = try reader.selector("sex") ?? sex
        location = try reader.selector("location") ?? location
        try readResult(&reader)
        try readRules(&reader)
    }

    private func readResult(_ reader: inout OptionReader) throws(OptionsFault) {
        code = try reader.selector("code") ?? code
        name = try reader.selector("name")
        value = try reader.selector("value") ?? value
        unit = try reader.selector("unit") ?? unit
        range = try reader.selector("range") ?? range
        flags = try reader.selector("flags") ?? flags
        flagSeparators = Array((try reader.text("flag_separators") ?? "").unicodeScalars)
        status = try reader.selector("status") ?? status
        time = try reader.selector("time") ?? time
        startedAt = try reader.selector("started_at") ?? startedAt
        operatorID = try reader.selector("operator") ?? operatorID
        instrument = try reader.selector("instrument") ?? instrument
        method = try reader.selector("method")
        run = try reader.selector("run")
        noneTimes = (try reader.texts("none_times") ?? []).map { Glob($0) }
    }

    private func readRules(_ reader: inout OptionReader) throws(OptionsFault) {
        if let value = reader.value("qc") {
            qc = []
            for (index, item) in (value.array ?? [value]).enumerated() {
                qc.append(try Condition(item, name: "options.qc[\(index)]"))
            }
        }
        if let readers = try reader.objects("rows") {
            var rules: [RowRule] = []
            for reader in readers { rules.append(try RowRule(reader)) }
            rows = rules + rows
        }
        for reader in try reader.objects("quantities") ?? [] { quantities.append(try QuantityRule(reader)) }
        for reader in try reader.objects("record_results") ?? [] { records.append(try RecordRule(reader)) }
        if let value = reader.value("comments") {
            var comments = try OptionReader(value, name: "options.comments")
            commentText = try comments.selector("text") ?? commentText
            commentCode = try comments.selector("code")
            if let value = comments.value("leave_out") {
                for (index, item) in (value.array ?? [value]).enumerated() {
                    commentsLeftOut.append(try Condition(item, name: "options.comments.leave_out[\(index)]"))
                }
            }
            try comments.finish()
        }
        if let value = reader.value("query") {
            var query = try OptionReader(value, name: "options.query")
            if let specimen = try query.selector("specimen") {
                querySpecimen = specimen
                // Where the end of a range stands is known where its beginning stands as the standard has it.
                queryLastSpecimen = Selector([])
            }
            queryLastSpecimen = try query.selector("last_specimen") ?? queryLastSpecimen
            queryPatient = try query.selector("patient")
            if let value = query.value("unnamed") {
                for (index, item) in (value.array ?? [value]).enumerated() {
                    queryUnnamed.append(try Condition(item, name: "options.query.unnamed[\(index)]"))
                }
            }
            try query.finish()
        }
    }
}

extension Selector {
    /// One selector for each path.
    static func each(_ paths: [String]) -> [Selector] { paths.map { Selector([$0]) } }
}
