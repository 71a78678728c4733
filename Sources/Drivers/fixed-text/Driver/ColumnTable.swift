import DriverKit
import JSONText
import SerialBlocks

/// A format of fixed columns: where everything stands.
struct ColumnTable: Sendable {
    /// A result at a place of its own.
    struct Field: Sendable {
        var code: String
        var value: Column
        var unit: String?
    }

    /// Results in groups that stand behind each other; columns count from the start of the group.
    struct Group: Sendable {
        /// Of the first group.
        var at: Int
        /// Bytes from one group to the next.
        var length: Int
        /// How many at most; they also end where the data end.
        var most: Int
        var code: Column
        var value: Column
        var unit: Column?
        var flag: Column?
        var status: Column?
        /// A group whose code and value are blank is none, and the last.
        var endsAtBlank: Bool
        /// As many there have to be, blank ones counted; fewer: the block was cut.
        var least = 0
    }

    /// Parallel lists: names, then values, each of so many columns.
    struct Lists: Sendable {
        var count: Column
        var names: Column
        var values: Column
        /// The unit of all.
        var unit: String
    }

    /// Blocks with a text that has to stand at a place; others are no results.
    var marks: [(at: Int, text: String)] = []
    /// Exact length of the text; nil: any.
    var exactly: Int?
    /// Shortest text.
    var shortest = 0
    /// The first that is not blank.
    var specimen: [Column] = []
    /// The specimen also ends before this byte.
    var specimenEnd: UInt8?
    /// Used where `specimen` is blank: a running number of the device.
    var number: Column?
    var patient: Column?
    var rack: Column?
    var position: Column?
    var date: Column?
    var time: Column?
    /// A column with a text that marks control material.
    var controlFlag: (column: Column, text: String)?
    /// A column with one of these texts marks control material.
    var controlID: (column: Column, texts: [String])?
    var fields: [Field] = []
    var group: Group?
    /// Groups begin behind the first of these bytes and the blanks that follow it, not at a fixed place.
    var groupStart: UInt8?
    /// Groups end before the first of these bytes.
    var groupEnd: UInt8?
    var lists: Lists?
    /// Statuses with which a result stands; nil: all.
    var goodStatuses: [String]?
    /// Every byte of the text has to be printable, line ends apart; else only what is read.
    var isPrintable = true
    /// The block is one line: line ends in it were put there by a converter or logger.
    var isOneLine = false

    init() {}
}
