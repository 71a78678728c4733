import JSONText

extension ProfileReader {
    /// Keys of a profile, and those that a variant may lay over it.
    static let profileKeys = [
        "id", "aliases", "extends", "vendor", "model", "models", "kind", "support", "documents", "driver", "link",
        "options",
        "variants", "timezone", "codes", "units", "values", "flags", "status", "qc", "rows", "specimens", "unmapped",
        "training", "resend", "orders", "imaging",
    ]
    /// Keys that only drivers of analysers look at.
    static let analyserKeys = [
        "options", "codes", "units", "values", "flags", "status", "qc", "rows", "specimens", "unmapped", "training",
        "resend", "orders",
    ]
    /// The driver of modalities.
    static let imagingDriver = "dicom"
    static let variantKeys = profileKeys.filter { !["id", "aliases", "extends", "variants"].contains($0) }

    /// Reads a whole profile, variants included.
    mutating func profile(_ root: SourceNode) -> DeviceProfile {
        var profile = body(root.without(["variants"]), "the profile")
        for member in entries(root.member("variants")?.value, "variants", cure: "write a map: name, then what differs")
        {
            guard ProfileReader.isIdentifier(member.key) else {
                error(
                    member.value, "the variant name \"\(member.key)\" cannot be used",
                    cure: "use small letters, digits and hyphens: hl7")
                continue
            }
            _ = section(member.value, "the variant \"\(member.key)\"", keys: ProfileReader.variantKeys)
            let resolved = root.without(["variants"]).profileOverlaid(by: member.value.only(ProfileReader.variantKeys))
            var variant = body(resolved, "the profile")
            var digest = TextDigest()
            resolved.digest(into: &digest)
            variant.revision = digest.text
            profile.variants.append(.init(name: member.key, profile: variant))
        }
        var digest = TextDigest()
        root.digest(into: &digest)
        profile.revision = digest.text
        return profile
    }

    private mutating func body(_ root: SourceNode, _ name: String) -> DeviceProfile {
        let keys = section(root, name, keys: ProfileReader.profileKeys)
        var profile = DeviceProfile()
        profile.id = text(keys["id"], "id", longest: 64)
        if keys["id"] == nil {
            error(root, "there is no id", cure: "write id: and the name of the folder")
        } else if let node = keys["id"], !profile.id.isEmpty, !ProfileReader.isIdentifier(profile.id) {
            error(
                node, "the id \"\(profile.id)\" cannot be used",
                cure: "use small letters, digits and hyphens: maker-model")
        }
        for node in list(keys["aliases"], "aliases") {
            let alias = text(node, "an alias", longest: 64)
            if !alias.isEmpty, !ProfileReader.isIdentifier(alias) {
                error(node, "the alias \"\(alias)\" cannot be used", cure: "use small letters, digits and hyphens")
            } else if profile.aliases.contains(alias) || alias == profile.id {
                error(node, "the alias \"\(alias)\" is there twice", cure: "remove one")
            } else if !alias.isEmpty {
                profile.aliases.append(alias)
            }
        }
        profile.extends = text(keys["extends"], "extends", longest: 64)
        profile.vendor = text(keys["vendor"], "vendor")
        profile.model = text(keys["model"], "model")
        profile.models = texts(keys["models"], "models")
        profile.kind = choice(keys["kind"], "kind", DeviceKind.self) ?? .other
        profile.support = choice(keys["support"], "support", SupportLevel.self) ?? .claimed
        profile.documents = list(keys["documents"], "documents").map { document($0) }
        profile.driver = text(keys["driver"], "driver", longest: 64)
        if profile.driver.isEmpty {
            error(
                keys["driver"] ?? root, "there is no driver",
                cure: "write driver: and the module that reads the device: lis")
        } else if let node = keys["driver"], !ProfileReader.isIdentifier(profile.driver) {
            error(
                node, "the driver name \"\(profile.driver)\" cannot be used",
                cure: "use small letters, digits and hyphens")
        }
        if let node = keys["link"] { profile.link = link(node) }
        if let node = keys["options"] { profile.options = options(node) }
        profile.timezone = timezone(keys["timezone"])
        profile.codes = codes(keys["codes"])
        profile.units = units(keys["units"])
        if let node = keys["values"] { profile.values = values(node) }
        profile.flags = flags(keys["flags"])
        profile.status = statuses(keys["status"])
        profile.qc = list(keys["qc"], "qc").compactMap { qcRule($0) }
        profile.rows = list(keys["rows"], "rows").compactMap { rowRule($0) }
        profile.specimens = specimens(keys["specimens"])
        profile.unmapped = choice(keys["unmapped"], "unmapped", UnmappedPolicy.self) ?? .post
        profile.training = choice(keys["training"], "training", TrainingPolicy.self) ?? .hold
        if let node = keys["resend"] { profile.resend = resend(node) }
        if let node = keys["orders"] { profile.orders = orders(node) }
        checkImaging(root, keys, &profile)
        return profile
    }

    /// What a modality sends is read by the standard: rules for analysers would do nothing, in silence.
    private mutating func checkImaging(
        _ root: SourceNode, _ keys: [String: SourceNode], _ profile: inout DeviceProfile
    ) {
        if let node = keys["imaging"] {
            profile.imaging = imaging(node)
            if !profile.isImaging {
                error(node, "imaging: is for modalities", cure: "write driver: dicom, or take it out")
            }
        }
        guard profile.isImaging else {
            if let node = keys["link"]?.member("dicom")?.value, !profile.driver.isEmpty {
                error(node, "a link of DICOM, but the driver is \(profile.driver)", cure: "write driver: dicom")
            }
            return
        }
        for key in ProfileReader.analyserKeys {
            guard let node = keys[key], !node.isNull else { continue }
            error(
                node, "\(key): has no meaning for a modality",
                cure: "take it out; see imaging: in docs/writing-a-profile.md")
        }
    }

    /// Small letters, digits, hyphens; begins with a letter or digit: it becomes a folder and file name.
    static func isIdentifier(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 64, first != UInt8(ascii: "-") else { return false }
        return bytes.allSatisfy { $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: "-") }
    }

    private mutating func document(_ node: SourceNode) -> ProfileDocument {
        var document = ProfileDocument()
        if node.scalar != nil {
            document.title = text(node, "a document")
            return document
        }
        let keys = section(node, "a document", keys: ProfileReader.documentKeys)
        document.title = text(keys["title"], "title")
        document.revision = text(keys["revision"], "revision")
        document.note = text(keys["note"], "note", longest: 2000)
        return document
    }

    static let documentKeys = ["title", "revision", "note"]

    private mutating func timezone(_ node: SourceNode?) -> String {
        let zone = text(node, "timezone", longest: 64)
        guard let node, !zone.isEmpty else { return "" }
        let isName = zone.utf8.allSatisfy {
            $0 >= 0x41 && $0 <= 0x5A || $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39
                || [UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-")].contains($0)
        }
        if !isName || zone.hasPrefix("/") {
            error(
                node, "timezone \"\(zone)\" is no name of a zone",
                cure: "write a name of the time zone database: Asia/Shanghai")
            return ""
        }
        return zone
    }

    /// Keys of `resend`.
    static let resendKeys = ["window", "specimen"]

    private mutating func resend(_ node: SourceNode) -> ResendRule {
        let keys = section(node, "resend", keys: ProfileReader.resendKeys)
        var rule = ResendRule()
        rule.specimen = choice(keys["specimen"], "specimen", ResendRule.Specimen.self)
        guard let window = keys["window"], !window.isNull else { return rule }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        if let text = window.scalar, let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            count > 0,
            count <= 36500
        {
            rule.window = count * unit
        } else {
            error(window, "window is \(window.kindName)", cure: "write a number with s, m, h or d: 7d")
        }
        return rule
    }

    /// YAML as JSON, for the driver: plain `true`, `false`, `null` and numbers as such, everything else as text.
    mutating func options(_ node: SourceNode) -> JSONObject {
        if node.isNull { return JSONObject() }
        guard case .object(let object) = json(node) else {
            error(node, "options is \(node.kindName)", cure: "write a map; the driver's README.md lists the keys")
            return JSONObject()
        }
        return object
    }

    private func json(_ node: SourceNode) -> JSONValue {
        switch node.content {
        case .null: return .null
        case .scalar(let text, let isPlain):
            guard isPlain else { return .string(text) }
            if text == "true" { return .bool(true) }
            if text == "false" { return .bool(false) }
            if let first = text.utf8.first, first == UInt8(ascii: "-") || (first >= 0x30 && first <= 0x39),
                let value = try? JSONValue(parsing: text), case .number = value
            {
                return value
            }
            return .string(text)
        case .sequence(let elements): return .array(elements.map { json($0) })
        case .mapping(let members):
            var object = JSONObject()
            for member in members { object.append(member.key, json(member.value)) }
            return .object(object)
        }
    }
}
