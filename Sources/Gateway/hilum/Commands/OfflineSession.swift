import Contracts
import DeviceProfile
import DriverHost
import Foundation
import ResultModel
import Transport

/// Drivers for commands that read captures: their processes are started at the first use and ended at the end.
struct OfflineSession {
    private let host: DriverHost
    private let decoder: OfflineDecoder

    /// - Parameter timezone: of devices whose profile names none.
    init(timezone: String, moduleFolders: [String] = []) throws {
        guard let zone = SystemZone(timezone) else {
            throw CommandFailure(.wrong, "there is no time zone \(timezone)", cure: "write for instance Asia/Shanghai")
        }
        let settings = DriverHostSettings(
            moduleFolders: Installation.driverFolders(moduleFolders), executable: Installation.driverHost)
        do {
            host = try DriverHost(settings: settings)
        } catch {
            throw CommandFailure(.ours, "drivers cannot be run: \(error)", cure: "install the program whole")
        }
        decoder = OfflineDecoder(
            drivers: host, zone: zone, zones: { SystemZone($0) },
            clock: SystemClock(utcOffset: { zone.utcOffset(at: $0 &* 1_000_000) }))
    }

    /// Decodes a capture.
    ///
    /// - Parameter pieces: seed of the random pieces; nil: all at once.
    func decode(
        _ capture: [UInt8], profile: DeviceProfile, pieces: UInt64? = nil, name: String
    ) async throws -> OfflineDecoder.Decoded {
        try await decode(
            capture, profile: profile, sizes: pieces.map { Self.sizes(capture.count, seed: $0) } ?? [], name: name)
    }

    /// Decodes a capture in pieces of given sizes.
    func decode(
        _ capture: [UInt8], profile: DeviceProfile, sizes: [Int], name: String
    ) async throws -> OfflineDecoder.Decoded {
        do {
            return try await decoder.decode(
                capture, profile: Self.forRecordings(profile), device: profile.id, pieces: sizes)
        } catch {
            throw CommandFailure(
                .wrong, "\(name): \(error)",
                cure: "check the options of the profile \(profile.id), and the driver's README")
        }
    }

    /// The profile for bytes that somebody recorded: many programs keep the frames of a LIS01 session and leave out the ENQ
    /// that came before them. On a line such a frame is refused, because what came before it may be lost.
    private static func forRecordings(_ profile: DeviceProfile) -> DeviceProfile {
        guard profile.driver == "lis", profile.options["establishment"] == nil else { return profile }
        var profile = profile
        profile.options["establishment"] = .string("optional")
        return profile
    }

    /// Ends the drivers' processes.
    func end() async { await host.stop() }

    /// Random sizes from 1 to 64 bytes.
    static func sizes(_ count: Int, seed: UInt64) -> [Int] {
        var random = SplitMix64(state: seed)
        var sizes: [Int] = []
        var rest = count
        while rest > 0 {
            let size = min(rest, 1 + Int(random.next() % 64))
            sizes.append(size)
            rest -= size
        }
        return sizes
    }
}
