/// What is counted of an instance: hashes of its study and series, its modality. 32 bytes, kept with the state as well.
struct InstanceMark: Sendable, Equatable {
    /// Hash of the Study Instance UID; 0: none.
    var study: UInt64 = 0
    /// Hash of the Series Instance UID; 0: none.
    var series: UInt64 = 0
    /// Up to 16 bytes of Modality, the first byte lowest.
    var modality: ModalityCode = .none

    static let size = 32

    /// The same text gives the same number in every run; 0 only for no text.
    static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
        if text.isEmpty { return 0 }
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(text.count)
        var place = 0
        while place &+ 8 <= text.count {
            hash = (hash ^ text.loadUnaligned(fromByteOffset: place, as: UInt64.self)) &* 0xD6E8_FEB8_6659_FD93
            hash ^= hash >> 32
            place &+= 8
        }
        var rest: UInt64 = 0
        while place < text.count {
            rest = rest << 8 | UInt64(text[place])
            place &+= 1
        }
        hash = (hash ^ rest) &* 0xD6E8_FEB8_6659_FD93
        hash ^= hash >> 32
        hash = hash &* 0xD6E8_FEB8_6659_FD93
        hash ^= hash >> 29
        return hash == 0 ? 1 : hash
    }
}

/// A Modality in 16 bytes, which is as long as a Code String may be (PS3.5 6.2); what is longer is cut.
struct ModalityCode: Sendable, Hashable {
    var low: UInt64
    var high: UInt64

    static let none = ModalityCode(low: 0, high: 0)

    init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    init(_ text: UnsafeRawBufferPointer) {
        low = 0
        high = 0
        for place in 0..<min(text.count, 16) {
            let byte = UInt64(text[place])
            if place < 8 { low |= byte << UInt64(place * 8) } else { high |= byte << UInt64(place * 8 - 64) }
        }
    }

    /// Its text.
    var text: String {
        var bytes: [UInt8] = []
        for place in 0..<16 {
            let byte = UInt8(truncatingIfNeeded: place < 8 ? low >> UInt64(place * 8) : high >> UInt64(place * 8 - 64))
            if byte == 0 { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [InstanceMark] {
    /// As kept in the state.
    var stored: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * InstanceMark.size)
        for mark in self {
            for number in [mark.study, mark.series, mark.modality.low, mark.modality.high] {
                Swift.withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }

    /// From what was kept.
    init(stored bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { raw in
            (0..<raw.count / InstanceMark.size).map { place in
                let number = { (part: Int) in
                    UInt64(
                        littleEndian: raw.loadUnaligned(
                            fromByteOffset: place * InstanceMark.size + part * 8, as: UInt64.self))
                }
                return InstanceMark(
                    study: number(0), series: number(1), modality: ModalityCode(low: number(2), high: number(3)))
            }
        }
    }
}
