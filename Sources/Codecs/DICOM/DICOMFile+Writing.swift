extension DICOMFile {
    /// UID of this implementation (PS3.7 D.3.3.2): under 2.25, from one fixed UUID.
    public static let implementationClassUID = "2.25.205779050951313660521420716634997198187"
    /// Name of this implementation, at most 16 bytes.
    public static let implementationVersionName = "HILUM_1"

    /// The file: preamble, File Meta Information, data set. What is missing of group 0002 is filled in from the data set;
    /// the data set is written in Implicit VR Little Endian when `transferSyntax` is that, else with explicit
    /// representations in little endian.
    public func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)
        let meta = completeMeta().encoded(as: .explicitLittleEndian)
        bytes.append(contentsOf: [0x02, 0x00, 0x00, 0x00, 0x55, 0x4C, 0x04, 0x00])
        bytes.append(littleEndian: UInt64(meta.count), size: 4)
        bytes.append(contentsOf: meta)
        dataSet.encode(
            to: &bytes,
            transferSyntax == TransferSyntax.implicitLittleEndian ? .implicitLittleEndian : .explicitLittleEndian)
        return bytes
    }

    private func completeMeta() -> DataSet {
        var meta = DataSet(elements: meta.elements.filter { $0.tag.group == 2 })
        meta.set(.fileMetaInformationVersion, .OB, bytes: [0, 1])
        if meta.string(.mediaStorageSOPClassUID) == nil {
            meta.set(.mediaStorageSOPClassUID, .UI, text: dataSet.string(.sopClassUID) ?? "")
        }
        if meta.string(.mediaStorageSOPInstanceUID) == nil {
            meta.set(.mediaStorageSOPInstanceUID, .UI, text: dataSet.string(.sopInstanceUID) ?? "")
        }
        let syntax =
            transferSyntax == TransferSyntax.explicitBigEndian || TransferSyntax(transferSyntax).isDeflated
                || transferSyntax.isEmpty
            ? TransferSyntax.explicitLittleEndian : transferSyntax
        meta.set(.transferSyntaxUID, .UI, text: syntax)
        meta.set(.implementationClassUID, .UI, text: DICOMFile.implementationClassUID)
        meta.set(.implementationVersionName, .SH, text: DICOMFile.implementationVersionName)
        return meta
    }
}
