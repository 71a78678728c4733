import BlockDriverKit
import DriverWire
import SerialBlocks

/// A report whose lines are coming in.
struct VitrosReport {
    struct Row {
        var code: String
        var value: String
        var unit: String
        var flag: String
        /// First digit of the flag 6: the analyser has no result.
        var isAbsent: Bool
    }

    var number: String
    var id: String
    var fluid: String
    var tray: String
    var cup: String
    var isStat: Bool
    var time: String
    var rows: [Row] = []
    /// Number of the line that has to come next.
    var next: Int
    /// Why it cannot be whole.
    var fault: String?
    var start: UInt64
    /// When its last line came, on the monotonic clock.
    var since: Int64

    /// More lines than this are no report.
    static let mostRows = 300

    /// Line `a`.
    init(_ line: VitrosLine, order: BlockTime.Order, start: UInt64, since: Int64) {
        number = line.text(7, 4)
        time = BlockTime.instant(
            date: BlockTime.date(line.text(23, 6), order: order), time: BlockTime.time(line.text(17, 6)))
        id = line.text(29, 15)
        fluid = line.text(44, 1)
        tray = line.text(45, 1)
        cup = line.text(46, 2)
        isStat = line.text(63, 1) == "T"
        next = (line.number + 1) % 1000
        self.start = start
        self.since = since
    }

    /// How faults name it.
    var name: String { id.isEmpty ? "of report \(number)" : id }

    /// Line `f` (measured) or `g` (derived). False: the line is too short to hold a result.
    mutating func add(_ line: VitrosLine, isDerived: Bool) -> Bool {
        let width = isDerived ? 9 : 8
        guard line.reaches(9 + width), !line.text(5, 4).isEmpty, rows.count < VitrosReport.mostRows else {
            return false
        }
        let flag = line.text(17 + width, isDerived ? 1 : 2)
        rows.append(
            Row(
                code: line.text(5, 4), value: line.text(9, width), unit: line.text(9 + width, 8),
                flag: flag.allSatisfy { $0 == "0" } ? "" : flag, isAbsent: flag.hasPrefix("6")))
        return true
    }

    /// What is told to the host.
    func message() -> DeviceMessage {
        // Every line has its own check: what came is right, but something may be missing.
        var message = DeviceMessage(protocolName: "VITROS", controlID: number, isComplete: fault == nil)
        var order = DeviceMessage.Order()
        if id.isEmpty {
            // A new number at each reprint.
            order.specimenID = number
            order.specimenKind = "number"
        } else {
            order.specimenID = id
            order.fillerID = number
        }
        order.specimenType = fluid
        order.rack = tray
        order.position = cup
        order.priority = isStat ? "S" : ""
        message.orders.append(order)
        for row in rows {
            var result = DeviceMessage.Result()
            result.order = 0
            result.code = row.code
            result.unit = row.unit
            result.time = time
            if !row.flag.isEmpty { result.flags = [row.flag] }
            let isValue = NumberText.isComparable(row.value) && row.value != "99999.99"
            if isValue, !row.isAbsent {
                result.value = row.value
            } else {
                result.isUsable = false
                result.absentReason = row.flag.isEmpty ? "no value" : "no value, flag \(row.flag)"
            }
            message.results.append(result)
        }
        return message
    }
}
