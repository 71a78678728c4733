import CHilumDriver
import DriverWire
import JSONText

/// One open instance, as the C side holds it: the driver, and its events until they are polled.
final class DriverBox {
    private let driver: any StreamDriver
    private var events: [StreamDriverEvent] = []
    private var nextEvent = 0
    private let payload = StableBytes()

    init(_ type: any StreamDriver.Type, options: hilum_bytes, now: DriverTime) throws(OptionsFault) {
        let json: JSONValue
        if options.count == 0 {
            json = .object(JSONObject())
        } else {
            do throws(JSONFault) {
                json = try JSONValue(parsing: Array(UnsafeRawBufferPointer(options)))
            } catch let fault {
                throw OptionsFault("the options are \(fault)")
            }
        }
        guard json.object != nil else { throw OptionsFault("the options are not a JSON object: write {} for none") }
        driver = try type.init(options: json, now: now)
    }

    static func at(_ instance: UnsafeMutableRawPointer?) -> DriverBox? {
        guard let instance else { return nil }
        return Unmanaged<DriverBox>.fromOpaque(instance).takeUnretainedValue()
    }

    static func release(_ instance: UnsafeMutableRawPointer?) {
        guard let instance else { return }
        Unmanaged<DriverBox>.fromOpaque(instance).release()
    }

    var isIdle: Bool { driver.isIdle }

    func receive(_ bytes: hilum_bytes, now: DriverTime) {
        driver.receive(UnsafeRawBufferPointer(bytes), now: now, events: &events)
    }

    func timeout(now: DriverTime) { driver.timeout(now: now, events: &events) }

    func finish(now: DriverTime) { driver.finish(now: now, events: &events) }

    func submit(_ order: hilum_bytes, now: DriverTime) -> Int32 {
        let json: JSONValue
        do throws(JSONFault) {
            json = try JSONValue(parsing: Array(UnsafeRawBufferPointer(order)))
        } catch let fault {
            events.append(.fault(.refused, "the order is \(fault)", start: 0, end: 0))
            return HILUM_REFUSED
        }
        switch driver.submit(json, now: now, events: &events) {
        case .accepted: return HILUM_OK
        case .unsupported: return HILUM_UNSUPPORTED
        case .refused(let reason):
            events.append(.fault(.refused, reason, start: 0, end: 0))
            return HILUM_REFUSED
        }
    }

    func poll(into event: UnsafeMutablePointer<hilum_event>) -> Int32 {
        guard nextEvent < events.count else {
            events.removeAll(keepingCapacity: events.capacity <= 64)
            nextEvent = 0
            payload.release()
            return 0
        }
        let next = events[nextEvent]
        nextEvent += 1
        // A host of a later version may hand in a longer structure, never a shorter one than version 1 knows.
        let size = event.pointee.struct_size
        var filled = hilum_event()
        filled.struct_size = size
        fill(&filled, from: next)
        event.pointee = filled
        return 1
    }

    private func fill(_ event: inout hilum_event, from next: StreamDriverEvent) {
        switch next {
        case .transmit(let bytes, let isImmediate):
            event.kind = UInt32(HILUM_EVENT_TRANSMIT)
            event.flags = isImmediate ? HILUM_TRANSMIT_IMMEDIATE : 0
            payload.hold(bytes)
            event.bytes = payload.view
        case .message(let message, let start, let end):
            fill(&event, UInt32(HILUM_EVENT_MESSAGE), message.encoded(), start, end)
        case .query(let message, let start, let end):
            fill(&event, UInt32(HILUM_EVENT_QUERY), message.encoded(), start, end)
        case .order(let message, let start, let end):
            fill(&event, UInt32(HILUM_EVENT_ORDER), message.encoded(), start, end)
        case .deadline(let time):
            event.kind = UInt32(HILUM_EVENT_DEADLINE)
            event.deadline_us = time.map { max(0, $0) } ?? -1
        case .fault(let severity, let text, let start, let end):
            event.code = severity.rawValue
            fill(&event, UInt32(HILUM_EVENT_FAULT), Array(text.utf8), start, end)
        case .acknowledge:
            event.kind = UInt32(HILUM_EVENT_ACKNOWLEDGE)
        }
    }

    private func fill(_ event: inout hilum_event, _ kind: UInt32, _ bytes: [UInt8], _ start: UInt64, _ end: UInt64) {
        event.kind = kind
        event.start_offset = start
        event.end_offset = end
        payload.hold(bytes)
        event.bytes = payload.view
    }
}

/// Bytes at an address that stays until the next `hold`, as `hilum_driver.h` promises for event bytes.
final class StableBytes {
    private var storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var count = 0

    deinit { storage.deallocate() }

    var view: hilum_bytes {
        hilum_bytes(bytes: UnsafePointer(storage.baseAddress?.assumingMemoryBound(to: UInt8.self)), count: count)
    }

    func hold(_ bytes: [UInt8]) {
        if bytes.count > storage.count {
            storage.deallocate()
            storage = .allocate(byteCount: max(1024, bytes.count), alignment: 16)
        }
        if !bytes.isEmpty { storage.copyBytes(from: bytes) }
        count = bytes.count
    }

    /// Gives back what one large message took.
    func release() {
        count = 0
        guard storage.count > 1 << 20 else { return }
        storage.deallocate()
        storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
}

extension UnsafeRawBufferPointer {
    init(_ bytes: hilum_bytes) { self.init(start: bytes.bytes, count: bytes.bytes == nil ? 0 : bytes.count) }
}
