import Contracts
import ImagingModel

/// One request and what is needed to answer it.
struct WebCall: Sendable {
    /// The archive.
    var archive: any ImageArchive
    /// Makes pictures; nil: nobody does.
    var render: PictureMaker?
    /// The query.
    var query: WebQuery
    /// Media types that the client takes.
    var acceptance: Acceptance
    /// URL up to, not with, `/studies`.
    var url: String
    /// Results of a search at most.
    var largestResult: Int

    /// Answers.
    func answer(_ resource: WebResource) async throws -> WebResponse {
        switch resource {
        case .searchStudies: try await search(.study, study: nil, series: nil)
        case .searchSeries(let study): try await search(.series, study: study, series: nil)
        case .searchInstances(let study, let series): try await search(.instance, study: study, series: series)
        case .instances(let scope): try await instances(scope)
        case .metadata(let scope): try await metadata(scope)
        case .frames(let scope, let numbers): try await frames(scope, numbers)
        case .bulkdata(let scope, let path): try await bulkdata(scope, path)
        case .rendered(let scope, let frames): try await rendered(scope, frames: frames)
        case .thumbnail(let scope, let frames): try await thumbnail(scope, frames: frames)
        case .uriService: try await objectByURI()
        case .root:
            WebResponse(
                200, contentType: "text/plain; charset=utf-8",
                .bytes(Array("DICOMweb (PS3.18): QIDO-RS and WADO-RS below \(url)/studies\n".utf8)))
        }
    }

    /// Files of a scope that are still here. 404 when nothing of that name is held, 410 when retention has deleted it all.
    func files(_ scope: Scope) async throws -> [ArchivedFile] {
        let all = try await archive.files(study: scope.study, series: scope.series, instance: scope.instance)
        guard !all.isEmpty else { throw WebFault.notFound("\(scope.name) is not held here") }
        let held = all.filter { !$0.path.isEmpty }
        guard !held.isEmpty else {
            throw WebFault(status: 410, reason: "the files of \(scope.name) were deleted by retention after delivery")
        }
        return held
    }

    /// The only file of an instance.
    func file(_ scope: Scope) async throws -> ArchivedFile {
        let files = try await files(scope)
        guard let file = files.first else { throw WebFault.notFound("\(scope.name) is not held here") }
        return file
    }

    /// URL of an instance.
    func url(of file: ArchivedFile) -> String {
        "\(url)/studies/\(file.study)/series/\(file.series)/instances/\(file.sopInstance)"
    }
}
