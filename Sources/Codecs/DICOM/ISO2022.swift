/// Reads text with code extensions (ISO 2022 as PS3.5 6.1.2.5 restricts it).
struct ISO2022Decoder {
    private let initial: (g0: CodeElement, g1: CodeElement?)
    private var g0: CodeElement
    private var g1: CodeElement?
    /// What bytes A0–FF are read by when nothing was put into G1: the last that was, else a declared one. Writers forget to
    /// repeat the escape sequence after a delimiter.
    private var fallback: CodeElement?
    private let vr: VR
    private var run: [UInt8] = []
    private var runElement = CodeElement.ascii

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
                let rest = bytes[(place + 1)..<min(bytes.count, place + 5)]
                if let (element, length) = CodeElement.designated(Array(rest)[...]) {
                    if element.isG1 {
                        g1 = element
                        fallback = element
                    } else {
                        g0 = element
                    }
                    place += 1 + length
                    continue
                }
                put(.ascii, [byte], to: &utf8)
                place += 1
            } else if byte < 0x80 {
                place += low(bytes, place, to: &utf8)
            } else {
                let element = g1 ?? fallback
                let width = element?.width ?? 1
                if let element, width == 1 || place + 1 < bytes.count && bytes[place + 1] >= 0x80 {
                    put(element, Array(bytes[place..<place + width]), to: &utf8)
                    place += width
                } else {
                    flush(to: &utf8)
                    utf8 += [0xEF, 0xBF, 0xBD]
                    place += 1
                }
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
            if place + 1 < bytes.count, bytes[place + 1] > 0x20, bytes[place + 1] < 0x7F {
                put(g0, [byte, bytes[place + 1]], to: &utf8)
                return 2
            }
            // Half a character before something else: nothing that can be read.
            flush(to: &utf8)
            utf8 += [0xEF, 0xBF, 0xBD]
            return 1
        }
        if vr.isDelimiter(byte) {
            put(.ascii, [byte], to: &utf8)
            g0 = initial.g0
            g1 = initial.g1
        } else {
            put(g0.width == 2 ? .ascii : g0, [byte], to: &utf8)
        }
        return 1
    }

    private mutating func put(_ element: CodeElement, _ bytes: [UInt8], to utf8: inout [UInt8]) {
        if element != runElement { flush(to: &utf8) }
        runElement = element
        run += bytes
    }

    private mutating func flush(to utf8: inout [UInt8]) {
        if !run.isEmpty { runElement.transcode(run, to: &utf8) }
        run.removeAll(keepingCapacity: true)
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
