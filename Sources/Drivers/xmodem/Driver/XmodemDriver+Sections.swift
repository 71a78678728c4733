import DriverKit
import DriverWire
import SerialBlocks

/// The text of a transfer, as far as it is not reported.
struct Transfer {
    /// The number of the block that has to follow.
    var next: UInt8
    /// Bytes of sections that have begun.
    var text: [UInt8]
    /// Where the first of them was.
    var start: UInt64
    var end: UInt64

    init(_ block: XmodemBlock) {
        next = block.next
        text = block.data
        start = block.start
        end = block.end
    }

    mutating func add(_ block: XmodemBlock) {
        if text.isEmpty { start = block.start }
        text += block.data
        next = block.next
        end = block.end
    }

    /// A section longer than this is none.
    static let longest = 8192

    /// Takes the next whole section away: it ends where another one, or the filling of the last block, begins.
    mutating func nextSection(isEnd: Bool) -> Section? {
        // What stands before the first bracket belongs to a section whose head did not come.
        guard let first = Transfer.head(in: text, from: 0) else {
            if text.contains(ControlByte.sub) || text.count > Transfer.longest || isEnd { text = [] }
            return nil
        }
        let fill = text[first...].firstIndex(of: ControlByte.sub)
        let following = Transfer.head(in: text, from: first + 1)
        let stop = [fill, following].compactMap { $0 }.min() ?? (isEnd ? text.count : nil)
        guard let stop else {
            if text.count > Transfer.longest { text = [] }
            return nil
        }
        let section = Section(Array(text[first..<stop]))
        text = Array(text[stop...])
        if stop == fill { text = [] }
        return section
    }

    /// Index of a `[` at the start of a line.
    private static func head(in text: [UInt8], from: Int) -> Int? {
        text.indices.dropFirst(from).first { index in
            text[index] == UInt8(ascii: "[")
                && (index == 0 || text[index - 1] == ControlByte.lf || text[index - 1] == ControlByte.cr)
        }
    }
}

extension XmodemDriver {
    /// Tells the sections that are whole.
    func report(isEnd: Bool, now: DriverTime, events: inout [StreamDriverEvent]) {
        while let section = transfer?.nextSection(isEnd: isEnd), let open = transfer {
            if reported.contains(where: { $0.text == section.text && now.monotonic < $0.until }) {
                let text = "section \(section.number) came again unchanged; counted once"
                events.append(.fault(.notice, text, start: open.start, end: open.end))
                continue
            }
            guard let message = section.message(options.specimen) else {
                let text =
                    "section \(section.number) has no test, or its result did not come whole; nothing of it was taken: look at"
                    + " the reader"
                events.append(.fault(.lost, text, start: open.start, end: open.end))
                continue
            }
            events.append(.message(message, start: open.start, end: open.end))
            guard options.repeatWindow > 0 else { continue }
            if reported.count >= XmodemDriver.mostReported { reported.removeFirst() }
            reported.append((section.text, now.monotonic &+ options.repeatWindow))
        }
    }

    /// The transfer is over.
    ///
    /// - Parameter why: what is wrong with it; nil: nothing.
    func end(_ why: String?, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard let open = transfer else { return }
        if let why {
            let text = "a transfer is not complete: \(why); the sections that came whole are taken: look at the reader"
            events.append(.fault(.lost, text, start: open.start, end: open.end))
        }
        report(isEnd: true, now: now, events: &events)
        transfer = nil
    }
}
