import FHIR
import ResultModel

extension ORUBuilder {
    /// OBX and its NTE (HL7 v2.5.1 section 7.4.2).
    func writeObservation(_ context: ORUContext, _ index: Int, number: Int, to writer: inout SegmentWriter) {
        let observation = context.report.observations[index]
        let isReference = ORUBuilder.isStudyReference(observation, of: context.report)
        let form = isReference ? studyReference(context.report) : ValueForm(observation.value, profile)
        writer.begin("OBX", overrides: context.overrides.obx)
        writer.field(1)
        writer.number(number)
        writer.field(2)
        // Version 2.3.1 wants OBX-2 even beside no value.
        if case .none = form, profile.version == .v231 { writer.literal("ST") } else { writer.literal(form.type) }
        writer.field(3)
        if isReference { writer.literal("113014^DICOM Study^DCM") } else { writeCode(observation, to: &writer) }
        writer.field(4)
        writeSubID(observation, context.identity.occurrences[index], to: &writer)
        writer.field(5)
        form.write(to: &writer)
        writer.field(6)
        writeUnit(observation.value, to: &writer)
        writer.field(7)
        writeRange(observation.referenceRange, to: &writer)
        writer.field(8)
        for flag in observation.interpretation where ORUBuilder.abnormalFlags.contains(flag) {
            writer.repetition()
            writer.text(flag)
        }
        writer.field(11)
        writer.literal(ORUStatus.observation(observation))
        writer.field(14)
        writer.time(observation.effective, withZone: profile.sendsZones)
        writer.field(16, observation.operatorID)
        writer.field(17)
        if let method = observation.imaging?.method, !method.system.isEmpty, !method.code.isEmpty {
            writer.text(method.code)
            writer.component(2, method.display)
            writer.component(3, ValueForm.systemName(method.system))
        } else if !observation.method.isEmpty {
            writer.component(2, observation.method)
        }
        if profile.version >= .v24 {
            writer.field(18, observation.instrument.isEmpty ? context.report.device : observation.instrument)
        }
        writer.end()
        guard profile.segments.contains(.nte) else { return }
        var comments = ORUBuilder.circumstances(observation) + observation.comments
        if case .absent(let reason, let text) = observation.value {
            let words = text.isEmpty ? observation.asSent.value : text
            comments.insert("No result (\(reason.rawValue))" + (words.isEmpty ? "" : ": \(words)"), at: 0)
        }
        writeComments(comments, context, to: &writer)
    }

    /// HL7 table 0078 up to version 2.6. Other interpretations (POS, NEG …) say nothing that the value does not.
    static let abnormalFlags: Set<String> = [
        "L", "H", "LL", "HH", "<", ">", "N", "A", "AA", "U", "D", "B", "W", "S", "R", "I", "MS", "VS",
    ]

    /// LOINC first, the local or the device's own code as the alternate.
    func writeCode(_ observation: Observation, to writer: inout SegmentWriter) {
        if let concept = observation.imaging?.concept, !concept.system.isEmpty, !concept.code.isEmpty {
            return writeConcept(concept, observation, to: &writer)
        }
        let local = observation.localCode.isEmpty ? ResultIdentity.code(observation) : observation.localCode
        let sentName = observation.asSent.name.isEmpty ? observation.display : observation.asSent.name
        guard let loinc = observation.loinc, !loinc.code.isEmpty else {
            writer.text(local)
            writer.component(2, observation.display.isEmpty ? sentName : observation.display)
            writer.component(3, profile.localCodeSystem)
            return
        }
        writer.text(loinc.code)
        writer.component(2, loinc.display.isEmpty ? observation.display : loinc.display)
        writer.component(3)
        writer.literal("LN")
        if local != loinc.code, !local.isEmpty {
            writer.component(4, local)
            writer.component(5, sentName)
            writer.component(6, profile.localCodeSystem)
        }
    }

    /// OBX-4 tells rows of one code apart: the run as sent, else a count from the second on.
    private func writeSubID(_ observation: Observation, _ occurrence: Int, to writer: inout SegmentWriter) {
        writer.text(observation.run)
        // Version 2.3.1 wants OBX-4 in every row.
        guard occurrence > 1 || (profile.version == .v231 && observation.run.isEmpty) else { return }
        writer.append { bytes in
            if !observation.run.isEmpty { bytes.append(UInt8(ascii: ".")) }
            bytes.append(contentsOf: String(occurrence).utf8)
        }
    }

    private func writeUnit(_ value: ObservationValue, to writer: inout SegmentWriter) {
        let quantity: Quantity
        switch value {
        case .quantity(let single): quantity = single
        case .range(let low, _): quantity = low
        default: return
        }
        if profile.units == .text {
            writer.text(quantity.unit.isEmpty ? quantity.ucum : quantity.unit)
        } else if !quantity.ucum.isEmpty {
            writer.text(quantity.ucum)
            writer.component(2, quantity.unit.isEmpty ? quantity.ucum : quantity.unit)
            writer.component(3)
            writer.literal("UCUM")
        } else if !quantity.unit.isEmpty {
            writer.text(quantity.unit)
            writer.component(2, quantity.unit)
            writer.component(3, profile.localCodeSystem)
        }
    }

    /// OBX-7: `low-high`, `> low`, `< high`, or the text as sent.
    private func writeRange(_ range: ReferenceRange?, to writer: inout SegmentWriter) {
        guard let range else { return }
        switch (range.low.isEmpty, range.high.isEmpty) {
        case (false, false):
            writer.text(range.low)
            writer.literal("-")
            writer.text(range.high)
        case (false, true):
            writer.literal("> ")
            writer.text(range.low)
        case (true, false):
            writer.literal("< ")
            writer.text(range.high)
        case (true, true): writer.text(range.text)
        }
    }
}
