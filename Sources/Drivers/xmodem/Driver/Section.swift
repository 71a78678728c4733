import BlockDriverKit
import DriverWire
import SerialBlocks

/// One section of a transfer: `[1]`, then lines `Name=value`.
struct Section: Equatable {
    /// Between the brackets.
    var number: String
    private var lines: [String: String]
    /// The text, to know a repeat by.
    var text: [UInt8]

    /// Reads a section. Lines without their end, and lines that are none, are left out.
    init(_ bytes: [UInt8]) {
        text = bytes
        number = ""
        lines = [:]
        var line: [UInt8] = []
        for byte in bytes {
            guard byte == ControlByte.lf || byte == ControlByte.cr else {
                line.append(byte)
                continue
            }
            take(FixedColumns.trimmed(LatinText.string(line.filter { $0 >= 0x20 && $0 != 0x7F })))
            line = []
        }
    }

    private mutating func take(_ line: String) {
        if line.hasPrefix("["), line.hasSuffix("]"), number.isEmpty {
            number = String(line.dropFirst().dropLast())
        } else if let equals = line.firstIndex(of: "=") {
            let name = FixedColumns.trimmed(line[..<equals]).lowercased()
            // The first one counts; a second one would be another's.
            if lines[name] == nil { lines[name] = FixedColumns.trimmed(line[line.index(after: equals)...]) }
        }
    }

    /// The value of a line, "" if there is none; nil: the line did not come whole.
    subscript(_ name: String) -> String? { lines[name.lowercased()] }

    /// What is told to the host; nil: the result did not come whole, or there is no test.
    func message(_ specimen: [String]) -> DeviceMessage? {
        guard let result = self["Result"], let test = self["Test"], !test.isEmpty else { return nil }
        var message = DeviceMessage(protocolName: "XMODEM")
        var order = DeviceMessage.Order()
        for name in specimen where order.specimenID.isEmpty {
            order.specimenID = self[name] ?? ""
            // What is not the first choice is the reader's own number, which restarts.
            if name != specimen.first, !order.specimenID.isEmpty { order.specimenKind = "number" }
        }
        order.fillerID = number
        message.orders.append(order)
        if let name = self["Name"], !name.isEmpty {
            var patient = DeviceMessage.Patient()
            patient.name = name
            message.patients.append(patient)
            message.orders[0].patient = 0
        }
        var row = DeviceMessage.Result()
        row.order = 0
        row.code = test
        row.time = BlockTime.instant(date: date, time: nil)
        let words = result.split(separator: " ").map(String.init)
        row.value = words.first ?? ""
        row.flags = Array(words.dropFirst())
        if row.value.isEmpty || row.value.allSatisfy({ "-*.".contains($0) }) {
            row.isUsable = false
            row.absentReason = row.value.isEmpty ? "no value" : "the reader gives \"\(row.value)\""
        }
        message.results.append(row)
        return message
    }

    private var date: String? {
        guard let day = self["Ins_Day"], let month = self["Ins_Month"], let year = self["Ins_Year"] else { return nil }
        func two(_ text: String) -> String { text.utf8.count == 1 ? "0\(text)" : text }
        return BlockTime.date("\(year)-\(two(month))-\(two(day))", order: .ymd)
    }
}
