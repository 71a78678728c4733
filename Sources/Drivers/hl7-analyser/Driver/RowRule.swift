import DriverKit
import DriverWire
import HL7v2
import JSONText

/// `rows`: what an OBX segment is good for. Each property is taken from the first rule that fits and sets it.
final class RowRule {
    var condition: Condition
    var role: DeviceMessage.Result.Role?
    var isLeftOut: Bool?
    var isUsable: Bool?
    var absentReason: String?
    var isQC: Bool?
    var isResent: Bool?
    var contentType: String?
    var code: Selector?
    var name: Selector?
    var value: Selector?
    var unit: Selector?

    init(_ reader: OptionReader) throws(OptionsFault) {
        var reader = reader
        guard let when = reader.value("when") else {
            throw OptionsFault("\(reader.name): write when, like when: {OBX-2: IS}")
        }
        condition = try Condition(when, name: "\(reader.name).when")
        let roles: KeyValuePairs<String, DeviceMessage.Result.Role?> = [
            "result": .result, "raw": .raw, "info": .info, "attachment": .attachment, "none": nil,
        ]
        if let role = try reader.choice("role", roles) {
            self.role = role
            isLeftOut = role == nil
        }
        isUsable = try reader.flag("usable")
        absentReason = try reader.text("absent")
        if absentReason != nil, isUsable == nil { isUsable = false }
        isQC = try reader.flag("qc")
        isResent = try reader.flag("resent")
        contentType = try reader.text("content_type")
        code = try reader.selector("code")
        name = try reader.selector("name")
        value = try reader.selector("value")
        unit = try reader.selector("unit")
        try reader.finish()
    }

    private init(condition: Condition) { self.condition = condition }

    /// Table 0085: what always holds, after the profile's own rules.
    static var standard: [RowRule] {
        let cannot = RowRule(condition: Condition("OBX-11", ["X"]))
        cannot.isUsable = false
        cannot.absentReason = "the device could not obtain a result (OBX-11 X)"
        let deleted = RowRule(condition: Condition("OBX-11", ["D"]))
        deleted.isUsable = false
        deleted.absentReason = "the device deleted the result (OBX-11 D)"
        return [cannot, deleted]
    }
}

/// What the rules make of one row.
struct RowMeaning {
    var role: DeviceMessage.Result.Role?
    var isLeftOut = false
    var isUsable: Bool?
    var absentReason: String?
    var isQC = false
    var isResent = false
    var contentType: String?
    var code: Selector?
    var name: Selector?
    var value: Selector?
    var unit: Selector?

    init(_ rules: [RowRule], _ context: SegmentContext, in message: HL7Message) {
        var isLeftOut: Bool?
        var isQC: Bool?
        var isResent: Bool?
        for rule in rules where rule.condition.holds(context, in: message) {
            // A rule that sets the role decides about leaving out as well.
            if isLeftOut == nil { (isLeftOut, role) = (rule.isLeftOut, rule.role) }
            if isUsable == nil { (isUsable, absentReason) = (rule.isUsable, rule.absentReason) }
            isQC = isQC ?? rule.isQC
            isResent = isResent ?? rule.isResent
            contentType = contentType ?? rule.contentType
            code = code ?? rule.code
            name = name ?? rule.name
            value = value ?? rule.value
            unit = unit ?? rule.unit
        }
        self.isLeftOut = isLeftOut ?? false
        self.isQC = isQC ?? false
        self.isResent = isResent ?? false
    }
}

/// `record_results`: a result made of a segment that is no OBX: control values in OBR.
struct RecordRule {
    var condition: Condition
    var segment: HL7SegmentName
    var specimen: Selector?
    var code: Selector
    var name: Selector?
    var value: Selector
    var unit: Selector?
    var time: Selector?
    var role: DeviceMessage.Result.Role
    var isQC: Bool

    init(_ reader: OptionReader) throws(OptionsFault) {
        var reader = reader
        let letters = Array((try reader.text("segment") ?? "OBR").utf8)
        guard letters.count == 3, let segment = HL7SegmentName(letters[0], letters[1], letters[2]) else {
            throw OptionsFault("\(reader.name).segment: write the name of a segment, like OBR")
        }
        self.segment = segment
        guard let when = reader.value("when"), let code = try reader.selector("code"),
            let value = try reader.selector("value")
        else {
            throw OptionsFault(
                "\(reader.name): write when, code and value, like when: {MSH-16: \"2\"}, code: OBR-2, value: OBR-20")
        }
        condition = try Condition(when, name: "\(reader.name).when")
        self.code = code
        self.value = value
        specimen = try reader.selector("specimen")
        name = try reader.selector("name")
        unit = try reader.selector("unit")
        time = try reader.selector("time")
        let role = try reader.choice("role", ["result": DeviceMessage.Result.Role.result, "raw": .raw, "info": .info])
        self.role = role ?? .result
        isQC = try reader.flag("qc") ?? false
        try reader.finish()
    }
}

/// `split`: several quantities in one field, with their names in another, separated by runs of blanks.
struct SplitRule {
    var names: HL7Path
    var values: HL7Path
    /// How many blanks at least stand between two.
    var gap: Int

    init(_ value: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(value, name: "options.split")
        guard let names = HL7Path(try reader.text("names") ?? ""), let values = HL7Path(try reader.text("values") ?? "")
        else { throw OptionsFault("options.split: write names and values, like names: OBX-4, values: OBX-5") }
        self.names = names
        self.values = values
        gap = try reader.count("gap", 1...80) ?? 2
        try reader.finish()
    }

    /// The parts of a text between runs of at least `gap` blanks.
    func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var blanks = 0
        for scalar in text.unicodeScalars {
            if scalar == " " || scalar == "\u{3000}" || scalar == "\t" {
                blanks += 1
                continue
            }
            if blanks >= gap, !part.isEmpty {
                parts.append(part)
                part = ""
            } else if blanks > 0, !part.isEmpty {
                part += String(repeating: " ", count: min(blanks, 4))
            }
            blanks = 0
            part.unicodeScalars.append(scalar)
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }
}
