import DICOM
import ImagingModel
import JSONText
import Normalization
import ResultModel

/// A decoded file as flat JSON objects: one for the instance, one for each thing that its documents say.
enum InstanceRow {
    /// All rows of a file, the instance first.
    static func rows(of decoded: InstanceDecoder.Decoded) -> [JSONObject] {
        [instance(decoded)] + observations(of: decoded)
    }

    /// Header values; what the instance does not have is left out.
    static func instance(_ decoded: InstanceDecoder.Decoded) -> JSONObject {
        let (instance, study, series) = (decoded.instance.instance, decoded.instance.study, decoded.instance.series)
        let (patient, equipment) = (decoded.instance.patient, decoded.instance.equipment)
        var row: JSONObject = ["row": .string("instance")]
        func text(_ key: String, _ value: String) { if !value.isEmpty { row.append(key, .string(value)) } }
        func number(_ key: String, _ value: Int?) { if let value { row.append(key, .number(value)) } }
        text("patient_id", patient.id)
        text("issuer", patient.issuer)
        if !patient.otherIDs.isEmpty { row.append("other_ids", .strings(patient.otherIDs)) }
        text("patient_name", patient.name)
        text("birth_date", patient.birthDate)
        text("sex", patient.sex)
        text("study_uid", study.uid)
        text("accession", study.accession)
        text("study_id", study.id)
        text("study_date", study.date)
        text("study_time", study.time)
        text("study_description", study.description)
        text("referrer", study.referrer)
        text("institution", study.institution)
        text("utc_offset", study.utcOffset)
        text("series_uid", series.uid)
        text("modality", series.modality)
        number("series_number", series.number)
        text("series_description", series.description)
        text("body_part", series.bodyPart)
        text("laterality", series.laterality)
        text("protocol", series.protocolName)
        text("requested_procedure", series.requestedProcedure)
        text("scheduled_step", series.scheduledStep)
        text("performed_step", series.performedStep)
        text("sop_instance", instance.uid)
        text("sop_class", instance.sopClass)
        text("sop_class_name", UIDDictionary.name(instance.sopClass) ?? "")
        text("transfer_syntax", decoded.transferSyntax)
        number("instance_number", instance.number)
        number("frames", instance.frames)
        number("rows", instance.rows)
        number("columns", instance.columns)
        text("title", instance.title)
        text("manufacturer", equipment.manufacturer)
        text("model", equipment.model)
        text("serial", equipment.serial)
        text("software", equipment.software)
        text("station", equipment.station)
        text("location", equipment.location)
        text("charset", decoded.instance.declaredCharacterSet)
        if let finding = decoded.finding {
            text("charset_used", finding.used.declaration)
            text("charset_reason", finding.reason)
        }
        row.append("told", .bool(decoded.isTold))
        return row
    }

    /// What the documents say: the keys of `hilum decode` for analysers, and beside them where and how it was measured.
    static func observations(of decoded: InstanceDecoder.Decoded) -> [JSONObject] {
        decoded.report.observations.map { observation in
            var row: JSONObject = ["row": .string("observation")]
            for member in ResultRow.row(observation, of: decoded.report).members {
                // Reports of studies go by their study.
                row.append(member.key == "specimen_id" ? "study_uid" : member.key, member.value)
            }
            guard let imaging = observation.imaging else { return row }
            func text(_ key: String, _ value: String) { if !value.isEmpty { row.append(key, .string(value)) } }
            func coding(_ key: String, _ value: Coding?) {
                guard let value else { return }
                text(key, value.display.isEmpty ? value.code : value.display)
                text(key + "_code", value.code)
            }
            coding("concept", imaging.concept)
            coding("body_site", imaging.bodySite)
            coding("laterality", imaging.laterality)
            coding("method", imaging.method)
            if !imaging.qualifiers.isEmpty {
                row.append(
                    "qualifiers", .strings(imaging.qualifiers.map { "\($0.name.display): \($0.value.display)" }))
            }
            text("group", imaging.group)
            text("tracking_id", imaging.trackingID)
            text("document_title", imaging.documentTitle)
            if !imaging.images.isEmpty { row.append("images", .strings(imaging.images)) }
            return row
        }
    }
}
