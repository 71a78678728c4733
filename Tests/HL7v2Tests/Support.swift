import HL7v2

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

func message(_ text: String) throws -> HL7Message { try HL7Message(parsing: Array(text.utf8)) }

extension HL7Message {
    /// The text at a path in the `occurrence`-th segment of its name.
    func value(_ text: String, _ occurrence: Int = 1) -> String? {
        guard let path = HL7Path(text) else { return nil }
        var index = -1
        for _ in 0..<occurrence {
            guard let next = firstSegment(path.segment, from: index + 1) else { return nil }
            index = next
        }
        return string(path, in: index)
    }
}
