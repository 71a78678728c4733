import BlockDriverKit
import DriverKit
import DriverWire
import SerialBlocks

extension SynchronDriver {
    /// Lines `unit,102,kind,…` and `unit,103,…`.
    func takeStream(_ line: SynchronLine, _ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard line[1] == "102" else {
            // The end of a transmission: nothing may be open any more.
            if line[1] == "103" {
                dropSamples("the transmission ended before its end-of-cup line", events: &events) { _ in true }
                endsTransmission = true
            } else {
                keep(line, block, "stream \(line[1])", events: &events)
            }
            return
        }
        switch line[2] {
        case "01":
            let id = line.fields.count > 7 ? line.fields[line.fields.count - 1] : ""
            if samples.contains(where: { $0.key == id && !($0.sample.rack.isEmpty && $0.sample.position.isEmpty) }) {
                dropSamples("a sample of the same id began before its end", events: &events) { $0.id == id }
            }
            update(id, block, now: now, events: &events) { sample in
                (sample.id, sample.rack, sample.position) = (id, line[3], line[4])
                (sample.kind, sample.material) = (line[5], line[6])
            }
        case "03":
            add(
                SynchronSample.Row(code: line[4], value: line[5], flag: line.flag(8), status: line[7]), to: line[3],
                block, now: now, events: &events)
        case "05":
            add(
                SynchronSample.Row(code: line[5].isEmpty ? "" : "CALC\(line[5])", value: line[4]), to: line[3], block,
                now: now, events: &events)
        case "07":
            let date = BlockTime.date(line[3], order: options.dateOrder)
            if date == nil {
                let text = "\"\(line[3])\" is no date in the order set (option date); the results come without a time"
                events.append(.fault(.notice, text, start: block.start, end: block.end))
            }
            let time = BlockTime.instant(date: date, time: BlockTime.time(line[4]))
            report(line[5], block, time: time, events: &events)
        default: keep(line, block, "line \(line[2])", events: &events)
        }
    }

    /// Lines `20` start, `21` sample, `22` result, `99` end of the sample, `88` end.
    func takeRecord(_ line: SynchronLine, _ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        // One sample at a time: its lines do not repeat its id.
        let key = ""
        switch line[0] {
        case "20":
            dropSamples("another transmission began before its end", events: &events) { _ in true }
            sentAt = BlockTime.instant(
                date: BlockTime.date(line[1], order: options.dateOrder), time: BlockTime.time(line[2]))
        case "21":
            dropSamples("another sample began before its end", events: &events) { _ in true }
            isHeadLost = false
            update(key, block, now: now, events: &events) { sample in
                (sample.position, sample.id, sample.kind, sample.material) = (line[1], line[2], line[3], line[4])
            }
        case "22":
            guard !samples.isEmpty, !isHeadLost else {
                let text =
                    "a result of \(line[1]) without a sample line (21) before it, or with a damaged line between them;"
                    + " not taken"
                return events.append(.fault(.lost, text, start: block.start, end: block.end))
            }
            let (low, high) = (line[11], line[12])
            let isRange = NumberText.isNumber(low) && NumberText.isNumber(high)
            add(
                SynchronSample.Row(
                    code: line[1], value: line[4], flag: line.flag(8), range: isRange ? "\(low)-\(high)" : ""),
                to: key, block, now: now, events: &events)
        case "99": report(key, block, time: "", events: &events)
        case "88":
            dropSamples("the transmission ended before its end", events: &events) { _ in true }
            endsTransmission = true
        case "ID", "25": break
        default: keep(line, block, "line \(line[0])", events: &events)
        }
    }

    private func add(
        _ row: SynchronSample.Row, to key: String, _ block: SerialBlock, now: DriverTime,
        events: inout [StreamDriverEvent]
    ) {
        guard !row.code.isEmpty else {
            let text = "a result line without a test code; not taken"
            return events.append(.fault(.lost, text, start: block.start, end: block.end))
        }
        update(key, block, now: now, events: &events) { sample in
            if options.format == .stream { sample.id = key }
            if sample.rows.count < SynchronSample.mostRows { sample.rows.append(row) }
        }
    }

    /// Calibration and whatever else is no result.
    private func keep(
        _ line: SynchronLine, _ block: SerialBlock, _ tag: String, events: inout [StreamDriverEvent]
    ) {
        var message = DeviceMessage(kind: .event, protocolName: "Synchron")
        message.others.append(DeviceMessage.Other(tag: tag, raw: line.fields.joined(separator: ",")))
        events.append(.message(message, start: block.start, end: block.end))
    }
}
