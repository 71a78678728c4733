extension Capture {
    /// Longest text in a frame that is made here (LIS01-A2 6.3.1.2: 240 characters of text).
    static let longestText = 240

    /// Reads LIS01 frames, and frames without number and checksum.
    init(frames bytes: [UInt8]) {
        var messages: [Message] = []
        var units: [Unit] = []
        var pending = 0
        var index = 0
        var isBare = false
        func close() {
            if units.contains(where: { $0.kind == .frame || $0.kind == .bareFrame }) {
                messages.append(Message(units: units))
            }
            units = []
        }
        while index < bytes.count {
            switch bytes[index] {
            case LISBytes.enq:
                // A doubled ENQ belongs to the transfer it opens.
                if units.contains(where: { $0.kind != .enquiry }) { close() }
                units.append(Unit(kind: .enquiry, bytes: Array(bytes[pending...index]), text: 0..<0))
                index += 1
            case LISBytes.stx:
                let unit = Self.frame(bytes, from: index, noise: pending)
                if unit.kind == .bareFrame { isBare = true }
                units.append(unit)
                index = pending + unit.bytes.count
            case LISBytes.soh:
                guard let end = bytes[index...].firstIndex(of: LISBytes.eot) else {
                    index += 1
                    continue
                }
                isBare = true
                units.append(
                    Unit(
                        kind: .bareFrame, bytes: Array(bytes[pending...end]),
                        text: (index + 1 - pending)..<(end - pending)))
                index = end + 1
            case LISBytes.eot:
                units.append(Unit(kind: .end, bytes: Array(bytes[pending...index]), text: 0..<0))
                index += 1
                // A doubled EOT stays with its transfer.
                if index < bytes.count, bytes[index] == LISBytes.eot { break }
                close()
            default:
                index += 1
                continue
            }
            pending = index
        }
        close()
        self.init(framing: isBare ? .bare : .lis01, messages: messages)
    }

    /// The frame whose STX is at `start`, with the noise from `noise` before it. A frame that is broken off ends before the
    /// next ENQ, STX or EOT.
    private static func frame(_ bytes: [UInt8], from start: Int, noise: Int) -> Unit {
        var end = start + 1
        while end < bytes.count {
            switch bytes[end] {
            case LISBytes.etx, LISBytes.etb: return ended(bytes, from: start, terminator: end, noise: noise)
            case LISBytes.stx, LISBytes.enq, LISBytes.eot:
                return Unit(kind: .end, bytes: Array(bytes[noise..<end]), text: 0..<0, isSound: false)
            default: end += 1
            }
        }
        return Unit(kind: .end, bytes: Array(bytes[noise...]), text: 0..<0, isSound: false)
    }

    private static func ended(_ bytes: [UInt8], from start: Int, terminator: Int, noise: Int) -> Unit {
        let hasNumber = start + 1 < terminator && (0x30...0x37).contains(bytes[start + 1])
        let hasChecksum =
            terminator + 2 < bytes.count && LISBytes.isHexadecimal(bytes[terminator + 1])
            && LISBytes.isHexadecimal(bytes[terminator + 2])
        guard hasNumber, hasChecksum else {
            var end = terminator + 1
            while end < bytes.count, bytes[end] == 0x0D || bytes[end] == 0x0A { end += 1 }
            return Unit(
                kind: .bareFrame, bytes: Array(bytes[noise..<end]), text: (start + 1 - noise)..<(terminator - noise))
        }
        var end = terminator + 3
        if end < bytes.count, bytes[end] == 0x0D { end += 1 }
        if end < bytes.count, bytes[end] == 0x0A { end += 1 }
        let sent = bytes[(terminator + 1)...(terminator + 2)].map { $0 > 0x60 ? $0 - 0x20 : $0 }
        return Unit(
            kind: .frame, bytes: Array(bytes[noise..<end]), text: (start + 2 - noise)..<(terminator - noise),
            checksum: (terminator + 1 - noise)..<(terminator + 3 - noise),
            isSound: sent == LISBytes.checksum(bytes[(start + 1)...terminator]))
    }

    /// Frames LIS02 records that were kept without a link layer: a frame or more a record, a transfer a message.
    init(records bytes: [UInt8]) {
        let records = bytes.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A }).map(Array.init)
        var messages: [Message] = []
        var units: [Unit] = []
        var number: UInt8 = 1
        func close() {
            guard units.count > 1 else { return }
            units.append(Unit(kind: .end, bytes: [LISBytes.eot], text: 0..<0))
            messages.append(Message(units: units))
        }
        for record in records {
            let isHeader = record.first == UInt8(ascii: "H") && record.count > 1 && !Self.isWord(record[1])
            if isHeader {
                close()
                units = [Unit(kind: .enquiry, bytes: [LISBytes.enq], text: 0..<0)]
                number = 1
            }
            guard !units.isEmpty else { continue }
            var rest = (record + [0x0D])[...]
            while !rest.isEmpty {
                units.append(
                    Self.frame(
                        number: number, text: Array(rest.prefix(Self.longestText)),
                        isLast: rest.count <= Self.longestText))
                rest = rest.dropFirst(Self.longestText)
                number = (number + 1) & 7
            }
        }
        close()
        self.init(framing: .lis01, messages: messages)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: byte <= 0x20
        }
    }

    private static func frame(number: UInt8, text: [UInt8], isLast: Bool) -> Unit {
        let body = [0x30 + number] + text + [isLast ? LISBytes.etx : LISBytes.etb]
        let bytes = [LISBytes.stx] + body + LISBytes.checksum(body) + [0x0D, 0x0A]
        return Unit(
            kind: .frame, bytes: bytes, text: 2..<(2 + text.count),
            checksum: (text.count + 3)..<(text.count + 5))
    }
}
