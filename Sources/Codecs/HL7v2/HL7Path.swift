/// A place in a segment: `OBX-5`, `PID-3.1`, `SPM-2.1.1`, `OBX-8[2]`, `OBX-3.*` (the first component that holds anything).
///
/// Counted as in the standard: MSH-1 is the field separator, MSH-2 the encoding characters.
public struct HL7Path: Sendable, Hashable, CustomStringConvertible {
    /// Which component is meant.
    public enum Part: Sendable, Hashable {
        /// The field or component as a whole.
        case whole
        /// The one with a number, from 1.
        case number(Int)
        /// The first that holds anything.
        case firstFilled
    }

    /// Name of the segment.
    public var segment: HL7SegmentName
    /// Number of the field, from 1.
    public var field: Int
    /// Number of the repetition, from 1; nil: the first for a component, all of them for a whole field.
    public var repetition: Int?
    /// Component.
    public var component: Part
    /// Subcomponent.
    public var subcomponent: Part

    /// A path that is known to be one.
    public init(_ segment: HL7SegmentName, field: Int, component: Int? = nil) {
        self.segment = segment
        self.field = field
        repetition = nil
        self.component = component.map { .number($0) } ?? .whole
        subcomponent = .whole
    }

    /// A path from its text; nil when it is none.
    public init?(_ text: String) {
        let utf8 = Array(text.utf8)
        guard utf8.count >= 5, utf8.count <= 40, utf8[3] == UInt8(ascii: "-"),
            let name = HL7SegmentName(utf8[0], utf8[1], utf8[2])
        else { return nil }
        var index = 4
        func number() -> Int? {
            var value = 0
            let start = index
            while index < utf8.count, utf8[index] >= 0x30, utf8[index] <= 0x39, index - start < 4 {
                value = value * 10 + Int(utf8[index] - 0x30)
                index += 1
            }
            return index > start && value > 0 ? value : nil
        }
        func part() -> Part? {
            guard index < utf8.count, utf8[index] == UInt8(ascii: ".") else { return .whole }
            index += 1
            if index < utf8.count, utf8[index] == UInt8(ascii: "*") {
                index += 1
                return .firstFilled
            }
            return number().map { .number($0) }
        }
        guard let field = number() else { return nil }
        var repetition: Int?
        if index < utf8.count, utf8[index] == UInt8(ascii: "[") {
            index += 1
            guard let value = number(), index < utf8.count, utf8[index] == UInt8(ascii: "]") else { return nil }
            repetition = value
            index += 1
        }
        guard let component = part(), let subcomponent = component == .whole ? .whole : part(), index == utf8.count
        else { return nil }
        segment = name
        self.field = field
        self.repetition = repetition
        self.component = component
        self.subcomponent = subcomponent
    }

    /// As written.
    public var description: String {
        func text(_ part: Part) -> String {
            switch part {
            case .whole: ""
            case .number(let number): ".\(number)"
            case .firstFilled: ".*"
            }
        }
        let repetition = repetition.map { "[\($0)]" } ?? ""
        return "\(segment)-\(field)\(repetition)\(text(component))\(text(subcomponent))"
    }
}

/// Three characters that name a segment, as one number.
public struct HL7SegmentName: Sendable, Hashable, CustomStringConvertible {
    /// The three bytes, first one highest.
    public let code: UInt32

    /// A name; nil unless it is a capital letter and two capital letters or digits.
    public init?(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
        func isLetter(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        guard isLetter(first), isLetter(second) || isDigit(second), isLetter(third) || isDigit(third) else {
            return nil
        }
        code = UInt32(first) << 16 | UInt32(second) << 8 | UInt32(third)
    }

    /// A name that is known to be one: its first three characters.
    public init(_ name: StaticString) {
        code = name.withUTF8Buffer { bytes in
            var code: UInt32 = 0
            for index in 0..<3 { code = code << 8 | UInt32(index < bytes.count ? bytes[index] : 0x20) }
            return code
        }
    }

    /// The three characters.
    public var description: String {
        let bytes = [
            UInt8(truncatingIfNeeded: code >> 16), UInt8(truncatingIfNeeded: code >> 8),
            UInt8(truncatingIfNeeded: code),
        ]
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Message header.
    public static let msh = HL7SegmentName("MSH")
    /// Message acknowledgement.
    public static let msa = HL7SegmentName("MSA")
    /// Patient identification.
    public static let pid = HL7SegmentName("PID")
    /// Patient visit.
    public static let pv1 = HL7SegmentName("PV1")
    /// Common order.
    public static let orc = HL7SegmentName("ORC")
    /// Observation request.
    public static let obr = HL7SegmentName("OBR")
    /// Observation.
    public static let obx = HL7SegmentName("OBX")
    /// Specimen.
    public static let spm = HL7SegmentName("SPM")
    /// Specimen container.
    public static let sac = HL7SegmentName("SAC")
    /// Notes and comments.
    public static let nte = HL7SegmentName("NTE")
    /// Query definition of version 2.2 to 2.4.
    public static let qrd = HL7SegmentName("QRD")
    /// Query filter.
    public static let qrf = HL7SegmentName("QRF")
    /// Query parameters of version 2.4 on.
    public static let qpd = HL7SegmentName("QPD")
}
