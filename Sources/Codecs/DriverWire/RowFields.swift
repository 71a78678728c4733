/// Names of the fields of each row, in the order in which the encoder writes them (`hilum_driver.h`, Device message).
///
/// A name is at most 16 bytes, packed into two integers so that a field is recognised by two comparisons.
struct RowFields: Sendable {
    private let names: [PackedName]

    private init(_ names: StaticString...) {
        self.names = names.map { name in name.withUTF8Buffer { PackedName(UnsafeRawBufferPointer($0)) } }
    }

    /// Number of the field, looked for from `cursor` on and then from the start: encoders write in order, so the first
    /// comparison nearly always hits. -1: unknown.
    func index(of name: PackedName, from cursor: inout Int) -> Int {
        var candidate = cursor
        for _ in 0..<names.count {
            if candidate >= names.count { candidate = 0 }
            if names[candidate] == name {
                cursor = candidate
                return candidate
            }
            candidate += 1
        }
        return -1
    }

    static let message = RowFields(
        "kind", "protocol", "control_id", "sender", "sent_at", "processing", "charset", "complete")
    static let patient = RowFields("id", "alternate_id", "name", "birth_date", "sex", "location")
    static let order = RowFields(
        "specimen_id", "specimen_kind", "specimen_type", "rack", "position", "priority", "placer_id", "filler_id",
        "ordered_at", "collected_at", "received_at", "reported_at", "report_type", "action", "qc", "test", "run")
    static let result = RowFields(
        "code", "name", "value", "value_type", "unit", "range", "flag", "status", "time", "started_at", "operator",
        "instrument", "method", "run", "sub_id", "role", "qc", "usable", "absent", "content_type", "data", "resent")
    static let comment = RowFields("text", "code", "source", "type")
    static let query = RowFields(
        "specimen_id", "patient_id", "test", "from", "to", "status", "token", "last_specimen_id")
    static let other = RowFields("tag", "raw")
    /// Kinds of row.
    static let rows = RowFields("message", "patient", "order", "result", "comment", "query", "other")
}

/// Up to 16 bytes of a name as two integers. Longer names are equal to none of ours: `count` differs.
struct PackedName: Equatable, Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var count = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        count = bytes.count
        for index in 0..<Swift.min(bytes.count, 16) {
            if index < 8 {
                low = low << 8 | UInt64(bytes[index])
            } else {
                high = high << 8 | UInt64(bytes[index])
            }
        }
    }
}
