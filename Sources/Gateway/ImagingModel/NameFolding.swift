/// Person names as they are compared (PS3.4 C.2.2.2.1: without regard to case and to how blanks are set).
public enum NameFolding {
    /// The component groups of a name (PS3.5 6.2.1), folded; empty where one is absent.
    public struct Groups: Sendable, Equatable {
        /// Alphabetic.
        public var alphabetic = ""
        /// Ideographic.
        public var ideographic = ""
        /// Phonetic.
        public var phonetic = ""
    }

    /// Folds the groups of a name.
    public static func groups(_ name: String) -> Groups {
        var groups = Groups()
        for (place, group) in name.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false).enumerated() {
            let folded = fold(group)
            switch place {
            case 0: groups.alphabetic = folded
            case 1: groups.ideographic = folded
            default: groups.phonetic = folded
            }
        }
        return groups
    }

    /// Folds one group, or a pattern for one: capitals, one blank between words, none beside `^`, no `^` at the end.
    public static func fold(_ text: some StringProtocol) -> String {
        let upper = text.uppercased()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(upper.utf8.count)
        for byte in upper.utf8 {
            switch byte {
            case 0x20, 0x09:
                if let last = bytes.last, last != 0x20, last != UInt8(ascii: "^") { bytes.append(0x20) }
            case UInt8(ascii: "^"):
                if bytes.last == 0x20 { bytes.removeLast() }
                bytes.append(byte)
            default: bytes.append(byte)
            }
        }
        while let last = bytes.last, last == 0x20 || last == UInt8(ascii: "^") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
