import BlockDriverKit
import DriverWire
import SerialBlocks

/// Why a block cannot be read, and where.
struct AUFault: Error {
    var text: String
    /// Index into the text of the block.
    var index: Int
}

/// The head of a block: who it is about.
struct AUIdentity: Equatable {
    var system = ""
    var rack = ""
    var position = ""
    var type = ""
    var number = ""
    var id = ""

    /// Reads the fields after the distinction code.
    init(_ columns: FixedColumns, _ layout: AULayout) throws(AUFault) {
        var place = 2
        func field(_ width: Int, _ name: String) throws(AUFault) -> String {
            guard let text = columns.latin(place, width) else {
                throw AUFault(text: "the block ends before, or has a control character in, its \(name)", index: place)
            }
            place += width
            return text
        }
        system = try field(layout.system, "unit number")
        rack = try field(layout.rack, "rack")
        position = try field(layout.position, "position")
        type = try field(layout.type, "sample type")
        number = try field(layout.number, "sample number")
        id = try field(layout.id, "sample id")
    }

    /// Control material and calibrators have a letter in their number.
    var isControl: Bool { number.hasPrefix("Q") || number.hasPrefix("C") }
    /// Emergency samples and STAT.
    var isUrgent: Bool { number.hasPrefix("E") || number.hasPrefix("P") }
    /// How faults name it.
    var name: String { id.isEmpty ? number : id }
}

/// A sample with its results, from one block or several.
struct AUSample: Equatable {
    struct Row: Equatable {
        var test: String
        /// Empty: no result.
        var value: String
        var flags: [String]
    }

    /// Distinction code: `D `, `DH`, `d `, `dH`, `DQ` …
    var kind: String
    var identity: AUIdentity
    /// No further block follows.
    var isLast: Bool
    var rows: [Row]

    /// Reads the text of a block.
    init(_ bytes: [UInt8], kind: String, _ layout: AULayout, isVerified: Bool) throws(AUFault) {
        let columns = FixedColumns(bytes)
        self.kind = kind
        identity = try AUIdentity(columns, layout)
        if identity.number.isEmpty, identity.id.isEmpty {
            throw AUFault(text: "neither a sample number nor an id", index: 2 + layout.system)
        }
        let flagPlace = layout.head - 1
        guard let flag = columns.byte(flagPlace) else {
            throw AUFault(text: "the block ends before its block flag", index: columns.count)
        }
        switch flag {
        case UInt8(ascii: "E"): isLast = true
        case 0x30...0x39: isLast = false
        default:
            throw AUFault(
                text: "the block flag is no digit and not E: check the widths set (id, dummy)", index: flagPlace)
        }
        rows = []
        var place = layout.results
        while place < columns.count {
            if columns.latin(place, columns.count - place) == "" { break }
            rows.append(try AUSample.row(columns, place, layout, isVerified))
            place += layout.group
        }
    }

    private static func row(
        _ columns: FixedColumns, _ start: Int, _ layout: AULayout, _ isVerified: Bool
    ) throws(AUFault) -> Row {
        guard let test = columns.trimmed(start, layout.test), test.utf8.count == layout.test,
            test.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { throw AUFault(text: "a test number is no number of \(layout.test) digits", index: start) }
        var place = start + layout.test
        if layout.dilution > 0 {
            guard columns.trimmed(place, layout.dilution) != nil else {
                throw AUFault(text: "test \(test) is cut off", index: place)
            }
            place += layout.dilution
        }
        guard let value = columns.trimmed(place, layout.value) else {
            throw AUFault(text: "test \(test) is cut off, or its value is no text", index: place)
        }
        guard isVerified || value.isEmpty || NumberText.isComparable(value) || isWord(value) else {
            throw AUFault(text: "the value of test \(test) is no number: \"\(value)\"", index: place)
        }
        place += layout.value
        // Some leave out the blanks at the end of a block.
        let width = min(layout.flags, max(0, columns.count - place))
        guard let flags = columns.trimmed(place, width) else {
            throw AUFault(text: "the flags of test \(test) are no text", index: place)
        }
        return Row(test: test, value: value, flags: flags.filter { $0 != " " }.map(String.init))
    }

    /// Qualitative results: `+`, `++`, `NEG`; no digit in it, so no damaged number.
    private static func isWord(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 < 0x30 || $0 > 0x39 } && !text.contains(".")
    }

    /// The device has no value: blank, or a row of stars or hyphens.
    static func isAbsent(_ value: String) -> Bool {
        value.isEmpty || value.utf8.count > 1 && value.utf8.allSatisfy { $0 == 0x2A || $0 == 0x2D || $0 == 0x23 }
    }

    /// What is told to the host.
    func message() -> DeviceMessage {
        var message = DeviceMessage(protocolName: "AU online")
        var order = DeviceMessage.Order()
        let isControl = kind == "DQ" || identity.isControl
        if identity.id.isEmpty || isControl {
            order.specimenID = identity.number
            order.specimenKind = "number"
            if isControl, !identity.id.isEmpty { order.fillerID = identity.id }
        } else {
            order.specimenID = identity.id
            order.fillerID = identity.number
        }
        order.rack = identity.rack
        order.position = identity.position
        order.specimenType = identity.type == "H" ? "" : identity.type
        order.priority = identity.isUrgent || kind.hasPrefix("d") ? "S" : ""
        order.isQC = isControl
        if kind.hasSuffix("H") || identity.type == "H" { order.run = "H" }
        message.orders.append(order)
        for row in rows {
            var result = DeviceMessage.Result()
            result.order = 0
            result.code = row.test
            result.value = row.value
            result.flags = row.flags
            result.isQC = isControl
            result.run = order.run
            result.isResent = row.flags.contains("r")
            if AUSample.isAbsent(row.value) {
                result.isUsable = false
                result.absentReason = row.flags.isEmpty ? "no value" : "no value, flags \(row.flags.joined())"
            }
            message.results.append(result)
        }
        return message
    }
}
