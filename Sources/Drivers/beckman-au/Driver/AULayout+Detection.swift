import BlockDriverKit
import SerialBlocks

extension AULayout {
    /// What a block says, told without knowing the widths: all usual ones are tried, and what they give has to be one and the
    /// same. Nil: none fits, or they disagree, and nothing is certain.
    ///
    /// - Returns: the sample and the widths that gave it.
    static func told(by bytes: [UInt8], kind: String) -> (sample: AUSample, layout: AULayout)? {
        var found: (sample: AUSample, layout: AULayout)?
        for candidate in candidates where candidate.fitsHead(of: bytes) {
            guard let sample = try? AUSample(bytes, kind: kind, candidate, isVerified: false), !sample.rows.isEmpty,
                candidate.fitsResults(of: bytes)
            else { continue }
            if let found {
                guard found.sample == sample else { return nil }
            } else {
                found = (sample, candidate)
            }
        }
        return found
    }

    /// Widths that analysers are set to.
    private static let candidates: [AULayout] = {
        var all: [AULayout] = []
        for system in [0, 2] {
            for id in 0...26 {
                for hasAge in [false, true] {
                    for information in [0, 20] {
                        for test in [2, 3] {
                            for value in [6, 9] {
                                for rest in [0, 6] {
                                    var layout = AULayout()
                                    layout.system = system
                                    layout.id = id
                                    (layout.sex, layout.years, layout.months) = hasAge ? (1, 3, 2) : (0, 0, 0)
                                    layout.information = information
                                    (layout.test, layout.value, layout.rest) = (test, value, rest)
                                    all.append(layout)
                                }
                            }
                        }
                    }
                }
            }
        }
        return all
    }()

    /// Every field of the head holds what it can hold.
    private func fitsHead(of bytes: [UInt8]) -> Bool {
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 }
        let columns = FixedColumns(bytes)
        var place = 2
        func next(_ width: Int) -> ArraySlice<UInt8>? {
            defer { place += width }
            return columns.field(place, width)
        }
        guard let system = next(system), system.allSatisfy(isDigit),
            let rack = next(rack), rack.allSatisfy({ isDigit($0) || isBlank($0) }),
            let position = next(position), position.allSatisfy({ isDigit($0) || isBlank($0) }),
            let type = next(type), type.allSatisfy({ !isDigit($0) }),
            let number = next(number), number.dropFirst().allSatisfy(isDigit),
            let first = number.first, isDigit(first) || "EPQC".utf8.contains(first),
            next(id) != nil,
            let dummy = next(dummy), dummy.allSatisfy(isBlank), next(1) != nil,
            let age = next(sex + years + months), age.dropFirst().allSatisfy({ isDigit($0) || isBlank($0) }),
            age.first.map({ "0MF ".utf8.contains($0) }) ?? true,
            // A name has no digits; what has is results.
            let information = next(information), !information.contains(where: isDigit)
        else { return false }
        return true
    }

    /// The results fill the block, but for flags that are left out at its end, and nothing stands where flags or blanks have to.
    private func fitsResults(of bytes: [UInt8]) -> Bool {
        let columns = FixedColumns(bytes)
        let length = columns.count - results
        let left = length % group
        guard length > 0, left == 0 || left >= test + dilution + value else { return false }
        for start in stride(from: results, to: columns.count, by: group) {
            let flagsStart = start + test + dilution + value
            for index in flagsStart..<min(columns.count, start + group) {
                guard let byte = columns.byte(index) else { return false }
                let isFlag = index < flagsStart + flags
                if byte != 0x20, !isFlag || (byte >= 0x30 && byte <= 0x39) || byte == 0x2E { return false }
            }
        }
        return true
    }
}
