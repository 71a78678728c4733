import JSONText

extension R4.Bundle {
    /// Something that a server would refuse, or understand wrongly.
    public struct Fault: Sendable, Equatable, CustomStringConvertible {
        /// `Bundle.entry[2].resource.valueQuantity.code`
        public var path: String
        /// What is wrong and what should stand there.
        public var problem: String
        /// Text for people.
        public var description: String { path + ": " + problem }
    }

    /// Checks the transaction against what R4 requires and profiles of the parser leave out: references that resolve,
    /// codes with their system, required elements, forms of dates, conditional URLs that name the resource's own
    /// identifier, no control characters, nothing empty, no two entries with one target.
    public func faults() -> [Fault] {
        var check = BundleCheck(fullURLs: Set(entries.map(\.fullURL)))
        if check.fullURLs.count != entries.count { check.add("Bundle.entry", "two entries have one fullUrl") }
        var targets: Set<String> = []
        for (index, entry) in entries.enumerated() {
            let path = "Bundle.entry[\(index)]"
            let type = entry.resource["resourceType"]?.string ?? ""
            check.request(entry, type: type, path: path)
            let target = entry.ifNoneExist.isEmpty ? entry.url : type + "?" + entry.ifNoneExist
            if target.contains("?") || entry.method == "PUT", !targets.insert(target).inserted {
                check.add(path + ".request", "a second entry for \(target); a transaction may hold one")
            }
            check.required(entry.resource, type: type, path: path + ".resource")
            check.walk(entry.resource, from: path + ".resource")
        }
        return check.faults
    }
}

struct BundleCheck {
    let fullURLs: Set<String>
    var faults: [R4.Bundle.Fault] = []
    /// Where the walk is: `root`, then `trail`.
    private var root = ""
    private var trail: [Step] = []

    private enum Step {
        case key(String)
        case index(Int)
    }

    /// Checks everything in a resource.
    mutating func walk(_ resource: JSONValue, from root: String) {
        self.root = root
        trail.removeAll(keepingCapacity: true)
        walk(resource, key: "")
    }

    init(fullURLs: Set<String>) { self.fullURLs = fullURLs }

    /// Elements with a minimum of one, and value sets that are bound as required.
    static let requirements: [String: [(element: String, allowed: Set<String>)]] = [
        "Observation": [
            (
                "status",
                [
                    "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error",
                    "unknown",
                ]
            ), ("code", []),
        ],
        "DiagnosticReport": [
            (
                "status",
                [
                    "registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled",
                    "entered-in-error", "unknown",
                ]
            ), ("code", []),
        ],
        "ServiceRequest": [
            ("status", ["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"]),
            ("intent", ["order", "plan", "proposal", "directive", "filler-order"]), ("subject", []),
        ],
        "Media": [("status", ["completed", "entered-in-error"]), ("content", [])],
        "DocumentReference": [("status", ["current", "superseded", "entered-in-error"]), ("content", [])],
        "ImagingStudy": [
            ("status", ["registered", "available", "cancelled", "entered-in-error", "unknown"]), ("identifier", []),
            ("subject", []),
        ],
        "Endpoint": [
            ("status", ["active", "suspended", "error", "off", "entered-in-error", "test"]), ("connectionType", []),
            ("payloadType", []), ("address", []),
        ],
        "Provenance": [("target", []), ("recorded", []), ("agent", [])],
        "Patient": [("identifier", [])], "Specimen": [("identifier", [])], "Device": [("identifier", [])],
    ]
    static let comparators: Set<String> = ["<", "<=", ">=", ">"]

    mutating func add(_ path: String, _ problem: String) {
        if faults.count < 100 { faults.append(R4.Bundle.Fault(path: path, problem: problem)) }
    }

    mutating func request(_ entry: R4.Bundle.Entry, type: String, path: String) {
        if !entry.fullURL.hasPrefix("urn:uuid:") || entry.fullURL.utf8.count != 45 {
            add(path + ".fullUrl", "not of the form urn:uuid: and a UUID")
        }
        if entry.method != "PUT", entry.method != "POST" { add(path + ".request.method", "neither PUT nor POST") }
        guard entry.url == type || entry.url.hasPrefix(type + "?") || entry.url.hasPrefix(type + "/") else {
            return add(path + ".request.url", "\(entry.url) is not for a \(type)")
        }
        if entry.method == "PUT", entry.url == type { add(path + ".request.url", "PUT needs an id or a condition") }
        let condition = entry.ifNoneExist.isEmpty ? entry.url.dropFirst(type.count + 1) : entry.ifNoneExist[...]
        if entry.url.hasPrefix(type + "?") || !entry.ifNoneExist.isEmpty {
            let identifiers = entry.resource["identifier"]?.array ?? []
            let own = identifiers.contains { identifier in
                R4.Bundle.query(
                    R4.Identifier(
                        system: identifier["system"]?.string ?? "", value: identifier["value"]?.string ?? ""))
                    == condition
            }
            if !own { add(path + ".request", "the condition \(condition) is no identifier of the resource") }
        }
        if entry.url.hasPrefix(type + "/"), entry.resource["id"]?.string != String(condition) {
            add(path + ".request.url", "its id is not the resource's")
        }
    }

    mutating func required(_ resource: JSONValue, type: String, path: String) {
        guard let requirements = BundleCheck.requirements[type] else {
            return add(path + ".resourceType", "“\(type)” is not a resource this gateway sends")
        }
        for (element, allowed) in requirements {
            guard let value = resource[element] else {
                add(path + "." + element, "missing; \(type) needs it")
                continue
            }
            if !allowed.isEmpty, !allowed.contains(value.string ?? "") {
                add(path + "." + element, "“\(value.string ?? "")” is not in its value set")
            }
        }
        if type == "Observation" {
            let values = resource.object?.members.filter { $0.key.hasPrefix("value") }.count ?? 0
            let isAbsent = resource["dataAbsentReason"] != nil
            if values > 1 || values == 1 && isAbsent {
                add(path + ".value[x]", "more than one value, or a value beside dataAbsentReason (obs-6)")
            }
            if values == 0, !isAbsent { add(path + ".value[x]", "neither a value nor dataAbsentReason") }
        }
    }

    /// Checks a value and all below it. The path is put together only when there is something to say.
    mutating func walk(_ value: JSONValue, key: String) {
        switch value {
        case .object(let object):
            if object.members.isEmpty { tell("", "empty object") }
            coding(object, key: key)
            for member in object.members {
                trail.append(.key(member.key))
                walk(member.value, key: member.key)
                trail.removeLast()
            }
        case .array(let values):
            if values.isEmpty { tell("", "empty array") }
            for (index, element) in values.enumerated() {
                trail.append(.index(index))
                walk(element, key: key)
                trail.removeLast()
            }
        case .string(let text): string(text, key: key)
        case .number(let text):
            if R4.Decimal(text)?.text != text { tell("", "\(text) is no R4 decimal") }
        case .null: tell("", "null")
        case .bool: break
        }
    }

    private mutating func tell(_ suffix: String, _ problem: String) {
        var path = root
        for step in trail {
            switch step {
            case .key(let key): path += "." + key
            case .index(let index): path += "[\(index)]"
            }
        }
        add(path + suffix, problem)
    }

    private mutating func coding(_ object: JSONObject, key: String) {
        var has = Present()
        for member in object.members { has.note(member) }
        if has.code, !has.system { tell(".code", "a code without its system") }
        if key == "identifier", !has.typeName, !has.value || !has.system {
            tell("", "an identifier needs system and value")
        }
        if let comparator = has.comparator, !BundleCheck.comparators.contains(comparator) {
            tell(".comparator", "“\(comparator)” is not < <= >= or >")
        }
        if key == "low" || key == "high", has.comparator != nil {
            tell(".comparator", "a limit of a range has no comparator")
        }
        if has.data, !has.contentType { tell("", "data without contentType (att-1)") }
        if key == "referenceRange", !has.low, !has.high, !has.text {
            tell("", "neither low, high nor text (obs-3)")
        }
    }

    /// Which members an object has, found in one pass.
    private struct Present {
        var code = false
        var system = false
        var value = false
        var typeName = false
        var data = false
        var contentType = false
        var low = false
        var high = false
        var text = false
        var comparator: String?

        mutating func note(_ member: JSONObject.Member) {
            switch member.key {
            case "code": code = member.value.string != nil
            case "system": system = true
            case "value": value = true
            case "type": typeName = member.value.string != nil
            case "data": data = true
            case "contentType": contentType = true
            case "low": low = true
            case "high": high = true
            case "text": text = true
            case "comparator": comparator = member.value.string
            default: break
            }
        }
    }

    private mutating func string(_ text: String, key: String) {
        if text.isEmpty { tell("", "empty string") }
        if R4.hasControl(text) { tell("", "a control character") }
        switch key {
        case "reference":
            if text.hasPrefix("urn:"), !fullURLs.contains(text) { tell("", "\(text) is not in the bundle") }
        case "effectiveDateTime", "collectedDateTime", "receivedTime", "authoredOn", "createdDateTime", "started":
            if !BundleCheck.isDateTime(text) { tell("", "“\(text)” is no R4 dateTime") }
        case "issued", "recorded", "date":
            if !BundleCheck.isDateTime(text) || text.utf8.count < 20 { tell("", "“\(text)” is no R4 instant") }
        case "birthDate":
            if R4.DateTime(local: text, utcOffset: nil)?.text != text { tell("", "“\(text)” is no R4 date") }
        case "uid":
            let isID = text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: ".") }
            if !isID || text.utf8.count > 64 { tell("", "“\(text)” is no DICOM UID") }
        case "system":
            if !text.contains(":") || text.contains(" ") { tell("", "“\(text)” is no absolute URI") }
        default: break
        }
    }

    static func isDateTime(_ text: String) -> Bool {
        guard text.utf8.count > 10 else { return R4.DateTime(local: text, utcOffset: nil)?.text == text }
        let zoneLength = text.hasSuffix("Z") ? 1 : 6
        let local = String(text.dropLast(zoneLength))
        guard local.utf8.count >= 19, let time = R4.DateTime(local: local, utcOffset: 0) else { return false }
        return time.text == local + "+00:00"
    }
}
