import ImagingModel
import JSONText

/// Search Transaction (PS3.18 10.6).
extension WebCall {
    /// Answers a search: 200 with the results, 204 without any (PS3.18 10.6.3.1).
    func search(_ level: QueryLevel, study: String?, series: String?) async throws -> WebResponse {
        let mediaType = try acceptance.json()
        var request = try SearchRequest(level, study: study, series: series, parameters: query, most: largestResult)
        var results = try await results(of: request, study: study, series: series)
        if results.count > request.limit {
            results.removeLast(results.count - request.limit)
            if request.isCapped { request.warnings.append("There are additional results that can be requested") }
        }
        var response =
            results.isEmpty
            ? WebResponse(204) : WebResponse(200, contentType: mediaType, .bytes(JSONValue.array(results).serialized()))
        for warning in request.warnings { response.fields.append(("Warning", "299 hilum \"\(warning)\"")) }
        response.fields.append(("Cache-Control", "no-store"))
        return response
    }

    private func results(of request: SearchRequest, study: String?, series: String?) async throws -> [JSONValue] {
        var above: [QueryLevel] = []
        switch request.query.level {
        case .patient, .study: break
        case .series: if study == nil { above = [.study] }
        case .instance:
            if study == nil { above.append(.study) }
            if series == nil { above.append(.series) }
        }
        let empty = SearchResult(request.query.level, included: request.included, relational: above)
        switch request.query.level {
        case .patient: return []
        case .study:
            return try await archive.studies(request.query).map { study in
                var result = empty
                result.add(study, url: url)
                return result.json
            }
        case .series:
            return try await archive.series(request.query).map { series in
                var result = empty
                result.add(series.study, url: url)
                result.add(series, url: url)
                return result.json
            }
        case .instance:
            return try await archive.instances(request.query).map { instance in
                var result = empty
                result.add(instance.series.study, url: url)
                result.add(instance.series, url: url)
                result.add(instance, url: url)
                return result.json
            }
        }
    }
}
