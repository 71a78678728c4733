import CharacterSets
import DriverKit
import DriverWire

extension DelimitedDriver {
    private static let mostPreamble = 200
    /// Rows of one message; then it is closed: a bound on memory.
    private static let mostOrders = 20_000

    /// A row, whole or as far as it came.
    func take(
        _ bytes: [UInt8], start: UInt64, end: UInt64, isEnded: Bool, events: inout [StreamDriverEvent]
    ) {
        if bytes.allSatisfy({ $0 <= 0x20 }), options.form == .separated {
            if isEnded, options.codes == nil, options.grouping == .specimen { closeMessage(&events) }
            return
        }
        let row: CutRow
        var byteSet: CharacterSet?
        if options.form == .fixed {
            // A scalar for each byte: columns count bytes, and what a column holds is decoded by itself.
            byteSet = options.charset ?? CharacterSet.detect(bytes)
            let cell = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
            row = CutRow(cells: [cell], isWhole: [isEnded])
        } else {
            let text = (options.charset ?? CharacterSet.detect(bytes)).decode(bytes)
            do throws(CutFault) {
                if !options.head.isEmpty, takeHead(text, isEnded: isEnded, start: start, end: end, events: &events) {
                    return
                }
                row = try RowCutter(separator: separator, quote: options.quote).cut(text, isEnded: isEnded)
            } catch let fault {
                let place = start &+ UInt64(max(0, min(fault.offset, bytes.count)))
                tellUnreadable("a row cannot be read: \(fault.text)", start: place, end: end, events: &events)
                return
            }
        }
        if !options.head.isEmpty, head == nil {
            noteBeforeHead(row, start: start, end: end)
            return
        }
        take(row, byteSet, isEnded ? nil : bytes.count, start: start, end: end, events: &events)
    }

    /// - Parameter cutAt: bytes of a row whose end was not seen; nil: it was.
    private func take(
        _ row: CutRow, _ byteSet: CharacterSet?, _ cutAt: Int?, start: UInt64, end: UInt64,
        events: inout [StreamDriverEvent]
    ) {
        if let first = row.cells.first, !options.endsWith.isEmpty,
            options.endsWith.contains(where: { $0.matches(Condition.trimmed(first)) })
        {
            closeMessage(&events)
            return
        }
        if case .groups(let groups) = options.layout {
            let records = row.divided(groups)
            if records.count > 1 || records.first?.cells != row.cells {
                for (index, part) in records.enumerated() {
                    let isLast = index == records.count - 1
                    takeRecord(part, byteSet, isLast ? cutAt : nil, start: start, end: end, events: &events)
                }
                return
            }
        }
        takeRecord(row, byteSet, cutAt, start: start, end: end, events: &events)
    }

    private func takeRecord(
        _ row: CutRow, _ byteSet: CharacterSet?, _ cutAt: Int?, start: UInt64, end: UInt64,
        events: inout [StreamDriverEvent]
    ) {
        let record = Record(cells: row.cells, byteSet: byteSet, head: head, preamble: preamble)
        if options.rules.skip.contains(where: { $0.holds(record) }) { return }
        if let reason = whyUnreadable(row, record, cutAt) {
            tellUnreadable(reason, start: start, end: end, events: &events)
            return
        }
        unreadable = 0
        var faults: [RecordReader.Fault] = []
        let message = reader.read(record, tests: tests, faults: &faults)
        for fault in faults {
            if fault.severity == .notice {
                events.append(.fault(.notice, fault.text, start: start, end: end))
            } else {
                tellUnreadable(fault.text, start: start, end: end, events: &events)
            }
        }
        guard !message.results.isEmpty else { return }
        add(message, start: start, end: end, events: &events)
    }

    /// Nil: every cell that is looked at is certain.
    private func whyUnreadable(_ row: CutRow, _ record: Record, _ cutAt: Int?) -> String? {
        let wanted = options.columnCount ?? head?.names.count
        if let wanted, row.cells.count > wanted,
            row.cells[wanted...].contains(where: { !Condition.trimmed($0).isEmpty })
        {
            return
                "a row has \(row.cells.count) columns where \(wanted) are expected: what stands behind a separator within a "
                + "text would be in the wrong column; nothing of it was taken"
        }
        let last = row.cells.count - 1
        if options.form == .fixed {
            guard let cutAt else { return nil }
            let end = usedPlaces.compactMap(\.end).max() ?? 0
            if cutAt < end || usedPlaces.contains(where: { $0.end == nil }) {
                return "the last row has no line end and breaks off at byte \(cutAt); \(end) are needed"
            }
            return nil
        }
        var used = usedPlaces.flatMap { $0.columns(head) } + tests
        if case .groups(let groups) = options.layout {
            guard let number = groups.number(in: record) else {
                return "a record says that it has more results than stand in it, or does not say how many"
            }
            if groups.count != nil, row.cells.count > groups.first - 1 + (number + 1) * groups.size - 1 {
                return "a record has more results than it says: \(number)"
            }
            used.append(number > 0 ? groups.first + number * groups.size - 2 : (groups.count ?? 1) - 1)
        }
        if case .columns(let columns) = options.layout {
            used += tests.flatMap { test in
                [columns.flag, columns.unit, columns.comment].compactMap { $0.map { test + $0 } }
            }
        }
        if cutAt != nil, let needed = used.max(), needed > last || !isWhole(needed, row) {
            return
                "the last row breaks off before all that is read of it has come: it has no line end; write one behind the "
                + "last row, or look whether the file is complete"
        }
        if let wanted = options.columnCount, row.cells.count < wanted {
            return "a row has \(row.cells.count) columns where \(wanted) are expected"
        }
        let needed = neededPlaces.compactMap { place -> Int? in
            let columns = place.columns(head)
            return columns.isEmpty ? nil : columns.min()
        }.max()
        if let needed, needed > last {
            return "a row has \(row.cells.count) columns; column \(needed + 1) is missing"
        }
        return nil
    }

    /// Nothing can be missing from a cell: by what follows it, or because it has its full width.
    private func isWhole(_ column: Int, _ row: CutRow) -> Bool {
        if row.isWhole[column] { return true }
        guard case .groups(let groups) = options.layout, let width = groups.lastWidth else { return false }
        return row.cells[column].unicodeScalars.count >= width
    }

    /// Places of the record and of rows; those of groups count from their group.
    private var usedPlaces: [Place] {
        let fields = options.fields
        return [
            fields.specimen, fields.specimenType, fields.rack, fields.position, fields.priority, fields.placerID,
            fields.collectedAt, fields.patient, fields.patientName, fields.birthDate, fields.sex, fields.location,
            fields.sender, fields.comment,
        ].compactMap { $0 } + fields.result.all
    }

    /// Places without which a row is none.
    private var neededPlaces: [Place] {
        [options.fields.owner, options.fields.result.code, options.fields.result.value].compactMap { $0 }
    }

    /// - Returns: whether the row was a head row.
    private func takeHead(
        _ text: String, isEnded: Bool, start: UInt64, end: UInt64, events: inout [StreamDriverEvent]
    ) -> Bool {
        let signs = options.separator.map { [$0] } ?? DelimitedOptions.usualSeparators
        for sign in signs {
            guard let row = try? RowCutter(separator: sign, quote: options.quote).cut(text, isEnded: isEnded) else {
                continue
            }
            let names = row.cells.map { Condition.trimmed($0) }
            guard options.head.allSatisfy({ name in names.contains { $0 == name.pattern || name.matches($0) } }) else {
                continue
            }
            closeMessage(&events)
            let found = Head(names: names)
            for place in neededPlaces where !place.sources.isEmpty && !place.canBeFound(in: found) {
                let text = "the head row lacks the column \(place.names): nothing below it was read"
                events.append(.fault(.lost, text, start: start, end: end))
                head = nil
                return true
            }
            if case .columns(let columns) = options.layout {
                tests = columns.columns(of: names)
                if tests.isEmpty {
                    let text = "the head row has no column that is a test (tests): nothing below it was read"
                    events.append(.fault(.lost, text, start: start, end: end))
                    head = nil
                    return true
                }
            }
            separator = sign
            head = found
            rowsBeforeHead = 0
            return true
        }
        return false
    }

    /// `key,value` or `key: value`.
    private func noteBeforeHead(_ row: CutRow, start: UInt64, end: UInt64) {
        if rowsBeforeHead == 0 { firstRow = start }
        rowsBeforeHead += 1
        lastRow = end
        var key = Condition.trimmed(row.cells.first ?? "")
        var value = row.cells.count > 1 ? Condition.trimmed(row.cells[1]) : ""
        if value.isEmpty, let colon = key.firstIndex(where: { $0 == ":" || $0 == "=" }) {
            value = Condition.trimmed(String(key[key.index(after: colon)...]))
            key = String(key[..<colon])
        }
        while let sign = key.last, sign == ":" || sign == "=" || sign == " " { key.removeLast() }
        if key.first == "#" || key.first == "*" { key = Condition.trimmed(String(key.drop { $0 == "#" || $0 == "*" })) }
        guard !key.isEmpty, !value.isEmpty, preamble.count < DelimitedDriver.mostPreamble else { return }
        preamble.append((key, value))
    }

    // MARK: Messages

    private func add(
        _ message: DeviceMessage, start: UInt64, end: UInt64, events: inout [StreamDriverEvent]
    ) {
        let isBlock = options.codes != nil
        if options.grouping == .row, !isBlock {
            emit(message, start: start, end: end, events: &events)
            return
        }
        if let order = message.orders.first, let last = pending?.message.orders.last,
            let patient = pending?.message.patients
        {
            let isSame =
                order.specimenID == last.specimenID && order.isQC == last.isQC && order.position == last.position
                && order.placerID == last.placerID && message.patients.first == last.patient.map { patient[$0] }
            if isSame {
                pending?.append(resultsOf: message)
                pending?.finish = end
                return
            }
            let isFull = (pending?.message.orders.count ?? 0) >= DelimitedDriver.mostOrders
            if isBlock || options.grouping == .all, !isFull {
                pending?.append(message)
                pending?.finish = end
                return
            }
            closeMessage(&events)
        }
        pending = PendingMessage(message: message, start: start, finish: end)
    }

    /// What was collected is complete.
    func closeMessage(_ events: inout [StreamDriverEvent]) {
        guard let pending else { return }
        self.pending = nil
        emit(pending.message, start: pending.start, end: pending.finish, events: &events)
    }

    private func emit(_ message: DeviceMessage, start: UInt64, end: UInt64, events: inout [StreamDriverEvent]) {
        events.append(.message(message, start: start, end: end))
        if options.accept.isEmpty {
            events.append(.acknowledge)
        } else {
            events.append(.transmit(options.accept, isImmediate: false))
        }
    }

    /// A block counts as a whole: if anything in it cannot be read, nothing of it is taken.
    func endBlock(start: UInt64, end: UInt64, events: inout [StreamDriverEvent]) {
        defer { isBlockBad = false }
        guard !isBlockBad else {
            pending = nil
            if !options.refuse.isEmpty { events.append(.transmit(options.refuse, isImmediate: true)) }
            return
        }
        if pending != nil {
            pending?.start = start
            pending?.finish = end
            closeMessage(&events)
        } else if !options.accept.isEmpty {
            // A block without results is answered all the same.
            events.append(.transmit(options.accept, isImmediate: false))
        }
    }
}

extension PendingMessage {
    /// Results of the last order.
    mutating func append(resultsOf other: DeviceMessage) {
        let order = message.orders.count - 1
        message.results += other.results.map {
            var row = $0
            row.order = order
            return row
        }
    }

    /// A message with one order.
    mutating func append(_ other: DeviceMessage) {
        let patient = message.patients.count
        message.patients += other.patients
        let order = message.orders.count
        message.orders += other.orders.map {
            var order = $0
            order.patient = order.patient.map { $0 + patient }
            return order
        }
        message.results += other.results.map {
            var row = $0
            row.order = order
            return row
        }
        message.comments += other.comments.map {
            var comment = $0
            comment.order = order
            return comment
        }
    }
}

extension Place {
    /// Whether any of its columns is in a head.
    func canBeFound(in head: Head) -> Bool {
        sources.contains {
            switch $0 {
            case .named(let name): head.index(name) != nil
            case .column(let index): index < head.names.count
            case .preamble: true
            }
        }
    }

    /// Its names, for people.
    var names: String {
        sources.compactMap {
            switch $0 {
            case .named(let name): "\"\(name.pattern)\""
            case .column(let index): "\(index + 1)"
            case .preamble: nil
            }
        }.joined(separator: " or ")
    }
}
