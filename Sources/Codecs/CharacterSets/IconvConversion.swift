import Glibc

/// Conversion by the C library, for the sets that have no table here. Opened for each call: a descriptor has state and may
/// not be shared between threads, and these sets are rare.
enum IconvConversion {
    static func decode(_ bytes: UnsafeRawBufferPointer, from name: String, to utf8: inout [UInt8]) -> Int {
        var replaced = 0
        convert(bytes, from: name, to: "UTF-8", output: &utf8) { bytes, output in
            // A byte that is no beginning of a character: ASCII stays, all else is replaced.
            if bytes[0] < 0x80 {
                output.append(bytes[0])
            } else {
                output.appendReplacement()
                replaced &+= 1
            }
            return 1
        }
        return replaced
    }

    static func encode(_ text: String, as name: String, to bytes: inout [UInt8]) -> Int {
        var substituted = 0
        Array(text.utf8).withUnsafeBytes { utf8 in
            convert(utf8, from: "UTF-8", to: name, output: &bytes) { rest, output in
                if rest[0] < 0x80 {
                    output.append(rest[0])
                    return 1
                }
                output.append(UInt8(ascii: "?"))
                substituted &+= 1
                return max(1, CharacterSet.utf8SequenceLength(rest, at: 0))
            }
        }
        return substituted
    }

    /// Converts, asking `refused` what to do with bytes that cannot be: it is given all that is left, appends its
    /// replacement and returns how many bytes that stands for.
    private static func convert(
        _ bytes: UnsafeRawBufferPointer, from: String, to: String, output: inout [UInt8],
        refused: (UnsafeRawBufferPointer, inout [UInt8]) -> Int
    ) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        let descriptor = iconv_open(to, from)
        let isOpen = Int(bitPattern: descriptor) != -1
        defer { if isOpen { iconv_close(descriptor) } }
        var position = 0
        while position < bytes.count {
            if isOpen {
                position &+= run(descriptor, start + position, bytes.count - position, &output)
            }
            if position < bytes.count {
                position &+= refused(UnsafeRawBufferPointer(rebasing: bytes[position...]), &output)
            }
        }
    }

    /// Converts as far as it goes.
    ///
    /// - Returns: how many bytes were taken.
    private static func run(
        _ descriptor: iconv_t?, _ start: UnsafeRawPointer, _ count: Int, _ output: inout [UInt8]
    ) -> Int {
        var input: UnsafeMutablePointer<CChar>? = UnsafeMutablePointer(
            mutating: start.assumingMemoryBound(to: CChar.self))
        var left = count
        var isFull = true
        while isFull {
            isFull = false
            withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                var to = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
                var room = buffer.count
                let result = iconv(descriptor, &input, &left, &to, &room)
                let isFailure = result == -1
                isFull = isFailure && errno == E2BIG && room < buffer.count
                output.append(contentsOf: buffer[0..<buffer.count - room])
            }
        }
        // Back to the initial state before the replacement.
        _ = iconv(descriptor, nil, nil, nil, nil)
        return count - left
    }
}
