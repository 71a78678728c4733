/// Reads elements from a buffer; what it makes are slices of the buffer. Never traps: whatever is wrong ends in `halt` or is
/// noted in `faults`, and what was complete stays.
struct DataSetReader {
    /// Why reading ended.
    enum Halt: Equatable {
        case end
        case pixelData(offset: Int)
        case needsMore(Int)
        case fault(DICOMFault)
    }

    let bytes: [UInt8]
    let options: DICOMFile.ReadOptions
    var coding: DataSetCoding
    var position = 0
    var faults: [DICOMFault] = []
    /// Faults beyond these are not noted.
    static let mostFaults = 50
    var halt: Halt?
    /// Elements of group 0002 among those of the data set.
    var strayMeta: [Element] = []
    /// The first element of the top level whose representation is none.
    var oddElement: DICOMFault?
    /// Elements of the top level were not in order.
    private var isOutOfOrder = false
    /// The buffer was inflated from bytes that were cut off.
    var isCut = false
    var cutNeeds = 0

    init(_ bytes: [UInt8], _ coding: DataSetCoding, _ options: DICOMFile.ReadOptions) {
        self.bytes = bytes
        self.coding = coding
        self.options = options
    }

    /// The header of an element.
    struct Header {
        var tag: Tag
        var vr: VR
        /// Nil: undefined.
        var length: Int?
        var offset: Int
        /// True when the representation stands in the data.
        var isExplicit: Bool
    }

    mutating func note(_ code: DICOMFault.Code, at offset: Int, tag: Tag? = nil, _ problem: String, cure: String) {
        guard faults.count < DataSetReader.mostFaults else { return }
        faults.append(DICOMFault(code, at: offset, tag: tag, problem, cure: cure))
    }

    /// Group 0002, whatever its group length says.
    mutating func readMeta() -> DataSet {
        var meta = DataSet()
        while halt == nil, position < bytes.count {
            let start = position
            guard bytes.count - position >= 8 else {
                // A file may end here when the data set is empty.
                cut(at: position, needs: position + 8, tag: nil)
                break
            }
            guard uint16(position) == 2 else { break }
            guard let header = header(limit: bytes.count), let length = header.length,
                let value = slice(header, length, limit: bytes.count)
            else {
                if halt == nil { halt = .fault(badLength(start, nil, "undefined in File Meta Information")) }
                break
            }
            meta[header.tag] = meta[header.tag] ?? Element(header.tag, header.vr, .bytes(swapped(value, header.vr)))
        }
        if position >= bytes.count, halt == nil, options.isPrefix { halt = .needsMore(position + 8) }
        return meta
    }

    /// True for tags behind which there is nothing that is wanted, if it comes before them.
    private static func mayPass(_ tag: UInt32) -> Bool {
        tag < HeaderCursor.pixelData && isPossible(Tag(tag)) || HeaderCursor.isEnd(tag)
    }

    /// True for tags of the dictionary, private ones and group lengths: others may come of a damaged length.
    static func isPossible(_ tag: Tag) -> Bool {
        tag.group & 1 == 1 ? tag.group > 8 && tag.group < 0xFFFF : DataDictionary.vr(tag) != nil
    }

    /// True when elements in order go to the last wanted one, or to one that can be behind it; what follows that may be anything.
    private static func holds(_ elements: ArraySlice<Element>, _ lastTag: UInt32?) -> Bool {
        guard let lastTag, let first = elements.first(where: { $0.tag.number >= lastTag }) else { return false }
        return mayPass(first.tag.number)
    }

    /// The data set up to the end of the buffer.
    mutating func readTopLevel() -> DataSet {
        let set = readDataSet(limit: bytes.count, isUndefined: false, depth: 0, characterSet: .default)
        let isPassed =
            options.lastTag.map { last in
                let tags = set.elements
                return tags.last.map { $0.tag.number > last && Self.mayPass($0.tag.number) } ?? false
            } ?? false
        if halt == nil, options.isPrefix, isPassed, !isOutOfOrder {
            halt = .pixelData(offset: position)
        } else if halt == nil, options.isPrefix {
            // Whether more elements follow cannot be known.
            halt = .needsMore(isCut ? cutNeeds : bytes.count + 8)
        }
        return set
    }

    /// Elements up to `limit`, or to an item delimiter.
    mutating func readDataSet(limit: Int, isUndefined: Bool, depth: Int, characterSet: SpecificCharacterSet) -> DataSet
    {
        var set = DataSet()
        set.characterSet = characterSet
        if depth == 0 { set.elements.reserveCapacity(min(256, (limit - position) / 16 + 1)) }
        var last: UInt32 = 0
        // The tag of the element that is being read.
        var current: UInt32 = 0
        var isSorted = true
        // All that is wanted was passed before elements came out of order.
        var wasPassed = false
        var isLastCut = false
        let lastTag = depth == 0 ? options.lastTag : nil
        let isPassed = { (tag: UInt32) in lastTag.map { tag >= $0 && Self.mayPass(tag) } ?? false }
        while halt == nil, position < limit {
            if coding == .explicitLittleEndian {
                let end = depth == 0 && options.stopsBeforePixelData ? 0x7FE0_0000 : UInt32(0xFFFE_0000)
                readPlainElements(into: &set.elements, limit: limit, last: &last, before: end)
                current = max(current, last)
                if position >= limit { break }
            }
            let start = position
            if limit - start < 8 {
                endOfData(start, limit: limit, depth: depth)
                break
            }
            if depth == 0, options.stopsBeforePixelData,
                options.lastTag == nil
                    ? group(start) == 0x7FE0 : HeaderCursor.isEnd(UInt32(group(start)) << 16)
            {
                halt = .pixelData(offset: start)
                break
            }
            current = tagNumber(start)
            let known = faults.count
            guard let header = header(limit: limit) else { break }
            if depth == 0, oddElement == nil, faults.count > known { oddElement = faults.last }
            if header.tag.group == 0xFFFE {
                if header.tag == .itemDelimitationItem, isUndefined { return finish(set, isSorted, start, depth) }
                note(
                    .structure, at: start, tag: header.tag, "a delimiter or item where an element must be",
                    cure: "skipped")
                continue
            }
            guard let value = value(of: header, limit: limit, depth: depth, characterSet: set.characterSet) else {
                break
            }
            let element = Element(header.tag, header.vr, value)
            if header.tag.group == 2, depth == 0 {
                note(
                    .structure, at: start, tag: header.tag, "File Meta Information in the data set",
                    cure: "taken as such")
                strayMeta.append(element)
                continue
            }
            if header.tag.number <= last, !set.elements.isEmpty {
                if isSorted { wasPassed = Self.holds(set.elements[...], lastTag) }
                isSorted = false
            }
            last = header.tag.number
            set.elements.append(element)
            isLastCut = halt != nil
            if header.tag == .specificCharacterSet, let declared = SpecificCharacterSet(declaration: element) {
                set.characterSet = declared
            }
        }
        // What lies behind the last wanted element may be as broken as it likes.
        let isBehind =
            current >= last && isPassed(current) && current != lastTag
            || isSorted && Self.holds(set.elements.dropLast(isLastCut ? 1 : 0), lastTag)
        switch halt {
        case .needsMore:
            if isSorted, isBehind { halt = .pixelData(offset: position) }
        case .fault:
            if isSorted ? isBehind : wasPassed { halt = .pixelData(offset: position) }
        default: break
        }
        if halt == nil, isUndefined {
            if limit == bytes.count {
                cut(at: position, needs: position + 8, tag: nil)
            } else {
                note(.structure, at: position, "item without delimiter", cure: "ended with what encloses it")
            }
        }
        return finish(set, isSorted, position, depth)
    }

    /// The elements that most are: explicit, with a length of 16 bits that is even, in order. Stops before the first that is
    /// otherwise in any way.
    private mutating func readPlainElements(
        into elements: inout [Element], limit: Int, last: inout UInt32, before end: UInt32
    ) {
        while limit - position >= 8 {
            let tag = UInt32(uint16(position)) << 16 | UInt32(uint16(position + 2))
            let length = Int(uint16(position + 6))
            guard tag > max(last, 0x0008_0005), tag < end, length & 1 == 0, length <= limit - position - 8,
                let vr = VR(bytes[position + 4], bytes[position + 5]), !vr.hasLongLength
            else { return }
            let start = position + 8
            elements.append(Element(Tag(tag), vr, .bytes(bytes[start..<start + length])))
            position = start + length
            last = tag
        }
    }

    /// Fewer bytes than an element has.
    private mutating func endOfData(_ start: Int, limit: Int, depth: Int) {
        if limit < bytes.count {
            note(.length, at: start, "\(limit - start) bytes too many in an item", cure: "skipped")
            position = limit
        } else if bytes[start..<limit].allSatisfy({ $0 == 0 }), depth == 0, !options.isPrefix {
            note(.length, at: start, "\(limit - start) zero bytes after the last element", cure: "skipped")
            position = limit
        } else {
            cut(at: start, needs: start + 8, tag: nil)
        }
    }

    /// Sorts elements that came out of order, and settles US or SS by Pixel Representation.
    private mutating func finish(_ set: DataSet, _ isSorted: Bool, _ offset: Int, _ depth: Int) -> DataSet {
        var set = set
        if !isSorted {
            if depth == 0 {
                isOutOfOrder = true
                // Said however much else is wrong.
                if faults.count >= DataSetReader.mostFaults { faults.removeLast() }
            }
            note(
                .order, at: offset, tag: depth == 0 ? nil : .item,
                "the elements before this are not in ascending order, or one is there twice",
                cure: "sorted; the first of two counts")
            set.elements = DataSet.sorted(set.elements)
            set.characterSet =
                set[.specificCharacterSet].flatMap { SpecificCharacterSet(declaration: $0) } ?? set.characterSet
        }
        if coding == .implicitLittleEndian { set.settleSignedness() }
        return set
    }

    /// The bytes end in the middle of something.
    mutating func cut(at offset: Int, needs: Int, tag: Tag?) {
        if options.isPrefix {
            halt = .needsMore(isCut ? cutNeeds : needs)
        } else {
            halt = .fault(
                DICOMFault(
                    .truncated, at: offset, tag: tag, "ends here; at least \(needs - bytes.count) bytes are missing",
                    cure: "what came before was read; fetch the file again"))
        }
    }

    func badLength(_ offset: Int, _ tag: Tag?, _ problem: String) -> DICOMFault {
        DICOMFault(.length, at: offset, tag: tag, problem, cure: "what came before was read")
    }
}

extension DataSet {
    /// Sequences in sequences: how deep is read and written. A content tree of a structured report has about ten.
    public static let deepestNesting = 40

    /// US becomes SS where the dictionary leaves the choice and Pixel Representation says signed.
    mutating func settleSignedness() {
        guard integer(.pixelRepresentation) == 1 else { return }
        for index in elements.indices
        where elements[index].vr == .US
            && DataDictionary.entry(elements[index].tag)?.isSignedByPixelRepresentation == true
        {
            elements[index].vr = .SS
        }
    }
}
