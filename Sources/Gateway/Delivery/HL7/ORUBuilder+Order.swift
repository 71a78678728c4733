import ResultModel

extension ORUBuilder {
    /// PID and PV1 (HL7 v2.5.1 sections 3.4.2, 3.4.3).
    func writePatient(_ context: ORUContext, to writer: inout SegmentWriter) {
        guard profile.segments.contains(.pid), let patient = context.report.patient else { return }
        guard !patient.id.isEmpty || !patient.alternateIDs.isEmpty || profile.sendsPatientWithoutID else { return }
        writer.begin("PID", overrides: context.overrides.pid)
        writer.field(1)
        writer.literal("1")
        writer.field(3)
        writeIdentifier(patient.id, to: &writer)
        for other in patient.alternateIDs where other != patient.id {
            writer.repetition()
            writeIdentifier(other, to: &writer)
        }
        writer.field(5)
        if patient.name.isEmpty {
            // PID-5 is required; name type U says that it is not known (table 0200).
            writer.component(7, "U")
        } else {
            writeName(patient.name, to: &writer)
        }
        writer.field(7)
        writer.time(ClinicalTime(local: patient.birthDate), withZone: false)
        writer.field(8, patient.sex)
        writer.end()
        guard profile.segments.contains(.pv1), !patient.location.isEmpty else { return }
        writer.begin("PV1", overrides: context.overrides.pv1)
        writer.field(1)
        writer.literal("1")
        // PV1-2 is required; U: not known (table 0004).
        writer.field(2)
        writer.literal("U")
        writer.field(3)
        writeName(patient.location, to: &writer)
        writer.end()
    }

    private func writeIdentifier(_ id: String, to writer: inout SegmentWriter) {
        guard !id.isEmpty else { return }
        writer.text(id)
        writer.component(4, profile.patientAssigner)
        writer.component(5, profile.patientIDType)
    }

    /// Text whose components are already joined by `^`.
    private func writeName(_ name: String, from first: Int = 1, to writer: inout SegmentWriter) {
        var component = first
        for part in name.split(separator: "^", omittingEmptySubsequences: false) {
            writer.component(component, String(part))
            component += 1
        }
    }

    /// ORC, OBR and the NTE of the report (HL7 v2.5.1 sections 4.5.1, 4.5.3).
    func writeOrder(_ context: ORUContext, _ selected: [Int], to writer: inout SegmentWriter) {
        let report = context.report
        if profile.segments.contains(.orc) {
            writer.begin("ORC", overrides: context.overrides.orc)
            writer.field(1)
            writer.literal("RE")
            writer.field(2, report.order.placerID)
            writer.field(3, context.filler)
            writer.end()
        }
        writer.begin("OBR", overrides: context.overrides.obr)
        writer.field(1)
        writer.literal("1")
        writer.field(2, report.order.placerID)
        writer.field(3, context.filler)
        writer.field(4)
        if let study = report.imagingStudy {
            writeCode(of: study, to: &writer)
        } else if selected.count == 1 {
            writeCode(report.observations[selected[0]], to: &writer)
        } else {
            writer.literal("11502-2^Laboratory report^LN")
        }
        writer.field(6)
        writer.time(report.order.orderedAt, withZone: profile.sendsZones)
        writer.field(7)
        let measured =
            report.specimen.collectedAt ?? report.imagingStudy?.started
            ?? selected.lazy.compactMap { report.observations[$0].effective }.first
        writer.time(measured, withZone: profile.sendsZones)
        writer.field(14)
        writer.time(report.specimen.receivedAt, withZone: profile.sendsZones)
        if profile.version < .v25 || !profile.segments.contains(.spm) {
            // OBR-15.1 is CE up to 2.4 and CWE after: the code, else the text in its own subcomponent.
            writer.field(15)
            if !report.specimen.typeCode.isEmpty {
                writer.text(report.specimen.typeCode)
            } else if !report.specimen.type.isEmpty {
                writer.append { bytes in
                    bytes.append(UInt8(ascii: "&"))
                    SegmentWriter.escape(report.specimen.type, into: &bytes)
                }
            }
        }
        if let referrer = report.imagingStudy?.referrer, !referrer.isEmpty {
            // XCN: the name without a number.
            writer.field(16)
            writeName(referrer, from: 2, to: &writer)
        }
        // The gateway's own clock, so that a correction is always newer than what it corrects.
        writer.field(22)
        let created = context.item.createdAt
        writer.time(unixMicroseconds: created, utcOffset: utcOffset(created), withZone: profile.sendsZones)
        if profile.version < .v26 {
            writer.field(24, report.imagingStudy.map { ServiceSection(modalities: $0.modalities).rawValue } ?? "LAB")
        }
        writer.field(25)
        writer.literal(ORUStatus.order(report, selected))
        writer.field(27)
        writer.component(6, report.order.priority)
        writer.end()
        writeComments(report.comments, context, to: &writer)
    }

    /// NTE for each comment (HL7 v2.5.1 section 2.15.10).
    func writeComments(_ comments: [String], _ context: ORUContext, to writer: inout SegmentWriter) {
        guard profile.segments.contains(.nte) else { return }
        var number = 0
        for comment in comments where !comment.isEmpty {
            number += 1
            writer.begin("NTE", overrides: context.overrides.nte)
            writer.field(1)
            writer.number(number)
            writer.field(2)
            writer.literal("L")
            writer.field(3, comment)
            writer.end()
        }
    }

    /// SPM (HL7 v2.5.1 section 7.4.3), from version 2.5.
    func writeSpecimen(_ context: ORUContext, to writer: inout SegmentWriter) {
        let specimen = context.report.specimen
        guard profile.segments.contains(.spm), profile.version >= .v25 else { return }
        guard !specimen.id.isEmpty || !specimen.type.isEmpty || !specimen.typeCode.isEmpty else { return }
        writer.begin("SPM", overrides: context.overrides.spm)
        writer.field(1)
        writer.literal("1")
        writer.field(2, specimen.id)
        writer.field(4)
        if !specimen.typeCode.isEmpty {
            writer.text(specimen.typeCode)
            writer.component(2, specimen.type)
            writer.component(3, "HL70487")
        } else {
            // SPM-4 is required.
            writer.component(2, specimen.type.isEmpty ? "not specified" : specimen.type)
        }
        writer.field(17)
        writer.time(specimen.collectedAt, withZone: profile.sendsZones)
        writer.field(18)
        writer.time(specimen.receivedAt, withZone: profile.sendsZones)
        writer.end()
    }
}
