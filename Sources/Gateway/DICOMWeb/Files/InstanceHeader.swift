import DICOM

/// The data set of an instance without its long values, which stay in the file.
struct InstanceHeader: Sendable {
    /// The data set; long values are there without a value.
    var dataSet: DataSet
    /// Elements of the top level whose values were left in the file.
    var bulk: [Tag: ElementPlace]

    /// Reads the data set up to and with the tag of the pixel data.
    ///
    /// - Parameters:
    ///   - longestInline: longest value of a binary VR that is read; nil: all are.
    init(_ file: InstanceFile, longestInline: Int? = InstanceFile.longestInline) throws(WebFault) {
        bulk = [:]
        dataSet = DataSet()
        do {
            try read(file.plain(), longestInline)
        } catch {
            // What is damaged, or coded otherwise, is read as far as it goes.
            bulk = [:]
            dataSet = try InstanceHeader.whole(file)
        }
    }

    private mutating func read(_ file: InstanceFile, _ longestInline: Int?) throws {
        var bytes: [UInt8] = []
        var walk = file.walk()
        while let element = try walk.next() {
            if element.isPixelData || InstanceHeader.isBulk(element, longestInline) {
                bulk[Tag(element.tag)] = element
                bytes += try InstanceHeader.emptied(element, file)
                if element.isPixelData { break }
                continue
            }
            let end = try InstanceHeader.end(of: element, file)
            guard bytes.count + (end - element.start) <= InstanceFile.largestHeader else {
                throw WebFault.internalError("its header is larger than \(InstanceFile.largestHeader >> 20) MB")
            }
            bytes += try file.source.read(at: element.start, count: end - element.start)
        }
        dataSet = try DataSet.parse(
            bytes, file.isExplicit ? .explicitLittleEndian : .implicitLittleEndian, characterSet: .detect)
    }

    private static func isBulk(_ element: ElementPlace, _ longest: Int?) -> Bool {
        guard let longest, let length = element.length, length > longest, element.vr != "SQ" else { return false }
        let vr = VR(rawValue: element.vr) ?? DataDictionary.vr(Tag(element.tag)) ?? .UN
        switch vr {
        case .OB, .OD, .OF, .OL, .OV, .OW, .UN: return element.tag >> 16 != 0x0002
        case .UT, .LT, .ST, .UC, .UR: return length > InstanceFile.longestText
        default: return false
        }
    }

    /// The element with a length of 0.
    private static func emptied(_ element: ElementPlace, _ file: InstanceFile) throws(WebFault) -> [UInt8] {
        var bytes = try file.source.read(at: element.start, count: element.value - element.start)
        let size = bytes.count == 8 && file.isExplicit ? 2 : 4
        for place in bytes.indices.suffix(size) { bytes[place] = 0 }
        return bytes
    }

    /// One past the last byte of an element; for sequences of undefined length, by walking on from it.
    private static func end(of element: ElementPlace, _ file: InstanceFile) throws(WebFault) -> Int {
        if let length = element.length { return element.value + length }
        var walk = ElementWalk(file.source, from: element.start, isExplicit: file.isExplicit)
        _ = try walk.next()
        return walk.offset
    }

    private static func whole(_ file: InstanceFile) throws(WebFault) -> DataSet {
        guard file.source.count <= InstanceFile.largestHeader else {
            throw .internalError(
                "instances of transfer syntax \(file.transferSyntax) above \(InstanceFile.largestHeader >> 20) MB are not read"
            )
        }
        var options = DICOMFile.ReadOptions()
        options.stopsBeforePixelData = true
        options.characterSet = .detect
        let bytes = try file.source.read(at: 0, count: file.source.count)
        do throws(DICOMFault) {
            return try DICOMFile.read(bytes, options: options).dataSet
        } catch {
            throw .internalError("its file cannot be read: \(error)")
        }
    }
}
