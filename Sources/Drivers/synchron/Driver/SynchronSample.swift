import BlockDriverKit
import DriverWire
import SerialBlocks

/// A sample whose lines are coming in.
struct SynchronSample {
    struct Row {
        var code: String
        var value: String
        var flag = ""
        var status = ""
        var range = ""
    }

    var id = ""
    var rack = ""
    var position = ""
    /// Routine, STAT; anything else is no patient's sample.
    var kind = ""
    var material = ""
    var time = ""
    var rows: [Row] = []
    var start: UInt64
    /// When its last line came, on the monotonic clock.
    var since: Int64

    /// More lines than this are no sample.
    static let mostRows = 500

    /// How faults name it.
    var name: String { id.isEmpty ? "without id at position \(rack) \(position)" : id }

    /// Routine and STAT are patients' samples, and so is one whose kind was not sent.
    var isControl: Bool { !["", "R", "RO", "S", "ST"].contains(kind) }

    /// What is told to the host.
    func message(sentAt: String) -> DeviceMessage {
        var message = DeviceMessage(protocolName: "Synchron", sentAt: sentAt)
        var order = DeviceMessage.Order()
        order.specimenID = id
        order.rack = rack
        order.position = position
        order.specimenType = material
        order.priority = kind == "S" || kind == "ST" ? "S" : ""
        order.isQC = isControl
        message.orders.append(order)
        for row in rows {
            var result = DeviceMessage.Result()
            result.order = 0
            result.code = row.code
            result.value = row.value
            if !row.flag.isEmpty { result.flags = [row.flag] }
            result.status = row.status
            result.range = row.range
            result.time = time
            result.isQC = isControl
            let isSuppressed = row.value.isEmpty || row.value.utf8.allSatisfy { $0 == UInt8(ascii: "*") }
            if isSuppressed || row.status == "B" {
                result.isUsable = false
                result.absentReason = isSuppressed ? "no value" : "bad by the analyser's own judgement (status B)"
                // A number beside "bad" is shown nowhere as a result.
                if isSuppressed { result.value = "" }
            }
            message.results.append(result)
        }
        return message
    }
}

/// The fields of a line.
struct SynchronLine {
    let fields: [String]

    /// Between the brackets; nil: a character that is no printable ASCII.
    init?(_ bytes: [UInt8]) {
        let columns = FixedColumns(bytes)
        guard columns.firstUnprintable == nil, let text = columns.text(0, columns.count) else { return nil }
        fields = text.split(separator: ",", omittingEmptySubsequences: false).map { FixedColumns.trimmed($0) }
    }

    /// A field, counted from 0; "" where there is none.
    subscript(_ index: Int) -> String { index < fields.count ? fields[index] : "" }

    /// `NA` and a blank are no flag.
    func flag(_ index: Int) -> String { self[index] == "NA" ? "" : self[index] }
}
