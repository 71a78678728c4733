/// Protocol data units of the DICOM upper layer (PS3.8 9.3), as an application that requests associations needs them.
///
/// A small one of our own, so that what the gateway takes is tried by something other than the library that takes it.
enum UpperLayer {
    /// PS3.8 A.2.1: DICOM Application Context Name.
    static let applicationContext = "1.2.840.10008.3.1.1.1"
    /// Longest unit that is read; peers may offer more than they use.
    static let longest = 1 << 24

    /// A presentation context as proposed (PS3.8 9.3.2.2).
    struct Context: Sendable, Equatable {
        /// Odd number.
        var id: UInt8
        /// Abstract syntax: a SOP class.
        var abstract: String
        /// Transfer syntaxes, best first.
        var transfers: [String]
    }

    /// What the peer accepted.
    struct Acceptance: Sendable, Equatable {
        /// Accepted transfer syntax by context.
        var transfers: [UInt8: String] = [:]
        /// Longest P-DATA-TF that the peer takes; 0: no limit.
        var largest = 0
    }

    /// A part of a message (PS3.8 9.3.5.1).
    struct Fragment: Sendable, Equatable {
        var context: UInt8
        var isCommand: Bool
        var isLast: Bool
        var bytes: [UInt8]
    }

    /// A unit that a peer sends.
    enum Unit: Sendable, Equatable {
        case accepted(Acceptance)
        /// Result, source, reason (PS3.8 9.3.4).
        case rejected(UInt8, UInt8, UInt8)
        case data([Fragment])
        case releaseRequest
        case releaseResponse
        /// Source, reason (PS3.8 9.3.8).
        case aborted(UInt8, UInt8)
    }

    /// A-ASSOCIATE-RQ (PS3.8 9.3.2).
    static func associateRequest(called: String, calling: String, contexts: [Context], largest: Int) -> [UInt8] {
        var body: [UInt8] = [0, 1, 0, 0] + title(called) + title(calling) + [UInt8](repeating: 0, count: 32)
        body += item(0x10, Array(applicationContext.utf8))
        for context in contexts {
            var inner: [UInt8] = [context.id, 0, 0, 0] + item(0x30, Array(context.abstract.utf8))
            for transfer in context.transfers { inner += item(0x40, Array(transfer.utf8)) }
            body += item(0x20, inner)
        }
        let user =
            item(0x51, big(largest, 4)) + item(0x52, Array("2.25.205779050951313660521420716634997198187".utf8))
            + item(0x55, Array("HILUM_SIM".utf8))
        body += item(0x50, user)
        return unit(0x01, body)
    }

    /// P-DATA-TF units of one message part, none longer than the peer takes (PS3.8 9.3.5).
    static func data(_ bytes: [UInt8], context: UInt8, isCommand: Bool, largest: Int, emit: ([UInt8]) throws -> Void)
        rethrows
    {
        // 6 bytes of data value header are part of the length that the peer limits.
        let most = max(1, (largest > 0 ? min(largest, 1 << 17) : 1 << 17) - 6)
        var start = 0
        repeat {
            let end = min(bytes.count, start + most)
            let control: UInt8 = (isCommand ? 1 : 0) | (end == bytes.count ? 2 : 0)
            var unit: [UInt8] = [0x04, 0] + big(end - start + 6, 4) + big(end - start + 2, 4) + [context, control]
            unit += bytes[start..<end]
            try emit(unit)
            start = end
        } while start < bytes.count
    }

    static let releaseRequest = unit(0x05, [0, 0, 0, 0])
    static let releaseResponse = unit(0x06, [0, 0, 0, 0])
    static let abort = unit(0x07, [0, 0, 0, 0])

    /// The unit of a type and body; nil: it is none, or is broken.
    static func unit(type: UInt8, body: ArraySlice<UInt8>) -> Unit? {
        let body = Array(body)
        switch type {
        case 0x02: return accepted(body).map { .accepted($0) }
        case 0x03: return body.count >= 4 ? .rejected(body[1], body[2], body[3]) : nil
        case 0x04: return fragments(body).map { .data($0) }
        case 0x05: return .releaseRequest
        case 0x06: return .releaseResponse
        case 0x07: return body.count >= 4 ? .aborted(body[2], body[3]) : nil
        default: return nil
        }
    }

    private static func accepted(_ body: [UInt8]) -> Acceptance? {
        guard body.count >= 68 else { return nil }
        var acceptance = Acceptance()
        for (type, content) in items(body[68...]) {
            if type == 0x21, content.count >= 4, let first = content.first {
                // Result 0: acceptance (PS3.8 9.3.3.2).
                guard content[content.startIndex + 2] == 0 else { continue }
                for (inner, text) in items(content.dropFirst(4)) where inner == 0x40 {
                    acceptance.transfers[first] = uid(text)
                }
            } else if type == 0x50 {
                for (inner, value) in items(content) where inner == 0x51 && value.count == 4 {
                    acceptance.largest = value.reduce(0) { $0 << 8 | Int($1) }
                }
            }
        }
        return acceptance
    }

    private static func fragments(_ body: [UInt8]) -> [Fragment]? {
        var found: [Fragment] = []
        var place = 0
        while place + 6 <= body.count {
            let length = body[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length >= 2, place + 4 + length <= body.count else { return nil }
            let control = body[place + 5]
            found.append(
                Fragment(
                    context: body[place + 4], isCommand: control & 1 != 0, isLast: control & 2 != 0,
                    bytes: Array(body[(place + 6)..<(place + 4 + length)])))
            place += 4 + length
        }
        return place == body.count ? found : nil
    }

    /// Items with their types; what is cut off is left out.
    private static func items(_ bytes: ArraySlice<UInt8>) -> [(UInt8, ArraySlice<UInt8>)] {
        var found: [(UInt8, ArraySlice<UInt8>)] = []
        var rest = bytes
        while rest.count >= 4 {
            let start = rest.startIndex
            let length = Int(rest[start + 2]) << 8 | Int(rest[start + 3])
            guard rest.count >= 4 + length else { break }
            found.append((rest[start], rest[(start + 4)..<(start + 4 + length)]))
            rest = rest.dropFirst(4 + length)
        }
        return found
    }

    private static func uid(_ bytes: ArraySlice<UInt8>) -> String {
        var bytes = bytes
        while let last = bytes.last, last == 0 || last == 0x20 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func title(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(16))
        return bytes + [UInt8](repeating: 0x20, count: 16 - bytes.count)
    }

    private static func item(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        [type, 0] + big(content.count, 2) + content
    }
    private static func unit(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        [type, 0] + big(content.count, 4) + content
    }

    private static func big(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * (size - 1 - $0))) }
    }
}
