import Contracts
import Foundation
import ImagingModel

/// Files under the images folder that the store does not know: stored by the driver, not committed when something died.
struct Recovery: Sendable {
    let site: ImagingSite
    let intake: InstanceIntake

    /// Files asked about at a time.
    private static let batch = 500

    /// Looks through the newest hour folders and takes in what is not known, as if it had just come.
    ///
    /// - Returns: files taken.
    func run(folders: Int) async -> Int {
        var taken = 0
        for folder in newest(folders) {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            var paths = names.filter { $0.hasSuffix(".dcm") }.sorted().map { folder + "/" + $0 }[...]
            while !paths.isEmpty {
                let some = Array(paths.prefix(Self.batch))
                paths = paths.dropFirst(Self.batch)
                guard let known = try? await site.store.knownPaths(some) else { return taken }
                for path in some where !known.contains(path) && !intake.isInFlight(path) {
                    if Task.isCancelled { return taken }
                    await take(path)
                    taken += 1
                }
            }
        }
        return taken
    }

    private func take(_ path: String) async {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let size = (attributes?[.size] as? NSNumber)?.int64Value ?? 0
        let modified = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970
        // The driver writes who sent it into Source Application Entity Title (0002,0016).
        let title =
            (try? HeaderFile.read(path, characterSet: .declared))?.meta.string(.sourceApplicationEntityTitle) ?? ""
        let arrival = InstanceIntake.Arrival(
            path: path, size: size, device: site.device(title: title)?.id ?? "", calling: title,
            receivedAt: modified.map { Int64($0 * 1_000_000) } ?? site.now)
        await withCheckedContinuation { continuation in
            intake.take(arrival, lane: 0) { _, _ in continuation.resume() }
        }
    }

    /// The newest folders YYYY/MM/DD/HH, newest first.
    private func newest(_ count: Int) -> [String] {
        var found: [String] = []
        func walk(_ folder: String, _ depth: Int) {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let numbers = names.filter {
                !$0.isEmpty && $0.utf8.count <= 4 && $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            }
            for name in numbers.sorted(by: >) where found.count < count {
                if depth == 3 { found.append(folder + "/" + name) } else { walk(folder + "/" + name, depth + 1) }
            }
        }
        walk(site.settings.folder, 0)
        return found
    }
}
