import CharacterSets

/// By what text is read: declarations that were met, each looked into once.
struct HeaderText {
    /// What a declaration means.
    struct Declared {
        var bytes: [UInt8]
        var set: SpecificCharacterSet
        /// Bytes of ASCII may mean something else than ASCII.
        var isUnlikeASCII: Bool
    }

    private(set) var known: [Declared] = []
    /// Place among `known` of the last file's declaration.
    private(set) var current = 0
    let override: SpecificCharacterSet?
    let detects: Bool
    var detection = CharacterSetDetection()
    var converted: [UInt8] = []
    /// Declarations remembered; a hostile tree may have a different one in every file.
    static let mostKnown = 16

    init(_ choice: CharacterSetChoice) {
        if case .override(let set) = choice { override = set } else { override = nil }
        detects = choice == .detect
        known.append(HeaderText.declared([]))
    }

    private static func declared(_ bytes: [UInt8]) -> Declared {
        let set =
            bytes.isEmpty ? .default : SpecificCharacterSet(declared: String(decoding: bytes, as: UTF8.self))
        return Declared(bytes: bytes, set: set, isUnlikeASCII: set.isUnlikeASCII)
    }

    /// Finds the declaration by its bytes.
    mutating func declare(_ bytes: UnsafeRawBufferPointer) {
        if HeaderText.isEqual(known[current].bytes, bytes) { return }
        if let place = known.firstIndex(where: { HeaderText.isEqual($0.bytes, bytes) }) {
            current = place
            return
        }
        let new = HeaderText.declared([UInt8](bytes))
        if known.count < HeaderText.mostKnown {
            known.append(new)
            current = known.count - 1
        } else {
            // The first one, nothing declared, stays.
            current = current % (HeaderText.mostKnown - 1) + 1
            known[current] = new
        }
    }

    private static func isEqual(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        for place in 0..<left.count where left[place] != right[place] { return false }
        return true
    }

    var declared: Declared { known[current] }
}

extension SpecificCharacterSet {
    /// True where bytes of ASCII may mean something else: romaji in G0.
    var isUnlikeASCII: Bool {
        switch coding {
        case .plain(let set): set == .shiftJIS
        case .extended(let g0, _, _): g0 != .ascii
        }
    }
}

extension HeaderReader {
    /// Finds by what text is read and converts what is not plain ASCII.
    mutating func settleText() {
        let declaration = slots[plan.characterSetSlot]
        text.declare(
            declaration.flags.contains(.isCut) ? UnsafeRawBufferPointer(start: nil, count: 0) : declaration.bytes)
        let isUnlikeASCII = text.override.map(\.isUnlikeASCII) ?? text.declared.isUnlikeASCII
        if isUnlikeASCII || !isAllPlain() { convert(isUnlikeASCII) }
        if !text.declared.set.unknownTerms.isEmpty, text.override == nil {
            notes.kinds.insert(.unknownTerm)
            notes.unknownTerms = text.declared.set.unknownTerms
            notes.usedSet = (notes.finding?.used ?? text.declared.set).name
        }
    }

    @inline(__always) static func holdsText(_ slot: HeaderSlot) -> Bool {
        slot.start != nil && !slot.flags.contains(.isUTF8) && (slot.vr.isString || slot.vr == .UN)
    }

    /// True where all text is plain. Without a branch a value: nearly always it is.
    private func isAllPlain() -> Bool {
        let slots = slots
        let prefixLimit = prefixLimit ?? UnsafeRawPointer(slots)
        let storeLimit = store.limit ?? prefixLimit
        var found: UInt64 = 0
        for place in 0..<plan.slotCount {
            guard let start = slots[place].start, HeaderReader.holdsText(slots[place]) else { continue }
            let limit = slots[place].flags.contains(.isKept) ? storeLimit : prefixLimit
            var at = start
            var left = Int(slots[place].length)
            while left >= 8 {
                found |= HeaderReader.unlike(at.loadUnaligned(as: UInt64.self))
                at += 8
                left &-= 8
            }
            if left == 0 { continue }
            if limit - at >= 8 {
                let mask = (1 &<< UInt64(truncatingIfNeeded: left &* 8)) &- 1
                found |= HeaderReader.unlike(at.loadUnaligned(as: UInt64.self).littleEndian) & mask
            } else if !HeaderReader.isPlain(UnsafeRawBufferPointer(start: at, count: left)) {
                return false
            }
        }
        return found & 0x8080_8080_8080_8080 == 0
    }

    /// The highest bit of each byte that is above 7F or an escape; the lowest one found is exact.
    @inline(__always) private static func unlike(_ word: UInt64) -> UInt64 {
        let escape = word ^ 0x1B1B_1B1B_1B1B_1B1B
        return word | (escape &- 0x0101_0101_0101_0101) & ~escape
    }

    /// True for bytes below 80 without an escape.
    static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var place = 0
        while place &+ 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            if unlike(word) & 0x8080_8080_8080_8080 != 0 { return false }
            place &+= 8
        }
        while place < bytes.count {
            if bytes[place] & 0x80 != 0 || bytes[place] == 0x1B { return false }
            place &+= 1
        }
        return true
    }

    private mutating func convert(_ isUnlikeASCII: Bool) {
        var used = text.declared.set
        if let override = text.override {
            if override != used {
                notes.kinds.insert(.otherText)
                notes.finding = CharacterSetFinding(
                    declared: used, used: override, confidence: .chosen, reason: "chosen")
            }
            used = override
        } else if text.detects {
            text.detection.removeAll()
            for place in 0..<plan.slotCount where slots[place].vr.isText && HeaderReader.holdsText(slots[place]) {
                text.detection.add(slots[place].bytes)
            }
            if let finding = text.detection.finding(used) {
                notes.kinds.insert(.otherText)
                notes.finding = finding
                used = finding.used
            }
        }
        for place in 0..<plan.slotCount where HeaderReader.holdsText(slots[place]) {
            let slot = slots[place]
            if !isUnlikeASCII, HeaderReader.isPlain(slot.bytes) { continue }
            if slot.vr == .UN, !DataSet.isText(slot.bytes) { continue }
            convert(place, by: used)
        }
    }

    /// Puts the text of a slot into UTF-8.
    mutating func convert(_ place: Int, by set: SpecificCharacterSet) {
        let slots = slots
        if convert(&slots[place], by: set) { notes.cut(place) }
    }

    /// - Returns: true when not all of it could be kept.
    mutating func convert(_ slot: inout HeaderSlot, by set: SpecificCharacterSet) -> Bool {
        text.converted.removeAll(keepingCapacity: true)
        set.transcode(slot.bytes, vr: slot.vr, to: &text.converted)
        let (start, count) = text.converted.withUnsafeBytes { store.keep($0) }
        let isCut = count < text.converted.count
        slot.start = start
        slot.length = UInt32(truncatingIfNeeded: count)
        slot.flags.insert(isCut ? [.isKept, .isUTF8, .isCut] : [.isKept, .isUTF8])
        return isCut
    }

    /// By what the text of the file was read.
    var usedCharacterSet: SpecificCharacterSet { notes.finding?.used ?? text.override ?? text.declared.set }
}

extension DataSet {
    /// True for bytes that are text by the look of them.
    static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.first != 0
            && bytes.allSatisfy {
                $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) || $0 == 0x1B || $0 == 0
            }
    }
}
