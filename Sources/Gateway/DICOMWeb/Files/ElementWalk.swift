/// Where an element of the data set stands in the file.
struct ElementPlace: Sendable, Equatable {
    /// Group and element.
    var tag: UInt32
    /// Value Representation as written; empty in Implicit VR.
    var vr: String
    /// First byte of the tag.
    var start: Int
    /// First byte of the value.
    var value: Int
    /// Length of the value; nil: undefined (a sequence, or encapsulated pixel data).
    var length: Int?

    /// (7FE0,0010), (7FE0,0008), (7FE0,0009).
    var isPixelData: Bool { tag == 0x7FE0_0010 || tag == 0x7FE0_0008 || tag == 0x7FE0_0009 }
}

/// Goes over the elements of a data set in a file without reading their values (PS3.5 7.1, 7.5), little endian.
struct ElementWalk: Sendable {
    private var window: ByteWindow
    private let isExplicit: Bool
    private var position: Int
    private let end: Int

    /// Deepest nesting of sequences that is followed.
    static let deepest = 64

    /// A walk over the elements between two places.
    init(_ source: any ByteSource, from start: Int, isExplicit: Bool) {
        window = ByteWindow(source)
        self.isExplicit = isExplicit
        position = start
        end = source.count
    }

    /// Where the walk goes on.
    var offset: Int { position }

    /// The next element of the top level; nil: the end. Pixel data are not skipped over: the walk ends with them.
    mutating func next() throws(WebFault) -> ElementPlace? {
        guard position < end else { return nil }
        let place = try element(at: position, isExplicit: isExplicit)
        if let length = place.length {
            position = place.value + length
        } else if place.isPixelData {
            position = end
        } else {
            position = try skipItems(at: place.value, isExplicit: isExplicit && place.vr != "UN", depth: 0)
        }
        return place
    }

    /// VRs whose length has four bytes after two that are reserved (PS3.5 7.1.2).
    private static let long: Set<String> = [
        "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV",
    ]

    private mutating func element(at start: Int, isExplicit: Bool) throws(WebFault) -> ElementPlace {
        guard let group = try window.uint16(at: start), let number = try window.uint16(at: start + 2) else {
            throw ElementWalk.cut(start)
        }
        let tag = UInt32(group) << 16 | UInt32(number)
        var place = ElementPlace(tag: tag, vr: "", start: start, value: start + 8, length: nil)
        // Items and delimiters have no VR.
        if isExplicit, group != 0xFFFE {
            guard let name = try window.bytes(at: start + 4, count: 2) else { throw ElementWalk.cut(start) }
            place.vr = String(decoding: name, as: UTF8.self)
            if ElementWalk.long.contains(place.vr) {
                place.value = start + 12
            } else {
                guard let length = try window.uint16(at: start + 6) else { throw ElementWalk.cut(start) }
                place.length = Int(length)
                return try checked(place)
            }
        }
        guard let length = try window.uint32(at: place.value - 4) else { throw ElementWalk.cut(start) }
        place.length = length == 0xFFFF_FFFF ? nil : Int(length)
        return try checked(place)
    }

    private func checked(_ place: ElementPlace) throws(WebFault) -> ElementPlace {
        guard place.value + (place.length ?? 0) <= end else { throw ElementWalk.cut(place.start) }
        return place
    }

    /// The place after the items of a sequence of undefined length.
    private mutating func skipItems(at start: Int, isExplicit: Bool, depth: Int) throws(WebFault) -> Int {
        guard depth < ElementWalk.deepest else { throw .internalError("its file is nested too deeply") }
        var place = start
        while true {
            let item = try element(at: place, isExplicit: isExplicit)
            switch (item.tag, item.length) {
            case (0xFFFE_E0DD, _): return item.value
            case (0xFFFE_E000, .some(let length)): place = item.value + length
            case (0xFFFE_E000, nil): place = try skipItem(at: item.value, isExplicit: isExplicit, depth: depth)
            default: throw .internalError("its file has no item where one must be, at byte \(place)")
            }
        }
    }

    private mutating func skipItem(at start: Int, isExplicit: Bool, depth: Int) throws(WebFault) -> Int {
        var place = start
        while true {
            let element = try element(at: place, isExplicit: isExplicit)
            if element.tag == 0xFFFE_E00D { return element.value }
            if let length = element.length {
                place = element.value + length
            } else {
                place = try skipItems(at: element.value, isExplicit: isExplicit && element.vr != "UN", depth: depth + 1)
            }
        }
    }

    private static func cut(_ offset: Int) -> WebFault {
        .internalError("its file breaks off in the element at byte \(offset)")
    }
}
