import Testing

@testable import DICOMWeb

@Suite("Resources: paths, queries, media types")
struct ResourceTests {
    @Test(
        "Every path of PS3.18 10.1.1",
        arguments: [
            ("", WebResource.root), ("/studies", .searchStudies), ("/studies/", .searchStudies),
            ("/series", .searchSeries(study: nil)), ("/instances", .searchInstances(study: nil, series: nil)),
            ("/studies/1.2/series", .searchSeries(study: "1.2")),
            ("/studies/1.2/instances", .searchInstances(study: "1.2", series: nil)),
            ("/studies/1.2/series/3.4/instances", .searchInstances(study: "1.2", series: "3.4")),
            ("/studies/1.2", .instances(Scope(study: "1.2"))),
            ("/studies/1.2/series/3.4", .instances(Scope(study: "1.2", series: "3.4"))),
            ("/studies/1.2/series/3.4/instances/5.6", .instances(Scope(study: "1.2", series: "3.4", instance: "5.6"))),
            ("/studies/1.2/metadata", .metadata(Scope(study: "1.2"))),
            (
                "/studies/1.2/series/3.4/instances/5.6/metadata",
                .metadata(Scope(study: "1.2", series: "3.4", instance: "5.6"))
            ),
            ("/studies/1.2/series/3.4/rendered", .rendered(Scope(study: "1.2", series: "3.4"), frames: [])),
            ("/studies/1.2/thumbnail", .thumbnail(Scope(study: "1.2"), frames: [])),
            (
                "/studies/1.2/series/3.4/instances/5.6/frames/3,1",
                .frames(Scope(study: "1.2", series: "3.4", instance: "5.6"), [3, 1])
            ),
            (
                "/studies/1.2/series/3.4/instances/5.6/frames/3%2C1",
                .frames(Scope(study: "1.2", series: "3.4", instance: "5.6"), [3, 1])
            ),
            (
                "/studies/1.2/series/3.4/instances/5.6/frames/2/rendered",
                .rendered(Scope(study: "1.2", series: "3.4", instance: "5.6"), frames: [2])
            ),
            (
                "/studies/1.2/series/3.4/instances/5.6/bulkdata/00420011",
                .bulkdata(Scope(study: "1.2", series: "3.4", instance: "5.6"), path: ["00420011"])
            ),
        ])
    func paths(path: String, resource: WebResource) throws {
        #expect(try WebResource(path: path) == resource)
    }

    @Test(
        "Nothing but digits and dots gets through as a UID",
        arguments: [
            "/studies/../../etc/passwd", "/studies/1.2%2F..", "/studies/%2e%2e/metadata", "/studies/1.2/series/a",
            "/studies/1.2/series/3/instances/4;x", "/studies/" + String(repeating: "1", count: 65),
            "/studies/1.2/series/3/instances/4/frames/0", "/studies/1.2/series/3/instances/4/frames/+1",
            "/studies/1.2/series/3/instances/4/frames/1,,2", "/studies/1.2/series/3/instances/4/frames",
            "/studies/1.2/series/3/instances/4/frames/99999999999999999999", "/studies/١.٢",
        ])
    func badPaths(path: String) {
        #expect(throws: WebFault.self) { try WebResource(path: path) }
        do throws(WebFault) { _ = try WebResource(path: path) } catch { #expect(error.status == 400, "\(error)") }
    }

    @Test(
        "Unknown resources are 404",
        arguments: ["/patients", "/studies/1.2/pictures", "/studies/1.2/metadata/x", "/series/1.2"])
    func unknown(path: String) {
        do throws(WebFault) {
            _ = try WebResource(path: path)
            Issue.record("taken")
        } catch { #expect(error.status == 404) }
    }

    @Test("Queries are decoded once")
    func query() throws {
        let query = try WebQuery("PatientName=M%C3%BCller*&a=b%3Dc&x=1+2&x=3&flag")
        #expect(query["PatientName"] == "Müller*")
        #expect(query["a"] == "b=c")
        #expect(query.all("x") == ["1 2", "3"])
        #expect(query["flag"] == "")
        #expect(throws: WebFault.self) { try WebQuery("a=%4") }
        #expect(throws: WebFault.self) { try WebQuery("a=%FF%FE") }
        #expect(throws: WebFault.self) { try WebQuery(Array(repeating: "a=1", count: 201).joined(separator: "&")) }
    }

    @Test("Accept: quotes, weights, order")
    func mediaTypes() {
        let list = MediaType.list(
            "text/html;q=0.2, multipart/related; type=\"application/dicom\"; transfer-syntax=*, */*;q=0, image/jp2;q=0.9"
        )
        #expect(list.map(\.essence) == ["multipart/related", "image/jp2", "text/html"])
        #expect(list[0].part == "application/dicom")
        #expect(list[0].transferSyntax == "*")
        #expect(MediaType.list("nonsense, /, a/").isEmpty)
        #expect(MediaType("multipart/related; type=\"a/b; q=0.1\"")?.parameters["type"] == "a/b; q=0.1")
    }

    @Test("No prefix of anything traps")
    func prefixes() {
        let text = "multipart/related; type=\"application/dicom\\\"\"; transfer-syntax=1.2.840.10008.1.2.1;q=0.5,*/*"
        for count in 0...text.count { _ = MediaType.list(text.prefix(count)) }
        let path = "/studies/1.2/series/3.4/instances/5.6/frames/1,2/rendered"
        for count in 0...path.count { _ = try? WebResource(path: path.prefix(count)) }
    }
}
