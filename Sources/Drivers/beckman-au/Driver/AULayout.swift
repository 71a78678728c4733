import DriverKit
import JSONText

/// Widths of the fields, which are *set* on the analyser (online format). 0: not sent.
struct AULayout: Equatable {
    /// Number of the unit.
    var system = 0
    var rack = 4
    var position = 2
    var type = 1
    var number = 4
    var id = 20
    var dummy = 4
    var sex = 0
    var years = 0
    var months = 0
    /// Patient's name and other comments that the host has given, together.
    var information = 0
    var test = 2
    var dilution = 0
    var value = 6
    var flags = 2
    /// What follows the flags of a test (reagent information).
    var rest = 0

    /// The usual widths.
    init() {}

    init(_ json: JSONValue, name: String) throws(OptionsFault) {
        var reader = try OptionReader(json, name: name)
        system = try reader.count("system", 0...2) ?? system
        rack = try reader.count("rack", 0...6) ?? rack
        position = try reader.count("position", 0...3) ?? position
        type = try reader.count("type", 0...1) ?? type
        number = try reader.count("number", 4...5) ?? number
        id = try reader.count("id", 0...26) ?? id
        dummy = try reader.count("dummy", 0...40) ?? dummy
        sex = try reader.count("sex", 0...1) ?? sex
        years = try reader.count("years", 0...3) ?? years
        months = try reader.count("months", 0...2) ?? months
        information = try reader.count("information", 0...160) ?? information
        test = try reader.count("test", 2...3) ?? test
        dilution = try reader.count("dilution", 0...1) ?? dilution
        value = try reader.count("value", 4...12) ?? value
        flags = try reader.count("flags", 0...8) ?? flags
        rest = try reader.count("rest", 0...40) ?? rest
        try reader.finish()
    }

    /// Of one test.
    var group: Int { test + dilution + value + flags + rest }
    /// Rack to id: what an answer to an inquiry repeats.
    var identity: Int { rack + position + type + number + id }
    /// Distinction code to the block flag, that included.
    var head: Int { 2 + system + identity + dummy + 1 }
    /// Where the tests begin.
    var results: Int { head + sex + years + months + information }
}
