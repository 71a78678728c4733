/// Something in a message that is not as LIS02-A2 says, and was read all the same.
public struct LIS02Deviation: Sendable, Equatable, CustomStringConvertible {
    /// What.
    public enum Kind: Sendable, Equatable {
        /// The first record is no header.
        case noHeader
        /// 6.2: the header gives fewer than four delimiters, or one twice.
        case delimiters
        /// No terminator record.
        case noTerminator
        /// A result without an order above it.
        case resultWithoutOrder
        /// An order without a patient above it.
        case orderWithoutPatient
        /// A line that does not begin with a letter and a delimiter.
        case notARecord
        /// A record type the standard does not know.
        case unknownType(UInt8)
    }

    /// What.
    public var kind: Kind
    /// Which record of the message, counted from 1.
    public var record: Int

    /// For people.
    public var description: String {
        let what =
            switch kind {
            case .noHeader: "the message does not begin with a header record"
            case .delimiters: "the header does not name four different delimiters; the usual ones are assumed"
            case .noTerminator: "the message has no terminator record"
            case .resultWithoutOrder: "a result without an order above it"
            case .orderWithoutPatient: "an order without a patient above it"
            case .notARecord: "a line that is no record"
            case .unknownType(let type): "a record of unknown type '\(Character(Unicode.Scalar(type)))'"
            }
        return "record \(record): \(what)"
    }

    static func list(in message: LIS02Message, most: Int) -> [LIS02Deviation] {
        var list: [LIS02Deviation] = []
        var hasPatient = false
        var hasOrder = false
        var hasTerminator = false
        func add(_ kind: Kind, _ index: Int) {
            if list.count < most { list.append(.init(kind: kind, record: index + 1)) }
        }
        for (index, record) in message.records.enumerated() {
            switch record.type {
            case UInt8(ascii: "H"):
                hasPatient = false
                hasOrder = false
                let delimiters = message.delimiters
                if record.fieldCount < 2 || message.field(record, 2).end - message.field(record, 2).start < 3
                    || Set([delimiters.field, delimiters.repeat, delimiters.component, delimiters.escape]).count < 4
                {
                    add(.delimiters, index)
                }
            case UInt8(ascii: "P"):
                hasPatient = true
                hasOrder = false
            case UInt8(ascii: "O"):
                if !hasPatient { add(.orderWithoutPatient, index) }
                hasOrder = true
            case UInt8(ascii: "R"): if !hasOrder { add(.resultWithoutOrder, index) }
            case UInt8(ascii: "L"): hasTerminator = true
            case UInt8(ascii: "C"), UInt8(ascii: "Q"), UInt8(ascii: "M"), UInt8(ascii: "S"): break
            case 0: add(.notARecord, index)
            default: add(.unknownType(record.type), index)
            }
        }
        if message.records.first?.type != UInt8(ascii: "H") { add(.noHeader, 0) }
        if !hasTerminator { add(.noTerminator, max(0, message.records.count - 1)) }
        return list
    }
}
