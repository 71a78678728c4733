import Foundation
import FuzzEntries
import Testing

/// A short run of every fuzz entry: random bytes, and the project's captures with bytes changed, cut and doubled. The long
/// run, guided by coverage, is `make fuzz`.
@Suite struct FuzzSmokeTests {
    struct SplitMix64: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    static let captures: [[UInt8]] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var found: [[UInt8]] = []
        for case let file as URL in FileManager.default.enumerator(
            at: root.appending(path: "DeviceProfiles"), includingPropertiesForKeys: nil) ?? .init()
        where file.pathExtension == "bin" || file.lastPathComponent == "profile.yaml" {
            if let data = try? Data(contentsOf: file), data.count < 8192 { found.append([UInt8](data)) }
        }
        return found.sorted { $0.lexicographicallyPrecedes($1) }
    }()

    @Test(arguments: FuzzEntry.all.map(\.name))
    func survives(_ name: String) throws {
        let entry = try #require(FuzzEntry(named: name))
        var random = SplitMix64(state: 20_260_101)
        for round in 0..<400 {
            var bytes: [UInt8]
            if round % 3 == 0 || Self.captures.isEmpty {
                bytes = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            } else {
                bytes = Self.captures[Int.random(in: 0..<Self.captures.count, using: &random)]
                mutate(&bytes, &random)
            }
            bytes.withUnsafeBytes { entry.run($0) }
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        for _ in 0..<Int.random(in: 0...6, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            case 2:
                bytes.insert(
                    [0x02, 0x03, 0x04, 0x05, 0x0B, 0x0D, 0x1C, 0x7C, 0x5E].randomElement(using: &random) ?? 0, at: index
                )
            case 3: bytes.removeSubrange(index...)
            default: bytes.append(contentsOf: bytes[index...].prefix(200))
            }
        }
    }
}
