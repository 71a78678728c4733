import DriverKit
import DriverWire
import POCT1A

/// Makes a device message of OBS.R01 (patients) or OBS.R02 (control material, calibration and the like).
struct ObservationReader {
    /// Something that is wrong, for people.
    struct Fault {
        var severity: FaultSeverity
        var text: String
        /// Bytes from the start of the document.
        var offset: Int
    }

    private let document: XMLElement
    private let options: POCT1AOptions
    private var message: DeviceMessage
    /// What could not be read.
    private(set) var faults: [Fault] = []

    init(_ document: XMLElement, options: POCT1AOptions) {
        self.document = document
        self.options = options
        message = DeviceMessage(kind: .results, document)
    }

    /// Reads all services.
    mutating func read() -> DeviceMessage {
        let services = document.children("SVC")
        if services.isEmpty {
            faults.append(Fault(severity: .notice, text: "it holds no service (SVC): nothing to take", offset: 0))
        }
        for service in services { read(service) }
        return message
    }

    private mutating func read(_ service: XMLElement) {
        let role = service.value(of: "SVC.role_cd")
        // OBS.R02 is about everything but patients, whatever the role says.
        let isControl = document.name != "OBS.R01" || !(role.isEmpty || options.patientRoles.contains(role))
        let patients = service.children("PT")
        let controls = service.children("CTC")
        let groups = patients + controls
        if groups.count > 1 {
            // Who an order or specimen beside two patients belongs to cannot be told: they are left to neither.
            for group in groups { read(group, in: service, shared: XMLElement("SVC"), isControl: isControl) }
        } else {
            read(groups.first ?? service, in: service, shared: service, isControl: isControl)
        }
    }

    /// One patient or control with its observations.
    ///
    /// - Parameter shared: where orders and specimens are looked for besides.
    private mutating func read(
        _ group: XMLElement, in service: XMLElement, shared: XMLElement, isControl: Bool
    ) {
        var order = DeviceMessage.Order()
        order.isQC = isControl || group.name == "CTC"
        if group.name == "PT" {
            order.patient = message.patients.count
            message.patients.append(patient(group))
        }
        func text(_ places: [Place]) -> String {
            let own = places.text(in: group)
            return own.isEmpty ? places.text(in: shared) : own
        }
        func element(_ name: String) -> XMLElement? { group.descendant(name) ?? shared.descendant(name) }
        var namesPatient = false
        // Control material has no patient: an id there is a lot or a level.
        if group.name != "CTC" {
            let place = options.specimen.first { !text([$0]).isEmpty }
            order.specimenID = place.map { text([$0]) } ?? ""
            // A patient's id in place of a specimen's comes again with every specimen of that patient.
            namesPatient = place?.element.hasPrefix("PT.") ?? false
            order.specimenKind = options.specimenKind.isEmpty ? namesPatient ? "number" : "" : options.specimenKind
        }
        order.placerID = text(options.placer)
        order.specimenType = element("SPC.type_cd")?.value ?? element("SPC.source_cd")?.value ?? ""
        order.collectedAt = time(element("SPC.specimen_dttm"))
        if let test = element("ORD.universal_service_id")?.value, !test.isEmpty { order.tests = [test] }
        let index = message.orders.count
        message.orders.append(order)

        let observed = time(service.child("SVC.observation_dttm"))
        let operatorID = service.descendant("OPR.operator_id")?.value ?? ""
        var observations = group.children("OBS")
        // Some put the observations under the order within the patient.
        if observations.isEmpty { observations = ObservationReader.all("OBS", in: group) }
        for observation in observations {
            guard var row = result(observation) else { continue }
            row.order = index
            row.isQC = order.isQC
            row.operatorID = operatorID
            if row.time.isEmpty { row.time = observed }
            // A patient's id does not tell one specimen of the day from the next: the time does. Without it, the glucose of
            // noon would pass for a correction of the morning's.
            if namesPatient { row.run = String(decoding: observed.utf8.prefix(19).filter(isDigit), as: UTF8.self) }
            message.results.append(row)
        }
        if observations.isEmpty {
            let text = "a service without observations: it is kept, there is no result in it"
            faults.append(Fault(severity: .notice, text: text, offset: service.offset))
        }
        var said = service
        said.children.removeAll { !$0.children.isEmpty || $0.name == "SVC.observation_dttm" }
        let words = ObservationReader.words(of: said)
        if !words.isEmpty { message.others.append(DeviceMessage.Other(tag: "SVC", raw: words)) }
        for name in ["CTC", "RGT", "DVC"] {
            let found = name == "CTC" && group.name == "CTC" ? [group] : ObservationReader.all(name, in: service)
            for element in found {
                message.others.append(DeviceMessage.Other(tag: name, raw: ObservationReader.words(of: element)))
            }
        }
        for note in service.children("NTE") + group.children("NTE") {
            var comment = self.comment(note)
            comment.order = index
            if !comment.text.isEmpty { message.comments.append(comment) }
        }
    }

    private func patient(_ element: XMLElement) -> DeviceMessage.Patient {
        var patient = DeviceMessage.Patient()
        patient.id = options.patient.text(in: element)
        if let name = element.child("PT.name") {
            let family = name.children.first { $0.name == "FAM" || $0.name.hasSuffix(".FAM") }?.value ?? ""
            let given = name.children.filter { $0.name == "GIV" || $0.name.hasSuffix(".GIV") }.map(\.value)
            let parts = ([family] + given).joined(separator: "^")
            patient.name = parts.allSatisfy { $0 == "^" } ? name.value : parts
        }
        patient.birthDate = POCT1Time.iso8601(element.value(of: "PT.birth_date")).map { String($0.prefix(10)) } ?? ""
        patient.sex = element.value(of: "PT.gender_cd")
        patient.location = element.value(of: "PT.location")
        return patient
    }

    private mutating func result(_ observation: XMLElement) -> DeviceMessage.Result? {
        var row = DeviceMessage.Result()
        let id = observation.child("OBS.observation_id")
        row.code = id?.value ?? ""
        row.name = XMLElementName.display(id)
        if row.name == row.code { row.name = "" }
        guard !row.code.isEmpty else {
            let text = "an observation without OBS.observation_id: what was measured cannot be told, it was not taken"
            faults.append(Fault(severity: .lost, text: text, offset: observation.offset))
            return nil
        }
        let value = observation.child("OBS.value")
        row.value = value?.value ?? ""
        row.unit = value?.attribute("U").map { String(XMLElementName.trimmed($0)) } ?? ""
        let words = observation.child("OBS.qualitative_value")
        let said = words.map { XMLElementName.display($0) } ?? ""
        let quality = words.map { $0.value.isEmpty ? said : $0.value } ?? ""
        if row.value.isEmpty {
            row.value = quality
            row.unit = quality.isEmpty ? row.unit : ""
        } else if !quality.isEmpty {
            var comment = DeviceMessage.Comment()
            comment.text = quality
            comment.type = "OBS.qualitative_value"
            row.comments.append(comment)
        }
        if row.value.isEmpty {
            row.isUsable = false
            let null = value?.attribute("NULL") ?? words?.attribute("NULL") ?? ""
            row.absentReason = "the device sends no value" + (null.isEmpty ? "" : " (\(null))")
        }
        row.range = ObservationReader.range(observation.value(of: "OBS.normal_lo-hi_limit"))
        row.flags = observation.children("OBS.interpretation_cd").map(\.value).filter { !$0.isEmpty }
        row.method = observation.value(of: "OBS.method_cd")
        row.status = observation.value(of: "OBS.status_cd")
        if options.enteredMethods.contains(row.method) { row.role = .info }
        if options.rejectedStates.contains(row.status) {
            row.isUsable = false
            row.absentReason = "discarded at the device (OBS.status_cd \(row.status))"
        }
        for note in observation.children("NTE") {
            let comment = comment(note)
            if options.noteFlags.contains(comment.text) {
                row.flags.append(comment.text)
            } else if !comment.text.isEmpty {
                row.comments.append(comment)
            }
        }
        return row
    }

    private func comment(_ note: XMLElement) -> DeviceMessage.Comment {
        var comment = DeviceMessage.Comment()
        let text = note.child("NTE.text")
        comment.text = text?.value ?? ""
        // Some makers write the kind of note into V and the note itself into the text.
        if let text, !text.text.isEmpty, text.attribute("V") != nil, text.text != comment.text {
            comment.text += comment.text.isEmpty ? text.text : ": \(text.text)"
        }
        return comment
    }

    private mutating func time(_ element: XMLElement?) -> String {
        guard let element, !element.value.isEmpty else { return "" }
        if let time = POCT1Time.iso8601(element.value) { return time }
        let text = "\"\(element.value)\" in \(element.name) is no time: left out"
        if faults.count < 8 { faults.append(Fault(severity: .notice, text: text, offset: element.offset)) }
        return ""
    }

    /// `[80;120]` is `80-120`; anything else as it stands.
    private static func range(_ text: String) -> String {
        guard text.first == "[" || text.first == "]", text.last == "]" || text.last == "[" else { return text }
        let parts = text.dropFirst().dropLast().split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return text }
        let low = XMLElementName.trimmed(String(parts[0]))
        let high = XMLElementName.trimmed(String(parts[1]))
        if low.isEmpty || high.isEmpty { return low.isEmpty ? "<=\(high)" : ">=\(low)" }
        return "\(low)-\(high)"
    }

    private static func all(_ name: String, in element: XMLElement) -> [XMLElement] {
        var found: [XMLElement] = []
        for child in element.children {
            if child.name == name { found.append(child) } else { found += all(name, in: child) }
        }
        return found
    }

    /// `name=Level 2 lot_number=77`: what an object says, observations left out.
    static func words(of element: XMLElement) -> String {
        var words: [String] = []
        for child in element.children where child.name != "OBS" {
            if child.children.isEmpty {
                let name =
                    child.name.hasPrefix(element.name + ".")
                    ? String(child.name.dropFirst(element.name.count + 1)) : child.name
                if !child.value.isEmpty { words.append("\(name)=\(child.value)") }
            } else {
                words.append("\(child.name)(\(ObservationReader.words(of: child)))")
            }
        }
        return words.joined(separator: " ")
    }
}

/// Attributes beside V.
enum XMLElementName {
    /// DN: the name for people.
    static func display(_ element: XMLElement?) -> String { element?.attribute("DN").map { trimmed($0) } ?? "" }

    static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let start = scalars.firstIndex(where: { $0.value > 0x20 }),
            let end = scalars.lastIndex(where: { $0.value > 0x20 })
        else { return "" }
        return String(scalars[start...end])
    }
}

extension DeviceMessage {
    /// What the header says.
    init(kind: Kind, _ document: XMLElement) {
        let header = document.child("HDR")
        self.init(
            kind: kind, protocolName: "POCT1-A", controlID: header?.value(of: "HDR.control_id") ?? "",
            sentAt: POCT1Time.iso8601(header?.value(of: "HDR.creation_dttm") ?? "") ?? "", charset: "UTF-8")
    }
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
