import CHilumDriver
import Glibc

/// A module that cannot be used.
struct ModuleFault: Error {
    /// What is wrong, and what to do.
    var text: String
}

/// The functions of a loaded module. It is never unloaded: a Swift library does not survive that.
struct DriverModule {
    let name: String
    let version: String
    let open:
        @convention(c) (
            hilum_bytes, UnsafePointer<hilum_time>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
            UnsafeMutablePointer<hilum_bytes>?
        ) -> Int32
    let receive: @convention(c) (UnsafeMutableRawPointer?, hilum_bytes, UnsafePointer<hilum_time>?) -> Int32
    let timeout: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<hilum_time>?) -> Int32
    /// May be missing: the driver takes no orders.
    let submit: (@convention(c) (UnsafeMutableRawPointer?, hilum_bytes, UnsafePointer<hilum_time>?) -> Int32)?
    let finish: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<hilum_time>?) -> Int32
    let poll: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<hilum_event>?) -> Int32
    let idle: @convention(c) (UnsafeMutableRawPointer?) -> Int32
    let close: @convention(c) (UnsafeMutableRawPointer?) -> Void

    static func load(path: String) -> Result<DriverModule, ModuleFault> {
        // RTLD_LOCAL: names of one module never take the place of another's. RTLD_NOW: what is missing shows here.
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            return .failure(ModuleFault(text: "\(path) cannot be loaded: \(lastLoaderError())"))
        }
        guard let symbol = dlsym(library, "hilum_driver_entry") else {
            return .failure(ModuleFault(text: "\(path) is no driver: it does not export hilum_driver_entry"))
        }
        let entry = unsafeBitCast(symbol, to: hilum_driver_entry_function.self)
        let version = UInt32(HILUM_DRIVER_ABI_VERSION)
        guard let table = entry(version) else {
            return .failure(
                ModuleFault(
                    text: "\(path) does not serve driver ABI \(version): build it against this gateway's header"))
        }
        return check(table, path)
    }

    private static func check(_ table: UnsafePointer<hilum_driver>, _ path: String) -> Result<DriverModule, ModuleFault>
    {
        // Size and version first: the rest of the table is only there when they say so.
        let size = UnsafeRawPointer(table).load(as: UInt32.self)
        let version = UnsafeRawPointer(table).load(fromByteOffset: 4, as: UInt32.self)
        guard version == UInt32(HILUM_DRIVER_ABI_VERSION), Int(size) >= MemoryLayout<hilum_driver>.size else {
            return .failure(
                ModuleFault(
                    text: """
                        \(path) has driver ABI \(version) with a table of \(size) bytes, this gateway needs \
                        \(HILUM_DRIVER_ABI_VERSION) with \(MemoryLayout<hilum_driver>.size): build it against this \
                        gateway's hilum_driver.h and set struct_size to sizeof(hilum_driver)
                        """))
        }
        let driver = table.pointee
        guard let open = driver.open, let receive = driver.receive, let timeout = driver.timeout,
            let finish = driver.finish, let poll = driver.poll, let idle = driver.idle, let close = driver.close
        else {
            return .failure(
                ModuleFault(text: "\(path): the driver's table lacks a function; only submit may be NULL"))
        }
        return .success(
            DriverModule(
                name: driver.name.map { String(cString: $0) } ?? "",
                version: driver.version.map { String(cString: $0) } ?? "",
                open: open, receive: receive, timeout: timeout, submit: driver.submit, finish: finish, poll: poll,
                idle: idle, close: close))
    }

    private static func lastLoaderError() -> String {
        guard let text = dlerror() else { return "no reason given" }
        return String(cString: text)
    }
}
