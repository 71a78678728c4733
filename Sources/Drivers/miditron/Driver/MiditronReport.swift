import BlockDriverKit
import DriverWire
import SerialBlocks

/// Why a packet cannot be read, and where.
struct MiditronFault: Error {
    var text: String
    /// Index into the text of the packet.
    var index: Int
}

/// A result packet. Columns as the format counts them: STX is column 1.
struct MiditronReport {
    struct Row: Equatable {
        var code: String
        var value: String
        var unit: String
        /// Arbitrary result beside a value: `1+` … `5+`, `pos`.
        var grade: String
    }

    /// Column, widths of name and result; the arbitrary result (5) follows.
    static let pads: [(column: Int, name: Int, result: Int)] =
        [(37, 2, 5), (50, 2, 3), (61, 3, 11), (81, 3, 3)]
        + stride(from: 93, through: 213, by: 20).map { ($0, 3, 11) }
    private static let grade = 5

    var id: String
    var sequence: String
    var time: String
    var rows: [Row] = []

    /// Reads the text between STX and ETX.
    init(_ bytes: [UInt8], _ order: BlockTime.Order) throws(MiditronFault) {
        let columns = FixedColumns(bytes)
        if let index = columns.firstUnprintable {
            throw MiditronFault(text: "a character that is no printable ASCII", index: index)
        }
        func field(_ column: Int, _ length: Int) -> String {
            // What the packet is too short for was blank.
            let place = column - 2
            return columns.trimmed(place, min(length, max(0, columns.count - place))) ?? ""
        }
        guard columns.count >= 34 else {
            throw MiditronFault(
                text: "a result packet of \(columns.count) characters, too short for its head", index: 0)
        }
        id = field(5, 10)
        sequence = field(16, 5)
        time = BlockTime.instant(date: BlockTime.date(field(22, 8), order: order), time: BlockTime.time(field(31, 5)))
        for pad in MiditronReport.pads {
            let place = pad.column - 2
            let name = field(pad.column, pad.name)
            let result = field(pad.column + pad.name, pad.result)
            let grade = field(pad.column + pad.name + pad.result, MiditronReport.grade)
            if result.isEmpty, grade.isEmpty { continue }
            guard !name.isEmpty, name.allSatisfy({ $0.isLetter }) else {
                throw MiditronFault(text: "a result whose name is \"\(name)\"", index: place)
            }
            rows.append(MiditronReport.row(name, result, grade))
        }
    }

    /// `25/ul`, `150 mg/dl`, `neg`; the arbitrary result alone is the value. What is neither number nor word is kept as it
    /// stands: the check says that the reader sent it so.
    static func row(_ name: String, _ result: String, _ grade: String) -> Row {
        if result.isEmpty { return Row(code: name, value: grade, unit: "", grade: "") }
        let end = result.firstIndex { !($0.isNumber || "<>=.+-".contains($0)) } ?? result.endIndex
        let number = String(result[..<end])
        let rest = FixedColumns.trimmed(result[end...])
        if NumberText.isComparable(number), !rest.contains(where: \.isNumber) {
            return Row(code: name, value: number, unit: rest, grade: grade)
        }
        return Row(code: name, value: result, unit: "", grade: grade)
    }

    /// What is told to the host.
    func message() -> DeviceMessage {
        var message = DeviceMessage(protocolName: "Miditron")
        var order = DeviceMessage.Order()
        if id.isEmpty {
            order.specimenID = sequence
            order.specimenKind = "number"
        } else {
            order.specimenID = id
            order.fillerID = sequence
        }
        message.orders.append(order)
        for row in rows {
            var result = DeviceMessage.Result()
            result.order = 0
            result.code = row.code
            result.value = row.value
            result.unit = row.unit
            if !row.grade.isEmpty { result.flags = [row.grade] }
            result.time = time
            message.results.append(result)
        }
        return message
    }
}
