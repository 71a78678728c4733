import BlockDriverKit
import SerialBlocks

/// Why a block of results cannot be read, and where.
struct HitachiFault: Error {
    var text: String
    /// Index into the text of the block.
    var index: Int
}

/// A sample with its results, from one frame or several.
struct HitachiSample {
    struct Row {
        var test: String
        /// Empty: no result.
        var value: String
        var alarm: String
    }

    var function: HitachiFunction
    var number: String
    var disk: String
    var position: String
    var id: String
    var time: String
    var operatorID: String
    /// How many results the header promises; nil: the format has no count.
    var promised: Int?
    var rows: [Row]
    /// Which frame of the sample this is, 1 … 5; 0: the last.
    var part = 0
    /// No frame before this one is missing.
    var isComplete = true

    /// Reads the text of a block.
    init(_ bytes: [UInt8], layout: HitachiLayout, function: HitachiFunction, order: BlockTime.Order, isVerified: Bool)
        throws(HitachiFault)
    {
        let text = FixedColumns(bytes)
        if let index = text.firstUnprintable {
            throw HitachiFault(text: "a character that is no printable ASCII", index: index)
        }
        guard let head = text.field(0, layout.results), head.count == layout.results else {
            throw HitachiFault(text: "\(text.count) characters, fewer than the sample information has", index: 0)
        }
        self.function = function
        func field(_ range: Range<Int>?) -> String {
            range.flatMap { text.latin($0.lowerBound, $0.count) } ?? ""
        }
        // In the format line, STAT numbers are the last three characters of the field and control numbers the last two.
        let width = layout.isLine ? function.numberLength : layout.numberLength
        number = text.latin(layout.number + layout.numberLength - width, width) ?? ""
        disk = field(layout.disk)
        position = field(layout.position)
        id = field(layout.id)
        operatorID = field(layout.operatorID)
        time = HitachiSample.time(text, layout, order)
        promised = nil
        if let place = layout.count {
            guard let count = text.wholeNumber(place, 3) else {
                throw HitachiFault(text: "the number of results is no number", index: place)
            }
            promised = count
        }
        rows = try HitachiSample.rows(text, layout, isVerified: isVerified)
    }

    /// Date and time; "" where they are blank or no date in the order set. Blanks stand for leading zeros.
    private static func time(_ text: FixedColumns, _ layout: HitachiLayout, _ order: BlockTime.Order) -> String {
        func digits(_ range: Range<Int>?) -> String {
            guard let range, let field = text.field(range.lowerBound, range.count),
                field.contains(where: { $0 != 0x20 })
            else { return "" }
            return String(decoding: field.map { $0 == 0x20 ? 0x30 : $0 }, as: UTF8.self)
        }
        return BlockTime.instant(
            date: BlockTime.date(digits(layout.date), order: order), time: BlockTime.time(digits(layout.time)))
    }

    private static func rows(
        _ text: FixedColumns, _ layout: HitachiLayout, isVerified: Bool
    ) throws(HitachiFault) -> [Row] {
        var rows: [Row] = []
        var place = layout.results
        while place < text.count {
            guard let group = text.field(place, layout.resultLength) else {
                // Some fill the frame with blanks.
                let rest = text.latin(place, text.count - place) ?? ""
                if rest.isEmpty { break }
                throw HitachiFault(text: "a result is cut off", index: place)
            }
            if group.allSatisfy({ $0 == 0x20 }) {
                place += layout.resultLength
                continue
            }
            guard text.wholeNumber(place, layout.testLength) != nil, let test = text.latin(place, layout.testLength)
            else {
                throw HitachiFault(text: "a test number is no number", index: place)
            }
            let value = text.latin(place + layout.testLength, 6) ?? ""
            // Without a check a digit may have become anything; with one, the analyser sent it so.
            guard isVerified || value.isEmpty || NumberText.isComparable(value) else {
                throw HitachiFault(
                    text: "the value of test \(test) is no number: \"\(value)\"", index: place + layout.testLength)
            }
            let alarm = text.latin(place + layout.resultLength - 1, 1) ?? ""
            rows.append(Row(test: test, value: value, alarm: alarm))
            place += layout.resultLength
        }
        return rows
    }

    /// The same sample: what several frames of one must agree in.
    func isSame(as other: HitachiSample) -> Bool {
        function == other.function && number == other.number && disk == other.disk && position == other.position
            && id == other.id && time == other.time
    }
}
