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

    /// The same instance in Explicit VR Little Endian, in memory, where its elements cannot be found in the file: deflated and
    /// big endian ones are few and small. Itself otherwise.
    func plain() throws(WebFault) -> InstanceFile {
        if isWalkable { return self }
        guard transferSyntax != TransferSyntax.generalElectricPrivate, source.count <= InstanceFile.largestHeader else {
            throw .notAcceptable(
                "instances of transfer syntax \(transferSyntax) above \(InstanceFile.largestHeader >> 20) MB are only given whole, as they are held: transfer-syntax=*"
            )
        }
        var options = DICOMFile.ReadOptions()
        options.largestInflated = InstanceFile.largestHeader * 2
        let bytes = try source.read(at: 0, count: source.count)
        do throws(DICOMFault) {
            let read = try DICOMFile.read(bytes, options: options)
            var out = DICOMFile(dataSet: read.dataSet, transferSyntax: TransferSyntax.explicitLittleEndian)
            out.meta = read.meta
            return try InstanceFile(memory: out.encoded())
        } catch {
            throw .internalError("its file cannot be read: \(error)")
        }
    }

    private init(memory bytes: [UInt8]) throws(DICOMFault) {
        do throws(WebFault) { try self.init(MemoryBytes(bytes: bytes)) } catch {
            throw DICOMFault(.structure, at: 0, error.reason)
        }
    }
}
