import CharacterSets

extension SpecificCharacterSet {
    /// Reads a value field. Delimiters of the representation end the effect of escape sequences (PS3.5 6.1.2.5.3): a
    /// backslash between values, `^` and `=` in names, and control characters.
    public func decode(_ bytes: ArraySlice<UInt8>, vr: VR = .LO) -> String {
        var utf8: [UInt8] = []
        transcode(bytes, vr: vr, to: &utf8)
        return String(decoding: utf8, as: UTF8.self)
    }

    /// Reads a value field and appends it as UTF-8.
    public func transcode(_ bytes: ArraySlice<UInt8>, vr: VR = .LO, to utf8: inout [UInt8]) {
        bytes.withUnsafeBytes { transcode($0, vr: vr, to: &utf8) }
    }

    /// Reads a value field and appends it as UTF-8.
    public func transcode(_ bytes: UnsafeRawBufferPointer, vr: VR = .LO, to utf8: inout [UInt8]) {
        switch coding {
        case .plain(let set):
            // Other bytes than ASCII where nothing is declared, or escape sequences: see what they say of themselves.
            if set == .ascii, bytes.contains(0x1B) {
                var decoder = ISO2022Decoder(g0: .ascii, g1: nil, fallback: nil, vr: vr)
                decoder.run(bytes, to: &utf8)
            } else {
                _ = set.transcode(bytes, to: &utf8)
            }
        case .extended(let g0, let g1, let others):
            var decoder = ISO2022Decoder(g0: g0, g1: g1, fallback: others.first { $0.isG1 }, vr: vr)
            decoder.run(bytes, to: &utf8)
        }
    }

    /// Writes text, returning to the initial state before every delimiter.
    ///
    /// - Returns: the bytes, and how many characters had to be replaced by `?`.
    public func encode(_ text: String, vr: VR = .LO) -> (bytes: [UInt8], substituted: Int) {
        switch coding {
        case .plain(let set): return set.encode(text)
        case .extended(let g0, let g1, let others):
            var encoder = ISO2022Encoder(g0: g0, g1: g1, others: others, vr: vr)
            for scalar in text.unicodeScalars { encoder.append(scalar) }
            encoder.reset()
            return (encoder.bytes, encoder.substituted)
        }
    }
}

extension VR {
    /// True for characters at which the effect of escape sequences ends.
    func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x09, 0x0A, 0x0C, 0x0D: true
        case UInt8(ascii: "\\"): isMultiValued
        case UInt8(ascii: "^"), UInt8(ascii: "="): self == .PN
        default: false
        }
    }
}
