import DriverKit
import DriverWire
import JSONText
import LIS02

/// `rows`: what a result record is good for. Each property is taken from the first rule that fits and sets it.
final class RowRule {
    var condition: Condition
    var role: DeviceMessage.Result.Role?
    var isLeftOut: Bool?
    var isUsable: Bool?
    var absentReason: String?
    var isQC: Bool?
    var isResent: Bool?
    var contentType: String?
    var data: DataRule?
    var code: Selector?
    var value: Selector?

    init(_ reader: OptionReader) throws(OptionsFault) {
        var reader = reader
        guard let when = reader.value("when") else {
            throw OptionsFault("\(reader.name): write when, like when: {\"R.3.8\": \"Ct\"}")
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
        data = try DataRule(&reader)
        code = try reader.selector("code")
        value = try reader.selector("value")
        try reader.finish()
    }

    /// LIS02-A2 9.4.9: R.9 X: the result cannot be done.
    static var cannotBeDone: RowRule {
        let rule = RowRule(condition: Condition("R.9", "X"))
        rule.isUsable = false
        rule.absentReason = "cannot be done"
        return rule
    }

    private init(condition: Condition) { self.condition = condition }
}

/// `quantities`: several results in one record.
final class QuantityRule {
    var value: Selector
    var unit: Selector?
    var name: Selector?
    var codeSuffix: String
    var role: DeviceMessage.Result.Role?

    init(_ reader: OptionReader) throws(OptionsFault) {
        var reader = reader
        guard let value = try reader.selector("value") else {
            throw OptionsFault("\(reader.name): write value, like value: R.4.2")
        }
        self.value = value
        unit = try reader.selector("unit")
        name = try reader.selector("name")
        codeSuffix = try reader.text("code_suffix") ?? ""
        role = try reader.choice("role", ["result": .result, "raw": .raw, "info": .info])
        try reader.finish()
    }
}

/// `record_results`: a result made of a record that is no R: control values in O records, curves and images in M records.
final class RecordRule {
    var condition: Condition
    var type: UInt8
    var code: Selector
    var name: Selector?
    var value: Selector?
    var unit: Selector?
    var time: Selector?
    var data: DataRule?
    var contentType: String
    var role: DeviceMessage.Result.Role
    var isQC: Bool

    init(_ reader: OptionReader) throws(OptionsFault) {
        var reader = reader
        guard let letter = try reader.text("record"), letter.utf8.count == 1, let type = letter.utf8.first,
            type >= 0x41, type <= 0x5A
        else { throw OptionsFault("\(reader.name).record: write the letter of the record, like M or O") }
        self.type = type
        guard let when = reader.value("when"), let code = try reader.selector("code") else {
            throw OptionsFault("\(reader.name): write when and code, like when: {\"M.3\": \"HISTOGRAM\"}, code: M.5")
        }
        condition = try Condition(when, name: "\(reader.name).when")
        self.code = code
        name = try reader.selector("name")
        value = try reader.selector("value")
        unit = try reader.selector("unit")
        time = try reader.selector("time")
        data = try DataRule(&reader)
        contentType = try reader.text("content_type") ?? ""
        let role = try reader.choice(
            "role", ["result": DeviceMessage.Result.Role.result, "raw": .raw, "info": .info, "attachment": .attachment])
        self.role = role ?? .result
        isQC = try reader.flag("qc") ?? false
        try reader.finish()
    }
}

/// `data` and `encoding`: where the bytes of an attachment are, and how they are written there.
struct DataRule {
    var selector: Selector
    var isText: Bool

    /// Nil: the rule has no `data`.
    init?(_ reader: inout OptionReader) throws(OptionsFault) {
        let isText = try reader.choice("encoding", ["base64": false, "text": true])
        guard let selector = try reader.selector("data") else {
            if isText != nil { throw OptionsFault("\(reader.name).encoding: write data as well, or leave it out") }
            return nil
        }
        self.selector = selector
        self.isText = isText ?? false
    }

    /// The bytes as base64.
    func base64(_ text: String) -> String {
        isText ? Base64Text.encode(Array(text.utf8)) : text.filter { !$0.isWhitespace }
    }
}

extension OptionReader {
    mutating func selector(_ key: String) throws(OptionsFault) -> Selector? {
        guard let value = value(key) else { return nil }
        return try Selector(value, name: "\(name).\(key)")
    }
}
