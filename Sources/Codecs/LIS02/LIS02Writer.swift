/// Writes records as LIS02-A2 says: for orders, answers to queries, simulators.
///
///     var writer = LIS02Writer()
///     writer.header(sender: "HILUM", processing: "P", time: "20240318120000")
///     writer.begin("P", sequence: 1)
///     writer.set(4, "PAT-1")
///     writer.terminator()
///     let bytes = writer.text          // UTF-8; encode it for the device afterwards
///
/// Trailing empty fields are left out; delimiters and controls inside values are escaped.
public struct LIS02Writer: Sendable {
    /// Delimiters written into the header and used for everything after it.
    public let delimiters: LIS02Delimiters
    private var finished: [UInt8] = []
    private var record: [[UInt8]] = []

    /// A writer with nothing written.
    public init(delimiters: LIS02Delimiters = .usual) { self.delimiters = delimiters }

    /// The records written so far, each ended by CR, in UTF-8.
    public var text: [UInt8] {
        var copy = self
        copy.endRecord()
        return copy.finished
    }

    /// Begins a record with its type letter in field 1 and, if given, its sequence number in field 2.
    public mutating func begin(_ type: Unicode.Scalar, sequence: Int? = nil) {
        endRecord()
        record = [Array(String(type).utf8)]
        if let sequence { set(2, String(sequence)) }
    }

    /// Sets a field of the current record, counted from 1. Field numbers above `largestField` are left out.
    public mutating func set(_ field: Int, _ value: String) { setRaw(field, escaped(value)) }

    /// Sets a field made of components.
    public mutating func set(_ field: Int, components: [String]) {
        setRaw(field, joined(components.map(escaped), delimiters.component))
    }

    /// Sets a field made of repeats of components.
    public mutating func set(_ field: Int, repeats: [[String]]) {
        setRaw(field, joined(repeats.map { joined($0.map(escaped), delimiters.component) }, delimiters.repeat))
    }

    /// Sets a field to text that already carries delimiters and escapes: what a device wants to have back.
    public mutating func setRaw(_ field: Int, _ value: [UInt8]) {
        guard field >= 1, field <= LIS02Writer.largestField, !record.isEmpty else { return }
        while record.count < field { record.append([]) }
        record[field - 1] = value
    }

    /// More fields than any record of the standard has.
    public static let largestField = 256

    /// Begins a header record: H.5 sender, H.10 receiver, H.12 processing, H.13 version, H.14 time (YYYYMMDDHHMMSS).
    public mutating func header(
        controlID: String = "", sender: String = "", receiver: String = "", processing: String = "P",
        version: String = "LIS2-A2", time: String = ""
    ) {
        begin("H")
        setRaw(2, [delimiters.repeat, delimiters.component, delimiters.escape])
        set(3, controlID)
        set(5, sender)
        set(10, receiver)
        set(12, processing)
        set(13, version)
        set(14, time)
    }

    /// Writes the terminator record. `code`: L.3.
    public mutating func terminator(code: String = "N") {
        begin("L", sequence: 1)
        set(3, code)
        endRecord()
    }

    private mutating func endRecord() {
        guard !record.isEmpty else { return }
        while record.count > 1, record[record.count - 1].isEmpty { record.removeLast() }
        finished.append(contentsOf: joined(record, delimiters.field))
        finished.append(0x0D)
        record = []
    }

    private func escaped(_ value: String) -> [UInt8] {
        var bytes: [UInt8] = []
        LIS02Escape.escape(value, delimiters, to: &bytes)
        return bytes
    }

    private func joined(_ parts: [[UInt8]], _ delimiter: UInt8) -> [UInt8] {
        Array(parts.joined(separator: [delimiter]))
    }
}
