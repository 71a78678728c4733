import DICOM
import DeviceProfile
import Foundation
import JSONText
import Testing

@testable import hilum

@Suite struct InstanceDecoderTests {
    private func profile(_ imaging: (inout ImagingRules) -> Void) -> DeviceProfile {
        var profile = DeviceProfile()
        (profile.id, profile.driver) = ("ct", "dicom")
        imaging(&profile.imaging)
        return profile
    }

    private func file(_ change: (inout DataSet) -> Void = { _ in }) -> [UInt8] {
        var set = DataSet()
        set.set(.sopClassUID, .UI, text: "1.2.840.10008.5.1.4.1.1.2")
        set.set(.sopInstanceUID, .UI, text: "1.2.3.4")
        set.set(.studyInstanceUID, .UI, text: "1.2.3")
        set.set(.seriesInstanceUID, .UI, text: "1.2.3.1")
        set.set(.modality, .CS, text: "CT")
        set.set(.stationName, .SH, text: "CT64-EAST")
        set.set(.patientID, .LO, text: "007")
        change(&set)
        return DICOMFile(dataSet: set, transferSyntax: TransferSyntax.explicitLittleEndian).encoded()
    }

    private func row(_ bytes: [UInt8], _ profile: DeviceProfile) throws -> JSONObject {
        InstanceRow.instance(try InstanceDecoder(profile).decode(bytes, name: "f"))
    }

    /// GBK bytes of 张伟 under a header that says Latin 1.
    private let gbk: [UInt8] = [0xD5, 0xC5, 0xCE, 0xB0]

    @Test func aCharacterSetIsPutRight() throws {
        let mislabelled = file { set in
            set.set(.specificCharacterSet, .CS, text: "ISO_IR 100")
            set.set(.patientName, .PN, bytes: gbk)
        }
        let chosen = try row(mislabelled, profile { $0.charset = "GB18030" })
        #expect(chosen["patient_name"]?.string == "张伟" && chosen["charset_used"]?.string == "GB18030")
        let declared = try row(mislabelled, profile { $0.detectsCharset = false })
        #expect(declared["patient_name"]?.string == "ÕÅÎ°" && declared["charset_used"] == nil)
        let undeclared = file { $0.set(.patientName, .PN, bytes: gbk) }
        let read = try row(undeclared, profile { $0.undeclaredCharset = "GBK" })
        #expect(read["patient_name"]?.string == "张伟")
    }

    @Test func valuesComeFromWhereTheProfileSays() throws {
        let bytes = file { set in
            set.set(Tag(0x0009, 0x0010), .LO, text: "ACME 1.0")
            set.set(Tag(0x0009, 0x1010), .LO, text: "A-PRIVATE")
            set.set(.accessionNumber, .SH, text: "A-PLAIN")
            set.set(.studyID, .SH, text: "S1")
            set.set(Tag(0x0010, 0x1000), .LO, text: "OTHER-1")
        }
        let source = [ElementSource(path: ["00091010"], creator: "ACME 1.0")]
        let after = try row(bytes, profile { $0.accession = source })
        #expect(after["accession"]?.string == "A-PLAIN")
        let before = try row(bytes, profile { ($0.accession, $0.accessionFirst) = (source, true) })
        #expect(before["accession"]?.string == "A-PRIVATE")
        let more = try row(
            bytes,
            profile { rules in
                rules.patientID = [ElementSource(path: ["00101000"])]
                rules.issuer = "EAST"
                rules.locations = ["CT64-EAST": "Emergency"]
            })
        #expect(more["patient_id"]?.string == "OTHER-1" && more["issuer"]?.string == "EAST")
        #expect(more["location"]?.string == "Emergency" && more["told"]?.bool == true)
        let ignored = try row(bytes, profile { $0.ignored = ["1.2.840.10008.5.1.4.1.1.2"] })
        #expect(ignored["told"]?.bool == false)
    }

    @Test func whatIsNoInstanceIsRefusedWithReason() {
        let decoder = InstanceDecoder(profile { _ in })
        #expect(throws: CommandFailure.self) { try decoder.decode(Array("not DICOM at all".utf8), name: "f") }
        #expect(throws: CommandFailure.self) { try decoder.decode([], name: "f") }
        let missing = file { $0.remove(.studyInstanceUID) }
        do {
            _ = try decoder.decode(missing, name: "x.dcm")
            Issue.record("taken without a Study Instance UID")
        } catch {
            let text = "\(error)"
            #expect(text.contains("x.dcm") && text.contains("Study Instance UID"), "\(text)")
        }
        let path = file { $0.set(.studyInstanceUID, .UI, text: "../../etc/passwd") }
        #expect(throws: CommandFailure.self) { try decoder.decode(path, name: "f") }
    }

    /// The files of the profiles that come with the program, and what must come out of them.
    @Test(arguments: ["ct", "mr", "us", "dx", "xa", "ecg", "sr"]) func repositoryProfiles(_ name: String) throws {
        let folders = Golden.checkout.appending(path: "DeviceProfiles").path
        let (folder, issues) = try ProfileFolder.load("\(folders)/generic-\(name)", searching: [folders])
        #expect(issues.isEmpty, "\(issues)")
        let outcomes = ProfileTestCommand.testInstances(folder)
        #expect(!outcomes.isEmpty)
        for outcome in outcomes { #expect(outcome.differences == [], "\(outcome.capture)") }
    }

    @Test func differencesAreTold() throws {
        let decoded = try InstanceDecoder(profile { _ in }).decode(file(), name: "f")
        var item = ProfileCase(name: "c", capture: "c.dcm")
        item.instance = ["patient_id": .string("007"), "modality": .string("MR"), "station": .null]
        item.results = [
            .object([
                "test_code": .string("X"), "value": .string("1"), "role": .string("result"), "usable": .bool(true),
            ])
        ]
        let found = InstanceExpectation.differences(item, decoded)
        #expect(found.contains { $0.contains("modality") && $0.contains("MR") && $0.contains("CT") }, "\(found)")
        #expect(found.contains { $0.contains("station") } && !found.contains { $0.contains("patient_id") })
        #expect(found.count == 3, "\(found)")
    }

    @Test func aProfileIsBegunWithAFile() async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "hilum-new-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: place) }
        let profiles = Golden.checkout.appending(path: "DeviceProfiles").path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        // What it extends lies beside it.
        try FileManager.default.createSymbolicLink(
            atPath: "\(place)/generic-us", withDestinationPath: "\(profiles)/generic-us")
        let made = await hilum(
            "profile", "new", "acme-us1", "--extends", "generic-us", "--vendor", "Acme", "--model", "US 1", "--in",
            place,
            "--capture", "\(profiles)/generic-us/captures/sr-echo.dcm")
        #expect(made.status == 0, "\(made.error)")
        let (folder, issues) = try ProfileFolder.load("\(place)/acme-us1", searching: [place])
        #expect(issues.isEmpty, "\(issues)")
        #expect(folder.profile.kind == .ultrasound && folder.profile.support == .captured && folder.profile.isImaging)
        #expect(ProfileTestCommand.testInstances(folder).map(\.differences) == [[]])
    }
}
