import CHilumDriver
import Glibc

/// A module that cannot be used.
struct ModuleFault: Error {
    /// What is wrong, and what to do.
    var text: String
}

/// A loaded module whose table is of the kind asked for. It is never unloaded: a Swift library does not survive that.
struct LoadedModule {
    /// What a module is (HILUM_KIND_).
    enum Kind: UInt32 {
        case stream = 0
        case service = 1
    }

    let path: String
    /// As much of it as the module's `struct_size` says is there; the rest is zero.
    let table: hilum_driver

    /// Name of the module, as it says itself.
    var name: String { table.name.map { String(cString: $0) } ?? "" }
    /// Version of the module, as it says itself.
    var version: String { table.version.map { String(cString: $0) } ?? "" }

    static func load(path: String, kind: Kind) -> Result<LoadedModule, ModuleFault> {
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
        return read(table, path, kind)
    }

    private static func read(
        _ table: UnsafePointer<hilum_driver>, _ path: String, _ kind: Kind
    ) -> Result<LoadedModule, ModuleFault> {
        // Size and version first: the rest of the table is only there when they say so. Modules made before there were
        // services end where `kind` begins.
        let size = Int(UnsafeRawPointer(table).load(as: UInt32.self))
        let version = UnsafeRawPointer(table).load(fromByteOffset: 4, as: UInt32.self)
        let full = MemoryLayout<hilum_driver>.size
        let least = MemoryLayout<hilum_driver>.offset(of: \hilum_driver.kind) ?? full
        guard version == UInt32(HILUM_DRIVER_ABI_VERSION), size >= least else {
            return .failure(
                ModuleFault(
                    text: """
                        \(path) has driver ABI \(version) with a table of \(size) bytes, this gateway needs \
                        \(HILUM_DRIVER_ABI_VERSION) with \(least) at least: build it against this gateway's \
                        hilum_driver.h and set struct_size to sizeof(hilum_driver)
                        """))
        }
        var driver = hilum_driver()
        withUnsafeMutableBytes(of: &driver) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: UnsafeRawPointer(table), count: min(size, full)))
        }
        if size < full {
            driver.kind = UInt32(HILUM_KIND_STREAM)
            driver.service = nil
        }
        guard driver.kind == kind.rawValue else {
            let wrong =
                kind == .service
                ? "is no service driver (hilum_driver.kind): name it as the driver of a device's profile instead"
                : "is a service driver: the gateway starts it by itself; no device's profile can name it"
            return .failure(ModuleFault(text: "\(path) \(wrong)"))
        }
        return .success(LoadedModule(path: path, table: driver))
    }

    private static func lastLoaderError() -> String {
        guard let text = dlerror() else { return "no reason given" }
        return String(cString: text)
    }
}
