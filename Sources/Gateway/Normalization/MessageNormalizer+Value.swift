import DeviceProfile
import DriverWire
import ResultModel
import Terminology

extension MessageNormalizer {
    /// Value, reference range and usability of a row.
    mutating func setValue(
        of observation: inout Observation, _ sent: DeviceMessage.Result, _ code: CompiledProfile.Code?,
        _ row: inout RowFindings
    ) {
        if observation.role == .attachment || !sent.data.isEmpty {
            observation.value = attachment(sent, &row)
            return
        }
        let text = observation.asSent.value
        if !sent.isUsable || row.absent != nil {
            observation.isUsable = false
            observation.value = .absent(reason: row.absent ?? reason(sent.absentReason), text: text)
            if !sent.absentReason.isEmpty { row.comments.append(sent.absentReason) }
            return
        }
        if let reason = placeholder(text) {
            observation.isUsable = false
            observation.value = .absent(reason: row.absentWithoutNumber ?? reason, text: text)
            return
        }
        let scale = Scale(sent: sent.unit, code: code, profile: profile)
        if !scale.isKnown, observation.role == .result { noteUnknown(unit: sent.unit) }
        observation.value = value(text, code, scale, &observation)
        if let reason = row.absentWithoutNumber, !observation.value.isNumeric {
            observation.value = .absent(reason: reason, text: text)
        }
        if case .absent = observation.value { observation.isUsable = false }
        if !sent.range.isEmpty { observation.referenceRange = referenceRange(sent.range, scale) }
    }

    /// What a row of a text stands for.
    private func value(
        _ text: String, _ code: CompiledProfile.Code?, _ scale: Scale, _ observation: inout Observation
    ) -> ObservationValue {
        let form = code?.rule.value ?? .automatic
        if form == .text { return .text(text) }
        if let rule = word(text, code) { return coded(rule, text, code, &observation) }
        switch form {
        case .code: return .coded(text: text, coding: coding(text, system: code?.rule.system ?? ""))
        case .ordinal: return .coded(text: text, coding: OrdinalWords.meaning(of: text).flatMap { self.coding($0) })
        case .automatic:
            if isGradeWithSign(text) { return .coded(text: text, coding: nil) }
        case .number, .titre, .text: break
        }
        switch ValueText.form(text, decimalComma: profile.profile.values.decimalComma) {
        case .number(let comparator, let number):
            if form == .titre { return .ratio(comparator: comparator, numerator: "1", denominator: number.text) }
            // A number that conversion makes too long stays what the device sent.
            guard let number = scale.apply(number) else { return .text(text) }
            return .quantity(Quantity(number: number.text, comparator: comparator, unit: scale.unit, ucum: scale.ucum))
        case .interval(let low, let high):
            guard let low = scale.apply(low), let high = scale.apply(high) else { return .text(text) }
            return .range(
                low: Quantity(number: low.text, unit: scale.unit, ucum: scale.ucum),
                high: Quantity(number: high.text, unit: scale.unit, ucum: scale.ucum))
        case .ratio(let comparator, let numerator, let denominator):
            // 12:30 may be a time of day; a titre begins with 1.
            if form != .titre, numerator.normalized != ExactDecimal("1") { return .text(text) }
            return .ratio(comparator: comparator, numerator: numerator.text, denominator: denominator.text)
        case .placeholder: return .absent(reason: .error, text: text)
        case .other: break
        }
        if let meaning = OrdinalWords.meaning(of: text) { return .coded(text: text, coding: coding(meaning)) }
        return .text(text)
    }

    /// `+1` and `+`: a grade unless the profile says that it is a number. `+1.5` is a number anywhere.
    private func isGradeWithSign(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "+") && OrdinalWords.meaning(of: text) != nil
    }

    // MARK: Nothing in place of a value

    private func placeholder(_ text: String) -> ObservationValue.AbsentReason? {
        if text.isEmpty { return .unknown }
        if !profile.placeholders.isEmpty, let reason = profile.placeholders[text] { return reason }
        for placeholder in profile.placeholderPatterns where placeholder.glob.matches(text) {
            return placeholder.reason
        }
        return nil
    }

    private func reason(_ words: String) -> ObservationValue.AbsentReason {
        words.isEmpty ? .unknown : ObservationValue.AbsentReason(rawValue: words) ?? .error
    }

    // MARK: Words

    private func word(_ text: String, _ code: CompiledProfile.Code?) -> WordRule? {
        code?.words.rule(for: text) ?? profile.words.rule(for: text)
    }

    private func coded(
        _ rule: WordRule, _ text: String, _ code: CompiledProfile.Code?, _ observation: inout Observation
    ) -> ObservationValue {
        if let reason = rule.absent { return .absent(reason: reason, text: text) }
        if !rule.interpretation.isEmpty, !observation.interpretation.contains(rule.interpretation) {
            observation.interpretation.append(rule.interpretation)
        }
        let shown = rule.text.isEmpty ? text : rule.text
        if !rule.code.isEmpty {
            let own = code?.rule.system ?? ""
            let system = rule.system.isEmpty ? (own.isEmpty ? Interpretation.system : own) : rule.system
            return .coded(text: shown, coding: Coding(system: system, code: rule.code, display: shown))
        }
        if let meaning = OrdinalWords.meaning(of: shown) { return .coded(text: shown, coding: coding(meaning)) }
        return .coded(text: shown, coding: nil)
    }

    private func coding(_ code: String, system: String) -> Coding? {
        system.isEmpty ? nil : Coding(system: system, code: code)
    }

    private func coding(_ meaning: OrdinalWords.Meaning) -> Coding? {
        meaning.code.isEmpty ? nil : Coding(system: Interpretation.system, code: meaning.code)
    }

    // MARK: Attachments

    private func attachment(_ sent: DeviceMessage.Result, _ row: inout RowFindings) -> ObservationValue {
        var attachment = Attachment(
            contentType: sent.contentType, title: sent.name.isEmpty ? sent.code : sent.name, data: [])
        if sent.data.isEmpty {
            // Only a name was sent: PNG&R&20240318&…
            if !sent.value.isEmpty { attachment.title = sent.value }
        } else if let bytes = Base64.decode(sent.data) {
            attachment.data = bytes
            attachment.contentType = AttachmentType.of(bytes, declared: attachment.contentType)
        } else {
            row.comments.append("The attachment's data is not base64; it is kept with the raw message only.")
        }
        return .attachment(attachment)
    }

    // MARK: Range

    private func referenceRange(_ text: String, _ scale: Scale) -> ReferenceRange {
        let (low, high) = RangeText.limits(text, decimalComma: profile.profile.values.decimalComma)
        let scaledLow = low.flatMap { scale.apply($0) }
        let scaledHigh = high.flatMap { scale.apply($0) }
        var range = ReferenceRange(low: scaledLow?.text ?? "", high: scaledHigh?.text ?? "", text: text)
        guard scale.changesNumbers else { return range }
        // The text is in the unit of the value as well: a range in the old unit beside a value in the new one would mislead.
        switch (scaledLow, scaledHigh) {
        case (let low?, let high?): range.text = "\(low.text)-\(high.text)"
        case (let low?, nil): range.text = ">\(low.text)"
        case (nil, let high?): range.text = "<\(high.text)"
        case (nil, nil): range.text = ""
        }
        return range
    }
}

extension ObservationValue {
    /// True for numbers, titres and intervals.
    var isNumeric: Bool {
        switch self {
        case .quantity, .ratio, .range: true
        case .coded, .text, .attachment, .absent: false
        }
    }
}
