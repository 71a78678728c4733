/// What a file is, by its first bytes.
///
/// Devices and profiles say what they send, and are sometimes wrong; a viewer that is handed a compressed stream as a bitmap
/// shows nothing. Signatures: BMP (BM), PNG (RFC 2083 3.1), JPEG (SOI and a marker), GIF, TIFF 6.0 section 2, PDF (ISO 32000-1
/// 7.5.2), zlib (RFC 1950 2.2).
enum AttachmentType {
    private static let signatures: [(bytes: [UInt8], type: String)] = [
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"), ([0xFF, 0xD8, 0xFF], "image/jpeg"),
        (Array("GIF8".utf8), "image/gif"), (Array("II*\0".utf8), "image/tiff"), (Array("MM\0*".utf8), "image/tiff"),
        (Array("%PDF-".utf8), "application/pdf"), (Array("BM".utf8), "image/bmp"),
    ]

    /// The type that the bytes show; else what was declared, unless the bytes show that it is not that.
    static func of(_ bytes: [UInt8], declared: String) -> String {
        if bytes.isEmpty { return declared }
        let name = declared.lowercased()
        for signature in signatures where bytes.starts(with: signature.bytes) {
            // Two letters alone may begin a text or anything else.
            if signature.bytes.count > 2 || name.isEmpty || name.hasPrefix("image/") { return signature.type }
        }
        guard signatures.contains(where: { $0.type == name }) else { return declared }
        let isZlib =
            bytes.count > 2 && bytes[0] & 0x0F == 8 && bytes[0] >> 4 <= 7
            && (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0
        return isZlib ? "application/zlib" : "application/octet-stream"
    }
}
