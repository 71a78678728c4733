import JSONText
import Normalization
import ResultModel

/// A decoded file for people: the header as words, what its documents say as a table.
enum InstanceListing {
    static func rendered(_ decoded: InstanceDecoder.Decoded, terminal: Terminal) -> String {
        var text = ""
        for member in InstanceRow.instance(decoded).members where member.key != "row" {
            let value = member.value.string ?? member.value.text()
            text += terminal.styled(member.key.padded(to: 20), .dim) + " " + VisibleText.of(value) + "\n"
        }
        let rows = InstanceRow.observations(of: decoded)
        guard !rows.isEmpty else { return text }
        var listing = Listing(columns: [
            Column("group", "GROUP", flexible: true), Column("test_name", "WHAT", flexible: true),
            Column("body_site", "WHERE", flexible: true), Column("normalised", "VALUE", .right, flexible: true),
            Column("loinc", "LOINC"), Column("result_status", "STATUS"),
        ])
        listing.rows = rows.map { row in
            func text(_ key: String) -> String { row[key]?.string ?? "" }
            let site = [text("laterality"), text("body_site")].filter { !$0.isEmpty }.joined(separator: " ")
            return [
                .text(text("group")), .text(text("display").isEmpty ? text("test_code") : text("display")), .text(site),
                .text(ResultListing.normalised(row)), .text(text("loinc")), .text(text("result_status")),
            ]
        }
        return text + "\n" + listing.rendered(.table, terminal: terminal)
    }
}
