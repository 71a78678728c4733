import DICOM

/// How an instance is sent.
enum InstanceForm: Sendable, Equatable {
    /// The file as it is.
    case stored
    /// As Explicit VR Little Endian, from another coding of what is not compressed.
    case explicit
}

extension Acceptance {
    /// True when the answer is the instance itself, not a multipart message: `application/dicom` stands before any
    /// `multipart/related`.
    var prefersSinglePart: Bool {
        ranges.first { $0.essence == "application/dicom" || $0.coversMultipart }?.essence == "application/dicom"
    }

    /// How an instance in a transfer syntax can be sent; nil: in no way that the client takes (PS3.18 8.7.3.5.2).
    ///
    /// Pixel data are never compressed or decompressed. Without the parameter `transfer-syntax` what is not compressed goes
    /// as Explicit VR Little Endian, the default; what is compressed goes as it is held.
    func form(of stored: String, isSinglePart: Bool) -> InstanceForm? {
        for range in ranges {
            let isFitting =
                isSinglePart
                ? range.covers("application/dicom") && !range.isMultipart
                : range.coversMultipart && (range.part == "application/dicom" || range.parameters["type"] == nil)
            guard isFitting else { continue }
            switch range.transferSyntax {
            case "*", stored: return .stored
            case nil, TransferSyntax.explicitLittleEndian:
                if TransferSyntax.isConvertible(stored) { return .explicit }
                if range.transferSyntax == nil { return .stored }
            default: continue
            }
        }
        return nil
    }
}

extension MediaType {
    /// True for multipart/related and ranges over it.
    var coversMultipart: Bool { isMultipart || covers("multipart/related") }
}
