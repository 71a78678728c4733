import DICOM
import ImagingModel

/// Retrieve Transaction, instances (PS3.18 10.4.1.1.1).
extension WebCall {
    /// Answers with the instances of a study, a series, or with one: 200, or 206 when some are in a transfer syntax that
    /// the client does not take (PS3.18 10.4.3.1).
    func instances(_ scope: Scope) async throws -> WebResponse {
        let files = try await files(scope)
        let isSingle = acceptance.prefersSinglePart && files.count == 1
        var parts: [(file: ArchivedFile, form: InstanceForm)] = []
        for file in files {
            if let form = acceptance.form(of: file.transferSyntax, isSinglePart: isSingle) {
                parts.append((file, form))
            }
        }
        guard !parts.isEmpty else { throw notAcceptable(files, isMany: files.count > 1) }
        let url: @Sendable (ArchivedFile) -> String = { self.url(of: $0) }
        let content: @Sendable (Int) async throws -> Content = { [parts] number in
            let (file, form) = parts[number]
            var content = try await blocking { try Content.instance(InstanceFile(path: file.path), form) }
            content.location = url(file)
            return content
        }
        var response: WebResponse
        if isSingle {
            let only = try await content(0)
            response = WebResponse(
                200, contentType: only.mediaType, .stream(count: only.count) { try await only.write(to: &$0) })
        } else {
            response = try await Multipart(type: "application/dicom", count: parts.count, part: content)
                .response(parts.count < files.count ? 206 : 200)
        }
        if parts.count < files.count {
            response.fields.append(
                (
                    "Warning",
                    "299 hilum \"\(files.count - parts.count) of \(files.count) instances are in transfer syntaxes that were not asked for\""
                ))
        }
        if scope.instance != nil { response.fields.append(("ETag", ETag.of(files, parts.map(\.form)))) }
        return response
    }

    private func notAcceptable(_ files: [ArchivedFile], isMany: Bool) -> WebFault {
        let syntaxes = Set(files.map(\.transferSyntax)).sorted().prefix(8).joined(separator: ", ")
        let form =
            isMany
            ? "multipart/related; type=\"application/dicom\"" : "application/dicom, in multipart/related or alone,"
        return .notAcceptable(
            "it can be had as \(form) in the transfer syntax in which it is held (\(syntaxes)): add transfer-syntax=* (PS3.18 8.7.3.5.2)"
        )
    }
}

extension Content {
    /// The bytes of an instance.
    static func instance(_ file: InstanceFile, _ form: InstanceForm) throws(WebFault) -> Content {
        switch form {
        case .stored:
            return Content(
                mediaType: "application/dicom; transfer-syntax=\(file.transferSyntax)",
                pieces: [.file(file.source, 0..<file.source.count)])
        case .explicit: return try explicit(file)
        }
    }

    /// What is not compressed as Explicit VR Little Endian (PS3.5 A.2): the header is written anew, the pixel data are
    /// the same bytes.
    private static func explicit(_ file: InstanceFile) throws(WebFault) -> Content {
        if !file.isWalkable { return try instance(try file.plain(), .stored) }
        let header = try InstanceHeader(file, longestInline: nil)
        var dataSet = header.dataSet
        let pixels = header.bulk.first { $0.value.isPixelData }
        if let pixels { dataSet.remove(pixels.key) }
        let meta = try file.source.read(at: 132, count: min(file.dataSet - 132, 1 << 20))
        var out = DICOMFile(dataSet: dataSet, transferSyntax: TransferSyntax.explicitLittleEndian)
        if let read = try? DataSet.parse(meta, .explicitLittleEndian) { out.meta = read }
        var pieces: [Content.Piece] = []
        var bytes = out.encoded()
        if let place = pixels?.value, let length = place.length {
            // PS3.5 A.2: OW where pixels have more than 8 bits; bytes in little endian are the same as OW.
            bytes += [0xE0, 0x7F] + [UInt8(truncatingIfNeeded: place.tag), 0x00] + Array("OW".utf8) + [0, 0]
            for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
            pieces = [.bytes(bytes), .file(file.source, place.value..<place.value + length)]
            let end = place.value + length
            if end < file.source.count, file.source.count - end <= 1 << 20 {
                let rest = try file.source.read(at: end, count: file.source.count - end)
                if let tail = try? DataSet.parse(rest, .implicitLittleEndian) { pieces.append(.bytes(tail.encoded())) }
            }
        } else {
            pieces = [.bytes(bytes)]
        }
        return Content(
            mediaType: "application/dicom; transfer-syntax=\(TransferSyntax.explicitLittleEndian)", pieces: pieces)
    }
}
