import CharacterSets

extension DataSet {
    /// The whole value as text: decoded by the character set, padding trimmed, several values with backslashes between.
    ///
    /// Numbers are given in decimal, tags as eight digits. Nil when the element is absent, empty, or has no text.
    public func text(_ tag: Tag) -> String? {
        guard let element = self[tag], case .bytes(let bytes) = element.value, !bytes.isEmpty else { return nil }
        let vr = element.effectiveVR
        if vr.isString || vr == .UN {
            if let value = simpleValue(bytes, vr) { return value.isEmpty ? nil : value }
            if vr == .UN, !DataSet.isText(bytes) { return nil }
            let text = DataSet.trimmed(decoded(bytes, vr), vr)
            return text.isEmpty ? nil : text
        }
        let values = numberTexts(element)
        return values.isEmpty ? nil : values.joined(separator: "\\")
    }

    /// The first value that is not empty, as text.
    public func string(_ tag: Tag) -> String? {
        if let element = self[tag], case .bytes(let bytes) = element.value, element.vr.isString,
            let value = simpleValue(bytes, element.vr)
        {
            return value.isEmpty ? nil : value
        }
        return strings(tag).first { !$0.isEmpty }
    }

    /// The values as text, each trimmed; values in the middle may be empty. No value: an empty array.
    public func strings(_ tag: Tag) -> [String] {
        self[tag].map { strings(of: $0) } ?? []
    }

    func strings(of element: Element) -> [String] {
        guard case .bytes(let bytes) = element.value, !bytes.isEmpty else { return [] }
        let vr = element.effectiveVR
        guard vr.isString || vr == .UN else { return numberTexts(element) }
        if let value = simpleValue(bytes, vr) { return value.isEmpty ? [] : [value] }
        if vr == .UN, !DataSet.isText(bytes) { return [] }
        let text = decoded(bytes, vr)
        guard vr.isMultiValued else {
            let trimmed = DataSet.trimmed(text, vr)
            return trimmed.isEmpty ? [] : [trimmed]
        }
        let values = text.split(separator: "\\", omittingEmptySubsequences: false).map {
            DataSet.trimmed(String($0), vr)
        }
        return values == [""] ? [] : values
    }

    /// The first value as an integer: IS, DS without a fraction, and the binary integers. Nil when it is none or too large.
    public func integer(_ tag: Tag) -> Int? {
        guard let element = self[tag], case .bytes(let bytes) = element.value else { return nil }
        switch element.effectiveVR {
        case .US, .OW: return DataSet.integer(bytes, 0, size: 2, signed: false)
        case .SS: return DataSet.integer(bytes, 0, size: 2, signed: true)
        case .UL, .OL: return DataSet.integer(bytes, 0, size: 4, signed: false)
        case .SL: return DataSet.integer(bytes, 0, size: 4, signed: true)
        case .SV: return DataSet.integer(bytes, 0, size: 8, signed: true)
        case .UV, .OV:
            let value = DataSet.bits(bytes, 0, size: 8)
            return value.flatMap { Int(exactly: $0) }
        default: return string(tag).flatMap { DICOMNumber.integer($0) }
        }
    }

    /// The first value as a number.
    public func number(_ tag: Tag) -> Double? { numbers(tag).first }

    /// The values as numbers: DS, IS and the binary numbers. Values that are no numbers are left out.
    public func numbers(_ tag: Tag) -> [Double] {
        guard let element = self[tag], case .bytes(let bytes) = element.value else { return [] }
        let vr = element.effectiveVR
        let size = vr.unitSize
        func each(_ read: (Int) -> Double?) -> [Double] {
            stride(from: 0, to: bytes.count / size * size, by: size).compactMap(read)
        }
        switch vr {
        case .US, .UL, .OW, .OL, .UV, .OV, .SS, .SL, .SV:
            let signed = vr == .SS || vr == .SL || vr == .SV
            return each { place in
                if size == 8, !signed { return DataSet.bits(bytes, place, size: 8).map { Double($0) } }
                return DataSet.integer(bytes, place, size: size, signed: signed).map { Double($0) }
            }
        case .FL, .OF:
            return each { place in
                DataSet.bits(bytes, place, size: 4).map { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) }
            }
        case .FD, .OD: return each { place in DataSet.bits(bytes, place, size: 8).map { Double(bitPattern: $0) } }
        default: return strings(tag).compactMap { DICOMNumber.decimal($0) }
        }
    }

    /// The bytes of the value field, padding included. Nil when absent, or a sequence.
    public func bytes(_ tag: Tag) -> [UInt8]? { self[tag]?.bytes.map { Array($0) } }

    /// The tags of an AT element.
    public func tags(_ tag: Tag) -> [Tag] {
        guard let element = self[tag], case .bytes(let bytes) = element.value else { return [] }
        return DataSet.tags(bytes)
    }

    /// The items of a sequence; none when absent. Bytes of UN that hold items are read as such (PS3.5 6.2.2); those of a
    /// sequence of the dictionary were when the data set was read, unless they are nested too deep.
    public func items(_ tag: Tag) -> [DataSet] {
        guard let element = self[tag] else { return [] }
        switch element.value {
        case .items(let items): return items
        case .bytes(let bytes) where element.effectiveVR == .UN:
            return DataSet.items(inUnknown: bytes, characterSet: characterSet) ?? []
        default: return []
        }
    }

    /// The first item of a sequence.
    public func item(_ tag: Tag) -> DataSet? { items(tag).first }
}

extension DataSet {
    /// What nearly all values are: one value of printable ASCII, trimmed. Nil for anything else.
    private func simpleValue(_ bytes: ArraySlice<UInt8>, _ vr: VR) -> String? {
        guard case .plain = characterSet.coding else { return nil }
        let keepsStart = vr == .LT || vr == .ST || vr == .UT || vr == .UC
        return bytes.withUnsafeBufferPointer { bytes in
            var end = bytes.count
            while end > 0, bytes[end - 1] == 0x20 || bytes[end - 1] == 0 { end -= 1 }
            var start = 0
            while !keepsStart, start < end, bytes[start] == 0x20 { start += 1 }
            for place in start..<end where bytes[place] < 0x20 || bytes[place] > 0x7E || bytes[place] == 0x5C {
                return nil
            }
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
    }

    func decoded(_ bytes: ArraySlice<UInt8>, _ vr: VR) -> String { characterSet.decode(bytes, vr: vr) }

    /// Takes away padding: blanks and NULs at the end; blanks at the start where they mean nothing (PS3.5 6.2).
    static func trimmed(_ text: String, _ vr: VR) -> String {
        let utf8 = text.utf8
        var start = utf8.startIndex
        var end = utf8.endIndex
        while end > start {
            let before = utf8.index(before: end)
            guard utf8[before] == 0x20 || utf8[before] == 0 else { break }
            end = before
        }
        if vr != .LT, vr != .ST, vr != .UT, vr != .UC {
            while start < end, utf8[start] == 0x20 { start = utf8.index(after: start) }
        }
        if start == utf8.startIndex, end == utf8.endIndex { return text }
        return String(text[start..<end])
    }

    static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) || $0 == 0x1B || $0 == 0 }
            && bytes.first != 0
    }

    static func bits(_ bytes: ArraySlice<UInt8>, _ offset: Int, size: Int) -> UInt64? {
        guard offset >= 0, bytes.count >= size, offset <= bytes.count - size else { return nil }
        var value: UInt64 = 0
        for place in 0..<size { value |= UInt64(bytes[bytes.startIndex + offset + place]) << UInt64(8 * place) }
        return value
    }

    static func integer(_ bytes: ArraySlice<UInt8>, _ offset: Int, size: Int, signed: Bool) -> Int? {
        guard let bits = bits(bytes, offset, size: size) else { return nil }
        guard signed else { return Int(exactly: bits) }
        switch size {
        case 2: return Int(Int16(truncatingIfNeeded: bits))
        case 4: return Int(Int32(truncatingIfNeeded: bits))
        default: return Int(Int64(bitPattern: bits))
        }
    }

    static func tags(_ bytes: ArraySlice<UInt8>) -> [Tag] {
        stride(from: 0, to: bytes.count / 4 * 4, by: 4).compactMap { place in
            bits(bytes, place, size: 4).map { bits in
                Tag(UInt16(truncatingIfNeeded: bits), UInt16(truncatingIfNeeded: bits >> 16))
            }
        }
    }

    private func numberTexts(_ element: Element) -> [String] {
        guard case .bytes(let bytes) = element.value else { return [] }
        let vr = element.effectiveVR
        let size = vr.unitSize
        let places = stride(from: 0, to: bytes.count / size * size, by: size)
        switch vr {
        case .US, .UL:
            return places.compactMap { DataSet.integer(bytes, $0, size: size, signed: false).map(String.init) }
        case .SS, .SL, .SV:
            return places.compactMap { DataSet.integer(bytes, $0, size: size, signed: true).map(String.init) }
        case .UV: return places.compactMap { DataSet.bits(bytes, $0, size: 8).map { String($0) } }
        case .FL:
            return places.compactMap {
                DataSet.bits(bytes, $0, size: 4).map {
                    Float(bitPattern: UInt32(truncatingIfNeeded: $0)).description
                }
            }
        case .FD: return numbers(element.tag).map(\.description)
        case .AT: return DataSet.tags(bytes).map(\.description)
        default: return []
        }
    }
}
