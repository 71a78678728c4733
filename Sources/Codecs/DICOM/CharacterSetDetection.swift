import CharacterSets

/// Tells whether text is in the character set that is declared, by all text of a data set together.
///
/// Only bytes above 7F say anything. In this order:
///
/// 1. Nothing declared, or only terms that mean nothing: valid UTF-8 is UTF-8 (high); pairs of GB 18030 that outweigh
///    accents are GB 18030 (high when rule 2 holds, else low); all else is ISO_IR 100 (low).
/// 2. A part of ISO 8859 for Latin script declared: valid UTF-8 with two sequences, or one of three bytes, is UTF-8 (high);
///    at least two characters of GB 2312, in runs or in components and values without Latin letters, of which four of five
///    are of its first level (the common ones), with at most half as many of GBK beyond it and no byte left over, are
///    GB 18030 (high). Accents of Western text stand alone among letters.
/// 3. Cyrillic, Greek, Arabic, Hebrew, Thai declared: valid UTF-8 with two sequences is UTF-8 (high).
/// 4. UTF-8 declared: text that is Chinese by rule 2, with more broken bytes than valid sequences and none of three bytes, is
///    GB 18030; other text without one valid sequence is ISO_IR 100 (low). Text with valid sequences and some broken ones
///    (values cut to a length) stays UTF-8.
/// 5. GB 18030 or GBK declared: valid UTF-8 with two sequences of three bytes is UTF-8 (high).
/// 6. Code extensions declared, but not one escape sequence, and nothing in G1 at the start: as rule 1 for UTF-8, and
///    for Chinese where no set of two bytes for G1 is declared.
struct CharacterSetDetection {
    /// Most bytes looked at.
    static let mostBytes = 1 << 16
    /// Values with bytes above 7F, each closed by a NUL.
    private(set) var text: [UInt8] = []
    private(set) var hasEscapes = false

    mutating func add(_ set: DataSet) {
        for index in set.elements.indices {
            if text.count > Self.mostBytes { return }
            guard set.elements[index].vr.isText || set.elements[index].vr == .SQ || set.elements[index].vr == .UN else {
                continue
            }
            let element = set.elements[index]
            switch element.value {
            case .items(let items):
                for item in items { add(item) }
            case .bytes(let bytes) where element.effectiveVR.isText:
                let (isASCII, hasEscape) = bytes.withUnsafeBytes { (CharacterSet.isASCII($0), $0.contains(0x1B)) }
                if hasEscape { hasEscapes = true }
                if !isASCII {
                    text += bytes.prefix(Self.mostBytes)
                    text.append(0)
                }
            default: break
            }
        }
    }

    /// Looks at one value that has bytes above 7F or escape sequences; others say nothing.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        if text.count > Self.mostBytes { return }
        if bytes.contains(0x1B) { hasEscapes = true }
        if CharacterSet.isASCII(bytes) { return }
        text.append(contentsOf: bytes.prefix(Self.mostBytes))
        text.append(0)
    }

    /// Forgets all text; keeps the memory.
    mutating func removeAll() {
        text.removeAll(keepingCapacity: true)
        hasEscapes = false
    }

    /// What the text is in; nil when it is what is declared, as far as can be told.
    func finding(_ declared: SpecificCharacterSet) -> CharacterSetFinding? {
        guard !text.isEmpty else { return nil }
        let utf8 = UTF8Evidence(text)
        let chinese = ChineseEvidence(text)
        func found(
            _ used: SpecificCharacterSet, _ confidence: CharacterSetFinding.Confidence, _ reason: String
        ) -> CharacterSetFinding {
            CharacterSetFinding(declared: declared, used: used, confidence: confidence, reason: reason)
        }
        // Made only for what is found: words cost more than looking.
        var asUTF8: CharacterSetFinding {
            found(.utf8, .high, "\(utf8.sequences) characters are valid UTF-8, none is broken")
        }
        var asChinese: CharacterSetFinding {
            found(
                SpecificCharacterSet(terms: ["GB18030"]), chinese.isCertain ? .high : .low,
                "\(chinese.characters + chinese.rare) Chinese characters, \(chinese.common) of them common ones")
        }
        var asLatin: CharacterSetFinding {
            found(
                SpecificCharacterSet(terms: ["ISO_IR 100"]), .low, "neither UTF-8 nor Chinese; read as Western European"
            )
        }
        switch declared.coding {
        case .plain(.ascii):
            if hasEscapes { return nil }
            if utf8.isValid { return asUTF8 }
            return chinese.isLikely || CharacterSet.detect(text) == .gb18030 ? asChinese : asLatin
        case .plain(.iso8859(let part)) where ![5, 6, 7, 8, 11].contains(part):
            if utf8.isValid, utf8.sequences > 1 || utf8.longSequences > 0 { return asUTF8 }
            return chinese.isCertain ? asChinese : nil
        case .plain(.iso8859), .plain(.windows):
            return utf8.isValid && utf8.sequences > 1 ? asUTF8 : nil
        case .plain(.utf8):
            if utf8.isValid { return nil }
            if chinese.isLikely, utf8.longSequences == 0, utf8.strays > utf8.sequences { return asChinese }
            return utf8.sequences > 0 ? nil : asLatin
        case .plain(.gb18030), .plain(.gbk):
            return utf8.isValid && utf8.longSequences > 1 ? asUTF8 : nil
        case .plain: return nil
        case .extended(_, let g1, let others):
            if hasEscapes || g1 != nil { return nil }
            if utf8.isValid { return asUTF8 }
            return chinese.isLikely && !others.contains { $0.isG1 } ? asChinese : nil
        }
    }
}

extension CharacterSetDetection {
    /// True where no text that might be added could bring a finding: what is declared is confirmed.
    ///
    /// A byte that cannot be UTF-8, or Chinese, stays one whatever else is there; so does an escape sequence.
    func isSettled(_ declared: SpecificCharacterSet) -> Bool {
        let utf8 = UTF8Evidence(text)
        switch declared.coding {
        case .plain(.ascii): return hasEscapes
        case .plain(.iso8859(let part)) where ![5, 6, 7, 8, 11].contains(part):
            return !utf8.isValid && !ChineseEvidence(text).isValid
        case .plain(.iso8859), .plain(.windows), .plain(.gb18030), .plain(.gbk): return !utf8.isValid
        case .plain(.utf8): return utf8.longSequences > 0
        case .plain: return true
        case .extended(_, let g1, let others):
            if hasEscapes || g1 != nil { return true }
            return !utf8.isValid && (others.contains { $0.isG1 } || !ChineseEvidence(text).isValid)
        }
    }
}

/// How much of a text is UTF-8.
private struct UTF8Evidence {
    var sequences = 0
    var longSequences = 0
    /// Bytes above 7F that are in no sequence.
    var strays = 0
    var isValid = true

    init(_ text: [UInt8]) {
        text.withUnsafeBytes { isValid = CharacterSet.isValidUTF8($0) }
        // Bytes of the sequence that is begun, and how many more it needs.
        var begun = 0
        var missing = 0
        for byte in text {
            if (0x80...0xBF).contains(byte), missing > 0 {
                begun += 1
                missing -= 1
                if missing > 0 { continue }
                sequences += 1
                if begun > 2 { longSequences += 1 }
                begun = 0
            } else {
                strays += begun
                missing = (0xC2...0xDF).contains(byte) ? 1 : (0xE0...0xEF).contains(byte) ? 2 : byte >= 0xF0 ? 3 : 0
                begun = missing > 0 ? 1 : 0
                if byte >= 0x80, missing == 0 { strays += 1 }
            }
        }
        strays += begun
    }
}

/// How much of a text is Chinese in GB 2312, the part of GB 18030 that nearly all names are in.
private struct ChineseEvidence {
    /// Pairs of GB 2312.
    var characters = 0
    /// Characters of the first level: rows B0–D7.
    var common = 0
    /// Pairs of GBK beyond it, whose second byte may be ASCII: rare characters, or an accent before a letter.
    var rare = 0
    /// Characters of GB 2312 in runs of two and more, or in components and values without Latin letters.
    var telling = 0
    /// Every byte above 7F is part of a pair.
    var isValid = true

    init(_ text: [UInt8]) {
        var place = 0
        var run = 0
        var alone = 0
        var hasLetters = false
        func isBoundary(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x5E || byte == 0x3D || byte == 0x5C }
        func endRun() {
            if run > 1 { telling += run } else { alone += run }
            run = 0
        }
        func endSegment() {
            endRun()
            if !hasLetters { telling += alone }
            alone = 0
            hasLetters = false
        }
        defer { endSegment() }
        while place < text.count {
            let lead = text[place]
            if lead < 0x80 {
                endRun()
                if isBoundary(lead) { endSegment() } else if (0x41...0x5A).contains(lead & 0xDF) { hasLetters = true }
                place += 1
                continue
            }
            let trail = place + 1 < text.count ? text[place + 1] : 0
            if trail >= 0xA1, trail < 0xFF, (0xA1...0xA9).contains(lead) || (0xB0...0xF7).contains(lead) {
                characters += 1
                run += 1
                if (0xB0...0xD7).contains(lead) { common += 1 }
            } else if (0x81...0xFE).contains(lead), (0x40...0xA0).contains(trail), trail != 0x7F {
                rare += 1
            } else {
                isValid = false
                return
            }
            place += 2
        }
    }

    var isLikely: Bool {
        isValid && telling >= 2 && telling * 2 >= characters && common * 2 >= characters && rare * 2 <= characters
    }

    var isCertain: Bool { isLikely && common * 5 >= characters * 4 }
}

extension DataSet {
    /// Looks whether text is in another character set than declared. Nil when not.
    public func detectCharacterSet() -> CharacterSetFinding? {
        var detection = CharacterSetDetection()
        detection.add(self)
        return detection.finding(characterSet)
    }
}
