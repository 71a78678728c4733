import Foundation

/// Notices that a profile in use was edited, by the times and sizes of its files, every two seconds.
struct ProfileWatch {
    private var seen: [String: Stamp] = [:]

    private struct Stamp: Equatable {
        var modified: Date
        var size: Int
    }

    /// True when a file of one of the folders is not what it was at the last call; false the first time.
    mutating func hasChanged(folders: [String]) -> Bool {
        var now: [String: Stamp] = [:]
        for folder in folders {
            let path = folder + "/profile.yaml"
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { continue }
            now[path] = Stamp(
                modified: attributes[.modificationDate] as? Date ?? .distantPast, size: attributes[.size] as? Int ?? 0)
        }
        defer { seen = now }
        return !seen.isEmpty && now != seen
    }
}
