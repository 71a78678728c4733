import DICOM
import Testing

@Suite("Tags, dictionary, names, times, numbers")
struct ValueTests {
    @Test("tags as text")
    func tags() {
        #expect(Tag(0x0010, 0x0020).description == "00100020")
        for text in ["00100020", "0010,0020", "(0010,0020)"] { #expect(Tag(text) == .patientID) }
        #expect(Tag("7fe00010") == .pixelData)
        for text in ["", "0010002", "001000200", "0010.0020", "0010002g", "(00100020", "0010,0020)", "00100,020", "()"]
        {
            #expect(Tag(text) == nil, "\(text)")
        }
        #expect(Tag(keyword: "PatientID") == .patientID)
        #expect(Tag(keyword: "patientid") == nil)
        #expect(Tag.patientID.keyword == "PatientID")
        #expect(Tag(0x0009, 0x0010).isPrivateCreator)
        #expect(Tag.patientName < .patientID)
    }

    @Test("every keyword leads to its tag and back; every representation is known")
    func dictionary() {
        let tags = DataDictionary.tags
        #expect(tags == tags.sorted())
        #expect(Set(tags).count == tags.count)
        #expect(tags.count > 5000)
        for tag in tags {
            guard let entry = DataDictionary.entry(tag) else {
                Issue.record("\(tag) has no entry")
                continue
            }
            #expect(entry.tag == tag)
            #expect(DataDictionary.vr(tag) == entry.vr)
            #expect(Tag(keyword: entry.keyword) == tag)
            #expect(entry.multiplicity.utf8.first.map { (0x31...0x39).contains($0) } == true)
        }
        for keyword in ["OverlayRows", "CurveDimensions", "RowsForNthOrderCoefficients", "ZonalMap"] {
            #expect(Tag(keyword: keyword)?.keyword == keyword)
        }
    }

    @Test("entries of the dictionary: choices, multiplicities, repeating groups, private ones")
    func entries() {
        #expect(DataDictionary.entry(.patientName)?.vr == .PN)
        #expect(DataDictionary.entry(.imageType)?.multiplicity == "2-n")
        #expect(DataDictionary.entry(.imageType)?.isSingleValued == false)
        #expect(DataDictionary.vr(.pixelData) == .OW)
        #expect(DataDictionary.entry(.smallestImagePixelValue)?.isSignedByPixelRepresentation == true)
        #expect(Tag(0x6004, 0x3000).keyword == "OverlayData")
        #expect(DataDictionary.vr(Tag(0x6004, 0x0010)) == .US)
        #expect(Tag(keyword: "OverlayRows") == Tag(0x6000, 0x0010))
        #expect(DataDictionary.vr(Tag(0x5002, 0x3000)) == .OW)
        #expect(DataDictionary.vr(Tag(0x0009, 0x0010)) == .LO)
        #expect(DataDictionary.vr(Tag(0x0009, 0x1010)) == nil)
        #expect(DataDictionary.vr(Tag(0x0010, 0x0000)) == .UL)
        #expect(DataDictionary.entry(Tag(0x0008, 0xFFFE)) == nil)
    }

    @Test("registered UIDs: names, storage SOP classes, transfer syntaxes")
    func uids() {
        #expect(
            UIDDictionary.name("1.2.840.10008.1.2") == "Implicit VR Little Endian: Default Transfer Syntax for DICOM"
                || UIDDictionary.name("1.2.840.10008.1.2") == "Implicit VR Little Endian")
        #expect(UIDDictionary.name("1.2.3") == nil)
        #expect(UIDDictionary.isStorageSOPClass("1.2.840.10008.5.1.4.1.1.2"))
        #expect(UIDDictionary.isStorageSOPClass("1.2.840.10008.5.1.4.1.1.88.67"))
        // Retired: the first ultrasound classes.
        #expect(UIDDictionary.isStorageSOPClass("1.2.840.10008.5.1.4.1.1.6"))
        #expect(!UIDDictionary.isStorageSOPClass("1.2.840.10008.1.20.1"))
        #expect(!UIDDictionary.isStorageSOPClass("1.2.840.10008.1.1"))
        #expect(!UIDDictionary.isStorageSOPClass("1.2.840.10008.1.3.10"))
        #expect(UIDDictionary.storageSOPClasses.count >= 180)
        #expect(UIDDictionary.transferSyntaxes.contains("1.2.840.10008.1.2.4.90"))
        #expect(UIDDictionary.kind("1.2.840.10008.1.2.5") == .transferSyntax)
        #expect(TransferSyntax("1.2.840.10008.1.2.5").isEncapsulated)
        #expect(!TransferSyntax(TransferSyntax.explicitLittleEndian).isEncapsulated)
    }

    @Test("person names")
    func names() {
        let name = PersonName("Wang^XiaoDong^M^Dr^Jr^x=王^小东=")
        #expect(name.alphabetic.family == "Wang")
        #expect(name.alphabetic.middle == "M")
        #expect(name.alphabetic.prefix == "Dr")
        #expect(name.alphabetic.suffix == "Jr^x")
        #expect(name.ideographic.text == "王^小东")
        #expect(name.phonetic.isEmpty)
        #expect(name.preferred.family == "王")
        #expect(name.text == "Wang^XiaoDong^M^Dr^Jr^x=王^小东")
        #expect(PersonName("Doe^John^^^ ").text == "Doe^John")
        #expect(PersonName("").isEmpty)
        #expect(PersonName("^^^^==").isEmpty)
        #expect(PersonName("==やまだ").preferred.family == "やまだ")
    }

    @Test(
        "dates",
        arguments: [
            ("20240131", "2024-01-31"), ("2024.01.31", "2024-01-31"), ("20240229", "2024-02-29"),
            (" 19991231 ", "1999-12-31"),
            ("20230229", nil), ("20241301", nil), ("00000000", nil), ("202401", nil), ("2024013", nil),
            ("2024013x", nil), ("", nil),
            ("21000229", nil), ("20000229", "2000-02-29"),
        ] as [(String, String?)])
    func dates(_ sample: (String, String?)) { #expect(DICOMTime.date(sample.0) == sample.1) }

    @Test(
        "times",
        arguments: [
            ("101530", "10:15:30"), ("101530.5", "10:15:30.5"), ("101530.123456", "10:15:30.123456"), ("1015", "10:15"),
            ("10", "10"), ("10:15:30", "10:15:30"), ("235960", "23:59:60"), ("240000", nil), ("106000", nil),
            ("1", nil),
            ("101530.1234567", nil), ("101530.", nil), ("1015.5", nil), ("", nil), ("101530 ", "10:15:30"),
        ] as [(String, String?)])
    func times(_ sample: (String, String?)) { #expect(DICOMTime.time(sample.0) == sample.1) }

    @Test(
        "date times",
        arguments: [
            ("20240131101530.5+0800", "2024-01-31T10:15:30.5+08:00"),
            ("20240131101530-0330", "2024-01-31T10:15:30-03:30"),
            ("202401311015", "2024-01-31T10:15"), ("20240131", "2024-01-31"), ("202401", "2024-01"), ("2024", "2024"),
            ("2024+0100", nil), ("20240131101530+2500", nil), ("abc", nil), ("", nil), ("20240131+0800", "2024-01-31"),
        ] as [(String, String?)])
    func dateTimes(_ sample: (String, String?)) { #expect(DICOMTime.dateTime(sample.0) == sample.1) }

    @Test("date and time of two elements, zone, age")
    func moments() {
        #expect(DICOMTime.dateTime(date: "20240131", time: "1015", offset: "+0800") == "2024-01-31T10:15+08:00")
        #expect(DICOMTime.dateTime(date: "20240131", time: "xx", offset: "+0800") == "2024-01-31")
        #expect(DICOMTime.dateTime(date: "20240131", time: nil) == "2024-01-31")
        #expect(DICOMTime.dateTime(date: "", time: "10") == nil)
        #expect(DICOMTime.offset("-1200") == "-12:00")
        #expect(DICOMTime.offset("-1230") == nil)
        #expect(DICOMTime.age("045Y")?.count == 45)
        #expect(DICOMTime.age("6M")?.unit == "M")
        #expect(DICOMTime.age("45") == nil)
        #expect(DICOMTime.age("Y") == nil)
    }

    @Test("ranges of matching (PS3.4 C.2.2.2.5)")
    func ranges() {
        typealias Range = DICOMTime.Range
        #expect(DICOMTime.range("20240101-20240131", .DA) == Range(from: "2024-01-01", to: "2024-01-31"))
        #expect(DICOMTime.range("20240101-", .DA) == Range(from: "2024-01-01", to: nil))
        #expect(DICOMTime.range("-20240131", .DA) == Range(from: nil, to: "2024-01-31"))
        #expect(DICOMTime.range("20240101", .DA) == Range(from: "2024-01-01", to: "2024-01-01"))
        #expect(DICOMTime.range("0800-1200", .TM) == Range(from: "08:00", to: "12:00"))
        #expect(
            DICOMTime.range("20240101080000-0500-20240102080000-0500", .DT)
                == Range(from: "2024-01-01T08:00:00-05:00", to: "2024-01-02T08:00:00-05:00"))
        #expect(DICOMTime.range("-", .DA) == nil)
        #expect(DICOMTime.range("20240101-x", .DA) == nil)
        #expect(DICOMTime.range("20240101", .LO) == nil)
    }

    @Test("integers and decimals as text")
    func numbers() {
        #expect(DICOMNumber.integer(" 12 ") == 12)
        #expect(DICOMNumber.integer("+7") == 7)
        #expect(DICOMNumber.integer("1.0") == 1)
        #expect(DICOMNumber.integer("1.5") == nil)
        #expect(DICOMNumber.integer("99999999999999999999") == nil)
        #expect(DICOMNumber.decimal("1.5e-3") == 0.0015)
        for text in ["", "nan", "inf", "0x10", "1,5", "1e", ".", "--1", "1.2.3", "e5", "1e400"] {
            #expect(DICOMNumber.decimal(text) == nil, "\(text)")
        }
        #expect(DICOMNumber.json("-.50") == "-0.50")
        #expect(DICOMNumber.json("007") == "7")
        #expect(DICOMNumber.json("5.E3") == "5E3")
        #expect(DICOMNumber.json("-00") == "-0")
    }

    @Test("paths to elements")
    func paths() throws {
        var item = DataSet()
        item.set(.requestedProcedureID, .SH, text: "P1")
        var other = DataSet()
        other.set(.requestedProcedureID, .SH, text: "P2")
        var set = DataSet()
        set.set(.requestAttributesSequence, items: [item, other])
        set.set(.accessionNumber, .SH, text: "A1")
        set.set(Tag(0x0029, 0x0010), .LO, text: "OTHER")
        set.set(Tag(0x0029, 0x0011), .LO, text: "A/B MAKER")
        set.set(Tag(0x0029, 0x1108), .LO, text: "private")
        func text(_ path: String) throws -> String? { set.string(try #require(ElementPath(path))) }
        #expect(try text("AccessionNumber") == "A1")
        #expect(try text("0008,0050") == "A1")
        #expect(try text("RequestAttributesSequence/RequestedProcedureID") == "P1")
        #expect(try text("00400275[2]/00401001") == "P2")
        #expect(try text("00400275[3]/00401001") == nil)
        #expect(try text("0029,\"A/B MAKER\",08") == "private")
        #expect(try text("0029,\"OTHER\",08") == nil)
        #expect(try text("0029,\"NOBODY\",08") == nil)
        for wrong in [
            "", "/", "NoSuchKeyword", "00400275[0]/00401001", "0028,\"X\",08", "00400275[2]", "0029,\"\",08",
            "0029,\"X\",108",
        ] {
            #expect(ElementPath(wrong) == nil, "\(wrong)")
        }
    }
}
