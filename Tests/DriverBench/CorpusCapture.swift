import Foundation
import JSONText

/// A capture with what it must give: of the shared collection beside the checkout, or, where that is absent, the copy in
/// the device's profile folder.
public struct CorpusCapture: Sendable, CustomStringConvertible {
    /// Folder name of the device.
    public var device: String
    /// Name of the case.
    public var name: String
    /// What the device sends.
    public var bytes: [UInt8]
    /// The whole of expected.json.
    public var expected: JSONValue
    /// `device/case`.
    public var description: String { "\(device)/\(name)" }

    private static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// All captures of some devices, by name of their folders.
    public static func all(_ devices: [String]) -> [CorpusCapture] {
        devices.flatMap { device in
            let shared = root.appendingPathComponent("../shared/corpus/\(device)").standardizedFileURL
            let found = captures(device, bytes: shared, expected: shared, suffix: ".expected.json")
            if !found.isEmpty { return found }
            let profile = root.appendingPathComponent("DeviceProfiles/\(device)")
            return captures(
                device, bytes: profile.appendingPathComponent("captures"),
                expected: profile.appendingPathComponent("expected"), suffix: ".json")
        }
    }

    private static func captures(_ device: String, bytes: URL, expected: URL, suffix: String) -> [CorpusCapture] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: bytes.path)) ?? []
        return names.filter { $0.hasSuffix(".bin") }.sorted().compactMap { file in
            let name = String(file.dropLast(4))
            guard let capture = FileManager.default.contents(atPath: bytes.appendingPathComponent(file).path),
                let json = FileManager.default.contents(atPath: expected.appendingPathComponent(name + suffix).path),
                let value = try? JSONValue(parsing: [UInt8](json))
            else { return nil }
            return CorpusCapture(device: device, name: name, bytes: [UInt8](capture), expected: value)
        }
    }
}
