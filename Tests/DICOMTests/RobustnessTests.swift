import DICOM
import Testing

/// Nothing traps, whatever the bytes; a part of a file never says other than the whole.
@Suite("Robustness")
struct RobustnessTests {
    static let samples: [[UInt8]] = {
        var random = SplitMix64(11)
        var samples: [[UInt8]] = []
        for number in 0..<6 {
            var set = RandomDataSet.make(&random)
            set.set(.pixelData, .OW, bytes: [UInt8](repeating: 7, count: 40))
            let syntax = number % 2 == 0 ? TransferSyntax.explicitLittleEndian : TransferSyntax.implicitLittleEndian
            samples.append(DICOMFile(dataSet: set, transferSyntax: syntax).encoded())
        }
        var items = Bytes()
        var inner = Bytes()
        inner.implicit(0x0010_0020, "1 ")
        items.item(inner, isDefined: false)
        items.endOfSequence()
        var undefined = Bytes.part10()
        undefined.explicit(0x0008_1115, "SQ", [], length: 0xFFFF_FFFF)
        undefined.item(Bytes(), isDefined: false)
        undefined.endOfSequence()
        undefined.explicit(0x0009_1002, "UN", items.bytes, length: 0xFFFF_FFFF)
        undefined.explicit(0x7FE0_0010, "OB", [], length: 0xFFFF_FFFF)
        undefined.item(Bytes(bytes: [1, 2, 3, 4]))
        undefined.endOfSequence()
        samples.append(undefined.bytes)
        samples.append(InflateTests.file)
        return samples
    }()

    private func exercise(_ bytes: [UInt8], _ options: DICOMFile.ReadOptions) {
        guard let file = try? DICOMFile.read(bytes, options: options) else { return }
        for element in file.dataSet.elements {
            _ = file.dataSet.strings(element.tag)
            _ = file.dataSet.numbers(element.tag)
            _ = file.dataSet.integer(element.tag)
            _ = file.dataSet.items(element.tag)
        }
        _ = file.dataSet.json()
        _ = file.encoded()
    }

    @Test("every beginning of every sample", arguments: samples.indices)
    func prefixes(_ index: Int) throws {
        let sample = Self.samples[index]
        let whole = try DICOMFile.read(sample, options: .header)
        for count in 0..<sample.count {
            let part = Array(sample.prefix(count))
            exercise(part, DICOMFile.ReadOptions())
            guard let file = try? DICOMFile.read(part, options: .header) else { continue }
            switch file.extent {
            case .needsMore(let needed):
                #expect(needed > count)
                // What is there is what the whole has.
                for element in file.dataSet.elements where element.vr != .SQ && element.bytes != nil {
                    #expect(whole.dataSet[element.tag] == element)
                }
            case .pixelData: #expect(file.dataSet == whole.dataSet)
            case .whole, .broken: Issue.record("\(count) bytes are taken for the whole")
            }
        }
    }

    @Test("growing by what is asked for comes to the same end", arguments: samples.indices)
    func growth(_ index: Int) throws {
        let sample = Self.samples[index]
        let whole = try DICOMFile.read(sample, options: .header)
        var count = 1
        var steps = 0
        while steps < 1000 {
            steps += 1
            let file = try DICOMFile.read(Array(sample.prefix(count)), options: .header)
            guard case .needsMore(let needed) = file.extent, count < sample.count else {
                #expect(file.dataSet == whole.dataSet)
                break
            }
            count = min(needed, sample.count)
        }
        #expect(steps < 1000)
    }

    @Test("bytes changed at random", arguments: samples.indices)
    func mutations(_ index: Int) {
        var random = SplitMix64(UInt64(index))
        for round in 0..<400 {
            var bytes = Self.samples[index]
            for _ in 0...Int.random(in: 0...4, using: &random) {
                let place = Int.random(
                    in: (round % 2 == 0 ? 0 : min(300, bytes.count - 1))..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = [0, 1, 0xFE, 0xFF, 0x7F, 0x80].randomElement(using: &random) ?? 0
                case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + 3))
                default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
                }
                if bytes.isEmpty { break }
            }
            exercise(bytes, DICOMFile.ReadOptions())
            exercise(bytes, .header)
        }
    }

    @Test("many small elements and items: memory in proportion")
    func proportion() throws {
        var bytes = Bytes.part10(TransferSyntax.implicitLittleEndian)
        bytes.implicit(0x0040_A730, [], length: 0xFFFF_FFFF)
        for _ in 0..<100_000 { bytes.implicit(0xFFFE_E000, []) }
        let file = try DICOMFile.read(bytes.bytes)
        #expect(file.dataSet.items(.contentSequence).count == 100_000)
        #expect(MemoryLayout<DataSet>.size <= 40)
        #expect(MemoryLayout<Element>.size <= 48)
    }
}
