import DriverKit
import HL7v2
import JSONText

/// Where in the segments things are. Read once, then only looked at.
final class FieldOptions {
    var specimen = Selector(["SPM-2.1.1", "SPM-2.2.1", "SAC-3.1", "OBR-2.1", "OBR-3.1"])
    var specimenKind: Selector?
    var specimenType = Selector(["SPM-4.1", "OBR-15.1"])
    var rack: Selector?
    var position: Selector?
    var priority = Selector(["TQ1-9.1", "OBR-27.6", "OBR-5"])
    var placerID = Selector(["ORC-2.1", "OBR-2.1"])
    var fillerID = Selector(["ORC-3.1", "OBR-3.1"])
    var orderedAt = Selector(["ORC-9", "OBR-6"])
    var collectedAt = Selector(["SPM-17"])
    var receivedAt = Selector(["SPM-18", "OBR-14"])
    var reportedAt = Selector(["OBR-22"])
    var reportType = Selector(["OBR-25"])
    var action = Selector(["OBR-11"])
    var orderRun: Selector?
    /// Order or result that this one is a rerun or reflex of.
    var parent: Selector?
    var patient = Selector(["PID-3.1", "PID-2.1"])
    var alternatePatients = Selector.each(["PID-2.1", "PID-3[2].1", "PID-4.1", "PID-18.1"])
    var patientName = Selector(["PID-5"])
    var birthDate = Selector(["PID-7"])
    var sex = Selector(["PID-8.1"])
    var location = Selector(["PV1-3"])
    var code = Selector(["OBX-3.*", "OBX-4.*"])
    var name = Selector(["OBX-3.2", "OBX-3.5"])
    /// Nil: OBX-5 as its type asks.
    var value: Selector?
    var valueInstead: Selector?
    var noValues: [Glob] = []
    var valueFlags: [(mark: String, flag: String)] = []
    var unit = Selector(["OBX-6.*"])
    var range = Selector(["OBX-7"])
    var flags = Selector(["OBX-8"])
    var flagSeparators: [UInt8] = []
    var status = Selector(["OBX-11"])
    var time = Selector(["OBX-14", "OBX-19", "OBR-7", "OBR-22"])
    var startedAt: Selector?
    var operatorID = Selector(["OBX-16.1"])
    var instrument = Selector(["OBX-18.1"])
    var method = Selector(["OBX-17.1"])
    var run: Selector?
    var subID = Selector(["OBX-4"])
    /// MSH-16 (1 calibration, 2 control) and MSH-11 (Q) of the Mindray family, SPM-11 (HL7 table 0369; P: patient). Never to a chart.
    var qc = [
        Condition("MSH-16", ["1", "2"]), Condition("MSH-11.1", ["Q"]),
        Condition("SPM-11.1", ["", "P"], isNegated: true),
    ]
    /// Those of the profile that look at the row itself.
    var rowQC: [Condition] = []
    var rows = RowRule.standard
    var records: [RecordRule] = []
    var split: SplitRule?
    var keepsComments = true

    init() {}

    init(_ reader: inout OptionReader) throws(OptionsFault) {
        specimen = try reader.selector("specimen") ?? specimen
        specimenKind = try reader.selector("specimen_kind")
        specimenType = try reader.selector("specimen_type") ?? specimenType
        rack = try reader.selector("rack")
        position = try reader.selector("position")
        priority = try reader.selector("priority") ?? priority
        placerID = try reader.selector("placer_id") ?? placerID
        fillerID = try reader.selector("filler_id") ?? fillerID
        orderedAt = try reader.selector("ordered_at") ?? orderedAt
        collectedAt = try reader.selector("collected_at") ?? collectedAt
        receivedAt = try reader.selector("received_at") ?? receivedAt
        reportedAt = try reader.selector("reported_at") ?? reportedAt
        reportType = try reader.selector("report_type") ?? reportType
        action = try reader.selector("action") ?? action
        orderRun = try reader.selector("order_run")
        parent = try reader.selector("parent")
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
        name = try reader.selector("name") ?? name
        value = try reader.selector("value")
        valueInstead = try reader.selector("value_instead")
        noValues = (try reader.texts("no_value") ?? []).map { Glob($0) }
        if let pattern = noValues.first(where: { $0.pattern.allSatisfy { $0 == "*" } }) {
            throw OptionsFault(
                "options.no_value: \"\(pattern.pattern)\" fits every value, because * stands for any text; a row of stars is "
                    + "known to be no value and needs no entry")
        }
        if let marks = reader.value("value_flags") {
            for member in try OptionReader(marks, name: "options.value_flags").members where !member.key.isEmpty {
                let flag = try OptionReader.texts(member.value, name: "options.value_flags.\(member.key)").first ?? ""
                valueFlags.append((member.key, flag))
            }
        }
        unit = try reader.selector("unit") ?? unit
        range = try reader.selector("range") ?? range
        flags = try reader.selector("flags") ?? flags
        flagSeparators = Array((try reader.text("flag_separators") ?? "").utf8)
        if let byte = flagSeparators.first(where: { $0 > 0x7E }) {
            throw OptionsFault("options.flag_separators: write ASCII signs only, not byte \(byte)")
        }
        status = try reader.selector("status") ?? status
        time = try reader.selector("time") ?? time
        startedAt = try reader.selector("started_at")
        operatorID = try reader.selector("operator") ?? operatorID
        instrument = try reader.selector("instrument") ?? instrument
        method = try reader.selector("method") ?? method
        run = try reader.selector("run")
        subID = try reader.selector("sub_id") ?? subID
    }

    private func readRules(_ reader: inout OptionReader) throws(OptionsFault) {
        if try reader.flag("standard_qc") == false { qc = [] }
        if let value = reader.value("qc") {
            for (index, item) in (value.array ?? [value]).enumerated() {
                let condition = try Condition(item, name: "options.qc[\(index)]")
                if condition.looksAtRow { rowQC.append(condition) } else { qc.append(condition) }
            }
        }
        if let readers = try reader.objects("rows") {
            var rules: [RowRule] = []
            for reader in readers { rules.append(try RowRule(reader)) }
            rows = rules + rows
        }
        for reader in try reader.objects("record_results") ?? [] { records.append(try RecordRule(reader)) }
        if let value = reader.value("split") { split = try SplitRule(value) }
        keepsComments = try reader.flag("comments") ?? true
    }
}

extension Selector {
    /// One selector for each path.
    static func each(_ paths: [String]) -> [Selector] { paths.map { Selector([$0]) } }
}
