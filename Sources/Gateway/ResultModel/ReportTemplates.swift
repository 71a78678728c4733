/// What reports have in common, kept once: for an observation its codes, names, units and ranges; for a report the
/// device, profile and kind of specimen. A stored report refers to a template by number.
///
/// A template is taken in when it is seen for the second time, so that what never comes again takes no place; when the
/// table is full, or a template is long, it is written out in the report itself.
public struct ReportTemplates: Sendable {
    /// A template that was taken in and is to be stored.
    public struct Entry: Sendable, Equatable {
        /// Number, from 1 without gaps.
        public var number: Int
        /// Its bytes, for `load`.
        public var bytes: [UInt8]
        /// An entry as it was stored.
        public init(number: Int, bytes: [UInt8]) {
            self.number = number
            self.bytes = bytes
        }
    }

    enum Prototype: Sendable {
        case observation(Observation)
        case report(Report)
    }

    /// Templates held at most; 8,192 of them are about 8 MB of memory.
    public static let capacity = 8_192
    /// Bytes of a template at most.
    static let longest = 1_024
    private static let recentSize = 4_096

    private var bodies: [[UInt8]] = []
    private(set) var prototypes: [Prototype] = []
    private var numbers: [UInt64: Int] = [:]
    /// Digests of what was seen once, direct mapped.
    private var recent = [UInt64](repeating: 0, count: recentSize)

    /// An empty table.
    public init() {}

    /// Number of templates.
    public var count: Int { bodies.count }

    /// Templates from a number on, to be stored.
    public func entries(after number: Int) -> [Entry] {
        guard number < bodies.count else { return [] }
        return (max(0, number)..<bodies.count).map { Entry(number: $0 + 1, bytes: bodies[$0]) }
    }

    /// Takes in a stored template. They come in the order of their numbers.
    ///
    /// - Throws: `.malformed` when the number is not the next one or the bytes are no template.
    public mutating func load(_ entry: Entry) throws(ReportCodecFault) {
        guard entry.number == bodies.count + 1 else {
            throw ReportCodecFault(.malformed, "template \(entry.number) where \(bodies.count + 1) is due")
        }
        var reader = BinaryReader(entry.bytes[...])
        let prototype = try Prototype(&reader)
        guard reader.remaining == 0 else { throw reader.fault("template goes on after its end") }
        add(entry.bytes, prototype, digest: entry.bytes.withUnsafeBytes { Self.digest($0) })
    }

    /// Forgets templates above a number: the transaction that was to store them was rolled back.
    public mutating func truncate(to count: Int) {
        while bodies.count > max(0, count), let body = bodies.popLast() {
            prototypes.removeLast()
            let digest = body.withUnsafeBytes { Self.digest($0) }
            if numbers[digest] == bodies.count + 1 { numbers[digest] = nil }
        }
    }

    /// Number of the template with these bytes, or nil when it has to be written out. Takes it in when it is seen for the
    /// second time.
    mutating func number(for bytes: [UInt8]) -> Int? {
        guard bytes.count <= Self.longest else { return nil }
        let digest = bytes.withUnsafeBytes { Self.digest($0) }
        // Arrays of bytes are compared as memory.
        if let number = numbers[digest] { return bodies[number - 1] == bytes ? number : nil }
        guard bodies.count < Self.capacity else { return nil }
        let place = Int(truncatingIfNeeded: digest) & (Self.recentSize - 1)
        guard recent[place] == digest else {
            recent[place] = digest
            return nil
        }
        var reader = BinaryReader(bytes[...])
        guard let prototype = try? Prototype(&reader) else { return nil }
        add(bytes, prototype, digest: digest)
        return bodies.count
    }

    func prototype(_ number: Int) throws(ReportCodecFault) -> Prototype {
        guard number >= 1, number <= prototypes.count else {
            throw ReportCodecFault(.unknownTemplate(number), "template \(number) is not known")
        }
        return prototypes[number - 1]
    }

    private mutating func add(_ body: [UInt8], _ prototype: Prototype, digest: UInt64) {
        bodies.append(body)
        prototypes.append(prototype)
        if numbers[digest] == nil { numbers[digest] = bodies.count }
    }

    /// Eight bytes a step, multiply and fold. Not a defence against forged input: a collision only costs space.
    static func digest(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset + 8 <= bytes.count {
            state = fold(state ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < bytes.count {
            tail = tail << 8 | UInt64(bytes[offset])
            offset += 1
        }
        return fold(state ^ tail)
    }

    private static func fold(_ value: UInt64) -> UInt64 {
        let product = (value ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
        return product.high ^ product.low
    }
}
