import CharacterSets

/// Reads text with code extensions (ISO 2022 as PS3.5 6.1.2.5 restricts it).
///
/// What is read is gathered in the bytes of a set that the rest of the project reads (EUC-JP, EUC-KR, GB 18030, ISO 8859),
/// in which ASCII is ASCII, and converted in long runs.
struct ISO2022Decoder {
    private let initial: (g0: CodeElement, g1: CodeElement?)
    private var g0: CodeElement
    private var g1: CodeElement?
    /// What bytes A0–FF are read by when nothing was put into G1: the last that was, else a declared one. Writers forget to
    /// repeat the escape sequence after a delimiter.
    private var fallback: CodeElement?
    private let vr: VR
    private var run: [UInt8] = []
    /// What the run is in; nil while it is ASCII only.
    private var runSet: CharacterSet?

    init(g0: CodeElement, g1: CodeElement?, fallback: CodeElement?, vr: VR) {
        initial = (g0, g1)
        self.g0 = g0
        self.g1 = g1
        self.fallback = fallback
        self.vr = vr
    }

    mutating func run(_ bytes: UnsafeRawBufferPointer, to utf8: inout [UInt8]) {
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            if byte == 0x1B {
                place += 1
                if let (element, length) = CodeElement.designated(bytes, at: place) {
                    if element.isG1 {
                        g1 = element
                        fallback = element
                    } else {
                        g0 = element
                    }
                    place += length
                } else {
                    run.append(byte)
                }
            } else if byte < 0x80 {
                place += low(bytes, place, to: &utf8)
            } else {
                place += high(bytes, place, to: &utf8)
            }
        }
        flush(to: &utf8)
    }

    /// A byte below 80, or two of them.
    ///
    /// - Returns: how many bytes were taken.
    private mutating func low(_ bytes: UnsafeRawBufferPointer, _ place: Int, to utf8: inout [UInt8]) -> Int {
        let byte = bytes[place]
        if g0.width == 2, byte > 0x20, byte < 0x7F {
            guard place + 1 < bytes.count, bytes[place + 1] > 0x20, bytes[place + 1] < 0x7F else {
                // Half a character before something else: nothing that can be read.
                replace(to: &utf8)
                return 1
            }
            begin(g0, to: &utf8)
            if g0 == .supplementaryKanji { run.append(0x8F) }
            run.append(byte | 0x80)
            run.append(bytes[place + 1] | 0x80)
            return 2
        }
        if vr.isDelimiter(byte) {
            run.append(byte)
            g0 = initial.g0
            g1 = initial.g1
        } else if g0 == .romaji, byte == 0x5C || byte == 0x7E {
            flush(to: &utf8)
            utf8 += byte == 0x5C ? Array("¥".utf8) : Array("‾".utf8)
        } else {
            run.append(byte)
        }
        return 1
    }

    /// A byte above 7F, or two.
    ///
    /// - Returns: how many bytes were taken.
    private mutating func high(_ bytes: UnsafeRawBufferPointer, _ place: Int, to utf8: inout [UInt8]) -> Int {
        let byte = bytes[place]
        switch g1 ?? fallback {
        case .katakana? where (0xA1...0xDF).contains(byte):
            begin(.katakana, to: &utf8)
            run.append(0x8E)
            run.append(byte)
            return 1
        case .korean?, .chinese?:
            guard let element = g1 ?? fallback, place + 1 < bytes.count,
                isPair(byte, bytes[place + 1], element)
            else { break }
            begin(element, to: &utf8)
            run.append(byte)
            run.append(bytes[place + 1])
            return 2
        case .latin(let part)?:
            begin(.latin(part), to: &utf8)
            run.append(byte)
            return 1
        case .thai?:
            begin(.thai, to: &utf8)
            run.append(byte)
            return 1
        default: break
        }
        replace(to: &utf8)
        return 1
    }

    /// Whether two bytes are a character: of the 94 × 94, or of the wider sets of Windows (GBK, code page 949), which systems
    /// write under the name of the smaller ones. A delimiter never is a second byte.
    private func isPair(_ lead: UInt8, _ trail: UInt8, _ element: CodeElement) -> Bool {
        guard lead > 0x80, lead < 0xFF, trail < 0xFF, trail != 0x80 || element == .chinese else { return false }
        if trail >= 0x80 { return true }
        if vr.isDelimiter(trail) { return false }
        if element == .chinese { return trail >= 0x40 && trail < 0x7F }
        return lead <= 0xC6 && (0x41...0x5A).contains(trail & 0xDF)
    }

    /// The next bytes are of this element.
    private mutating func begin(_ element: CodeElement, to utf8: inout [UInt8]) {
        let set = element.set
        if runSet == set { return }
        if runSet != nil { flush(to: &utf8) }
        runSet = set
    }

    private mutating func replace(to utf8: inout [UInt8]) {
        flush(to: &utf8)
        utf8 += [0xEF, 0xBF, 0xBD]
    }

    private mutating func flush(to utf8: inout [UInt8]) {
        if let set = runSet {
            _ = run.withUnsafeBytes { set.transcode($0, to: &utf8) }
        } else {
            utf8 += run
        }
        run.removeAll(keepingCapacity: true)
        runSet = nil
    }
}

/// Writes text with code extensions.
struct ISO2022Encoder {
    private(set) var bytes: [UInt8] = []
    private(set) var substituted = 0
    private let initial: (g0: CodeElement, g1: CodeElement?)
    private let others: [CodeElement]
    private let vr: VR
    private var g0: CodeElement
    private var g1: CodeElement?

    init(g0: CodeElement, g1: CodeElement?, others: [CodeElement], vr: VR) {
        initial = (g0, g1)
        self.g0 = g0
        self.g1 = g1
        // ISO-IR 6 always may be returned to.
        self.others = others.contains(.ascii) ? others : others + [.ascii]
        self.vr = vr
    }

    mutating func append(_ scalar: Unicode.Scalar) {
        if scalar.value < 0x80, vr.isDelimiter(UInt8(truncatingIfNeeded: scalar.value)) || scalar.value < 0x20 {
            reset()
            bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            // What the delimiter resets for a reader.
            g1 = initial.g1
            return
        }
        for element in [g0] + (g1.map { [$0] } ?? []) {
            if let code = element.encode(scalar) {
                bytes += code
                return
            }
        }
        for element in [initial.g0] + (initial.g1.map { [$0] } ?? []) + others where element != g0 && element != g1 {
            guard let code = element.encode(scalar) else { continue }
            bytes.append(0x1B)
            bytes += element.designation
            if element.isG1 { g1 = element } else { g0 = element }
            bytes += code
            return
        }
        if g0.width == 2 { reset() }
        bytes.append(UInt8(ascii: "?"))
        substituted += 1
    }

    /// Returns to what G0 had at the start.
    mutating func reset() {
        guard g0 != initial.g0 else { return }
        bytes.append(0x1B)
        bytes += initial.g0.designation
        g0 = initial.g0
    }
}
