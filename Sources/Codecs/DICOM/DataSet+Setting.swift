extension DataSet {
    /// Sets an element to text, several values with backslashes between, padded to an even length.
    ///
    /// Text of the representations AT, US, UL … is read as numbers or tags; what is none is left out. Text beyond what the
    /// character set can say makes the data set UTF-8 (all its text is written anew). Setting (0008,0005) writes the
    /// text that is there anew in that set.
    public mutating func set(_ tag: Tag, _ vr: VR, text: String) {
        if tag == .specificCharacterSet {
            setCharacterSet(SpecificCharacterSet(declared: text))
            return
        }
        guard vr.isString else {
            setBinary(tag, vr, text: text)
            return
        }
        if characterSet == .default, vr.isText, !text.utf8.allSatisfy({ $0 < 0x80 }) { setCharacterSet(.utf8) }
        var (bytes, substituted) = characterSet.encode(text, vr: vr)
        if substituted > 0, vr.isText, characterSet != .utf8 {
            setCharacterSet(.utf8)
            (bytes, substituted) = characterSet.encode(text, vr: vr)
        }
        set(tag, vr, bytes: bytes)
    }

    /// Sets an element to values of text. A backslash in a value of a representation with several values becomes a slash.
    public mutating func set(_ tag: Tag, _ vr: VR, strings: [String]) {
        guard vr.isMultiValued else {
            set(tag, vr, text: strings.joined(separator: "\r\n"))
            return
        }
        let values = strings.map { $0.contains("\\") ? String($0.map { $0 == "\\" ? "/" : $0 }) : $0 }
        set(tag, vr, text: values.joined(separator: "\\"))
    }

    /// Sets an element to numbers: binary ones and FL, FD as such, others as decimal text of at most 16 bytes. Integers
    /// out of the range of the representation become its nearest.
    public mutating func set(_ tag: Tag, _ vr: VR, numbers: [Double]) {
        var bytes: [UInt8] = []
        func clamped<Number: FixedWidthInteger>(_ value: Double, _ type: Number.Type) -> UInt64 {
            if value.isNaN { return 0 }
            if value >= Double(Number.max) { return UInt64(truncatingIfNeeded: Number.max) }
            if value <= Double(Number.min) { return UInt64(truncatingIfNeeded: Number.min) }
            return UInt64(truncatingIfNeeded: Number(value.rounded()))
        }
        for number in numbers {
            switch vr {
            case .US, .OW: bytes.append(littleEndian: clamped(number, UInt16.self), size: 2)
            case .SS: bytes.append(littleEndian: clamped(number, Int16.self), size: 2)
            case .UL, .OL: bytes.append(littleEndian: clamped(number, UInt32.self), size: 4)
            case .SL: bytes.append(littleEndian: clamped(number, Int32.self), size: 4)
            case .UV, .OV: bytes.append(littleEndian: clamped(number, UInt64.self), size: 8)
            case .SV: bytes.append(littleEndian: clamped(number, Int64.self), size: 8)
            case .FL, .OF: bytes.append(littleEndian: UInt64(Float(number).bitPattern), size: 4)
            case .FD, .OD: bytes.append(littleEndian: number.bitPattern, size: 8)
            default: break
            }
        }
        if vr.unitSize > 1, vr != .AT {
            set(tag, vr, bytes: bytes)
        } else {
            set(tag, vr, text: numbers.compactMap { DICOMNumber.decimalString($0) }.joined(separator: "\\"))
        }
    }

    /// Sets an element to integers.
    public mutating func set(_ tag: Tag, _ vr: VR, integers: [Int]) {
        switch vr {
        case .SV:
            set(tag, vr, bytes: integers.flatMap { [UInt8](littleEndian: UInt64(bitPattern: Int64($0)), size: 8) })
        case .UV:
            set(tag, vr, bytes: integers.flatMap { [UInt8](littleEndian: UInt64(clamping: $0), size: 8) })
        case .IS, .DS: set(tag, vr, text: integers.map(String.init).joined(separator: "\\"))
        default: set(tag, vr, numbers: integers.map { Double($0) })
        }
    }

    /// Sets an element to one integer.
    public mutating func set(_ tag: Tag, _ vr: VR, integer: Int) { set(tag, vr, integers: [integer]) }

    /// Sets an element to bytes, filled up to an even length.
    public mutating func set(_ tag: Tag, _ vr: VR, bytes: [UInt8]) {
        self[tag] = Element(tag, vr, bytes: bytes.count % 2 == 0 ? bytes : bytes + [vr.padding])
    }

    /// Sets an element of AT.
    public mutating func set(_ tag: Tag, tags: [Tag]) {
        var bytes: [UInt8] = []
        for tag in tags {
            bytes.append(littleEndian: UInt64(tag.group), size: 2)
            bytes.append(littleEndian: UInt64(tag.element), size: 2)
        }
        set(tag, .AT, bytes: bytes)
    }

    /// Sets a sequence. Text of the items is written anew where their character set is not that of this data set; where
    /// this one declares none, items keep and declare theirs.
    public mutating func set(_ tag: Tag, items: [DataSet]) {
        let set = characterSet
        self[tag] = Element(
            tag, .SQ,
            .items(
                items.map { item in
                    var item = item
                    if set != .default { item.adopt(set) }
                    return item
                }))
    }

    private mutating func setBinary(_ tag: Tag, _ vr: VR, text: String) {
        let values = text.split(separator: "\\").map { DataSet.trimmed(String($0), .CS) }
        switch vr {
        case .AT: set(tag, tags: values.compactMap { Tag($0) })
        case .SV, .UV: set(tag, vr, integers: values.compactMap { DICOMNumber.integer($0) })
        case .FD, .FL, .SL, .SS, .UL, .US: set(tag, vr, numbers: values.compactMap { DICOMNumber.decimal($0) })
        case .SQ: set(tag, items: [])
        default: set(tag, vr, bytes: Array(text.utf8))
        }
    }
}

extension [UInt8] {
    init(littleEndian value: UInt64, size: Int) {
        self = []
        append(littleEndian: value, size: size)
    }

    mutating func append(littleEndian value: UInt64, size: Int) {
        for place in 0..<size { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place))) }
    }
}
