import DICOM

/// The file of an instance: where its data set begins and in which transfer syntax it is (PS3.10 7.1).
struct InstanceFile: Sendable {
    /// The bytes of the file.
    let source: any ByteSource
    /// Transfer Syntax UID.
    let transferSyntax: String
    /// First byte of the data set.
    let dataSet: Int

    /// Largest header, without long values, that is read into memory.
    static let largestHeader = 64 << 20
    /// Values of binary VRs longer than this are bulk data.
    static let longestInline = 1024
    /// Text longer than this is bulk data too.
    static let longestText = 1 << 20

    /// Opens the file of an instance.
    init(path: String) throws(WebFault) { try self.init(FileBytes(path: path)) }

    /// Reads the File Meta Information.
    init(_ source: any ByteSource) throws(WebFault) {
        let preamble = try source.read(at: 128, count: 4)
        guard preamble.elementsEqual("DICM".utf8) else {
            throw .internalError("its file is not a DICOM file (PS3.10 7.1)")
        }
        var walk = ElementWalk(source, from: 132, isExplicit: true)
        var window = ByteWindow(source)
        var syntax = ""
        // The data set behind it may be of another coding: only the group is looked at before an element is read.
        while try window.uint16(at: walk.offset) == 0x0002, let element = try walk.next() {
            if element.tag == 0x0002_0010, let length = element.length {
                let bytes = try source.read(at: element.value, count: min(length, 64))
                syntax = String(decoding: bytes.prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self)
            }
        }
        let start = walk.offset
        guard WebResource.isUID(syntax) else { throw .internalError("its file names no transfer syntax") }
        self.source = source
        transferSyntax = syntax
        dataSet = start
        isExplicit = VR(rawValue: String(decoding: try source.read(at: start + 4, count: 2), as: UTF8.self)) != nil
    }

    /// With value representations, by what the data set is: some devices declare another coding than they write.
    let isExplicit: Bool

    /// True where elements can be found without reading the whole: little endian, not deflated.
    var isWalkable: Bool {
        transferSyntax != TransferSyntax.explicitBigEndian && transferSyntax != TransferSyntax.generalElectricPrivate
            && !TransferSyntax(transferSyntax).isDeflated
    }

    /// A walk over the elements of the data set.
    func walk() -> ElementWalk { ElementWalk(source, from: dataSet, isExplicit: isExplicit) }
}
