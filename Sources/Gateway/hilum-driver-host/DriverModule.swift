import CHilumDriver

/// The functions of a stream driver.
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
        LoadedModule.load(path: path, kind: .stream).flatMap(check)
    }

    private static func check(_ module: LoadedModule) -> Result<DriverModule, ModuleFault> {
        let driver = module.table
        guard let open = driver.open, let receive = driver.receive, let timeout = driver.timeout,
            let finish = driver.finish, let poll = driver.poll, let idle = driver.idle, let close = driver.close
        else {
            return .failure(
                ModuleFault(text: "\(module.path): the driver's table lacks a function; only submit may be NULL"))
        }
        return .success(
            DriverModule(
                name: module.name, version: module.version,
                open: open, receive: receive, timeout: timeout, submit: driver.submit, finish: finish, poll: poll,
                idle: idle, close: close))
    }
}
