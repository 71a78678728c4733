extension DeviceMessage {
    /// The text of rows that `hilum_driver.h` describes.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + results.count * 160)
        encode(into: &bytes)
        return bytes
    }

    /// Appends the text of rows. Empty fields are left out. Rows stand in the order of their owners: patients, the orders
    /// of each, the results of each; so results of different orders that alternate in `results` come out grouped.
    ///
    /// An index that points nowhere counts as nil. RS and US in values become blanks.
    public func encode(into bytes: inout [UInt8]) {
        var row = RowWriter(bytes: bytes)
        bytes = []
        defer { bytes = row.bytes }
        writeMessage(&row)
        let commentSequence = sequence(comments.count, owners: orders.count) { comments[$0].order }
        for comment in commentSequence.unowned { comments[comment].write(&row) }
        for query in queries { query.write(&row) }

        let orderSequence = sequence(orders.count, owners: patients.count) { orders[$0].patient }
        let resultSequence = sequence(results.count, owners: orders.count) { results[$0].order }
        // Results of nobody stand above the first patient and order, so that a reader gives them to nobody.
        var nextOrder = 0
        for result in resultSequence.unowned { results[result].write(&row) }
        for order in orderSequence.unowned { write(order: order, commentSequence, resultSequence, &row) }
        for patient in patients.indices {
            patients[patient].write(&row)
            while nextOrder < orderSequence.owned.count, orders[orderSequence.owned[nextOrder]].patient == patient {
                write(order: orderSequence.owned[nextOrder], commentSequence, resultSequence, &row)
                nextOrder += 1
            }
        }
        for other in others {
            row.begin("other")
            row.field("tag", other.tag)
            row.field("raw", other.raw)
            row.end()
        }
    }

    /// Children in the order in which they are written.
    private struct Sequence {
        var unowned: [Int] = []
        /// Sorted by owner, in the order given within one owner.
        var owned: [Int] = []
        /// Index into `owned` of the first child of each owner, and one more entry for the end.
        var starts: [Int] = []
    }

    private func sequence(_ count: Int, owners: Int, _ owner: (Int) -> Int?) -> Sequence {
        var sequence = Sequence()
        sequence.starts = [Int](repeating: 0, count: owners + 1)
        for index in 0..<count {
            if let owner = owner(index), owner >= 0, owner < owners {
                sequence.starts[owner + 1] += 1
            } else {
                sequence.unowned.append(index)
            }
        }
        for index in 0..<owners { sequence.starts[index + 1] += sequence.starts[index] }
        sequence.owned = [Int](repeating: 0, count: count - sequence.unowned.count)
        var next = sequence.starts
        for index in 0..<count {
            guard let owner = owner(index), owner >= 0, owner < owners else { continue }
            sequence.owned[next[owner]] = index
            next[owner] += 1
        }
        return sequence
    }

    private func write(
        order index: Int, _ commentSequence: Sequence, _ resultSequence: Sequence, _ row: inout RowWriter
    ) {
        orders[index].write(&row)
        for position in commentSequence.starts[index]..<commentSequence.starts[index + 1] {
            comments[commentSequence.owned[position]].write(&row)
        }
        for position in resultSequence.starts[index]..<resultSequence.starts[index + 1] {
            results[resultSequence.owned[position]].write(&row)
        }
    }

    private func writeMessage(_ row: inout RowWriter) {
        row.begin("message")
        row.field("kind", kind.rawValue)
        row.field("protocol", protocolName)
        row.field("control_id", controlID)
        row.field("sender", sender)
        row.field("sent_at", sentAt)
        row.field("processing", processing)
        row.field("charset", charset)
        if !isComplete { row.field("complete", "0") }
        row.end()
    }
}

extension DeviceMessage.Patient {
    fileprivate func write(_ row: inout RowWriter) {
        row.begin("patient")
        row.field("id", id)
        row.repeated("alternate_id", alternateIDs)
        row.field("name", name)
        row.field("birth_date", birthDate)
        row.field("sex", sex)
        row.field("location", location)
        row.end()
    }
}

extension DeviceMessage.Order {
    fileprivate func write(_ row: inout RowWriter) {
        row.begin("order")
        row.field("specimen_id", specimenID)
        row.field("specimen_kind", specimenKind)
        row.field("specimen_type", specimenType)
        row.field("rack", rack)
        row.field("position", position)
        row.field("priority", priority)
        row.field("placer_id", placerID)
        row.field("filler_id", fillerID)
        row.field("ordered_at", orderedAt)
        row.field("collected_at", collectedAt)
        row.field("received_at", receivedAt)
        row.field("reported_at", reportedAt)
        row.field("report_type", reportType)
        row.field("action", action)
        if isQC { row.field("qc", "1") }
        row.repeated("test", tests)
        row.field("run", run)
        row.end()
    }
}

extension DeviceMessage.Result {
    fileprivate func write(_ row: inout RowWriter) {
        row.begin("result")
        row.field("code", code)
        row.field("name", name)
        row.field("value", value)
        row.field("value_type", valueType)
        row.field("unit", unit)
        row.field("range", range)
        row.repeated("flag", flags)
        row.field("status", status)
        row.field("time", time)
        row.field("started_at", startedAt)
        row.field("operator", operatorID)
        row.field("instrument", instrument)
        row.field("method", method)
        row.field("run", run)
        row.field("sub_id", subID)
        if role != .result { row.field("role", role.rawValue) }
        if isQC { row.field("qc", "1") }
        if !isUsable { row.field("usable", "0") }
        row.field("absent", absentReason)
        row.field("content_type", contentType)
        row.field("data", data)
        if isResent { row.field("resent", "1") }
        row.end()
        for comment in comments { comment.write(&row) }
    }
}

extension DeviceMessage.Comment {
    fileprivate func write(_ row: inout RowWriter) {
        row.begin("comment")
        row.field("text", text)
        row.field("code", code)
        row.field("source", source)
        row.field("type", type)
        row.end()
    }
}

extension DeviceMessage.Query {
    fileprivate func write(_ row: inout RowWriter) {
        row.begin("query")
        row.field("specimen_id", specimenID)
        row.field("patient_id", patientID)
        row.repeated("test", tests)
        row.field("from", from)
        row.field("to", to)
        row.field("status", status)
        row.field("token", token)
        row.field("last_specimen_id", lastSpecimenID)
        row.end()
    }
}

/// Appends rows to a buffer.
private struct RowWriter {
    var bytes: [UInt8]

    mutating func begin(_ kind: StaticString) {
        kind.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func end() { bytes.append(RowSeparator.row) }

    mutating func field(_ name: StaticString, _ value: String) {
        if !value.isEmpty { append(name, value) }
    }

    mutating func repeated(_ name: StaticString, _ values: [String]) {
        for value in values { append(name, value) }
    }

    private mutating func append(_ name: StaticString, _ value: String) {
        bytes.append(RowSeparator.field)
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "="))
        var value = value
        value.withUTF8 { utf8 in
            if utf8.contains(where: { $0 == RowSeparator.row || $0 == RowSeparator.field }) {
                for byte in utf8 {
                    bytes.append(byte == RowSeparator.row || byte == RowSeparator.field ? 0x20 : byte)
                }
            } else {
                bytes.append(contentsOf: utf8)
            }
        }
    }
}

/// The two bytes that give the text its structure.
enum RowSeparator {
    /// RS, after each row.
    static let row: UInt8 = 0x1E
    /// US, before each field.
    static let field: UInt8 = 0x1F
}
