import DICOM
import Testing

@testable import DICOMWeb

@Suite("Negotiation of media types and transfer syntaxes (PS3.18 8.7)")
struct NegotiationTests {
    static let jpeg = "1.2.840.10008.1.2.4.50"
    static let jp2 = "1.2.840.10008.1.2.4.90"

    private func acceptance(_ field: String?, _ query: String = "") throws -> Acceptance {
        try Acceptance(query: try WebQuery(query), field: field)
    }

    @Test(
        "Instances",
        arguments: [
            (nil, TransferSyntax.explicitLittleEndian, InstanceForm.stored),
            (nil, TransferSyntax.implicitLittleEndian, .explicit),
            (nil, jpeg, .stored), ("multipart/related; type=\"application/dicom\"", jpeg, .stored),
            (
                "multipart/related; type=\"application/dicom\"; transfer-syntax=*", TransferSyntax.implicitLittleEndian,
                .stored
            ),
            ("multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.1", jpeg, nil),
            (
                "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.1",
                TransferSyntax.implicitLittleEndian, .explicit
            ),
            ("multipart/related; type=\"application/dicom\"; transfer-syntax=\(jp2)", jpeg, nil),
            ("multipart/related; type=\"application/dicom\"; transfer-syntax=\(jpeg)", jpeg, .stored),
            ("multipart/related; type=\"application/dicom+xml\"", jpeg, nil), ("text/html", jpeg, nil),
            ("multipart/*", jpeg, .stored),
        ] as [(String?, String, InstanceForm?)])
    func instances(field: String?, stored: String, form: InstanceForm?) throws {
        #expect(try acceptance(field).form(of: stored, isSinglePart: false) == form)
    }

    @Test("One instance alone where that is asked for first")
    func single() throws {
        #expect(try acceptance("application/dicom").prefersSinglePart)
        #expect(try !acceptance("*/*").prefersSinglePart)
        #expect(
            try !acceptance("multipart/related; type=\"application/dicom\", application/dicom;q=0.5").prefersSinglePart)
        #expect(
            try acceptance("application/dicom; transfer-syntax=*").form(of: Self.jpeg, isSinglePart: true) == .stored)
    }

    @Test("The query parameter accept comes before the field")
    func parameter() throws {
        #expect(try acceptance("text/html", "accept=application/dicom%2Bjson").json() == "application/dicom+json")
        #expect(throws: WebFault.self) { try acceptance("text/html").json() }
        #expect(throws: WebFault.self) { try acceptance("nothing") }
    }

    @Test(
        "Frames",
        arguments: [
            (nil, TransferSyntax.explicitLittleEndian, "application/octet-stream", false),
            (
                "multipart/related; type=\"application/octet-stream\"", TransferSyntax.implicitLittleEndian,
                "application/octet-stream", false
            ),
            ("multipart/related; type=\"application/octet-stream\"", jpeg, nil, false),
            (
                "multipart/related; type=\"application/octet-stream\"; transfer-syntax=*", jpeg,
                "application/octet-stream", false
            ),
            ("multipart/related; type=\"image/jpeg\"", jpeg, "image/jpeg", false),
            ("multipart/related; type=\"image/jpeg\"; transfer-syntax=\(jpeg)", jpeg, "image/jpeg", false),
            ("multipart/related; type=\"image/*\"", jp2, "image/jp2", false),
            ("multipart/related; type=\"image/jp2\"", jpeg, nil, false),
            ("image/jp2", jp2, "image/jp2", true),
            ("application/octet-stream", TransferSyntax.explicitLittleEndian, "application/octet-stream", true),
            ("*/*", "1.2.3.4.5", "application/octet-stream", false),
        ] as [(String?, String, String?, Bool)])
    func frames(field: String?, stored: String, essence: String?, isSingle: Bool) throws {
        let form = try acceptance(field).frameForm(of: stored)
        #expect(form?.essence == essence)
        if let form { #expect(form.isSinglePart == isSingle) }
    }

    @Test("Pictures")
    func pictures() throws {
        #expect(try acceptance("image/png, image/jpeg;q=0.9").pictureFormat == .png)
        #expect(try acceptance("image/*").pictureFormat == .jpeg)
        #expect(try acceptance("image/gif").pictureFormat == nil)
        let query = try WebQuery("viewport=512,256&window=40,400,linear")
        let wanted = try RenderingQuery(query, try acceptance(nil))
        #expect(wanted.width == 512 && wanted.height == 256 && wanted.window == .init(center: 40, width: 400))
        for bad in [
            "viewport=0,1", "viewport=5", "viewport=10,10,0,0,5,5", "window=1", "window=a,b,linear",
            "window=1,nan,linear", "window=1,2,sigmoid",
        ] {
            #expect(throws: WebFault.self, "\(bad)") { try RenderingQuery(try WebQuery(bad), try acceptance(nil)) }
        }
    }
}
