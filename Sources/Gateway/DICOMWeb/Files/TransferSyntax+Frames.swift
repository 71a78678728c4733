import DICOM

extension TransferSyntax {
    /// Implicit VR with pixel data in big endian, of one maker.
    static let generalElectricPrivate = "1.2.840.113619.5.2"

    /// True for the transfer syntaxes of which Explicit VR Little Endian can be made without touching pixels.
    static func isConvertible(_ uid: String) -> Bool {
        [implicitLittleEndian, explicitBigEndian, deflatedLittleEndian].contains(uid)
    }

    /// Media type of the frames of an encapsulated transfer syntax (PS3.18 8.7.3.5, table 8.7.3-5); nil: not in the table.
    var frameMediaType: String? {
        switch uid {
        case "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70":
            "image/jpeg"
        case "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81": "image/jls"
        case "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91": "image/jp2"
        case "1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93": "image/jpx"
        case "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203": "image/jphc"
        case "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112": "image/jxl"
        case "1.2.840.10008.1.2.5": "image/dicom-rle"
        case "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.100.1", "1.2.840.10008.1.2.4.101",
            "1.2.840.10008.1.2.4.101.1":
            "video/mpeg2"
        case "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.103", "1.2.840.10008.1.2.4.104",
            "1.2.840.10008.1.2.4.105", "1.2.840.10008.1.2.4.106", "1.2.840.10008.1.2.4.107",
            "1.2.840.10008.1.2.4.108":
            "video/mp4"
        default: nil
        }
    }
}
