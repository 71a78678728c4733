import JSONText

extension DataSet {
    /// Reads a data set in the DICOM JSON model (PS3.18 annex F); its text is in UTF-8, which it declares when the JSON
    /// declares a set, whichever, or when it is needed.
    ///
    /// - Parameter bulkData: the bytes behind a BulkDataURI; nil leaves the element empty.
    /// - Throws: `json`, naming the element, for what is not of the model.
    public init(json: JSONValue, bulkData: (String) -> [UInt8]? = { _ in nil }) throws(DICOMFault) {
        try self.init(json: json, path: "", depth: 0, bulkData)
        if json["00080005"] != nil || hasTextBeyondASCII {
            declare(.utf8)
        } else {
            characterSet = .default
            passOnCharacterSet()
        }
    }

    private init(json: JSONValue, path: String, depth: Int, _ bulkData: (String) -> [UInt8]?) throws(DICOMFault) {
        self.init()
        characterSet = .utf8
        guard let object = json.object else {
            throw DICOMFault(.json, at: 0, "\(path.isEmpty ? "the data set" : path) is no object")
        }
        guard depth <= DataSet.deepestNesting else {
            throw DICOMFault(.nesting, at: 0, "\(path): too many sequences in each other")
        }
        var found: [Element] = []
        for member in object.members {
            guard let tag = Tag(member.key) ?? Tag(keyword: member.key) else {
                throw DICOMFault(
                    .json, at: 0, "\(path)\(member.key) is neither a tag of eight digits nor a keyword")
            }
            if tag.group == 0xFFFE || tag.isGroupLength || tag == .specificCharacterSet { continue }
            let path = path + member.key
            let vr = try DataSet.vr(member.value, tag, path)
            if vr == .SQ {
                var items: [DataSet] = []
                for (place, item) in (member.value["Value"]?.array ?? []).enumerated() where item != .null {
                    items.append(
                        try DataSet(json: item, path: "\(path)/\(place + 1)/", depth: depth + 1, bulkData))
                }
                found.append(Element(tag, .SQ, .items(items)))
            } else {
                var one = DataSet()
                one.characterSet = .utf8
                try one.set(tag, vr, json: member.value, path: path, bulkData)
                found += one.elements
            }
        }
        elements = DataSet.sorted(found)
    }

    private static func vr(_ json: JSONValue, _ tag: Tag, _ path: String) throws(DICOMFault) -> VR {
        guard json.object != nil else { throw DICOMFault(.json, at: 0, tag: tag, "\(path) is no object") }
        guard let name = json["vr"]?.string else {
            guard let vr = DataDictionary.vr(tag) else {
                throw DICOMFault(.json, at: 0, tag: tag, "\(path) has no vr", cure: "write the value representation")
            }
            return vr
        }
        guard let vr = VR(rawValue: name) else {
            throw DICOMFault(.json, at: 0, tag: tag, "\(path): unknown value representation \(name)")
        }
        return vr
    }

    private mutating func set(
        _ tag: Tag, _ vr: VR, json: JSONValue, path: String, _ bulkData: (String) -> [UInt8]?
    ) throws(DICOMFault) {
        if let text = json["InlineBinary"] {
            guard let text = text.string, let bytes = Base64.decode(text) else {
                throw DICOMFault(.json, at: 0, tag: tag, "\(path): InlineBinary is not base64")
            }
            set(tag, vr, bytes: bytes)
            return
        }
        if let uri = json["BulkDataURI"]?.string {
            set(tag, vr, bytes: bulkData(uri) ?? [])
            return
        }
        guard let values = json["Value"] else {
            set(tag, vr, bytes: [])
            return
        }
        guard let array = values.array else {
            throw DICOMFault(.json, at: 0, tag: tag, "\(path): Value is no array")
        }
        var texts: [String] = []
        for value in array {
            guard let text = DataSet.text(value, vr) else {
                throw DICOMFault(
                    .json, at: 0, tag: tag, "\(path): a value that cannot be of \(vr.rawValue)")
            }
            texts.append(text)
        }
        set(tag, vr, texts: texts)
        if vr == .FD || vr == .FL || vr == .OB || vr == .UN || vr.isString || vr == .AT { return }
        if (self[tag]?.bytes?.count ?? 0) / vr.unitSize != texts.count {
            throw DICOMFault(.json, at: 0, tag: tag, "\(path): a value that is no number")
        }
    }

    /// A value as text; nil for what no representation has.
    private static func text(_ value: JSONValue, _ vr: VR) -> String? {
        switch value {
        case .null: return ""
        case .string(let text): return text
        case .number(let text): return text
        case .object where vr == .PN:
            let groups = ["Alphabetic", "Ideographic", "Phonetic"].map { value[$0]?.string ?? "" }
            return PersonName(groups.joined(separator: "=")).text
        default: return nil
        }
    }

    private mutating func set(_ tag: Tag, _ vr: VR, texts: [String]) {
        switch vr {
        case .FD, .FL:
            let numbers = texts.map { text in
                switch text {
                case "NaN", "nan": Double.nan
                case "inf", "Infinity", "+inf": Double.infinity
                case "-inf", "-Infinity": -Double.infinity
                default: DICOMNumber.decimal(text) ?? Double.nan
                }
            }
            set(tag, vr, numbers: numbers)
        case .UV:
            set(tag, vr, bytes: texts.compactMap { UInt64($0) }.flatMap { [UInt8](littleEndian: $0, size: 8) })
        case .LT, .ST, .UR, .UT: set(tag, vr, text: texts.first ?? "")
        default: set(tag, vr, text: texts.joined(separator: "\\"))
        }
    }
}
