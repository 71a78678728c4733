import DICOM
import ImagingModel
import JSONText

/// Retrieve Transaction, metadata (PS3.18 10.4.1.1.2).
extension WebCall {
    /// Answers with the headers of instances in the DICOM JSON Model; long values are referred to (PS3.18 F.2.6). One header
    /// at a time is in memory.
    func metadata(_ scope: Scope) async throws -> WebResponse {
        let mediaType = try acceptance.json()
        let files = try await files(scope)
        let url: @Sendable (ArchivedFile) -> String = { self.url(of: $0) }
        let object: @Sendable (Int) async throws -> [UInt8] = { number in
            let file = files[number]
            let base = url(file)
            return try await blocking { try WebCall.metadata(InstanceFile(path: file.path), url: base).serialized() }
        }
        // The first is read before the head is sent: what is wrong with it is told by the status.
        let first = try await object(0)
        var response = WebResponse(
            200, contentType: mediaType,
            .stream(count: files.count == 1 ? first.count + 2 : nil) { sink in
                try await sink.write([UInt8(ascii: "[")] + first)
                for number in files.indices.dropFirst() { try await sink.write([UInt8(ascii: ",")] + object(number)) }
                try await sink.write([UInt8(ascii: "]")])
            })
        response.fields.append(("ETag", ETag.of(files, [], "metadata")))
        return response
    }

    /// The header of one instance.
    static func metadata(_ file: InstanceFile, url: String) throws(WebFault) -> JSONValue {
        let header = try InstanceHeader(file)
        let json = header.dataSet.json { value in
            value.count > InstanceFile.longestInline ? "\(url)/bulkdata/\(value.path)" : nil
        }
        guard case .object(var object) = json else { return json }
        for (tag, place) in header.bulk {
            let vr = place.vr.isEmpty ? DataDictionary.vr(tag)?.rawValue ?? "UN" : place.vr
            object[tag.description] = .object([
                "vr": .string(vr), "BulkDataURI": .string("\(url)/bulkdata/\(tag)"),
            ])
        }
        return .object(object)
    }
}
