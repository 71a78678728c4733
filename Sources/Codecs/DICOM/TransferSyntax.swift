/// A transfer syntax by its UID (PS3.5 annex A).
public struct TransferSyntax: Sendable, Hashable {
    /// Implicit VR Little Endian.
    public static let implicitLittleEndian = "1.2.840.10008.1.2"
    /// Explicit VR Little Endian.
    public static let explicitLittleEndian = "1.2.840.10008.1.2.1"
    /// Deflated Explicit VR Little Endian.
    public static let deflatedLittleEndian = "1.2.840.10008.1.2.1.99"
    /// Explicit VR Big Endian (retired).
    public static let explicitBigEndian = "1.2.840.10008.1.2.2"

    /// UID.
    public let uid: String

    /// A transfer syntax by its UID.
    public init(_ uid: String) { self.uid = uid }

    /// Name of PS3.6, else the UID.
    public var name: String { UIDDictionary.name(uid) ?? uid }

    /// True for deflated data sets.
    public var isDeflated: Bool { uid == Self.deflatedLittleEndian || uid == "1.2.840.10008.1.2.4.95" }

    /// True where pixel data are in fragments.
    public var isEncapsulated: Bool {
        switch uid {
        case Self.implicitLittleEndian, Self.explicitLittleEndian, Self.explicitBigEndian, Self.deflatedLittleEndian,
            "1.2.840.113619.5.2":
            false
        default: true
        }
    }

    /// How elements are coded. Unknown syntaxes: explicit, little endian (PS3.5 10: all later ones are).
    var coding: DataSetCoding {
        switch uid {
        case Self.implicitLittleEndian, "1.2.840.113619.5.2": .implicitLittleEndian
        case Self.explicitBigEndian: .explicitBigEndian
        default: .explicitLittleEndian
        }
    }
}

/// How the elements of a data set are coded.
public enum DataSetCoding: Sendable, Hashable {
    /// Without value representations.
    case implicitLittleEndian
    /// With value representations.
    case explicitLittleEndian
    /// With value representations, most significant byte first (retired).
    case explicitBigEndian

    /// UID of the transfer syntax.
    public var transferSyntax: String {
        switch self {
        case .implicitLittleEndian: TransferSyntax.implicitLittleEndian
        case .explicitLittleEndian: TransferSyntax.explicitLittleEndian
        case .explicitBigEndian: TransferSyntax.explicitBigEndian
        }
    }

    /// Tells by the first element at an offset how a data set is coded. Nil when it is none.
    static func find(_ bytes: [UInt8], at offset: Int) -> DataSetCoding? {
        guard offset >= 0, bytes.count >= 8, offset <= bytes.count - 8 else { return nil }
        let group = UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
        let isBig = group.byteSwapped < group
        // Two capitals are a representation, if of a later edition: no first element has a length of 16,705 and more.
        let isExplicit = bytes[(offset + 4)...(offset + 5)].allSatisfy { (0x41...0x5A).contains($0) }
        if isExplicit { return isBig ? .explicitBigEndian : .explicitLittleEndian }
        if isBig { return nil }
        var length = UInt32(0)
        for place in 0..<4 { length |= UInt32(bytes[offset + 4 + place]) << UInt32(8 * place) }
        return length == 0xFFFF_FFFF || Int(length) <= 1 << 20 ? .implicitLittleEndian : nil
    }
}

/// Where a file's elements begin.
struct FileStart {
    var offset: Int
    var hasMeta: Bool
    var metaCoding: DataSetCoding = .explicitLittleEndian
    var faults: [DICOMFault] = []

    /// - Throws: `notDICOM`, or `truncated` with the number of bytes needed as its offset.
    static func find(_ bytes: [UInt8], _ options: DICOMFile.ReadOptions) throws(DICOMFault) -> FileStart {
        if bytes.count >= 132, bytes[128..<132].elementsEqual("DICM".utf8) {
            guard bytes.count >= 140 else {
                throw DICOMFault(
                    .truncated, at: 140, "nothing after the prefix DICM", cure: "the file is cut off; fetch it again")
            }
            return start(bytes, at: 132, nil) ?? FileStart(offset: 132, hasMeta: false)
        }
        if let start = start(
            bytes, at: 0,
            DICOMFault(.metaInformation, at: 0, "no preamble", cure: "read from the first byte"))
        {
            return start
        }
        if bytes.count >= 4, bytes[0..<4].elementsEqual("DICM".utf8),
            let start = start(
                bytes, at: 4, DICOMFault(.metaInformation, at: 0, "no preamble before DICM", cure: "read behind it"))
        {
            return start
        }
        if let start = start(
            bytes, at: 128,
            DICOMFault(.metaInformation, at: 128, "no prefix DICM after the preamble", cure: "read behind the preamble")
        ) {
            return start
        }
        if bytes.count < 140, options.isPrefix {
            throw DICOMFault(.truncated, at: 140, "too short to tell what it is")
        }
        throw DICOMFault(
            .notDICOM, at: 0, "no prefix DICM at byte 128, and no data set at bytes 0 and 128",
            cure: "this is not a DICOM file")
    }

    /// The elements at an offset, where a first element is plausible there.
    private static func start(_ bytes: [UInt8], at offset: Int, _ fault: DICOMFault?) -> FileStart? {
        guard let coding = DataSetCoding.find(bytes, at: offset) else { return nil }
        let low = UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
        let group = coding == .explicitBigEndian ? low.byteSwapped : low
        // A data set begins with one of these groups; text, archives and pictures do not.
        guard [0x0002, 0x0004, 0x0008, 0x0010, 0x0018, 0x0020, 0x0028].contains(group) else { return nil }
        return FileStart(
            offset: offset, hasMeta: group == 2, metaCoding: coding, faults: fault.map { [$0] } ?? [])
    }
}
