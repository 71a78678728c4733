import DICOM

/// Not that of the testing library.
typealias Tag = DICOM.Tag

/// Elements put together byte by byte, right or wrong.
struct Bytes {
    var bytes: [UInt8] = []

    static func preamble() -> Bytes { Bytes(bytes: [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)) }

    /// Preamble and group 0002 with a transfer syntax; `length` replaces the group length.
    static func part10(_ syntax: String = TransferSyntax.explicitLittleEndian, length: UInt32? = nil) -> Bytes {
        var meta = Bytes()
        meta.explicit(0x0002_0001, "OB", [0, 1])
        meta.explicit(0x0002_0002, "UI", "1.2.840.10008.5.1.4.1.1.2\0")
        meta.explicit(0x0002_0003, "UI", "1.2.3.4\0")
        meta.explicit(0x0002_0010, "UI", syntax.utf8.count % 2 == 0 ? syntax : syntax + "\0")
        var file = preamble()
        file.explicit(0x0002_0000, "UL", Bytes.little(length ?? UInt32(meta.bytes.count), 4))
        file.bytes += meta.bytes
        return file
    }

    static func little(_ value: UInt32, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }

    mutating func tag(_ tag: UInt32) { bytes += Bytes.little(tag >> 16, 2) + Bytes.little(tag, 2) }

    /// An element with its representation; `length` replaces the true one.
    mutating func explicit(_ tag: UInt32, _ vr: String, _ value: [UInt8], length: UInt32? = nil) {
        self.tag(tag)
        bytes += Array(vr.utf8)
        let length = length ?? UInt32(value.count)
        if ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"].contains(vr) {
            bytes += [0, 0] + Bytes.little(length, 4)
        } else {
            bytes += Bytes.little(length, 2)
        }
        bytes += value
    }

    mutating func explicit(_ tag: UInt32, _ vr: String, _ value: String) { explicit(tag, vr, Array(value.utf8)) }

    /// An element without representation.
    mutating func implicit(_ tag: UInt32, _ value: [UInt8], length: UInt32? = nil) {
        self.tag(tag)
        bytes += Bytes.little(length ?? UInt32(value.count), 4) + value
    }

    mutating func implicit(_ tag: UInt32, _ value: String) { implicit(tag, Array(value.utf8)) }

    /// An item with its bytes; without a length of its own it is delimited.
    mutating func item(_ value: Bytes, isDefined: Bool = true) {
        implicit(0xFFFE_E000, value.bytes, length: isDefined ? nil : 0xFFFF_FFFF)
        if !isDefined { implicit(0xFFFE_E00D, []) }
    }

    mutating func endOfSequence() { implicit(0xFFFE_E0DD, []) }
}

/// Random numbers that are the same in every run.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Data sets made at random, with sequences, private elements and text.
enum RandomDataSet {
    static func make(_ random: inout SplitMix64, depth: Int = 0) -> DataSet {
        var set = depth == 0 ? DataSet(characterSet: .utf8) : DataSet()
        for _ in 0..<Int.random(in: 0...(depth == 0 ? 30 : 5), using: &random) { add(to: &set, &random, depth) }
        return set
    }

    private static let known: [Tag] = [
        .sopClassUID, .studyDate, .studyTime, .accessionNumber, .modality, .patientName, .patientID, .patientBirthDate,
        .patientSize, .rows, .columns, .pixelSpacing, .imageComments, .seriesNumber, .textValue, .referencedFrameNumber,
        .acquisitionDateTime, .samplingFrequency, .floatingPointValue, .referencedTimeOffsets, .windowCenter,
        .referencedSamplePositions, Tag(0x0028, 0x0009), Tag(0x6002, 0x0010), Tag(0x5400, 0x1010),
    ]

    private static func add(to set: inout DataSet, _ random: inout SplitMix64, _ depth: Int) {
        let texts = ["A", "12", "Müller^Jörg", "张^伟", "", "a\\b", "20240131", "1.5\\-2", "  x ", "many words here"]
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where depth < 4:
            let items = (0..<Int.random(in: 0...3, using: &random)).map { _ in make(&random, depth: depth + 1) }
            let tag: Tag =
                [.referencedSeriesSequence, .contentSequence, Tag(0x0040, 0x0260)].randomElement(
                    using: &random) ?? .contentSequence
            set.set(tag, items: items)
        case 1:
            let group = UInt16.random(in: 4...0x7F, using: &random) * 2 + 9
            set.set(Tag(group, 0x0010), .LO, text: "HILUM TEST")
            let bytes = (0..<Int.random(in: 0...9, using: &random) * 2).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            set.set(Tag(group, 0x1001), .OB, bytes: bytes)
        default:
            guard let tag = known.randomElement(using: &random), let vr = DataDictionary.vr(tag) else { return }
            if vr.isText {
                set.set(tag, vr, text: texts.randomElement(using: &random) ?? "")
            } else if vr.isString {
                set.set(tag, vr, text: ["1", "2.5", "20240131", "", "1\\2\\3"].randomElement(using: &random) ?? "")
            } else if vr == .AT {
                set.set(tag, tags: [.patientID, .rows])
            } else if vr == .OW || vr == .OB {
                set.set(tag, vr, bytes: [1, 2, 3, 4])
            } else {
                set.set(tag, vr, numbers: [1, -2, 70000, 0.5].shuffled(using: &random))
            }
        }
    }
}
