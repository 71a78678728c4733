import Normalization
import ResultModel

/// A report's results with the device's own words and what was made of them side by side.
enum DecodedListing {
    /// Columns.
    static var listing: Listing {
        Listing(
            columns: [
                Column("test_code", "AS SENT", flexible: true), Column("value", "VALUE", .right, flexible: true),
                Column("unit", "UNIT"), Column("flags", "FLAGS"), Column("loinc", "│ LOINC"),
                Column("display", "NAME", flexible: true), Column("normalised", "VALUE", .right, flexible: true),
                Column("interpretation", "MEANS"), Column("result_status", "STATUS"), Column("role", "ROLE"),
            ], whenEmpty: "no results")
    }

    /// A result.
    static func row(_ observation: Observation, of report: Report) -> [Cell] {
        let flat = ResultRow.row(observation, of: report)
        func text(_ key: String) -> String { flat[key]?.string ?? "" }
        let flags = observation.asSent.flags
        let value = ResultListing.normalised(flat)
        let loinc = text("loinc")
        return [
            .text(text("test_code").isEmpty ? text("test_name") : text("test_code")), .text(text("value")),
            .text(text("unit")), .list(flags), Cell(.string(loinc), "│ \(loinc.isEmpty ? "–" : loinc)"),
            .text(text("display")), .text(value, observation.isUsable ? .plain : .dim),
            .list(observation.interpretation),
            .text(text("result_status")), .text(observation.role == .result ? "" : text("role"), .dim),
        ]
    }
}
