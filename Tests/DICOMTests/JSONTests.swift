import DICOM
import JSONText
import Testing

@Suite("DICOM JSON model")
struct JSONTests {
    private func text(_ set: DataSet) -> String { set.json().text() }

    @Test("values by representation (PS3.18 F.2)")
    func values() {
        var set = DataSet()
        set.set(.studyDate, .DA, text: "20240131")
        set.set(.accessionNumber, .SH, text: "")
        set.set(.imageType, .CS, text: "A\\\\B")
        set.set(.patientName, .PN, text: "Wang^XiaoDong=王^小东=\\Doe")
        set.set(.sliceThickness, .DS, text: "+02.50")
        set.set(.instanceNumber, .IS, text: "007")
        set.set(.pixelSpacing, .DS, text: "1,5\\.5")
        set.set(.rows, .US, integer: 512)
        set.set(Tag(0x0028, 0x0009), tags: [Tag(0x0018, 0x1063)])
        set.set(Tag(0x0040, 0xA162), .FD, numbers: [0.5, .nan, -.infinity])
        set.set(Tag(0x0042, 0x0011), .OB, bytes: [1, 2, 3, 4])
        var item = DataSet()
        item.set(.codeValue, .SH, text: "T-1")
        set.set(.conceptNameCodeSequence, items: [item, DataSet()])
        let expected = """
            {"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00080008":{"vr":"CS","Value":["A",null,"B"]},\
            "00080020":{"vr":"DA","Value":["20240131"]},"00080050":{"vr":"SH"},\
            "00100010":{"vr":"PN","Value":[{"Alphabetic":"Wang^XiaoDong","Ideographic":"王^小东"},{"Alphabetic":"Doe"}]},\
            "00180050":{"vr":"DS","Value":[2.50]},"00200013":{"vr":"IS","Value":[7]},\
            "00280009":{"vr":"AT","Value":["00181063"]},"00280010":{"vr":"US","Value":[512]},\
            "00280030":{"vr":"DS","Value":["1,5",0.5]},"0040A043":{"vr":"SQ","Value":[{"00080100":{"vr":"SH","Value":["T-1"]}},{}]},\
            "0040A162":{"vr":"FD","Value":[0.5,"NaN","-inf"]},"00420011":{"vr":"OB","InlineBinary":"AQIDBA=="}}
            """
        #expect(text(set) == expected)
    }

    @Test("bulk data by reference, with the path through sequences")
    func bulkData() {
        var item = DataSet()
        item.set(Tag(0x5400, 0x1010), .OW, bytes: [1, 2])
        var set = DataSet()
        set.set(.waveformSequence, items: [DataSet(), item])
        set[.pixelData] = Element(.pixelData, .OB, .fragments([[], [1, 2]]))
        let json = set.json { reference in
            reference.count > 1 ? "http://127.0.0.1/bulk/\(reference.path)" : nil
        }
        #expect(
            json["54000100"]?["Value"]?[1]?["54001010"]?["BulkDataURI"]?.string
                == "http://127.0.0.1/bulk/54000100/2/54001010")
        #expect(json["7FE00010"]?["BulkDataURI"]?.string == "http://127.0.0.1/bulk/7FE00010")
        #expect(set.json()["7FE00010"]?.text() == "{\"vr\":\"OB\"}")
    }

    @Test("text of any character set becomes UTF-8")
    func characterSets() throws {
        var bytes = Bytes.part10()
        bytes.explicit(0x0008_0005, "CS", "GB18030 ")
        bytes.explicit(0x0010_0010, "PN", [0xCD, 0xF5])
        let json = try DICOMFile.read(bytes.bytes).dataSet.json()
        #expect(json["00100010"]?["Value"]?[0]?["Alphabetic"]?.string == "王")
        #expect(json["00080005"]?["Value"]?[0]?.string == "ISO_IR 192")
    }

    @Test("what is written is read back")
    func roundTrip() throws {
        var random = SplitMix64(77)
        for _ in 0..<150 {
            let set = RandomDataSet.make(&random)
            let json = set.json()
            let back = try DataSet(json: JSONValue(parsing: json.serialized()))
            #expect(back.json() == json)
        }
    }

    @Test("reading: keywords, absent representations, names, nulls, references, numbers as text")
    func reading() throws {
        let json = try JSONValue(
            parsing: """
                {"PatientID":{"Value":["42"]},"00100010":{"vr":"PN","Value":[{"Alphabetic":"Yamada^Tarou","Phonetic":"やまだ"}]},
                 "00080008":{"vr":"CS","Value":["A",null,"B"]},"00180050":{"vr":"DS","Value":["2.5",3]},
                 "00280010":{"vr":"US","Value":["512"]},"7FE00010":{"vr":"OW","BulkDataURI":"b/1"},
                 "00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00400275":{"vr":"SQ","Value":[{"00401001":{"vr":"SH","Value":["P1"]}}]}}
                """)
        let set = try DataSet(json: json) { $0 == "b/1" ? [1, 2, 3] : nil }
        #expect(set.string(.patientID) == "42")
        #expect(set.personName(.patientName)?.phonetic.family == "やまだ")
        #expect(set.strings(.imageType) == ["A", "", "B"])
        #expect(set.numbers(.sliceThickness) == [2.5, 3])
        #expect(set.integer(.rows) == 512)
        #expect(set.bytes(.pixelData) == [1, 2, 3, 0])
        #expect(set.string(.specificCharacterSet) == "ISO_IR 192")
        #expect(set.item(.requestAttributesSequence)?.string(.requestedProcedureID) == "P1")
    }

    @Test(
        "what is not of the model says which element",
        arguments: [
            ("[]", "no object"), ("{\"zz\":{}}", "zz is neither"), ("{\"00100010\":3}", "00100010 is no object"),
            ("{\"00110001\":{}}", "has no vr"), ("{\"00100020\":{\"vr\":\"ZZ\"}}", "unknown value representation ZZ"),
            ("{\"00100020\":{\"vr\":\"LO\",\"Value\":3}}", "Value is no array"),
            ("{\"00420011\":{\"vr\":\"OB\",\"InlineBinary\":\"A\"}}", "not base64"),
            ("{\"00280010\":{\"vr\":\"US\",\"Value\":[\"x\"]}}", "no number"),
            (
                "{\"00400275\":{\"vr\":\"SQ\",\"Value\":[{\"00280010\":{\"vr\":\"US\",\"Value\":[{}]}}]}}",
                "00400275/1/00280010"
            ),
        ])
    func faults(_ sample: (json: String, problem: String)) throws {
        let json = try JSONValue(parsing: sample.json)
        #expect { try DataSet(json: json) } throws: {
            ($0 as? DICOMFault)?.code == .json && ($0 as? DICOMFault)?.problem.contains(sample.problem) == true
        }
    }

    @Test("base64 by the vectors of RFC 4648")
    func base64() throws {
        for (bytes, text) in [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
        ] {
            var set = DataSet()
            set[Tag(0x0042, 0x0011)] = Element(Tag(0x0042, 0x0011), .OB, bytes: Array(bytes.utf8))
            let json = set.json()
            #expect(json["00420011"]?["InlineBinary"]?.string ?? "" == text)
            let back = try DataSet(json: json).bytes(Tag(0x0042, 0x0011)) ?? []
            #expect(back.starts(with: Array(bytes.utf8)))
        }
    }
}
