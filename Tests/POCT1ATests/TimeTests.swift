import POCT1A
import Testing

@Suite("Times and documents of ours")
struct TimeTests {
    @Test(
        "read as far as said",
        arguments: [
            ("2024-03-18T14:50:00+08:00", "2024-03-18T14:50:00+08:00"), ("2024-03-18", "2024-03-18"),
            ("2024-03-18T14:50", "2024-03-18T14:50"), ("2010-02-22T14:06:34.00-05:00", "2010-02-22T14:06:34-05:00"),
            ("2024-03-18 14:50:00Z", "2024-03-18T14:50:00+00:00"),
            ("2024-03-18T14:50:00+0800", "2024-03-18T14:50:00+08:00"),
            ("2024-03-18T14:50:00+08", "2024-03-18T14:50:00+08:00"),
        ])
    func read(_ text: String, _ expected: String) { #expect(POCT1Time.iso8601(text) == expected) }

    @Test(
        "not times",
        arguments: [
            "", "2024", "2024-13-01", "2024-03-18T25:00", "2024-03-18T14:50:00+8", "18.03.2024", "2024-03-18T14:50x",
            "2024-03-18T",
            "0000-03-18", "2024-03-18T14:50:00+99:00", "2024-03-18T14:50:",
        ])
    func refused(_ text: String) { #expect(POCT1Time.iso8601(text) == nil) }

    @Test("written")
    func written() {
        #expect(POCT1Time.text(unix: 1_710_744_600_000_000, utcOffset: 28_800) == "2024-03-18T14:50:00+08:00")
        #expect(POCT1Time.text(unix: 1_710_744_600_000_000, utcOffset: -12_600) == "2024-03-18T03:20:00-03:30")
        #expect(POCT1Time.text(unix: .min, utcOffset: .min) == "1969-12-31T10:00:00-14:00")
        #expect(POCT1Time.text(unix: .max, utcOffset: .max).hasPrefix("9999-12-31"))
    }

    @Test("a document of ours is read as it was written, whatever its values")
    func document() throws {
        var document = POCT1Document("ACK.R01", controlID: "1", created: "2024-03-18T14:50:00+08:00")
        document.object("ACK", ["type_cd": "AE", "ack_control_id": "<&\"'>\u{1}", "note_txt": ""])
        let root = try XMLReader.read(document.bytes)
        #expect(root.child("HDR")?.value(of: "HDR.message_type") == "ACK.R01")
        #expect(root.child("HDR")?.value(of: "HDR.version_id") == "POCT1")
        #expect(
            root.child("ACK")?.value(of: "ACK.ack_control_id") == "<&\"'>" && root.child("ACK")?.children.count == 2)
    }
}
