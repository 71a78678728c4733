extension DataSet {
    /// Reads a data set without File Meta Information.
    ///
    /// - Throws: the first fault that ends reading (what was read before it is lost: use `DICOMFile.read` to keep it).
    public static func parse(
        _ bytes: [UInt8], _ coding: DataSetCoding = .explicitLittleEndian,
        characterSet: CharacterSetChoice = .detect
    ) throws(DICOMFault) -> DataSet {
        var reader = DataSetReader(bytes, coding, DICOMFile.ReadOptions())
        let set = reader.readTopLevel()
        if case .fault(let fault)? = reader.halt { throw fault }
        var file = DICOMFile(dataSet: set, transferSyntax: coding.transferSyntax)
        file.chooseCharacterSet(characterSet)
        return file.dataSet
    }

    /// Items in the bytes of an element of unknown representation; nil when there are none.
    static func items(inUnknown bytes: ArraySlice<UInt8>, characterSet: SpecificCharacterSet) -> [DataSet]? {
        guard bytes.starts(with: [0xFE, 0xFF, 0x00, 0xE0]) else { return nil }
        let bytes = Array(bytes)
        let isExplicit = DataSetReader.isExplicitItem(bytes, at: 0)
        var reader = DataSetReader(
            bytes, isExplicit ? .explicitLittleEndian : .implicitLittleEndian, DICOMFile.ReadOptions())
        let header = DataSetReader.Header(
            tag: .item, vr: .SQ, length: bytes.count, offset: 0, isExplicit: isExplicit)
        guard
            case .items(let items)? = reader.value(
                of: header, limit: bytes.count, depth: 0, characterSet: characterSet), reader.halt == nil
        else { return nil }
        return items
    }
}
