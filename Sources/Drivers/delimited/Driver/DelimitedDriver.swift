import CharacterSets
import DriverKit
import DriverWire
import JSONText

/// Results as separated or fixed-column text: files that programs leave, and devices that send rows. What differs is in the
/// options (README.md).
public final class DelimitedDriver: StreamDriver {
    /// Name of the module.
    public static let name = "delimited"
    /// Version of the module.
    public static let version = "1.0.0"

    let options: DelimitedOptions
    let reader: RecordReader
    private var framer: RowFramer
    /// The head row, once it was found, the columns that are tests, and what separates.
    var head: Head?
    var tests: [Int] = []
    var separator: UInt8
    /// `key,value` rows before the head.
    var preamble: [(key: String, value: String)] = []
    /// Rows before the head, and where they are.
    var rowsBeforeHead = 0
    var firstRow: UInt64 = 0
    var lastRow: UInt64 = 0
    /// Rows that belong together, so far.
    var pending: PendingMessage?
    /// Unreadable rows without a readable one between them.
    var unreadable = 0
    /// Something in the present block cannot be read: none of it counts.
    var isBlockBad = false
    private var rowEnd: Int64?
    private var toldDeadline: Int64?

    /// Opens an instance with the `options` of a profile.
    public init(options: JSONValue, now: DriverTime) throws(OptionsFault) {
        self.options = try DelimitedOptions(options)
        reader = RecordReader(options: self.options)
        framer = RowFramer(self.options)
        separator = self.options.separator ?? UInt8(ascii: ",")
    }

    /// Bytes from the device, in any pieces.
    public func receive(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) {
        var found: [RowFramer.Event] = []
        framer.receive(bytes) { found.append($0) }
        for event in found { handle(event, now: now, events: &events) }
        rowEnd = framer.isIdle ? nil : now.monotonic &+ options.silence
        if pending != nil, options.codes == nil { pending?.end = now.monotonic &+ options.quiet }
        tellDeadline(&events)
    }

    /// The last deadline has come.
    public func timeout(now: DriverTime, events: inout [StreamDriverEvent]) {
        if let end = rowEnd, end <= now.monotonic {
            flush(now: now, events: &events)
            tellMissingHead(&events)
        }
        if let end = pending?.end, end <= now.monotonic { closeMessage(&events) }
        tellDeadline(&events)
    }

    /// Text has no orders.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }

    /// The other side has closed, or the file ends.
    public func finish(now: DriverTime, events: inout [StreamDriverEvent]) {
        flush(now: now, events: &events)
        if let pending, !options.endsWith.isEmpty, options.codes == nil {
            let text = "the row that ends the report (ends_with) did not come: the report may not be complete"
            events.append(.fault(.lost, text, start: pending.start, end: pending.finish))
            self.pending?.message.isComplete = false
        }
        closeMessage(&events)
        tellMissingHead(&events)
        head = nil
        tests = []
        framer.reset()
        unreadable = 0
        events.append(.acknowledge)
        tellDeadline(&events)
    }

    /// Nothing received so far is still needed. Behind a head row it always is: the rows mean nothing without it.
    public var isIdle: Bool {
        framer.isIdle && head == nil && preamble.isEmpty && rowsBeforeHead == 0 && pending == nil
    }

    private func flush(now: DriverTime, events: inout [StreamDriverEvent]) {
        var found: [RowFramer.Event] = []
        framer.flush { found.append($0) }
        for event in found { handle(event, now: now, events: &events) }
        rowEnd = nil
    }

    private func tellDeadline(_ events: inout [StreamDriverEvent]) {
        let deadline = [rowEnd, pending?.end].compactMap { $0 }.min()
        guard deadline != toldDeadline else { return }
        toldDeadline = deadline
        events.append(.deadline(deadline))
    }

    private func tellMissingHead(_ events: inout [StreamDriverEvent]) {
        if rowsBeforeHead > 0, head == nil {
            let names = options.head.map(\.pattern).joined(separator: ", ")
            let text =
                "\(rowsBeforeHead) rows came without a head row that holds \(names): nothing was read; look at the export's "
                + "columns, language and separator"
            events.append(.fault(.lost, text, start: firstRow, end: lastRow))
        }
        rowsBeforeHead = 0
        preamble = []
    }

    private func handle(_ event: RowFramer.Event, now: DriverTime, events: inout [StreamDriverEvent]) {
        switch event {
        case .row(let bytes, let start, let end, let isEnded):
            take(bytes, start: start, end: end, isEnded: isEnded, events: &events)
        case .blank: if options.codes == nil, options.grouping == .specimen { closeMessage(&events) }
        case .blockEnd(let start, let end): endBlock(start: start, end: end, events: &events)
        case .blockBroken(let start, let end):
            pending = nil
            isBlockBad = false
            let text = "a block was broken off before its end code; nothing of it was taken: look whether it came again"
            events.append(.fault(.lost, text, start: start, end: end))
        case .noise(let count, let start, let end):
            events.append(.fault(.notice, "\(count) bytes outside blocks were skipped", start: start, end: end))
        case .tooLong(let start, let end):
            let text =
                "a row has no end after \(options.longestRow) bytes and was given up: a quote that is not closed, or raise "
                + "max_row in the profile's options"
            tellUnreadable(text, start: start, end: end, events: &events)
        }
    }

    /// A row, or all of a block, that is not taken. After twenty in a row nothing more is told until one can be read.
    func tellUnreadable(_ text: String, start: UInt64, end: UInt64, events: inout [StreamDriverEvent]) {
        unreadable += 1
        isBlockBad = true
        guard unreadable <= 20 else { return }
        let more = unreadable == 20 ? "; further ones are not told until one can be read" : ""
        let isAnswered = options.codes != nil && !options.refuse.isEmpty
        events.append(.fault(isAnswered ? .refused : .lost, text + more, start: start, end: end))
    }
}

/// A message that is being collected.
struct PendingMessage {
    var message: DeviceMessage
    var start: UInt64
    var finish: UInt64
    /// Silence ends it: on the monotonic clock.
    var end: Int64?
}
