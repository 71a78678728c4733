/// Gives the specimens of a capture fresh identifiers and times, so that it can be played again as new work.
///
/// Identifiers are found where the standards put them (O.3 and O.4; OBR-2, OBR-3, SPM-2, SAC-3) and replaced wherever they
/// stand between delimiters in the same message. Fresh identifiers are 16 digits, or as long as the old ones where these are
/// longer. Checksums that were right are right again.
struct IdentityRewriter: Sendable {
    /// Written into the identifiers: differs from run to run and from device to device.
    var seed: UInt64
    /// Added to all times of 14 digits, in seconds; nil: times stay.
    var shift: Int64?

    /// What a message says after rewriting, and the specimens in it.
    ///
    /// - Parameter serial: number of the message in this run: no two messages of a run share one.
    func rewritten(_ message: Capture.Message, serial: Int) -> (message: Capture.Message, specimens: [String]) {
        var message = message
        let text = MessageText(message)
        let tokens = text.tokens
        let identifiers = SpecimenTokens.identifiers(text)
        var fresh: [[UInt8]: [UInt8]] = [:]
        for (number, old) in identifiers.enumerated() {
            fresh[old] = freshIdentifier(old, serial: serial, number: number)
        }
        var edits: [(range: Range<Int>, bytes: [UInt8])] = []
        for range in tokens {
            let token = text.bytes[range]
            if let shift, let moved = CaptureTime.shifted(token, by: shift) {
                edits.append((range, moved))
            } else {
                let trimmed = token.trimmedRange
                if !trimmed.isEmpty, let replacement = fresh[Array(text.bytes[trimmed])] {
                    edits.append((trimmed, replacement))
                }
            }
        }
        if let control = text.controlID, !control.isEmpty {
            let old = Array(text.bytes[control])
            edits.append((control, freshIdentifier(old, serial: serial, number: 99)))
            edits.sort { $0.range.lowerBound < $1.range.lowerBound }
        }
        text.apply(edits, to: &message)
        let specimens = identifiers.map { String(decoding: fresh[$0] ?? $0, as: UTF8.self) }
        return (message, specimens)
    }

    /// Digits: six of the seed, eight of the message's serial number, two of the place in the message.
    private func freshIdentifier(_ old: [UInt8], serial: Int, number: Int) -> [UInt8] {
        let counter =
            UInt64(truncatingIfNeeded: serial) % 100_000_000 &* 100 &+ UInt64(truncatingIfNeeded: number % 100)
        var rest = (seed % 1_000_000) &* 10_000_000_000 &+ counter
        var digits: [UInt8] = []
        while digits.count < max(old.count, 16) {
            digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        return digits.reversed()
    }
}

/// The text of a message over all its units, and where each byte of it stands.
struct MessageText {
    /// Frame texts joined, or the block.
    private(set) var bytes: [UInt8] = []
    /// First offset of each unit's text in `bytes`, by unit.
    private var starts: [Int] = []
    private let isHL7: Bool

    init(_ message: Capture.Message) {
        isHL7 = message.units.contains { if case .block = $0.kind { true } else { false } }
        for unit in message.units {
            starts.append(bytes.count)
            bytes += unit.bytes[unit.text]
        }
    }

    /// Delimiters that the message declares, with record ends.
    var delimiters: [UInt8] {
        let name = Array((isHL7 ? "MSH" : "H").utf8)
        for start in Capture.lineStarts(bytes) where bytes[start...].starts(with: name) {
            return Array(bytes[(start + name.count)...].prefix(isHL7 ? 5 : 4)) + [0x0D, 0x0A]
        }
        return Array("|^~\\&".utf8) + [0x0D, 0x0A]
    }

    /// Everything that stands between two delimiters.
    var tokens: [Range<Int>] {
        let delimiters = Set(delimiters)
        var result: [Range<Int>] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where delimiters.contains(byte) {
            if index > start { result.append(start..<index) }
            start = index + 1
        }
        if bytes.count > start { result.append(start..<bytes.count) }
        return result
    }

    /// Segments or records with their fields: ranges into `bytes`.
    var records: [[Range<Int>]] {
        guard let field = delimiters.first else { return [] }
        var result: [[Range<Int>]] = []
        var record: [Range<Int>] = []
        var start = 0
        for (index, byte) in bytes.enumerated() {
            let isEnd = byte == 0x0D || byte == 0x0A
            guard isEnd || byte == field else { continue }
            record.append(start..<index)
            start = index + 1
            if isEnd {
                if record.count > 1 { result.append(record) }
                record = []
            }
        }
        record.append(start..<bytes.count)
        if record.count > 1 { result.append(record) }
        return result
    }

    /// MSH-10.
    var controlID: Range<Int>? {
        guard isHL7 else { return nil }
        let header = records.first { bytes[$0[0]].elementsEqual("MSH".utf8) }
        guard let header, header.indices.contains(9) else { return nil }
        return header[9]
    }

    /// Puts the edits, in order and not overlapping, into the message's units, and sets the checksums again.
    func apply(_ edits: [(range: Range<Int>, bytes: [UInt8])], to message: inout Capture.Message) {
        for (number, unit) in message.units.enumerated().reversed() where !unit.text.isEmpty {
            let first = starts[number]
            let span = first..<(first + unit.text.count)
            var unit = unit
            for edit in edits.reversed() where edit.range.overlaps(span) {
                let part = edit.range.clamped(to: span)
                let place =
                    (part.lowerBound - first + unit.text.lowerBound)..<(part.upperBound - first + unit.text.lowerBound)
                if part == edit.range {
                    unit.replace(place, with: edit.bytes)
                } else if edit.bytes.count == edit.range.count {
                    // The word runs over two frames: each gets its share.
                    let share = (part.lowerBound - edit.range.lowerBound)..<(part.upperBound - edit.range.lowerBound)
                    unit.replace(place, with: Array(edit.bytes[share]))
                } else if part.lowerBound == edit.range.lowerBound {
                    unit.replace(place, with: edit.bytes)
                } else {
                    unit.replace(place, with: [])
                }
            }
            unit.seal()
            message.units[number] = unit
        }
    }
}

extension Capture.Unit {
    /// Replaces a part of the text.
    mutating func replace(_ range: Range<Int>, with new: [UInt8]) {
        let growth = new.count - range.count
        bytes.replaceSubrange(range, with: new)
        text = text.lowerBound..<(text.upperBound + growth)
        if let old = checksum { checksum = (old.lowerBound + growth)..<(old.upperBound + growth) }
    }

    /// Makes the checksum right where it was right, keeps it wrong where it was wrong, and reads the message's id again.
    mutating func seal() {
        if let checksum, text.lowerBound >= 1, checksum.upperBound <= bytes.count {
            let right = LISBytes.checksum(bytes[(text.lowerBound - 1)..<checksum.lowerBound])
            if isSound {
                bytes.replaceSubrange(checksum, with: right)
            } else if bytes[checksum].elementsEqual(right) {
                // The change happened to make the damaged frame whole.
                bytes[checksum.lowerBound] = right[0] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            }
        }
        if case .block = kind { kind = .block(controlID: Capture.controlID(bytes[text])) }
    }
}

/// Where specimens stand in a message.
enum SpecimenTokens {
    private static let fields: [String: [Int]] = ["O": [2, 3], "OBR": [2, 3], "SPM": [2], "SAC": [3]]

    /// Distinct identifiers in the order sent: of each field the longest component that has a digit. Racks, cups and
    /// sequence numbers are shorter than four characters and stay, unless there is nothing else.
    static func identifiers(_ text: MessageText) -> [[UInt8]] {
        var result: [[UInt8]] = []
        let delimiters = text.delimiters
        for record in text.records {
            let name = String(decoding: text.bytes[record[0]], as: UTF8.self)
            guard let numbers = fields[name] else { continue }
            let candidates = numbers.filter { record.indices.contains($0) }.flatMap { number in
                text.bytes[record[number]].split(whereSeparator: { delimiters.contains($0) })
                    .map { $0.trimmed }.filter { $0.contains { (0x30...0x39).contains($0) } }
            }
            let long = candidates.filter { $0.count >= 4 }
            for candidate in long.isEmpty ? Array(candidates.prefix(1)) : long where !result.contains(candidate) {
                result.append(candidate)
            }
        }
        return result
    }
}

extension ArraySlice<UInt8> {
    /// Range without blanks at both ends.
    var trimmedRange: Range<Int> {
        guard let first = firstIndex(where: { $0 != 0x20 }), let last = lastIndex(where: { $0 != 0x20 }) else {
            return startIndex..<startIndex
        }
        return first..<(last + 1)
    }

    /// Without blanks at both ends.
    var trimmed: [UInt8] { Array(self[trimmedRange]) }
}
