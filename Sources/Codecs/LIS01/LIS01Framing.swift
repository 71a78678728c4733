/// Frames made of a text (LIS01-A2 6.3.1).
public enum LIS01Framing {
    /// The frames of one message, numbered from 1. `text`: records, each ended by CR.
    ///
    /// With `sendsRecordPerFrame` each record is a text of its own, ended by ETX; a text longer than `longestTextSent` is
    /// divided, all parts but the last ended by ETB. Restricted characters in the text are left out (6.3.4): a writer
    /// escapes them.
    public static func frames(of text: [UInt8], options: LIS01Options) -> [[UInt8]] {
        let text =
            text.contains(where: ControlCharacter.isRestricted)
            ? text.filter { !ControlCharacter.isRestricted($0) } : text
        if options.frames == .bare { return [[ControlCharacter.stx] + text + [ControlCharacter.etx]] }
        var frames: [[UInt8]] = []
        let longest = max(1, options.longestTextSent)
        var start = 0
        while start < text.count {
            var end = text.count
            if options.sendsRecordPerFrame,
                let separator = text[start...].firstIndex(of: ControlCharacter.cr)
            {
                end = separator + 1
            }
            while start < end {
                let cut = min(end, start + longest)
                let close = cut == end ? ControlCharacter.etx : ControlCharacter.etb
                frames.append(frame(number: frames.count + 1, text: text[start..<cut], close: close, options: options))
                start = cut
            }
        }
        return frames
    }

    /// One frame. `number`: any, taken modulo 8.
    public static func frame(
        number: Int, text: some Collection<UInt8>, close: UInt8 = ControlCharacter.etx,
        options: LIS01Options = LIS01Options()
    ) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(text.count + 7)
        frame.append(ControlCharacter.stx)
        frame.append(0x30 + UInt8(truncatingIfNeeded: number & 7))
        frame.append(contentsOf: text)
        frame.append(close)
        if options.checksum != .none {
            let digits = LIS01Checksum.digits(of: LIS01Checksum.sum(frame.dropFirst()))
            frame.append(digits.0)
            frame.append(digits.1)
        }
        if options.sendsCRLF {
            frame.append(ControlCharacter.cr)
            frame.append(ControlCharacter.lf)
        }
        return frame
    }
}
