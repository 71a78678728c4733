import CPlatform
import Glibc

// hilum-driver-host MODULE.so [LARGEST-DATA-IN-BYTES [gather|each|service]]
//
// Started by the gateway, never by hand: descriptor 3 is the socket to the gateway, descriptor 4 the progress page.

/// Exit statuses that the gateway tells apart.
enum ExitStatus {
    static let finished: Int32 = 0
    static let notStartedByGateway: Int32 = 64
    static let streamBroken: Int32 = 65
}

@main
struct DriverHostProcess {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 2, let page = hilum_progress_map(Int32(HILUM_CHILD_PROGRESS)) else {
            complain(
                """
                hilum-driver-host MODULE.so [LARGEST-DATA]: holds a driver for the gateway and is started by it. \
                To try a driver use `hilum decode`.
                """)
            exit(ExitStatus.notStartedByGateway)
        }
        let largestData = arguments.count > 2 ? UInt64(arguments[2]) ?? 0 : 0
        if hilum_child_limits(largestData) != 0 {
            complain("cannot set the limits: \(String(cString: strerror(errno)))")
        }
        let mode = arguments.count > 3 ? arguments[3] : ""
        if mode == "service" {
            ServiceLoop.run(path: arguments[1], page: page)
            // Threads of the module may still run: nothing is torn down under them.
            _exit(ExitStatus.finished)
        }
        var outlet = EventOutlet(descriptor: Int32(HILUM_CHILD_SOCKET))
        switch DriverModule.load(path: arguments[1]) {
        case .failure(let fault):
            outlet.hello(status: 1, fault.text)
            outlet.flush()
        case .success(let module):
            outlet.hello(status: 0, "\(module.name) \(module.version)")
            outlet.flush()
            var loop = CallLoop(module: module, outlet: outlet, page: page, writesEach: mode == "each")
            loop.run()
        }
        exit(ExitStatus.finished)
    }

    /// A line for the gateway's log.
    static func complain(_ text: String) {
        let line = Array("hilum-driver-host: \(text)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
