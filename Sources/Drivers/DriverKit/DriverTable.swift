import CHilumDriver

/// Makes the C table of `hilum_driver.h` from a driver in Swift.
///
/// The entry target of a module is then:
///
///     @c(hilum_driver_entry)
///     public func hilumDriverEntry(_ hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
///         DriverTable.make(MyDriver.self, forHost: hostABI)
///     }
public enum DriverTable {
    /// The one driver of this module. Functions in the C table cannot capture a type, so it stands here. Written once,
    /// before the table is handed out; a module holds one driver and is entered by one thread.
    nonisolated(unsafe) private static var driver: (any StreamDriver.Type)?
    nonisolated(unsafe) private static var table: UnsafePointer<hilum_driver>?

    /// The table of `driver`, valid for the life of the process; nil when the host speaks another version of the ABI.
    public static func make(_ driver: any StreamDriver.Type, forHost hostABI: UInt32) -> UnsafePointer<hilum_driver>? {
        guard hostABI == UInt32(HILUM_DRIVER_ABI_VERSION) else { return nil }
        if let table { return table }
        self.driver = driver
        let made = UnsafeMutablePointer<hilum_driver>.allocate(capacity: 1)
        made.initialize(
            to: hilum_driver(
                struct_size: UInt32(MemoryLayout<hilum_driver>.size),
                abi_version: UInt32(HILUM_DRIVER_ABI_VERSION),
                name: permanent(driver.name),
                version: permanent(driver.version),
                open: { options, now, instance, error in
                    DriverTable.open(options: options, now: now, instance: instance, error: error)
                },
                receive: { instance, bytes, now in
                    guard let box = DriverBox.at(instance) else { return 0 }
                    box.receive(bytes, now: DriverTime(now))
                    return HILUM_OK
                },
                timeout: { instance, now in
                    guard let box = DriverBox.at(instance) else { return 0 }
                    box.timeout(now: DriverTime(now))
                    return HILUM_OK
                },
                submit: { instance, order, now in
                    guard let box = DriverBox.at(instance) else { return 0 }
                    return box.submit(order, now: DriverTime(now))
                },
                finish: { instance, now in
                    guard let box = DriverBox.at(instance) else { return 0 }
                    box.finish(now: DriverTime(now))
                    return HILUM_OK
                },
                poll: { instance, event in
                    guard let box = DriverBox.at(instance), let event else { return 0 }
                    return box.poll(into: event)
                },
                idle: { instance in
                    guard let box = DriverBox.at(instance) else { return 1 }
                    return box.isIdle ? 1 : 0
                },
                close: { instance in DriverBox.release(instance) },
                kind: 0, reserved: 0, service: nil))
        table = UnsafePointer(made)
        return table
    }

    /// Text of the last refused `open`; replaced by the next one.
    nonisolated(unsafe) private static let refusal = StableBytes()

    private static func open(
        options: hilum_bytes, now: UnsafePointer<hilum_time>?,
        instance: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
        error: UnsafeMutablePointer<hilum_bytes>?
    ) -> Int32 {
        instance?.pointee = nil
        guard let driver, let instance else { return HILUM_INVALID_OPTIONS }
        do throws(OptionsFault) {
            let box = try DriverBox(driver, options: options, now: DriverTime(now))
            instance.pointee = Unmanaged.passRetained(box).toOpaque()
            return HILUM_OK
        } catch let fault {
            refusal.hold(Array(fault.text.utf8))
            error?.pointee = refusal.view
            return HILUM_INVALID_OPTIONS
        }
    }

    /// C text that is never freed: a module is never unloaded.
    private static func permanent(_ text: String) -> UnsafePointer<CChar> {
        let utf8 = Array(text.utf8.filter { $0 != 0 })
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: utf8.count + 1)
        for (index, byte) in utf8.enumerated() { copy[index] = CChar(bitPattern: byte) }
        copy[utf8.count] = 0
        return UnsafePointer(copy)
    }
}

extension DriverTime {
    init(_ time: UnsafePointer<hilum_time>?) {
        self.init(
            monotonic: time?.pointee.monotonic_us ?? 0, unix: time?.pointee.unix_us ?? 0,
            utcOffset: time?.pointee.utc_offset_s ?? 0)
    }
}
