extension DICOMFile {
    /// Reads a file with or without preamble and File Meta Information, in any transfer syntax.
    ///
    /// - Throws: only when there is nothing of DICOM in the bytes. Whatever else is wrong is in `faults`, and what could be
    ///   read is there.
    public static func read(
        _ bytes: [UInt8], options: ReadOptions = ReadOptions()
    ) throws(DICOMFault) -> DICOMFile {
        var file = DICOMFile(dataSet: DataSet(), transferSyntax: "")
        let start: FileStart
        do {
            start = try FileStart.find(bytes, options)
        } catch {
            guard error.code == .truncated, options.isPrefix else { throw error }
            file.extent = .needsMore(atLeast: error.offset)
            return file
        }
        file.faults = start.faults
        var position = start.offset
        if start.hasMeta {
            var reader = DataSetReader(bytes, start.metaCoding, options)
            reader.position = position
            file.meta = reader.readMeta()
            position = reader.position
            file.faults += reader.faults
            if let halt = reader.halt {
                file.finish(halt, options)
                return file
            }
        }
        file.readDataSet(bytes, from: position, start, options)
        return file
    }

    /// Reads a file from a buffer, of which it keeps a copy.
    public static func read(
        _ bytes: UnsafeRawBufferPointer, options: ReadOptions = ReadOptions()
    ) throws(DICOMFault) -> DICOMFile {
        try read([UInt8](bytes), options: options)
    }

    private mutating func readDataSet(_ bytes: [UInt8], from position: Int, _ start: FileStart, _ options: ReadOptions)
    {
        let declared = meta.string(.transferSyntaxUID) ?? options.transferSyntax ?? ""
        var coding = TransferSyntax(declared).coding
        transferSyntax = declared
        if declared.isEmpty {
            coding = DataSetCoding.find(bytes, at: position) ?? .implicitLittleEndian
            transferSyntax = coding.transferSyntax
            if start.hasMeta {
                faults.append(
                    DICOMFault(
                        .metaInformation, at: start.offset, tag: .transferSyntaxUID, "Transfer Syntax UID is missing",
                        cure: "read as \(TransferSyntax(transferSyntax).name)"))
            }
        }
        if TransferSyntax(declared).isDeflated {
            readDeflated(bytes, from: position, options)
            return
        }
        if let seen = DataSetCoding.find(bytes, at: position), seen != coding {
            faults.append(
                DICOMFault(
                    .metaInformation, at: position, tag: .transferSyntaxUID,
                    "the data set is not in the declared \(TransferSyntax(declared).name)",
                    cure: "read as \(TransferSyntax(seen.transferSyntax).name)"))
            coding = seen
        }
        var reader = DataSetReader(bytes, coding, options)
        reader.position = position
        self.coding = coding
        take(&reader, options)
    }

    /// Inflates no more than is needed when only the header is asked for, so that a bomb costs little.
    private mutating func readDeflated(_ bytes: [UInt8], from position: Int, _ options: ReadOptions) {
        var limit = options.stopsBeforePixelData ? min(1 << 18, options.largestInflated) : options.largestInflated
        while true {
            var inflated = Inflate(limit: limit)
            inflated.run(bytes, from: position)
            let isCut = inflated.fault?.code == .truncated && options.isPrefix
            let isFirstPart = inflated.isOverLimit && limit < options.largestInflated
            var inner = options
            inner.isPrefix = isCut || isFirstPart
            var reader = DataSetReader(inflated.output, .explicitLittleEndian, inner)
            reader.isCut = isCut
            reader.cutNeeds = bytes.count * 2 + 1
            if isFirstPart {
                var probe = reader
                _ = probe.readTopLevel()
                if case .needsMore = probe.halt {
                    limit = min(limit * 8, options.largestInflated)
                    continue
                }
            }
            take(&reader, inner)
            guard let fault = inflated.fault, !isFirstPart, !isCut else { return }
            // Why the data set ends early, or within an element.
            if case .broken = extent, faults.last?.code == .truncated { faults.removeLast() }
            faults.append(fault)
            if case .pixelData = extent { return }
            extent = .broken(offset: fault.offset)
            return
        }
    }

    private mutating func take(_ reader: inout DataSetReader, _ options: ReadOptions) {
        let position = reader.position
        dataSet = reader.readTopLevel()
        faults += reader.faults
        oddElement = reader.oddElement
        for element in reader.strayMeta where meta[element.tag] == nil { meta[element.tag] = element }
        finish(reader.halt ?? .end, options)
        chooseCharacterSet(options.characterSet)
        let unknown =
            dataSet[.specificCharacterSet].flatMap { SpecificCharacterSet(declaration: $0) }?.unknownTerms ?? []
        if !unknown.isEmpty {
            faults.append(
                DICOMFault(
                    .characterSet, at: position, tag: .specificCharacterSet,
                    "unknown character set \(unknown.joined(separator: ", "))",
                    cure: "text is read as \(dataSet.characterSet.name)"))
        }
    }

    private mutating func finish(_ halt: DataSetReader.Halt, _ options: ReadOptions) {
        switch halt {
        case .end: extent = .whole
        case .pixelData(let offset): extent = .pixelData(offset: offset)
        case .needsMore(let count): extent = .needsMore(atLeast: count)
        case .fault(let fault):
            faults.append(fault)
            extent = .broken(offset: fault.offset)
        }
    }

    mutating func chooseCharacterSet(_ choice: CharacterSetChoice) {
        switch choice {
        case .declared: return
        case .override(let set):
            let declared = dataSet.characterSet
            dataSet.readText(by: set)
            if set != declared {
                characterSetFinding = CharacterSetFinding(
                    declared: declared, used: set, confidence: .chosen, reason: "chosen in the configuration")
            }
        case .detect:
            guard let finding = dataSet.detectCharacterSet() else { return }
            dataSet.readText(by: finding.used)
            characterSetFinding = finding
        }
    }
}
