import BlockDriverKit
import DriverWire
import SerialBlocks

/// Why a record cannot be read, and where.
struct ILFault: Error {
    var text: String
    /// Index into the text of the block.
    var index: Int
}

/// A record of results. A sample may need several: each is reported as it comes, under the same specimen and time.
struct ILRecord {
    struct Row {
        var code: String
        var error: String
        var value: String
        var unit: String
    }

    /// Machine, sequence, id, kind of sample, doctor, date, time: fields 2 to 8.
    var header: [String]
    var rows: [Row]

    /// Fields of one record.
    init(_ fields: [String]) throws(ILFault) {
        guard fields.count >= 12 else {
            throw ILFault(text: "a record of \(fields.count) fields, fewer than 12", index: 0)
        }
        header = Array(fields[2...8])
        guard let count = Int(fields[11]), count >= 0, count <= 99 else {
            throw ILFault(text: "the number of results (field 11) is no number: \"\(fields[11])\"", index: 0)
        }
        let groups = Array(fields.dropFirst(12))
        guard groups.count == 4 * count else {
            throw ILFault(text: "\(count) results promised, \(groups.count) fields for them", index: 0)
        }
        rows = []
        for group in stride(from: 0, to: groups.count, by: 4) {
            let row = Row(
                code: groups[group], error: groups[group + 1], value: groups[group + 2], unit: groups[group + 3])
            guard !row.code.isEmpty else { throw ILFault(text: "a result without a code", index: 0) }
            rows.append(row)
        }
    }

    /// How faults name it.
    var name: String { id.isEmpty ? "number \(header[1])" : id }
    private var id: String { header[2] }

    /// What is told to the host.
    func message(_ options: ILOptions) -> DeviceMessage {
        var message = DeviceMessage(protocolName: "IL", sender: header[0])
        var order = DeviceMessage.Order()
        // A running number is no specimen id: results without one wait for a person, who finds the number with them.
        order.specimenID = id
        order.fillerID = header[1]
        order.specimenType = header[3]
        order.isQC = options.controlKinds.contains(header[3])
        message.orders.append(order)
        let time = BlockTime.instant(
            date: BlockTime.date(header[5], order: options.dateOrder), time: BlockTime.time(header[6]))
        for row in rows {
            var result = DeviceMessage.Result()
            result.order = 0
            result.code = row.code
            result.value = row.value
            result.unit = row.unit
            result.time = time
            result.isQC = order.isQC
            result.role = options.infoCodes.contains(row.code) ? .info : .result
            let isError = !row.error.isEmpty && row.error != "000"
            if isError { result.flags = [row.error] }
            // Dots stand where no value could be measured.
            if !NumberText.isComparable(row.value) {
                result.isUsable = false
                result.absentReason = isError ? "error \(row.error)" : "no value"
            }
            message.results.append(result)
        }
        return message
    }
}
