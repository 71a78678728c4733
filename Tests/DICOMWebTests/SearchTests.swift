import Contracts
import DICOM
import ImagingModel
import JSONText
import Testing

@testable import DICOMWeb

@Suite("Searches (PS3.18 10.6)")
struct SearchTests {
    private func request(_ query: String, level: QueryLevel = .study) throws -> SearchRequest {
        try SearchRequest(level, study: nil, series: nil, parameters: try WebQuery(query), most: 100)
    }

    @Test(
        "Keys by keyword, by tag, in a sequence",
        arguments: [
            ("PatientID=7", ImageAttribute.patientID, Matching.single("7")), ("00100020=7", .patientID, .single("7")),
            ("PatientName=Mei*", .patientName, .wildcard("Mei*")),
            ("StudyDate=20240101-20240131", .studyDate, .range(from: "20240101", to: "20240131")),
            ("StudyDate=-20240131", .studyDate, .range(from: nil, to: "20240131")),
            ("StudyTime=0800-", .studyTime, .range(from: "0800", to: nil)),
            ("StudyInstanceUID=1.2,1.3", .studyInstanceUID, .uids(["1.2", "1.3"])),
            ("StudyInstanceUID=1.2%5C1.3", .studyInstanceUID, .uids(["1.2", "1.3"])),
            ("StudyInstanceUID=1.2&StudyInstanceUID=1.3", .studyInstanceUID, .uids(["1.2", "1.3"])),
            ("ModalitiesInStudy=CT", .modalitiesInStudy, .single("CT")),
            ("SeriesNumber=03", .seriesNumber, .single("3")),
            ("AccessionNumber=%22%22", .accessionNumber, .absent),
            ("RequestAttributesSequence.ScheduledProcedureStepID=S1", .scheduledStepID, .single("S1")),
            ("00400275.00401001=R1", .requestedProcedureID, .single("R1")),
        ] as [(String, ImageAttribute, Matching)])
    func keys(query: String, attribute: ImageAttribute, matching: Matching) throws {
        #expect(try request(query).query.keys == [attribute: matching])
    }

    @Test("Universal keys and includefield only add attributes")
    func universal() throws {
        let request = try request(
            "PatientID=&PatientName=*&includefield=BodyPartExamined,00080080,Unknown&includefield=StationName")
        #expect(request.query.keys.isEmpty)
        #expect(request.included == [.patientID, .patientName, .bodyPart, .institutionName, .stationName])
        #expect(try self.request("includefield=all").included.count == ImageAttribute.allCases.count)
    }

    @Test(
        "What cannot be understood is 400",
        arguments: [
            "StudyDate=2024", "StudyDate=20240101-2024013", "StudyDate=-", "StudyTime=8", "StudyInstanceUID=1.2a",
            "Nonsense=1", "limit=x",
            "limit=-1", "offset=99999999999", "fuzzymatching=maybe", "SeriesNumber=one", "PatientID=1&PatientID=2",
        ])
    func bad(query: String) {
        #expect(throws: WebFault.self) { try request(query) }
    }

    @Test("What is not kept, or not done, is said")
    func warnings() throws {
        #expect(try request("fuzzymatching=true").warnings.count == 1)
        #expect(try request("fuzzymatching=false").warnings.isEmpty)
        #expect(try request("00100020.00100010=1").warnings.count == 1)
        let request = try request("PatientWeight=80")
        #expect(request.query.keys.isEmpty)
        #expect(request.warnings.first?.contains("PatientWeight") == true)
    }

    @Test("Limits: the client's, and the server's")
    func limits() throws {
        #expect(try request("limit=10&offset=20").query.limit == 11)
        #expect(try request("limit=10&offset=20").query.offset == 20)
        #expect(try request("limit=1000").limit == 100)
        #expect(try request("limit=1000").isCapped)
        #expect(try !request("limit=10").isCapped)
    }

    @Test("A path and a key that contradict each other")
    func contradiction() throws {
        #expect(throws: WebFault.self) {
            try SearchRequest(
                .series, study: "1.2", series: nil, parameters: try WebQuery("StudyInstanceUID=1.3"), most: 10)
        }
    }

    @Test("Studies, series, instances of the samples")
    func results() async throws {
        let archive = try MemoryArchive(try Fixtures.allSamples())
        let studies = try await Fixtures.json(try await Fixtures.ask("/studies", archive: archive))
        let study = try #require(studies[0])
        let uid = try #require(study["0020000D"]?["Value"]?[0]?.string)
        #expect(study["00081190"]?["Value"]?[0]?.string == "http://here/dicom-web/studies/\(uid)")
        #expect(study["00100010"]?["Value"]?[0]?["Alphabetic"]?.string != nil)
        #expect(study["00201208"]?["Value"]?[0]?.int ?? 0 > 0)
        #expect(study["00080056"]?["Value"]?[0]?.string == "ONLINE")
        let keys = try #require(study.object).members.map(\.key)
        #expect(keys == keys.sorted(), "members are in the order of their tags")

        let series = try await Fixtures.json(
            try await Fixtures.ask("/studies/\(uid)/series?Modality=CT", archive: archive))
        #expect(series[0]?["00080060"]?["Value"]?[0]?.string == "CT")
        #expect(series[0]?["00100020"] == nil, "attributes of the study only where it is not in the path")
        let all = try await Fixtures.json(try await Fixtures.ask("/series", archive: archive))
        #expect(all[0]?["00100020"] != nil)
        let instances = try await Fixtures.json(try await Fixtures.ask("/instances?limit=2", archive: archive))
        #expect(instances.array?.count == 2)
        #expect(instances[0]?["00080016"] != nil)
    }

    @Test("Nothing found is 204; too much is cut and said")
    func edges() async throws {
        let archive = try MemoryArchive(try Fixtures.allSamples())
        let none = try await Fixtures.ask("/studies?PatientID=nobody", archive: archive)
        #expect(none.status == 204)
        #expect(try await Fixtures.body(none).isEmpty)
        let cut = try await Fixtures.ask("/instances", archive: archive, most: 3)
        #expect(try await Fixtures.json(cut).array?.count == 3)
        #expect(cut["Warning"]?.contains("additional results") == true)
        let rest = try await Fixtures.ask("/instances?limit=3", archive: archive, most: 3)
        #expect(rest["Warning"] == nil)
    }

    @Test("A name in three groups")
    func names() {
        var study = ArchivedStudy()
        study.patient.name = "Wang^Xiaodong=王^小东=ワン"
        study.study.uid = "1.2"
        var result = SearchResult(.study, included: [], relational: [])
        result.add(study, url: "u")
        let name = result.json["00100010"]?["Value"]?[0]
        #expect(name?["Alphabetic"]?.string == "Wang^Xiaodong")
        #expect(name?["Ideographic"]?.string == "王^小东")
        #expect(name?["Phonetic"]?.string == "ワン")
    }
}
