import Contracts
import DeviceProfile
import DriverWire
import JSONText
import Normalization
import ResultModel
import Synchronization
import Terminology

/// Reads a capture through the real driver, in its child process, and the real normaliser, without a link and without a
/// store.
struct OfflineDecoder: Sendable {
    /// What a capture came to.
    struct Decoded: Sendable {
        /// Messages in the order they became complete.
        var messages: [DeviceMessage] = []
        /// Reports of the result messages.
        var reports: [Report] = []
        /// Faults with byte offsets into the capture.
        var faults: [DriverFault] = []
        /// What the driver would have put on the wire.
        var transmitted: [[UInt8]] = []
        /// Codes that no rule of the profile knew.
        var unknownCodes: [String] = []
    }

    /// Starts the drivers' processes.
    let drivers: any DriverHosting
    /// Zone of devices whose profile names none.
    let zone: any ZoneRules
    /// Zone by name.
    let zones: @Sendable (String) -> (any ZoneRules)?
    /// The clock.
    let clock: any Contracts.Clock

    /// Reads a capture whole or in pieces.
    ///
    /// - Parameters:
    ///   - profile: chosen already among the variants.
    ///   - pieces: bytes a piece, nil: all in one.
    /// - Throws: `DriverOpenFault` when the driver or the profile's options cannot be used, `ReplayEnd`-like faults as
    ///   `DriverOpenFault` when the bytes crash the driver.
    func decode(_ capture: [UInt8], profile: DeviceProfile, device: String = "", pieces: [Int] = []) async throws
        -> Decoded
    {
        let (batches, feed) = AsyncThrowingStream.makeStream(of: DriverBatch.self)
        let now = clock.now()
        let instance = try await drivers.open(
            driver: profile.driver, device: device, options: JSONValue.object(profile.options).serialized(), at: now,
            onBatch: { feed.yield($0) }, onEnd: { feed.finish(throwing: DriverOpenFault($0)) }, onRestart: { _ in })
        defer { instance.close() }
        var calls: UInt64 = 0
        var start = 0
        var sizes = pieces[...]
        while start < capture.count {
            let size = max(1, sizes.popFirst() ?? capture.count)
            let end = min(capture.count, start + size)
            calls += 1
            instance.receive(Array(capture[start..<end]), at: now)
            start = end
        }
        calls += 1
        instance.finish(at: now)
        let compiled = CompiledProfile(profile)
        let zone = profile.timezone.isEmpty ? self.zone : zones(profile.timezone) ?? self.zone
        let context = NormalizationContext(device: device, receivedAt: now.unix, zone: zone)
        var decoded = Decoded()
        for try await batch in batches {
            for event in batch.events { take(event, compiled, context, into: &decoded) }
            if batch.input >= calls { break }
        }
        return decoded
    }

    private func take(
        _ event: DriverEvent, _ profile: CompiledProfile, _ context: NormalizationContext, into decoded: inout Decoded
    ) {
        switch event {
        case .message(let message, _, _), .query(let message, _, _), .order(let message, _, _):
            decoded.messages.append(message)
            guard message.kind == .results else { return }
            let normalized = Normalizer.normalize(message, profile: profile, context: context)
            decoded.reports += normalized.reports
            for code in normalized.unknownCodes where !decoded.unknownCodes.contains(code) {
                decoded.unknownCodes.append(code)
            }
        case .fault(let fault): decoded.faults.append(fault)
        case .transmit(let bytes, _): decoded.transmitted.append(bytes)
        case .deadline, .acknowledge: break
        }
    }
}
