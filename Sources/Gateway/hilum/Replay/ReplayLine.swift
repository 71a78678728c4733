import Contracts
import DriverHost
import JSONText

/// A driver that is fed what was stored, call by call, in the time of then: deadlines come where they came, nothing is sent.
final class ReplayLine {
    /// An event with the time of its call.
    struct Said {
        var event: DriverEvent
        /// Microseconds since 1970, UTC.
        var unix: Int64
    }

    private let instance: any DriverInstance
    private var batches: AsyncThrowingStream<DriverBatch, any Error>.AsyncIterator
    private let reading: DeviceReading
    private var calls: UInt64 = 0
    private var deadline: Int64?
    /// The monotonic clock of then: runs with the journal's times and never back.
    private var monotonic = ReplayLine.origin
    private var unix: Int64
    /// Nothing received so far is still needed by the driver.
    private(set) var isIdle = true

    private static let origin: Int64 = 1_000_000_000
    /// A driver that sets one deadline after the other is not followed for ever: a day at a deadline a second.
    private static let mostDeadlines = 86_400

    /// - Throws: `DriverOpenFault` when the driver or its options cannot be used.
    init(_ drivers: DriverHost, reading: DeviceReading, at unix: Int64) async throws {
        let (stream, feed) = AsyncThrowingStream.makeStream(of: DriverBatch.self)
        self.reading = reading
        self.unix = unix
        instance = try await drivers.open(
            driver: reading.profile.driver, device: reading.device,
            options: JSONValue.object(reading.options).serialized(),
            at: Instant(unix: unix, monotonic: Self.origin, utcOffset: Self.offset(reading, unix)),
            onBatch: { feed.yield($0) }, onEnd: { feed.finish(throwing: DriverOpenFault($0)) }, onRestart: { _ in })
        batches = stream.makeAsyncIterator()
    }

    deinit { instance.close() }

    /// Feeds bytes as they came, after the deadlines before them.
    func receive(_ bytes: [UInt8], at unix: Int64) async throws -> [Said] {
        var said = try await advance(to: unix)
        said += try await call { $0.receive(bytes, at: $1) }
        return said
    }

    /// Lets the time pass.
    func advance(to unix: Int64) async throws -> [Said] {
        var said: [Said] = []
        let end = monotonic &+ max(0, unix &- self.unix)
        var count = 0
        while let due = deadline, due <= end, count < Self.mostDeadlines {
            count += 1
            deadline = nil
            self.unix = self.unix &+ max(0, due &- monotonic)
            monotonic = max(monotonic, due)
            said += try await call { $0.timeout(at: $1) }
        }
        monotonic = end
        self.unix = unix
        return said
    }

    /// The other side closed.
    func finish(at unix: Int64) async throws -> [Said] {
        var said = try await advance(to: unix)
        said += try await call { $0.finish(at: $1) }
        return said
    }

    private func call(_ make: (any DriverInstance, Instant) -> Void) async throws -> [Said] {
        calls += 1
        make(
            instance, Instant(unix: unix, monotonic: monotonic, utcOffset: Self.offset(reading, unix)))
        var said: [Said] = []
        while let batch = try await batches.next() {
            for event in batch.events {
                if case .deadline(let time) = event { deadline = time }
                said.append(Said(event: event, unix: unix))
            }
            guard batch.input >= calls else { continue }
            isIdle = batch.isIdle
            // What is read is read: nothing of it need be kept for a crash to come.
            if isIdle { instance.settled(input: calls) }
            break
        }
        return said
    }

    private static func offset(_ reading: DeviceReading, _ unix: Int64) -> Int32 {
        (reading.zone as? SystemZone)?.utcOffset(at: unix) ?? 0
    }
}
