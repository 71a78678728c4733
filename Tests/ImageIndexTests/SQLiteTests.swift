import DICOM
import Foundation
import Testing

@testable import ImageIndex

/// What a database of an index holds.
@Suite struct SQLiteTests {
    @Test func everyColumnComesBack() throws {
        let names = IndexColumns.standard.names
        #expect(names.count == 40)
        let fixture = try SQLiteFixture(tags: ["ProtocolName", "CTDIvol"])
        var values: [String: String] = [:]
        for (place, name) in names.enumerated() { values[name] = "v\(place)" }
        values["PatientName"] = "王^小东=王^小东"
        values["ProtocolName"] = "Head, 'routine' \"x\""
        values["CTDIvol"] = "12.5"
        try fixture.run { events, _ in
            events.file("/data/", "a.dcm")
            events.row("/data/a.dcm", values, remark: "read as GB18030")
        }
        let head = try fixture.rows("SELECT name FROM pragma_table_info('instances')").map { $0[0] }
        #expect(head == ["Path"] + names + ["ProtocolName", "CTDIvol", "Remark"])
        let row = try #require(try fixture.rows("SELECT * FROM instances").first)
        let expected =
            ["/data/a.dcm"] + names.map { values[$0] ?? "" } + [
                values["ProtocolName"] ?? "", "12.5", "read as GB18030",
            ]
        #expect(row == expected)
        try fixture.expectSound()
    }

    @Test func aPathThatIsNotUTF8IsRemarked() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { events, _ in
            for (number, remark) in ["", "read as GB18030"].enumerated() {
                let name: [UInt8] = [0x61, 0xFF, 0xC3, 0x28, 0x30 + UInt8(number)]
                events.file("/data/", name)
                events.row(Array("/data/".utf8) + name, instance("1.\(number)"), remark: remark)
            }
            events.image("/data/", "ä.dcm", instance("1.9"))
        }
        let remarks = try fixture.rows("SELECT Remark FROM instances ORDER BY SOPInstanceUID").map { $0[0] }
        #expect(remarks == ["the path is not in UTF-8", "read as GB18030; the path is not in UTF-8", "NULL"])
        try fixture.expectSound()
    }

    @Test func emptyIsNullAndNumbersAreNumbers() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { events, _ in
            events.image(
                "/data/", "a",
                instance(
                    "1",
                    ["InstanceNumber": "0012", "PixelSpacing": "0.5\\0.5", "PatientID": "00012", "BitsStored": "many"]))
        }
        let row = try fixture.rows(
            """
            SELECT typeof(AccessionNumber), typeof(InstanceNumber), InstanceNumber, typeof(SliceThickness), SliceThickness,
              typeof(PixelSpacing), PatientID, BitsStored, typeof("Rows") FROM instances
            """)
        #expect(row == [["null", "integer", "12", "real", "1.25", "text", "00012", "many", "integer"]])
    }

    @Test func oneRowAStudyAndSeries() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { events, _ in
            for number in 0..<500 {
                let series = number / 100
                events.image(
                    "/data/\(series)/", "\(number)",
                    instance("1.\(number)", study: "S\(series / 3)", series: "E\(series)", patient: "P"))
            }
        }
        let tables = ["patient", "study", "series", "instance", "file", "folder"]
        #expect(
            try tables.map { try fixture.value("SELECT count(*) FROM \($0)") } == ["1", "2", "5", "500", "500", "5"])
        #expect(
            try fixture.rows("SELECT StudyInstanceUID, Patients, Modalities, Series, Instances FROM studies ORDER BY 1")
                == [["S0", "1", "CT", "3", "300"], ["S1", "1", "CT", "2", "200"]])
        #expect(try fixture.value("SELECT sum(differs) FROM study") == "0")
        try fixture.expectSound()
    }

    /// A study whose files name two patients is two rows, and says so: nobody's images go to somebody else.
    @Test func whatDisagreesIsKeptAndMarked() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { events, _ in
            events.image("/data/", "a", instance("1"))
            events.image("/data/", "b", instance("2", patient: "P2", name: "Roe^Richard"))
            events.image("/data/", "c", instance("3", study: "9.9", series: "9.9.1", patient: "P3"))
            events.image("/data/", "d", instance("4", study: "", series: "", patient: "", name: ""))
            events.image("/data/", "e", instance("5", study: "", series: "", patient: "", name: "x"))
        }
        #expect(
            try fixture.rows("SELECT SOPInstanceUID, PatientID, PatientName FROM instances ORDER BY 1")
                == [
                    ["1", "P1", "Doe^Jane"], ["2", "P2", "Roe^Richard"], ["3", "P3", "Doe^Jane"],
                    ["4", "NULL", "NULL"],
                    ["5", "NULL", "x"],
                ])
        #expect(
            try fixture.rows("SELECT Level, Identifier, Versions FROM disputes ORDER BY 1")
                == [["series", "1.1.1", "2"], ["study", "1.1", "2"]])
        #expect(
            try fixture.rows("SELECT Patients, PatientID, Differs FROM studies WHERE StudyInstanceUID = '1.1'")
                == [["2", "NULL", "1"]])
        // The one file is corrected: nothing disagrees any more, and what nobody says is gone.
        try fixture.run { events, _ in events.image("/data/", "b", modified: 2, instance("2")) }
        #expect(try fixture.rows("SELECT * FROM disputes") == [])
        #expect(try fixture.value("SELECT count(*) FROM patient WHERE PatientID = 'P2'") == "0")
        #expect(try fixture.value("SELECT sum(differs) FROM series") == "0")
        try fixture.expectSound()
    }

    @Test func onePatientIDWithTwoNamesIsMarked() throws {
        let fixture = try SQLiteFixture(tags: ["IssuerOfPatientID"])
        try fixture.run { events, _ in
            events.image("/data/", "a", instance("1", ["IssuerOfPatientID": "North"]))
            events.image("/data/", "b", instance("2", study: "2", name: "Doe^Jane^A", ["IssuerOfPatientID": "North"]))
            events.image("/data/", "c", instance("3", study: "3", name: "Poe^Ann", ["IssuerOfPatientID": "South"]))
        }
        #expect(
            try fixture.rows("SELECT PatientName, differs FROM patient ORDER BY 1")
                == [["Doe^Jane", "1"], ["Doe^Jane^A", "1"], ["Poe^Ann", "0"]])
        #expect(
            try fixture.rows("SELECT DISTINCT IssuerOfPatientID FROM instances ORDER BY 1") == [["North"], ["South"]])
        #expect(try IndexDatabase.columns(at: fixture.path) == ["IssuerOfPatientID"])
    }

    @Test func sameInstanceInTwoFiles() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { events, _ in
            events.image("/data/", "a", instance("1"))
            events.image("/data/", "b", instance("1"))
            events.image("/data/", "c", instance("2"))
        }
        #expect(try fixture.rows("SELECT * FROM duplicates") == [["1", "2", "/data/a", "/data/b"]])
    }

    @Test func namesOfAnyBytes() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { events, _ in
            for byte in [UInt8(0xFF), 0xFE] {
                events.file("/data/", [0x61, byte])
                events.row("/data/a\u{FFFD}", instance("\(byte)"))
            }
        }
        #expect(
            try fixture.rows("SELECT Path FROM instances ORDER BY SOPInstanceUID") == [
                ["/data/a\u{FFFD}"], ["/data/a\u{FFFD}"],
            ])
        #expect(try fixture.rows("SELECT hex(raw) FROM file ORDER BY 1") == [["61FE"], ["61FF"]])
        let sink = try fixture.run(resuming: true) { events, _ in events.image("/data/", "c", instance("c")) }
        let known = [UInt8]("/data/".utf8).withUnsafeBytes { folder in
            [UInt8(0x61), 0xFF].withUnsafeBytes { sink.known(folder: folder, name: $0) }
        }
        // The files are not there: the run above has removed them.
        #expect(known == nil && sink.unmet == 2)
    }

    @Test func entriesOfArchives() throws {
        let fixture = try SQLiteFixture()
        func write(_ names: [String]) throws {
            try fixture.run { events, _ in
                events.file("/data/", "a.zip", modified: Int64(names.count))
                for (place, name) in names.enumerated() {
                    events.row("/data/a.zip!/\(name)", instance("\(place)"))
                }
                events.fault("/data/a.zip!/bad/one", "77", "truncated", "ends in a value")
            }
        }
        try write(["x/1", "x/2", "x/2", "3"])
        #expect(
            try fixture.rows("SELECT Path, SOPInstanceUID FROM instances ORDER BY 2")
                == [
                    ["/data/a.zip!/x/1", "0"], ["/data/a.zip!/x/2", "1"], ["/data/a.zip!/x/2", "2"],
                    ["/data/a.zip!/3", "3"],
                ])
        #expect(
            try fixture.rows("SELECT * FROM errors") == [
                ["/data/a.zip!/bad/one", "77", "truncated", "ends in a value"]
            ])
        try write(["x/1"])
        #expect(try fixture.rows("SELECT Path FROM instances") == [["/data/a.zip!/x/1"]])
        #expect(try fixture.value("SELECT count(*) FROM file") == "3")
        try fixture.expectSound()
    }

    @Test func framesBesideTheirInstance() throws {
        let fixture = try SQLiteFixture(tags: ["ProtocolName"], frames: true)
        try fixture.run { events, _ in
            events.file("/data/", "many")
            for frame in 1...3 {
                events.row(
                    "/data/many",
                    instance(
                        "1",
                        ["NumberOfFrames": "3", "FrameNumber": "\(frame)", "ImagePositionPatient": "0\\0\\\(frame)"]))
            }
            events.file("/data/", "one")
            events.row(
                "/data/one",
                instance("2", ["FrameNumber": "1", "ImagePositionPatient": "7\\7\\7", "ProtocolName": "p"]))
        }
        #expect(
            try fixture.rows("SELECT SOPInstanceUID, FrameNumber, ImagePositionPatient FROM frames ORDER BY 1, 2")
                == [["1", "1", "0\\0\\1"], ["1", "2", "0\\0\\2"], ["1", "3", "0\\0\\3"], ["2", "1", "7\\7\\7"]])
        #expect(
            try fixture.rows("SELECT SOPInstanceUID, ImagePositionPatient, ProtocolName FROM instances ORDER BY 1")
                == [["1", "NULL", "NULL"], ["2", "7\\7\\7", "p"]])
        try fixture.run { events, _ in
            events.file("/data/", "many")
            events.row("/data/many", instance("1", ["NumberOfFrames": "1", "FrameNumber": "1"]))
        }
        #expect(try fixture.value("SELECT count(*) FROM frame") == "2")
        try fixture.expectSound()
    }

    @Test func fingerprintsThatMeetAreToldApart() throws {
        let fixture = try SQLiteFixture()
        try fixture.run { events, _ in events.image("/data/", "a", instance("1")) }
        let connection = try SQLiteConnection(fixture.path)
        // As if the values of another patient, study and series had the fingerprints of the ones to come.
        for table in ["series", "study", "patient"] {
            let column = table == "patient" ? "PatientName" : table == "study" ? "StudyID" : "SeriesDescription"
            try connection.execute("UPDATE \(table) SET \(column) = 'other'")
        }
        try fixture.run { events, _ in events.image("/data/", "b", instance("2")) }
        #expect(
            try fixture.rows("SELECT SOPInstanceUID, PatientName FROM instances ORDER BY 1")
                == [["1", "other"], ["2", "Doe^Jane"]])
        try fixture.expectSound()
    }
}
