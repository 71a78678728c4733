/// Rows in the DICOM JSON model (PS3.18 annex F): an object a line, attributes in the order of their tags, text in UTF-8.
///
/// Columns whose element is absent are left out; empty ones have no `Value`. Elements of sequences lie in their sequences. The
/// transfer syntax is given as Available Transfer Syntax UID (0008,3002), group 0002 not being of the model; the number of a
/// frame as Referenced Frame Number. A sequence that is a column has as many empty items as it has items. Private elements that
/// were asked for by their creator lie in a block of their own behind that creator. So do the path and the remark, which are
/// not DICOM's: (0009,xx01) and (0009,xx02) of the creator `HILUM INDEX`.
extension RowText {
    func appendDICOMJSON(_ path: UnsafeRawBufferPointer, _ reader: borrowing HeaderReader, to buffer: inout RowBuffer) {
        guard let jsonPlan else { return }
        _ = append(jsonPlan.nodes, path, reader, to: &buffer)
        buffer.append(0x0A)
    }

    /// Appends an object.
    ///
    /// - Returns: false when nothing is in it but creators.
    private func append(
        _ nodes: [DICOMJSONPlan.Node], _ path: UnsafeRawBufferPointer, _ reader: borrowing HeaderReader,
        to buffer: inout RowBuffer
    ) -> Bool {
        let begin = buffer.count
        var hasValues = false
        // Where the creators begin that no element has followed yet.
        var creators: Int?
        buffer.append(UInt8(ascii: "{"))
        for node in nodes {
            let start = buffer.count
            if start > begin + 1 { buffer.append(UInt8(ascii: ",")) }
            buffer.append("\"\(node.tag)\":{\"vr\":\"")
            var isCreator = false
            var isThere = true
            switch node.cell {
            case .creator(let name)?:
                isCreator = true
                buffer.append("LO\",\"Value\":[\"")
                buffer.appendText(name, .json)
                buffer.append("\"]")
            case .path?:
                buffer.append("UT\",\"Value\":[\"")
                _ = buffer.appendPath(path, .json)
                buffer.append("\"]")
            case .remark?:
                let remark = remark(reader, RowBuffer.isText(path))
                isThere = !remark.isEmpty
                buffer.append("UT\",\"Value\":[\"")
                buffer.appendText(remark, .json)
                buffer.append("\"]")
            case .column(let column)? where node.items.isEmpty:
                let slot = reader.slot(column)
                isThere = slot.start != nil
                if isThere { buffer.appendAttribute(node.tag, reader, slot, column) }
            case .column?, nil:
                buffer.append("SQ\",\"Value\":[")
                isThere = false
                for item in 1...(node.items.keys.max() ?? 1) {
                    if item > 1 { buffer.append(UInt8(ascii: ",")) }
                    if append(node.items[item] ?? [], path, reader, to: &buffer) { isThere = true }
                }
                buffer.append("]")
            }
            buffer.append(UInt8(ascii: "}"))
            if !isThere {
                buffer.truncate(to: start)
            } else if isCreator {
                creators = creators ?? start
            } else {
                hasValues = true
                creators = nil
            }
        }
        // Creators of what is not there.
        if let creators { buffer.truncate(to: creators) }
        buffer.append(UInt8(ascii: "}"))
        return hasValues
    }
}

extension RowBuffer {
    /// Appends representation and value of an attribute; what is before them was written.
    fileprivate mutating func appendAttribute(
        _ tag: Tag, _ reader: borrowing HeaderReader, _ slot: HeaderSlot, _ column: Int
    ) {
        if tag == Tag(0x0008, 0x1160) {
            append("IS\",\"Value\":[")
            append(reader.text(column))
            append(UInt8(ascii: "]"))
            return
        }
        append(slot.vr.rawValue)
        append(UInt8(ascii: "\""))
        if slot.vr == .SQ {
            if slot.items == 0 { return }
            append(",\"Value\":[{}")
            for _ in 1..<max(1, min(slot.items, 4096)) { append(",{}") }
            append(UInt8(ascii: "]"))
            return
        }
        if slot.length == 0 { return }
        switch slot.vr {
        case .OB, .OD, .OF, .OL, .OV, .OW, .UN:
            if slot.flags.contains(.isCut) { return }
            append(",\"InlineBinary\":\"")
            append(Base64.encode(ArraySlice(slot.bytes)))
            append(UInt8(ascii: "\""))
        default:
            let text = tag == .specificCharacterSet ? "ISO_IR 192" : reader.text(column)
            if text.isEmpty { return }
            let isOne = slot.vr.isString && !slot.vr.isMultiValued
            let values = isOne ? [text[...]] : text.split(separator: "\\", omittingEmptySubsequences: false)
            append(",\"Value\":[")
            for (place, value) in values.enumerated() {
                if place > 0 { append(UInt8(ascii: ",")) }
                appendValue(String(value), slot.vr)
            }
            append(UInt8(ascii: "]"))
        }
    }

    private mutating func appendValue(_ value: String, _ vr: VR) {
        if value.isEmpty {
            append("null")
            return
        }
        switch vr {
        case .IS, .DS:
            if let number = DICOMNumber.json(value) {
                append(number)
                return
            }
        case .US, .SS, .UL, .SL:
            append(value)
            return
        case .UV, .SV:
            // Beyond 2^53 many readers of JSON lose digits.
            if value.utf8.count <= 15 {
                append(value)
                return
            }
        case .FL, .FD:
            if value.utf8.last.map({ (0x30...0x39).contains($0) }) == true {
                append(value)
                return
            }
            appendString(value == "inf" || value == "-inf" ? value : "NaN")
            return
        case .AT:
            appendString(value.filter { $0 != "," })
            return
        case .PN:
            appendName(PersonName(value))
            return
        default: break
        }
        appendString(value)
    }

    private mutating func appendName(_ name: PersonName) {
        var isFirst = true
        append(UInt8(ascii: "{"))
        for (key, group) in [
            ("Alphabetic", name.alphabetic), ("Ideographic", name.ideographic), ("Phonetic", name.phonetic),
        ] where !group.isEmpty {
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            append("\"\(key)\":")
            appendString(group.text)
        }
        append(UInt8(ascii: "}"))
    }

    private mutating func appendString(_ text: String) {
        append(UInt8(ascii: "\""))
        appendText(text, .json)
        append(UInt8(ascii: "\""))
    }
}
