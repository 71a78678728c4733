import BlockDriverKit
import DriverKit
import DriverWire
import SerialBlocks

/// Makes a message of a packet with results.
struct PacketReader {
    let options: ABXOptions

    /// Identifiers of results. The identifier is the code, this its name.
    static let names: [UInt8: String] = [
        0x21: "WBC", 0x32: "RBC", 0x33: "HGB", 0x34: "HCT", 0x40: "PLT", 0x35: "MCV", 0x36: "MCH", 0x37: "MCHC",
        0x38: "RDW", 0x41: "MPV", 0x42: "PCT", 0x43: "PDW", 0x22: "LYM#", 0x23: "LYM%", 0x24: "MON#", 0x25: "MON%",
        0x26: "GRA#", 0x27: "GRA%",
    ]
    /// Characters of a value; flags stand behind it.
    static let valueWidth = 5

    /// What is to be told, with the index of the field.
    struct Remark {
        var severity: FaultSeverity
        var text: String
        var index: Int
    }

    func read(_ packet: Packet) -> (message: DeviceMessage, remarks: [Remark]) {
        var remarks: [Remark] = []
        var message = DeviceMessage(protocolName: "ABX")
        var order = DeviceMessage.Order()
        order.isQC = options.controlPackets.contains(packet.name)
        order.run = options.rerunPackets.contains(packet.name) ? packet.name : ""
        var time = ""
        var sequence = ""
        var seen: [UInt8: Int] = [:]
        for field in packet.fields { seen[field.identifier, default: 0] += 1 }
        for field in packet.fields {
            let text = FixedColumns.trimmed(field.text)
            switch field.identifier {
            case UInt8(ascii: "q"):
                time = instant(text)
                if time.isEmpty {
                    let order = options.dateOrder.rawValue
                    let fault =
                        "the time \"\(text)\" has no date in the order \(order): set option date as on the analyser"
                    remarks.append(Remark(severity: .notice, text: fault, index: field.index))
                }
            case UInt8(ascii: "s"): sequence = text
            case UInt8(ascii: "p"):
                if !text.isEmpty, message.patients.isEmpty {
                    var patient = DeviceMessage.Patient()
                    patient.id = text
                    message.patients.append(patient)
                    order.patient = 0
                }
            case UInt8(ascii: "u"): order.specimenID = text
            default:
                guard let name = Self.names[field.identifier] else {
                    keep(field, in: &message)
                    continue
                }
                message.results.append(result(field, name, isAlone: seen[field.identifier] == 1, &remarks))
            }
        }
        // A running number is no specimen id: results without one wait for a person, who finds the number with them.
        order.fillerID = sequence
        message.orders.append(order)
        for index in message.results.indices {
            message.results[index].order = 0
            message.results[index].time = time
            message.results[index].isQC = order.isQC
        }
        if (seen[UInt8(ascii: "u")] ?? 0) > 1 || (seen[UInt8(ascii: "s")] ?? 0) > 1 {
            // Whose results they are is not certain: nothing is given to anybody.
            message.orders[0].specimenID = ""
            let fault = "a packet with two sample ids: its results belong to nobody until a person assigns them"
            remarks.append(Remark(severity: .lost, text: fault, index: 0))
        }
        return (message, remarks)
    }

    /// Fields that mean nothing here are kept where they are text; curves are not.
    private func keep(_ field: Packet.Field, in message: inout DeviceMessage) {
        let text = FixedColumns.trimmed(field.text)
        guard !text.isEmpty, text.utf8.count <= 64, field.data.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return }
        message.others.append(.init(tag: String(Unicode.Scalar(field.identifier)), raw: text))
    }

    private func result(_ field: Packet.Field, _ name: String, isAlone: Bool, _ remarks: inout [Remark])
        -> DeviceMessage.Result
    {
        var result = DeviceMessage.Result()
        result.code = String(Unicode.Scalar(field.identifier))
        result.name = name
        let value = FixedColumns.trimmed(
            String(decoding: field.data.prefix(Self.valueWidth), as: UTF8.self))
        let flags = field.data.dropFirst(Self.valueWidth)
        result.flags = flags.filter { $0 > 0x20 && $0 < 0x7F }.map { String(Unicode.Scalar($0)) }
        if isAlone, let number = FixedColumns.plainNumber(value),
            !result.flags.contains(where: { "0123456789.".contains($0) })
        {
            result.value = number
            return result
        }
        result.isUsable = false
        result.absentReason = isAlone ? "the analyser gives \"\(value)\"" : "sent twice in one packet"
        if !isAlone || !value.allSatisfy({ "-*.+: ".contains($0) }) {
            let text =
                "\(name) is \"\(FixedColumns.trimmed(field.text))\", which cannot be read for certain; no value was taken: look at the analyser"
            remarks.append(Remark(severity: .lost, text: text, index: field.index))
        }
        return result
    }

    /// `18/03/24 11h58mn00s`: a date, then hours, minutes and if sent seconds.
    private func instant(_ text: String) -> String {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard let date = parts.first.flatMap({ BlockTime.date($0, order: options.dateOrder) }) else { return "" }
        guard parts.count == 2 else { return date }
        let digits = parts[1].split { !$0.isNumber || !$0.isASCII }.map(String.init)
        let time = digits.count == 2 || digits.count == 3 ? BlockTime.time(digits.joined(separator: ":")) : nil
        return BlockTime.instant(date: date, time: time)
    }
}
