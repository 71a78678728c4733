// swift-format-ignore: AlwaysUseLowerCamelCase
/// Value representation (PS3.5 6.2).
public enum VR: String, Sendable, Hashable, CaseIterable {
    /// Text and numbers as text.
    case AE, AS, CS, DA, DS, DT, IS, LO, LT, PN, SH, ST, TM, UC, UI, UR, UT
    /// Binary numbers and tags.
    case AT, FD, FL, SL, SS, SV, UL, US, UV
    /// Streams of bytes or numbers, and what is not known.
    case OB, OD, OF, OL, OV, OW, UN
    /// Sequence of items.
    case SQ

    /// Of two letters as they stand in a data set of explicit representation; nil for others.
    @inlinable init?(_ first: UInt8, _ second: UInt8) {
        switch UInt16(first) << 8 | UInt16(second) {
        case 0x4145: self = .AE
        case 0x4153: self = .AS
        case 0x4154: self = .AT
        case 0x4353: self = .CS
        case 0x4441: self = .DA
        case 0x4453: self = .DS
        case 0x4454: self = .DT
        case 0x4644: self = .FD
        case 0x464C: self = .FL
        case 0x4953: self = .IS
        case 0x4C4F: self = .LO
        case 0x4C54: self = .LT
        case 0x4F42: self = .OB
        case 0x4F44: self = .OD
        case 0x4F46: self = .OF
        case 0x4F4C: self = .OL
        case 0x4F56: self = .OV
        case 0x4F57: self = .OW
        case 0x504E: self = .PN
        case 0x5348: self = .SH
        case 0x534C: self = .SL
        case 0x5351: self = .SQ
        case 0x5353: self = .SS
        case 0x5354: self = .ST
        case 0x5356: self = .SV
        case 0x544D: self = .TM
        case 0x5543: self = .UC
        case 0x5549: self = .UI
        case 0x554C: self = .UL
        case 0x554E: self = .UN
        case 0x5552: self = .UR
        case 0x5553: self = .US
        case 0x5554: self = .UT
        case 0x5556: self = .UV
        default: return nil
        }
    }

    /// True where the length has 32 bits after two reserved bytes (PS3.5 7.1.2).
    public var hasLongLength: Bool {
        switch self {
        case .OB, .OD, .OF, .OL, .OV, .OW, .SQ, .SV, .UC, .UN, .UR, .UT, .UV: true
        default: false
        }
    }

    /// True for text in the Specific Character Set (PS3.5 6.1.2.2).
    public var isText: Bool {
        switch self {
        case .LO, .LT, .PN, .SH, .ST, .UC, .UT: true
        default: false
        }
    }

    /// True for values that are strings, in whatever repertoire.
    public var isString: Bool {
        switch self {
        case .AE, .AS, .CS, .DA, .DS, .DT, .IS, .TM, .UI, .UR: true
        default: isText
        }
    }

    /// True where a backslash parts values; in LT, ST, UT and UR it is a character of the text.
    public var isMultiValued: Bool {
        switch self {
        case .LT, .ST, .UT, .UR: false
        default: isString
        }
    }

    /// Bytes of one value, for byte order and number of values: 2 for US, 8 for FD, 4 for AT; 1 for strings and bytes.
    public var unitSize: Int {
        switch self {
        case .OW, .SS, .US: 2
        case .AT, .FL, .OF, .OL, .SL, .UL: 4
        case .FD, .OD, .OV, .SV, .UV: 8
        default: 1
        }
    }

    /// What an odd number of bytes is filled up with: NUL for UI and streams of bytes, else a space.
    public var padding: UInt8 {
        switch self {
        case .OB, .UI, .UN: 0
        default: isString ? 0x20 : 0
        }
    }
}
