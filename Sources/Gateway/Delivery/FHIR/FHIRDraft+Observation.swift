import FHIR
import ResultModel

extension FHIRDraft {
    /// Rows that this destination takes.
    func isSent(_ observation: Observation) -> Bool {
        switch observation.role {
        case .result: return true
        case .raw: return spec.sendsRawRows
        case .info: return false
        case .attachment:
            guard spec.sendsAttachments else { return false }
            if case .attachment(let attachment) = observation.value { return !attachment.data.isEmpty }
            return true
        }
    }

    /// A row as Observation, or as Media or DocumentReference when it is a file.
    mutating func addObservation(_ index: Int) {
        let observation = report.observations[index]
        guard isSent(observation) else { return }
        let own = resultIdentifier(observation, occurrence: identity.occurrences[index])
        if case .attachment(let attachment) = observation.value {
            return addAttachment(attachment, of: observation, identifier: own)
        }
        var resource = R4.Observation(
            identifier: own, status: FHIRStatus.observation(observation), code: code(of: observation),
            value: FHIRDraft.value(observation))
        resource.basedOn = order
        resource.subject = patient
        resource.effective = FHIRDraft.time(observation.effective)
        resource.issued = issued
        resource.performer = observation.operatorID
        resource.interpretation = observation.interpretation
        resource.notes = observation.comments
        resource.method = observation.method
        resource.specimen = specimen
        resource.device = deviceReference(observation)
        resource.referenceRange = FHIRDraft.range(observation)
        if let imaging = observation.imaging { addImaging(imaging, to: &resource) }
        results.append(add(resource, R4.Bundle.Action.conditionalUpdate))
    }

    private func deviceReference(_ observation: Observation) -> R4.Reference? {
        guard var device else { return nil }
        if observation.instrument != report.device { device.display = observation.instrument }
        return device
    }

    private func resultIdentifier(_ observation: Observation, occurrence: Int) -> R4.Identifier {
        var parts = [report.device, identity.specimen, ResultIdentity.code(observation)]
        // A study comes from several devices; what is said about it is one thing, whichever sent the last of it.
        if report.imagingStudy != nil { parts.removeFirst() }
        if !observation.run.isEmpty || occurrence > 1 { parts.append(observation.run) }
        if occurrence > 1 { parts.append(String(occurrence)) }
        return identifier(parts)
    }

    /// LOINC first, then the site's local code, then the device's own.
    func code(of observation: Observation) -> R4.CodeableConcept {
        if let imaging = observation.imaging { return code(of: observation, imaging) }
        var codings: [R4.Coding] = []
        if let loinc = observation.loinc, !loinc.code.isEmpty {
            codings.append(R4.Coding(system: R4.System.loinc, code: loinc.code, display: loinc.display))
        }
        if !observation.localCode.isEmpty {
            codings.append(
                R4.Coding(
                    system: spec.systems.localCode, code: observation.localCode, display: observation.display))
        }
        if !observation.asSent.code.isEmpty {
            let profile = report.profile.isEmpty ? "unknown" : report.profile
            let separator = spec.systems.deviceCode.hasPrefix("urn:") ? ":" : "/"
            codings.append(
                R4.Coding(
                    system: spec.systems.deviceCode + separator + profile, code: observation.asSent.code,
                    display: observation.asSent.name))
        }
        let text = [observation.display, observation.asSent.name, observation.asSent.code].first { !$0.isEmpty }
        return R4.CodeableConcept(codings, text: text ?? observation.localCode)
    }

    /// value[x] by the form of the value.
    static func value(_ observation: Observation) -> R4.Observation.Value {
        switch observation.value {
        case .quantity(let quantity):
            guard let converted = FHIRDraft.quantity(quantity) else {
                return string((quantity.comparator?.rawValue ?? "") + quantity.number)
            }
            return .quantity(converted)
        case .ratio(let comparator, let numerator, let denominator):
            guard let above = R4.Decimal(numerator), let below = R4.Decimal(denominator) else {
                return string((comparator?.rawValue ?? "") + numerator + ":" + denominator)
            }
            return .ratio(
                numerator: R4.Quantity(value: above, comparator: comparator?.rawValue ?? ""),
                denominator: R4.Quantity(value: below))
        case .range(let low, let high):
            var low = low
            var high = high
            low.comparator = nil
            high.comparator = nil
            guard let from = quantity(low), let to = quantity(high) else {
                return string(low.number + "-" + high.number)
            }
            return .range(low: from, high: to)
        case .coded(let text, let coding):
            let codings = coding.map { [R4.Coding(system: $0.system, code: $0.code, display: $0.display)] } ?? []
            let isCoded = codings.contains { !R4.text($0.system).isEmpty && !R4.text($0.code).isEmpty }
            let hasWords = !R4.text(text).isEmpty || codings.contains { !R4.text($0.display).isEmpty }
            if !isCoded, !hasWords { return .absent(code: "unknown", text: "") }
            return .concept(R4.CodeableConcept(codings, text: text))
        case .text(let text): return string(text)
        case .attachment(let attachment): return string(attachment.title)
        case .absent(let reason, let text):
            return .absent(code: reason.rawValue, text: text.isEmpty ? observation.asSent.value : text)
        }
    }

    private static func string(_ text: String) -> R4.Observation.Value {
        R4.text(text).isEmpty ? .absent(code: "unknown", text: "") : .string(text)
    }

    private static func quantity(_ quantity: Quantity) -> R4.Quantity? {
        guard let value = R4.Decimal(quantity.number) else { return nil }
        return R4.Quantity(
            value: value, comparator: quantity.comparator?.rawValue ?? "", unit: quantity.unit, ucum: quantity.ucum)
    }

    /// Limits in the unit of the value; what is no number goes as text.
    private static func range(_ observation: Observation) -> R4.Observation.ReferenceRange? {
        guard let range = observation.referenceRange else { return nil }
        var unit = ("", "")
        switch observation.value {
        case .quantity(let quantity): unit = (quantity.unit, quantity.ucum)
        case .range(let low, _): unit = (low.unit, low.ucum)
        default: break
        }
        func limit(_ text: String) -> R4.Quantity? {
            R4.Decimal(text).map { R4.Quantity(value: $0, unit: unit.0, ucum: unit.1) }
        }
        let low = limit(range.low)
        let high = limit(range.high)
        var text = range.text
        if (low == nil && !range.low.isEmpty) || (high == nil && !range.high.isEmpty), text.isEmpty {
            text = range.low + "-" + range.high
        }
        if low == nil, high == nil, R4.text(text).isEmpty { return nil }
        return R4.Observation.ReferenceRange(low: low, high: high, text: text)
    }
}
