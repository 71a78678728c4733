import DeviceProfile
import DriverWire
import ResultModel
import Terminology

extension MessageNormalizer {
    /// One result row; nil when a rule leaves it out of the report.
    mutating func observation(_ sent: DeviceMessage.Result, order: Int, report: Int) -> Observation? {
        let code = profile.code(sent.code)
        var row = RowFindings()
        row.apply(rows: profile.profile.rows, to: sent)
        let role = row.role ?? code?.rule.role ?? RuleRole(sent.role)
        let status =
            profile.profile.status[sent.status]
            ?? (isHL7 ? StatusMeanings.hl7(sent.status) : StatusMeanings.lis02(sent.status))
        row.apply(status)
        addToDigest(sent, status: status, order: order)
        if role == .ignore { return nil }

        var observation = Observation()
        observation.asSent.code = sent.code
        observation.asSent.name = sent.name
        observation.asSent.value = ValueText.trimmed(sent.value, profile.trim)
        observation.asSent.unit = sent.unit
        observation.asSent.status = sent.status
        observation.asSent.range = sent.range
        observation.asSent.time = sent.time
        observation.loinc = code?.loinc
        observation.localCode = code?.rule.local ?? ""
        observation.display = displayName(sent, code)
        observation.status = status.status
        observation.effective = times.read(sent.time)
        observation.role = Observation.Role(role, isReported: row.report ?? code?.rule.report ?? true)
        observation.run = sent.run.isEmpty ? sent.subID : sent.run
        observation.operatorID = sent.operatorID
        observation.method = sent.method
        observation.instrument = sent.instrument
        if code == nil, observation.role == .result {
            observation.isMapped = false
            noteUnknown(code: sent.code)
        }
        apply(flags: sent.flags, to: &observation, &row)
        setValue(of: &observation, sent, code, &row)
        for comment in sent.comments {
            let text = comment.text.isEmpty ? comment.code : comment.text
            if !text.isEmpty { observation.comments.append(text) }
        }
        observation.comments += row.comments
        for hold in row.holds where !output.reports[report].holds.contains(hold) {
            output.reports[report].holds.append(hold)
        }
        if let specimen = code?.rule.specimen, !specimen.isEmpty, output.reports[report].specimen.typeCode.isEmpty {
            output.reports[report].specimen.typeCode = specimen
        }
        return observation
    }

    private func displayName(_ sent: DeviceMessage.Result, _ code: CompiledProfile.Code?) -> String {
        if let name = code?.rule.name, !name.isEmpty { return name }
        return sent.name.isEmpty ? sent.code : sent.name
    }

    private func apply(flags: [String], to observation: inout Observation, _ row: inout RowFindings) {
        if flags.isEmpty { return }
        let isKept = { (flag: String) in flag != "N" && !flag.isEmpty }
        // Most often nothing is left out, and the array can be shared.
        observation.asSent.flags = flags.allSatisfy(isKept) ? flags : flags.filter(isKept)
        for flag in flags where !flag.isEmpty {
            let interpretation: String
            if let rule = profile.profile.flags[flag] {
                row.apply(rule, flag: flag)
                interpretation = rule.interpretation
            } else {
                interpretation = Interpretation.usual(flag) ?? ""
            }
            if !interpretation.isEmpty, !observation.interpretation.contains(interpretation) {
                observation.interpretation.append(interpretation)
            }
        }
    }

    /// The digest leaves out what changes when a result is sent again: marks of the resend, the device's running numbers.
    private mutating func addToDigest(_ sent: DeviceMessage.Result, status: StatusRule, order: Int) {
        digest.add(sent.code)
        digest.add(sent.name)
        digest.add(sent.value)
        digest.add(sent.unit)
        digest.add(sent.range)
        digest.add(byte: status.status.rawValue)
        digest.add(sent.time)
        digest.add(sent.run)
        digest.add(sent.data)
        for flag in sent.flags where profile.profile.flags[flag]?.isResent != true { digest.add(flag) }
        for comment in sent.comments { digest.add(comment.text) }
        // Without a time only the device's own number tells two runs of one sample apart.
        if sent.time.isEmpty, message.orders.indices.contains(order) { digest.add(message.orders[order].fillerID) }
    }
}

/// What rules found about one row.
struct RowFindings {
    var role: RuleRole?
    var report: Bool?
    /// There is no value, whatever was sent.
    var absent: ObservationValue.AbsentReason?
    /// There is no value unless a number was sent.
    var absentWithoutNumber: ObservationValue.AbsentReason?
    var comments: [String] = []
    var holds: [Hold] = []

    mutating func apply(rows: [RowRule], to sent: DeviceMessage.Result) {
        guard let rule = rows.first(where: { RowFindings.matches($0, sent) }) else { return }
        role = rule.role
        report = rule.report
        absent = rule.absent
        if !rule.hold.isEmpty { holds.append(Hold(.rule, rule.hold)) }
    }

    mutating func apply(_ status: StatusRule) {
        absent = absent ?? status.absent
        if status.isDoubtful { comments.append("The device marks this result as doubtful.") }
        if !status.hold.isEmpty { holds.append(Hold(.rule, status.hold)) }
    }

    mutating func apply(_ rule: FlagRule, flag: String) {
        absent = absent ?? rule.absent
        absentWithoutNumber = absentWithoutNumber ?? rule.whenNoValue
        if rule.isDoubtful { comments.append("The device marks this result as doubtful (\(flag)).") }
        if !rule.comment.isEmpty { comments.append(rule.comment) }
        if !rule.hold.isEmpty { holds.append(Hold(.rule, rule.hold)) }
    }

    private static func matches(_ rule: RowRule, _ sent: DeviceMessage.Result) -> Bool {
        for (subject, glob) in rule.match {
            let isMatch =
                switch subject {
                case .code: glob.matches(sent.code)
                case .name: glob.matches(sent.name)
                case .value: glob.matches(sent.value)
                case .valueType: glob.matches(sent.valueType)
                case .unit: glob.matches(sent.unit)
                case .flag: sent.flags.contains { glob.matches($0) }
                case .status: glob.matches(sent.status)
                case .subID: glob.matches(sent.subID)
                case .comment: sent.comments.contains { glob.matches($0.text) || glob.matches($0.code) }
                }
            if !isMatch { return false }
        }
        return !rule.match.isEmpty
    }
}

extension RuleRole {
    init(_ role: DeviceMessage.Result.Role) {
        self =
            switch role {
            case .result: .result
            case .raw: .raw
            case .info: .info
            case .attachment: .attachment
            }
    }
}

extension Observation.Role {
    /// A result that is not to be posted is kept like a raw signal.
    init(_ role: RuleRole, isReported: Bool) {
        self =
            switch role {
            case .result: isReported ? .result : .raw
            case .raw: .raw
            case .info, .ignore: .info
            case .attachment: .attachment
            }
    }
}
