import CharacterSets
import Delivery

extension ReceiverProfile {
    /// Reads what a receiver of ORU^R01 understands: keys of `hl7:` and of `folder:`.
    static func read(_ entry: inout YAMLMapping) -> ReceiverProfile {
        var profile = ReceiverProfile()
        profile.version = entry.choice("version", of: Version.self) ?? profile.version
        if let name = entry.text("charset") {
            if let known = CharacterSet(name: name) {
                profile.characterSet = known
            } else {
                entry.fault(
                    "charset", "\"\(name)\" is no known character set", cure: "write UTF-8, GB18030, GBK, ISO-8859-1 …")
            }
        }
        profile.unencodable = entry.choice("unencodable", among: [.refuse, .replace]) ?? profile.unencodable
        if let names = entry.texts("segments") { profile.segments = segments(names, &entry) }
        profile.numbers = entry.choice("numbers", among: [.structured, .text]) ?? profile.numbers
        profile.codes = entry.choice("codes", among: [.structured, .text]) ?? profile.codes
        profile.units = entry.choice("units", among: [.structured, .text]) ?? profile.units
        profile.sendsZones = entry.flag("zones") ?? profile.sendsZones
        profile.isOneObservationAMessage = entry.flag("one_observation_a_message") ?? profile.isOneObservationAMessage
        profile.sendsPatientWithoutID = entry.flag("patient_without_id") ?? profile.sendsPatientWithoutID
        profile.sendsAttachments = entry.flag("attachments") ?? profile.sendsAttachments
        profile.sendsRawRows = entry.flag("raw_rows") ?? profile.sendsRawRows
        profile.studyReference =
            entry.choice("study_reference", among: [.text, .identifier, .pointer]) ?? profile.studyReference
        profile.sendsStudyFacts = entry.flag("study_facts") ?? profile.sendsStudyFacts
        profile.acknowledgement =
            entry.choice("acknowledgement", among: [.original, .enhancedCommit, .enhancedApplication])
            ?? profile.acknowledgement
        profile.sendingApplication = entry.text("sending_application") ?? profile.sendingApplication
        profile.sendingFacility = entry.text("sending_facility") ?? profile.sendingFacility
        profile.receivingApplication = entry.text("receiving_application") ?? profile.receivingApplication
        profile.receivingFacility = entry.text("receiving_facility") ?? profile.receivingFacility
        profile.processingID = entry.choice("processing", of: Processing.self)?.rawValue ?? profile.processingID
        profile.patientAssigner = entry.text("patient_assigner") ?? profile.patientAssigner
        profile.patientIDType = entry.text("patient_id_type") ?? profile.patientIDType
        profile.localCodeSystem = entry.text("local_code_system") ?? profile.localCodeSystem
        _ = entry.map("fields") { fields -> Bool? in
            for path in fields.keys {
                guard let value = fields.text(path) else { continue }
                guard isFieldPath(path) else {
                    fields.fault(
                        path, "\"\(path)\" is no field", cure: "write a segment and a number: \"MSH-5\", \"OBR-4\"")
                    continue
                }
                profile.overrides.append(FieldOverride(path: path, value: value))
            }
            return true
        }
        return profile
    }

    private static func segments(_ names: [String], _ entry: inout YAMLMapping) -> Set<OptionalSegment> {
        var result: Set<OptionalSegment> = []
        let always = ["MSH", "OBR", "OBX"]
        for name in names where !always.contains(name) {
            if let segment = OptionalSegment(rawValue: name) {
                result.insert(segment)
            } else {
                let known = always + OptionalSegment.allCases.map(\.rawValue)
                entry.fault("segments", "\"\(name)\" is never sent", cure: Spelling.cure(for: name, among: known))
            }
        }
        return result
    }

    private static func isFieldPath(_ path: String) -> Bool {
        let parts = path.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 3, let number = Int(parts[1]) else { return false }
        return parts[0].allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) } && (1...99).contains(number)
    }

    private enum Processing: String, CaseIterable {
        case production = "P"
        case training = "T"
        case debugging = "D"
    }
}
