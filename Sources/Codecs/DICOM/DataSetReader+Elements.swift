extension DataSetReader {
    func uint16(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8 }

    func uint32(_ offset: Int) -> UInt32 { UInt32(uint16(offset)) | UInt32(uint16(offset + 2)) << 16 }

    private var isBig: Bool { coding == .explicitBigEndian }

    /// Group number at an offset that has eight bytes.
    func group(_ offset: Int) -> UInt16 { isBig ? uint16(offset).byteSwapped : uint16(offset) }

    /// Tag at an offset that has eight bytes.
    func tagNumber(_ offset: Int) -> UInt32 {
        UInt32(group(offset)) << 16 | UInt32(isBig ? uint16(offset + 2).byteSwapped : uint16(offset + 2))
    }

    private func length32(_ offset: Int) -> UInt32 { isBig ? uint32(offset).byteSwapped : uint32(offset) }

    private func length16(_ offset: Int) -> Int { Int(isBig ? uint16(offset).byteSwapped : uint16(offset)) }

    /// Reads tag, representation and length; the caller has seen to it that eight bytes are there.
    mutating func header(limit: Int) -> Header? {
        let start = position
        let tag = Tag(group(start), isBig ? uint16(start + 2).byteSwapped : uint16(start + 2))
        if coding == .implicitLittleEndian || tag.group == 0xFFFE {
            let length = length32(start + 4)
            position = start + 8
            let undefined = length == 0xFFFF_FFFF
            var vr = DataDictionary.vr(tag) ?? (undefined ? .SQ : .UN)
            if undefined, vr != .OW, vr != .OB { vr = .SQ }
            return Header(
                tag: tag, vr: vr, length: undefined ? nil : Int(length), offset: start, isExplicit: false)
        }
        let (first, second) = (bytes[start + 4], bytes[start + 5])
        guard let vr = VR(first, second) else { return unknownVR(tag, first, second, start, limit: limit) }
        if !vr.hasLongLength {
            position = start + 8
            return Header(tag: tag, vr: vr, length: length16(start + 6), offset: start, isExplicit: true)
        }
        return longHeader(tag, vr, start, limit: limit)
    }

    private mutating func longHeader(_ tag: Tag, _ vr: VR, _ start: Int, limit: Int) -> Header? {
        guard limit - start >= 12 else {
            if limit == bytes.count {
                cut(at: start, needs: start + 12, tag: tag)
            } else {
                tooLong(start, tag, 12, limit)
            }
            return nil
        }
        let length = length32(start + 8)
        position = start + 12
        return Header(
            tag: tag, vr: vr, length: length == 0xFFFF_FFFF ? nil : Int(length), offset: start, isExplicit: true)
    }

    /// Two bytes that are no representation: one of a later edition, with a length of 32 bits (PS3.5 7.1.2) or of 16; or
    /// an element without representation among others that have it.
    private mutating func unknownVR(_ tag: Tag, _ first: UInt8, _ second: UInt8, _ start: Int, limit: Int) -> Header? {
        let areLetters = (0x41...0x5A).contains(first) && (0x41...0x5A).contains(second)
        let known = DataDictionary.vr(tag)
        let name = areLetters ? String(decoding: [first, second], as: UTF8.self) : ""
        if !areLetters {
            let length = length32(start + 4)
            if options.isPrefix, limit == bytes.count, length < 1 << 24, Int(length) > limit - start - 8 {
                // Whether the length is one can be told when more of the file is there.
                cut(at: start, needs: start + 8 + Int(length), tag: tag)
                return nil
            }
            if length == 0xFFFF_FFFF || Int(length) <= limit - start - 8, !(first == 0x20 && second == 0x20) {
                note(
                    .valueRepresentation, at: start, tag: tag, "no value representation",
                    cure: "read as an element without one")
                position = start + 8
                let undefined = length == 0xFFFF_FFFF
                return Header(
                    tag: tag, vr: undefined ? .SQ : known ?? .UN, length: undefined ? nil : Int(length), offset: start,
                    isExplicit: false)
            }
        }
        note(
            .valueRepresentation, at: start, tag: tag, "unknown value representation \(name)",
            cure: "read as \(known?.rawValue ?? "UN")")
        if areLetters, uint16(start + 6) == 0, limit - start >= 12 {
            return longHeader(tag, known.flatMap { $0.hasLongLength ? $0 : nil } ?? .UN, start, limit: limit)
        }
        position = start + 8
        return Header(tag: tag, vr: known ?? .UN, length: length16(start + 6), offset: start, isExplicit: true)
    }

    /// The value field of an element whose header was read.
    mutating func value(
        of header: Header, limit: Int, depth: Int, characterSet: SpecificCharacterSet
    ) -> Element.Value? {
        if depth == 0, let wanted = options.sequences, !wanted.contains(header.tag.number),
            let items = passOver(header, limit)
        {
            return items
        }
        guard let length = header.length else {
            return undefinedLength(header, limit: limit, depth: depth, characterSet: characterSet)
        }
        if header.vr == .SQ {
            guard length <= limit - position else {
                // What of the items is there stays.
                if limit < bytes.count { tooLong(header.offset, header.tag, length, limit) }
                if halt != nil { return nil }
                if options.isPrefix {
                    cut(at: header.offset, needs: position + length, tag: header.tag)
                    return nil
                }
                return sequence(header, limit: limit, isUndefined: true, depth: depth, characterSet: characterSet)
            }
            return sequence(
                header, limit: position + length, isUndefined: false, depth: depth, characterSet: characterSet)
        }
        if header.vr == .UN, let items = knownSequence(header, length, limit, depth, characterSet) { return items }
        guard let slice = slice(header, length, limit: limit) else { return nil }
        return .bytes(swapped(slice, header.vr))
    }

    /// Passes over a sequence that nobody asked for. Nil, and nothing changed, when that is not to be done by lengths alone.
    private mutating func passOver(_ header: Header, _ limit: Int) -> Element.Value? {
        guard coding != .explicitBigEndian, header.vr == .SQ || header.vr == .UN && header.length == nil else {
            return nil
        }
        if let length = header.length {
            guard length <= limit - position else { return nil }
            position += length
            return .items([])
        }
        let isInside =
            coding == .implicitLittleEndian || header.vr == .UN && !DataSetReader.isExplicitItem(bytes, at: position)
        let table = HeaderWord.makeTable()
        defer { table.deallocate() }
        var walk = ItemWalk(isImplicit: isInside)
        var at = position
        let end = bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map { walk.run($0, limit, &at, end: Int.max, table) } ?? .edge
        }
        guard case .behind = end, at <= limit else { return nil }
        position = at
        return .items([])
    }

    /// The items of a sequence of the dictionary that is called UN and has a defined length; nil, and nothing changed, when
    /// the bytes hold none.
    private mutating func knownSequence(
        _ header: Header, _ length: Int, _ limit: Int, _ depth: Int, _ characterSet: SpecificCharacterSet
    ) -> Element.Value? {
        guard length >= 8, length <= limit - position, depth < options.deepestNesting,
            bytes[position..<position + 4].elementsEqual([0xFE, 0xFF, 0x00, 0xE0]), DataDictionary.vr(header.tag) == .SQ
        else { return nil }
        var inner = self
        inner.coding =
            DataSetReader.isExplicitItem(bytes, at: position) ? .explicitLittleEndian : .implicitLittleEndian
        let end = position + length
        guard
            let items = inner.sequence(
                header, limit: end, isUndefined: false, depth: depth, characterSet: characterSet),
            inner.halt == nil, inner.position == end,
            !inner.faults.dropFirst(faults.count).contains(where: { $0.code == .structure || $0.code == .length })
        else { return nil }
        position = end
        faults = inner.faults
        return items
    }

    /// Bytes of a value; moves behind them.
    mutating func slice(_ header: Header, _ length: Int, limit: Int) -> ArraySlice<UInt8>? {
        guard length <= limit - position else {
            if limit == bytes.count {
                cut(at: header.offset, needs: position + length, tag: header.tag)
            } else {
                tooLong(header.offset, header.tag, length, limit)
            }
            return nil
        }
        let slice = bytes[position..<position + length]
        position += length
        if length % 2 == 1 {
            note(.length, at: header.offset, tag: header.tag, "odd length \(length)", cure: "read as it is")
        }
        return slice
    }

    mutating func tooLong(_ offset: Int, _ tag: Tag, _ length: Int, _ limit: Int) {
        note(
            .length, at: offset, tag: tag, "length \(length) goes beyond the item or sequence that encloses it",
            cure: "the rest of it is skipped")
        position = limit
    }

    private mutating func undefinedLength(
        _ header: Header, limit: Int, depth: Int, characterSet: SpecificCharacterSet
    ) -> Element.Value? {
        switch header.vr {
        case .OB, .OW, .OF, .OD, .OL, .OV: return fragments(header, limit: limit)
        case .SQ: return sequence(header, limit: limit, isUndefined: true, depth: depth, characterSet: characterSet)
        case .UN:
            // Implicit inside, whatever is outside (PS3.5 6.2.2 note 4); some writers leave it explicit.
            let outside = coding
            if !DataSetReader.isExplicitItem(bytes, at: position) { coding = .implicitLittleEndian }
            defer { coding = outside }
            return sequence(header, limit: limit, isUndefined: true, depth: depth, characterSet: characterSet)
        default:
            halt = .fault(badLength(header.offset, header.tag, "undefined length of \(header.vr.rawValue)"))
            return nil
        }
    }

    /// True when the first item at an offset holds an element with a value representation.
    static func isExplicitItem(_ bytes: [UInt8], at offset: Int) -> Bool {
        guard bytes.count >= 16, offset <= bytes.count - 16, bytes[offset] == 0xFE, bytes[offset + 2] == 0x00 else {
            return false
        }
        return VR(bytes[offset + 12], bytes[offset + 13]) != nil
    }

    /// Items up to `limit`, or to a sequence delimiter.
    private mutating func sequence(
        _ header: Header, limit: Int, isUndefined: Bool, depth: Int, characterSet: SpecificCharacterSet
    ) -> Element.Value? {
        guard depth < options.deepestNesting else {
            halt = .fault(
                DICOMFault(
                    .nesting, at: header.offset, tag: header.tag,
                    "more than \(options.deepestNesting) sequences in each other", cure: "what came before was read"))
            return nil
        }
        var items: [DataSet] = []
        while halt == nil, position < limit {
            let start = position
            guard limit - start >= 8 else {
                endOfSequence(start, limit: limit)
                break
            }
            let tag = Tag(group(start), isBig ? uint16(start + 2).byteSwapped : uint16(start + 2))
            let length = length32(start + 4)
            if tag == .sequenceDelimitationItem {
                position = start + 8
                if isUndefined { return .items(items) }
                note(.structure, at: start, tag: tag, "a delimiter in a sequence of defined length", cure: "skipped")
                continue
            }
            guard tag == .item else {
                if tag == .itemDelimitationItem {
                    note(.structure, at: start, tag: tag, "a delimiter between items", cure: "skipped")
                    position = start + 8
                    continue
                }
                if !isUndefined {
                    note(.structure, at: start, tag: tag, "no item in a sequence", cure: "the rest of it is skipped")
                    position = limit
                    break
                }
                halt = .fault(
                    DICOMFault(
                        .structure, at: start, tag: header.tag, "neither an item nor the end of the sequence",
                        cure: "what came before was read"))
                break
            }
            position = start + 8
            if length == 0xFFFF_FFFF {
                items.append(
                    readDataSet(limit: limit, isUndefined: true, depth: depth + 1, characterSet: characterSet))
            } else if Int(length) <= limit - position {
                let end = position + Int(length)
                items.append(readDataSet(limit: end, isUndefined: false, depth: depth + 1, characterSet: characterSet))
                if halt == nil { position = end }
            } else if limit == bytes.count {
                if options.isPrefix {
                    cut(at: start, needs: position + Int(length), tag: header.tag)
                } else {
                    items.append(
                        readDataSet(limit: limit, isUndefined: true, depth: depth + 1, characterSet: characterSet))
                }
            } else {
                tooLong(start, header.tag, Int(length), limit)
            }
        }
        if halt == nil, isUndefined {
            if limit == bytes.count {
                cut(at: position, needs: position + 8, tag: header.tag)
            } else {
                note(
                    .structure, at: position, tag: header.tag, "sequence without delimiter",
                    cure: "ended with what encloses it")
            }
        }
        return items.isEmpty && halt != nil ? nil : .items(items)
    }

    private mutating func endOfSequence(_ start: Int, limit: Int) {
        if limit == bytes.count {
            cut(at: start, needs: start + 8, tag: nil)
        } else {
            note(.length, at: start, "\(limit - start) bytes too many in a sequence", cure: "skipped")
            position = limit
        }
    }

    /// Encapsulated pixel data.
    private mutating func fragments(_ header: Header, limit: Int) -> Element.Value? {
        var fragments: [ArraySlice<UInt8>] = []
        while true {
            let start = position
            guard limit - start >= 8 else {
                if limit == bytes.count {
                    cut(at: start, needs: start + 8, tag: header.tag)
                } else {
                    tooLong(start, header.tag, 8, limit)
                }
                break
            }
            let tag = Tag(group(start), isBig ? uint16(start + 2).byteSwapped : uint16(start + 2))
            let length = length32(start + 4)
            position = start + 8
            if tag == .sequenceDelimitationItem { return .fragments(fragments) }
            guard tag == .item, length != 0xFFFF_FFFF else {
                halt = .fault(
                    DICOMFault(
                        .structure, at: start, tag: header.tag, "neither a fragment nor the end of the pixel data",
                        cure: "what came before was read"))
                break
            }
            guard Int(length) <= limit - position else {
                if limit == bytes.count {
                    cut(at: start, needs: position + Int(length), tag: header.tag)
                } else {
                    tooLong(start, header.tag, Int(length), limit)
                }
                break
            }
            fragments.append(bytes[position..<position + Int(length)])
            position += Int(length)
        }
        return fragments.isEmpty ? nil : .fragments(fragments)
    }

    /// The bytes in little endian order.
    func swapped(_ slice: ArraySlice<UInt8>, _ vr: VR) -> ArraySlice<UInt8> {
        guard isBig else { return slice }
        let size = vr == .AT ? 2 : vr.unitSize
        guard size > 1 else { return slice }
        var swapped: [UInt8] = []
        swapped.reserveCapacity(slice.count)
        var start = slice.startIndex
        while slice.endIndex - start >= size {
            swapped.append(contentsOf: slice[start..<start + size].reversed())
            start += size
        }
        swapped.append(contentsOf: slice[start...])
        return swapped[...]
    }
}
