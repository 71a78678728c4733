import DICOM

/// How frames or bulk data are sent.
struct FrameForm: Sendable, Equatable {
    /// Media type of the bytes, without parameters.
    var essence: String
    /// Transfer Syntax UID told with it.
    var transferSyntax: String
    /// A single part instead of a multipart message.
    var isSinglePart: Bool

    /// Media type with its parameter.
    var mediaType: String { "\(essence); transfer-syntax=\(transferSyntax)" }
}

extension Acceptance {
    /// How frames of a transfer syntax can be sent (PS3.18 8.7.3.5, table 8.7.3-5); nil: in no way that the client takes.
    ///
    /// Uncompressed frames are application/octet-stream in little endian. Compressed ones have the media type of their
    /// coding; a client that names their transfer syntax, or `*`, has them as application/octet-stream as well.
    func frameForm(of stored: String) -> FrameForm? {
        let isNative = !TransferSyntax(stored).isEncapsulated
        let syntax = isNative ? TransferSyntax.explicitLittleEndian : stored
        let octets = "application/octet-stream"
        let own = isNative ? octets : TransferSyntax(stored).frameMediaType ?? octets
        for range in ranges {
            let asked = range.transferSyntax
            guard asked == nil || asked == "*" || asked == syntax || (isNative && asked == stored) else { continue }
            // What the parts may be; nil: anything.
            let part =
                range.isMultipart
                ? range.parameters["type"].flatMap { MediaType($0) } : range.coversMultipart ? nil : range
            if part?.covers(own) ?? true {
                return FrameForm(essence: own, transferSyntax: syntax, isSinglePart: !range.coversMultipart)
            }
            if part?.essence == octets, asked != nil {
                return FrameForm(essence: octets, transferSyntax: syntax, isSinglePart: !range.coversMultipart)
            }
        }
        return nil
    }
}
