extension HeaderReader {
    /// Longest header that is held in memory for what the fast path does not cover.
    static let longestSlowHeader = 4 << 20
    /// Most bytes that a deflated header may become.
    static let largestInflated = 8 << 20
    /// Longest value that is kept.
    static let longestValue = 64 << 10

    /// Reads by `DICOMFile.read`. Nil when the cells are there.
    mutating func readSlowly(
        _ prefix: UnsafeRawBufferPointer, _ isWholeFile: Bool, _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> DICOMFault? {
        var bytes = [UInt8](prefix)
        var isWhole = isWholeFile
        // What is at its end without what every instance has is read to its very end, as far as that may be.
        var lastTag: UInt32? = plan.last
        var early: DICOMFile?
        while true {
            var options = DICOMFile.ReadOptions.header
            options.isPrefix = !isWhole
            options.characterSet = .declared
            options.largestInflated = Self.largestInflated
            options.lastTag = lastTag
            options.sequences = plan.hasPrivatePaths ? nil : plan.sequences
            let file: DICOMFile
            do {
                file = try DICOMFile.read(bytes, options: options)
            } catch {
                return error
            }
            switch file.extent {
            case .pixelData where lastTag != nil && lacksIdentifiers(file):
                early = file
                lastTag = nil
            case .whole, .pixelData:
                take(file)
                return nil
            case .broken(let offset):
                // The last wanted element was met, or one that the standard has behind it: only that one is broken.
                let tag = file.faults.last { $0.offset == offset }?.tag
                let isBehind =
                    tag.map { $0.number > plan.last && !$0.isPrivate && DataDictionary.vr($0) != nil } ?? false
                if var early, isBehind || early.dataSet[Tag(plan.last)] != nil {
                    early.oddElement = file.faults.last
                    take(early)
                    return nil
                }
                return file.faults.last { $0.offset == offset } ?? file.faults.last
                    ?? DICOMFault(.structure, at: offset, "cannot be read further")
            case .needsMore(let needed):
                guard bytes.count < Self.longestSlowHeader else {
                    options.isPrefix = false
                    if let early = early ?? (try? DICOMFile.read(bytes, options: options)),
                        case .pixelData = early.extent
                    {
                        take(early)
                        return nil
                    }
                    return DICOMFault(
                        .length, at: bytes.count,
                        "the header is not at its end after \(bytes.count) bytes, and is of a kind that is held in memory",
                        cure: "convert the file to Explicit VR Little Endian, or ask for fewer columns")
                }
                let target = min(max(needed, bytes.count * 2), Self.longestSlowHeader)
                switch HeaderReader.extend(&bytes, to: target, fetch) {
                case .more: break
                case .end:
                    isWhole = true
                    if bytes.count < seen {
                        return DICOMFault(
                            .truncated, at: bytes.count, "the file became shorter while it was read",
                            cure: "read it again when it is no longer written")
                    }
                case .fault(let fault): return fault
                }
            }
        }
    }

    /// True when what every instance has was met, as far as it is wanted.
    var hasIdentifiers: Bool {
        for slot in plan.identifiers where slots[slot].start == nil { return false }
        return true
    }

    /// True when a file is without that; false where there is no File Meta Information, and for a DICOMDIR, which is no instance.
    private func lacksIdentifiers(_ file: DICOMFile) -> Bool {
        if file.meta.elements.isEmpty || file.dataSet.elements.first?.tag.group == 4 { return false }
        return plan.identifiers.contains { file.dataSet[plan.tags[$0]] == nil }
    }

    private enum Extension {
        case more
        case end
        case fault(DICOMFault)
    }

    private static func extend(
        _ bytes: inout [UInt8], to target: Int, _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> Extension {
        // As much at a time as is there already: what a length says need not be so.
        while bytes.count < target {
            let room = min(target - bytes.count, max(bytes.count, 64 << 10))
            var got = 0
            let part = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                got = fetch(bytes.count, UnsafeMutableRawBufferPointer(buffer))
                count = max(0, min(got, room))
            }
            if got < 0 { return .fault(HeaderReader.unreadable(at: bytes.count, got)) }
            if got == 0 { return .end }
            bytes += part
        }
        return .more
    }

    static func unreadable(at offset: Int, _ code: Int) -> DICOMFault {
        DICOMFault(
            .truncated, at: offset, "cannot be read from here on (error \(0 &- code))",
            cure: "see whether the disk is well")
    }

    /// The cells of a data set. Deflated and big endian values were brought into order by reading.
    private mutating func take(_ file: DICOMFile) {
        let slots = slots
        notes.take(file.faults)
        if let why = file.oddElement, lacksIdentifiers(file) { notes.doubt(why) }
        if columns.areOfFrames { frames.dataSet = file.dataSet }
        for (place, tag) in plan.tags.enumerated() {
            if let element = (tag.group == 2 ? file.meta : file.dataSet)[tag] { keep(element, in: place) }
        }
        for special in plan.specials {
            switch special.source {
            case .privateElement(let group, let creator, let element):
                guard let tag = file.dataSet.privateTag(group: group, creator: creator, element: element),
                    let element = file.dataSet[tag]
                else { continue }
                keep(element, in: special.slot)
            case .path(let path):
                guard let (set, tag) = file.dataSet.find(path), let element = set[tag] else { continue }
                keep(element, in: special.slot)
                if set.characterSet != file.dataSet.characterSet {
                    convertItem(&slots[special.slot], by: set.characterSet)
                }
            case .element, .frameNumber: continue
            }
        }
    }

    mutating func keep(_ element: Element, in place: Int) {
        var vr = element.effectiveVR
        switch element.value {
        case .bytes(let bytes):
            if vr == .SQ, !bytes.isEmpty { vr = .UN }
            bytes.withUnsafeBytes { keep(place, $0, vr) }
        case .items(let items):
            keep(place, UnsafeRawBufferPointer(start: nil, count: 0), .SQ)
            slots[place].items = UInt32(truncatingIfNeeded: items.count)
        case .fragments: break
        }
    }
}
