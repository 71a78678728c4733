import DeviceProfile
import Testing

@Suite("Which variant reads a capture")
struct VariantSniffingTests {
    private func variant(_ bytes: some Collection<UInt8>, of driver: String = "lis") -> String {
        var profile = DeviceProfile()
        profile.driver = driver
        for (name, driver) in [
            ("hl7", "hl7-analyser"), ("poct", "poct1a"), ("csv", "delimited"), ("csv2", "delimited"),
        ] {
            var other = profile
            other.variants = []
            other.driver = driver
            profile.variants.append(DeviceProfile.Variant(name: name, profile: other))
        }
        return profile.variant(matching: bytes)?.name ?? ""
    }

    @Test("by the first bytes; the first variant of a driver; none where the profile itself reads it")
    func sniffing() {
        #expect(variant("\u{5}\u{2}1H|\\^&".utf8) == "" && variant("H|\\^&|||A\r".utf8) == "")
        #expect(variant("\u{B}MSH|^~\\&".utf8) == "hl7")
        #expect(variant("<?xml version=\"1.0\"?><HEL.R01>".utf8) == "poct" && variant("\u{B}<HEL.R01>".utf8) == "poct")
        #expect(variant("\u{FEFF} <HEL.R01>".utf8) == "poct")
        #expect(variant("\"Instr\";\"Msg\"\r\n".utf8) == "csv" && variant([0xFF, 0xFE, 0x41, 0]) == "csv")
        #expect(variant("\"Instr\";\"Msg\"\r\n".utf8, of: "delimited") == "")
        #expect(variant([0x00, 0x07, 0x41]) == "" && variant([]) == "")
    }
}
