/// Reads what `BinaryWriter` wrote. Total: any bytes give a value or a fault, and no more memory than a small multiple
/// of the input.
struct BinaryReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int
    private var remembered: [String] = []

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var remaining: Int { bytes.endIndex - position }

    func fault(_ what: String) -> ReportCodecFault {
        ReportCodecFault(.malformed, "\(what) at byte \(position - bytes.startIndex)")
    }

    mutating func byte() throws(ReportCodecFault) -> UInt8 {
        guard position < bytes.endIndex else { throw fault("ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func number() throws(ReportCodecFault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw fault("number above 64 bits") }
            value |= UInt64(next & 0x7F) << shift
            if next & 0x80 == 0 { return value }
            shift += 7
        }
    }

    /// A count of elements of at least one byte each.
    mutating func count() throws(ReportCodecFault) -> Int {
        let value = try number()
        guard value <= UInt64(remaining) else { throw fault("count \(value) above what is left") }
        return Int(value)
    }

    mutating func signed() throws(ReportCodecFault) -> Int64 {
        let value = try number()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func plain() throws(ReportCodecFault) -> String {
        let length = try count()
        return text(length)
    }

    mutating func string() throws(ReportCodecFault) -> String {
        let tag = try number()
        if tag & 1 == 1 {
            guard let place = Int(exactly: tag >> 1), place < remembered.count else {
                throw fault("reference to no string")
            }
            return remembered[place]
        }
        guard tag >> 1 <= UInt64(remaining) else { throw fault("string longer than what is left") }
        let length = Int(tag >> 1)
        let text = text(length)
        if length >= BinaryWriter.shortestRemembered, remembered.count < BinaryWriter.mostRemembered {
            remembered.append(text)
        }
        return text
    }

    mutating func strings() throws(ReportCodecFault) -> [String] {
        let count = try count()
        var texts: [String] = []
        for _ in 0..<count { texts.append(try string()) }
        return texts
    }

    mutating func raw() throws(ReportCodecFault) -> ArraySlice<UInt8> {
        let length = try count()
        defer { position += length }
        return bytes[position..<position + length]
    }

    /// `length` was checked by the caller.
    private mutating func text(_ length: Int) -> String {
        if length == 0 { return "" }
        defer { position += length }
        return String(decoding: bytes[position..<position + length], as: UTF8.self)
    }
}

/// Bytes that are no stored report, or need what the reader does not have.
public struct ReportCodecFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Closed set of kinds.
    public enum Code: Sendable, Equatable {
        /// Not what the codec writes.
        case malformed
        /// Written by a newer gateway.
        case unknownVersion
        /// Refers to a template with this number that the table does not hold (yet).
        case unknownTemplate(Int)
    }
    /// Kind.
    public var code: Code
    /// What is wrong and where.
    public var text: String
    init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }
    /// Text for people.
    public var description: String { "stored report: \(text)" }
}
