import DriverKit
import JSONText
import SerialBlocks

/// Where a field is in a block: `at` and `length`, counted from 0 behind the start code. In options `[at, length]`.
struct Column: Sendable, Equatable {
    var at: Int
    var length: Int

    init(_ at: Int, _ length: Int) {
        self.at = at
        self.length = length
    }

    /// Most bytes of a block that may be asked for.
    static let most = 16_384

    init(_ json: JSONValue, name: String) throws(OptionsFault) {
        guard let pair = json.array, pair.count == 2, let at = pair[0].int, let length = pair[1].int,
            (0..<Column.most).contains(at), (1...Column.most).contains(length)
        else { throw OptionsFault("\(name): write [offset, length], counted from 0, not \(json.text())") }
        self.init(at, length)
    }

    var end: Int { at + length }

    func moved(by offset: Int) -> Column { Column(at + offset, length) }
}

extension FixedColumns {
    /// The text of a column without blanks at both ends; nil: not there, or not printable.
    func trimmed(_ column: Column) -> String? { trimmed(column.at, column.length) }
}

extension OptionReader {
    mutating func column(_ key: String) throws(OptionsFault) -> Column? {
        guard let value = value(key) else { return nil }
        return try Column(value, name: "\(name).\(key)")
    }
}
