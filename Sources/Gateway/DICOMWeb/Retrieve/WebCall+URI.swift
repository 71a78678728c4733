/// URI Service, WADO-URI (PS3.18 9): what older viewers and links in reports use.
extension WebCall {
    /// Answers `/wado?requestType=WADO&studyUID=…&seriesUID=…&objectUID=…`: the instance for `contentType`
    /// application/dicom, else a picture of it.
    func objectByURI() async throws -> WebResponse {
        guard query["requestType"] == "WADO" else {
            throw WebFault.badRequest("requestType=WADO is missing (PS3.18 9.1.2.1)")
        }
        let scope = Scope(
            study: try uid("studyUID"), series: try uid("seriesUID"), instance: try uid("objectUID"))
        var call = self
        let asked = query["contentType"] ?? "image/jpeg"
        // The parameter stands for the media types, the field Accept only says what else the client shows.
        let syntax = query["transferSyntax"].map { "; transfer-syntax=\($0.filter { $0.isNumber || $0 == "." })" } ?? ""
        let isObject = asked.contains("application/dicom")
        call.acceptance = try Acceptance(query: WebQuery(), field: isObject ? "application/dicom\(syntax)" : asked)
        if isObject { return try await call.instances(scope) }
        var rendering = WebQuery()
        if query["columns"] != nil || query["rows"] != nil {
            let side = 1...RenderingQuery.largestSide
            let columns = try query.number("columns", in: side) ?? RenderingQuery.largestSide
            let rows = try query.number("rows", in: side) ?? RenderingQuery.largestSide
            rendering.parameters.append(("viewport", "\(columns),\(rows)"))
        }
        if let center = query["windowCenter"], let width = query["windowWidth"] {
            rendering.parameters.append(("window", "\(center),\(width),linear"))
        }
        call.query = rendering
        let frame = try query.number("frameNumber", in: 1...1_000_000)
        return try await call.rendered(scope, frames: frame.map { [$0] } ?? [])
    }

    private func uid(_ name: String) throws(WebFault) -> String {
        guard let text = query[name] else { throw .badRequest("\(name) is missing (PS3.18 9.1.2)") }
        guard WebResource.isUID(text) else {
            throw .badRequest(
                "\(name)=\(WebResource.printable(text)) is no UID: digits and dots, 64 at most (PS3.5 9.1)")
        }
        return text
    }
}
