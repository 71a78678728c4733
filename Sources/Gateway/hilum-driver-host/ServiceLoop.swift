import CHilumDriver
import CPlatform
import DriverWire
import Glibc

/// Holds a service driver: starts it with the first frame, hands it the messages of the gateway, stops it when these end.
struct ServiceLoop {
    private let module: LoadedModule
    private let service: hilum_service
    private let outlet: ServiceOutlet
    private let page: UnsafeMutablePointer<hilum_progress>
    /// What the module is given to speak through; it stays for the life of the process.
    private let host: UnsafeMutablePointer<hilum_service_host>
    private var instance: UnsafeMutableRawPointer?
    private var messages: UInt64 = 0

    /// Loads the module and runs it; tells the gateway when it cannot.
    static func run(path: String, page: UnsafeMutablePointer<hilum_progress>) {
        let outlet = ServiceOutlet(descriptor: Int32(HILUM_CHILD_SOCKET))
        switch LoadedModule.load(path: path, kind: .service) {
        case .failure(let fault): refuse(fault.text, isOptions: false, outlet)
        case .success(let module):
            guard let table = module.table.service,
                Int(UnsafeRawPointer(table).load(as: UInt32.self)) >= MemoryLayout<hilum_service>.size,
                table.pointee.start != nil, table.pointee.handle != nil, table.pointee.stop != nil
            else {
                refuse("\(path): the service's table lacks a function or struct_size", isOptions: false, outlet)
                return
            }
            var loop = ServiceLoop(module: module, service: table.pointee, outlet: outlet, page: page)
            loop.run()
        }
    }

    private init(
        module: LoadedModule, service: hilum_service, outlet: ServiceOutlet, page: UnsafeMutablePointer<hilum_progress>
    ) {
        self.module = module
        self.service = service
        self.outlet = outlet
        self.page = page
        host = .allocate(capacity: 1)
        host.initialize(
            to: hilum_service_host(
                struct_size: UInt32(MemoryLayout<hilum_service_host>.size), reserved: 0,
                context: Unmanaged.passRetained(outlet).toOpaque(),
                emit: { context, message in
                    guard let context else { return }
                    Unmanaged<ServiceOutlet>.fromOpaque(context).takeUnretainedValue().send(message)
                }))
    }

    /// Returns when the gateway has closed its end, or the options were refused.
    private mutating func run() {
        var frames = FrameBuffer(limit: ServiceMessage.longest)
        while true {
            let count = frames.fill {
                Int(hilum_read_some(Int32(HILUM_CHILD_SOCKET), $0.baseAddress, UInt64($0.count)))
            }
            guard count > 0 else { break }
            do throws(FrameBuffer.Fault) {
                while let goesOn = try frames.next({ take($0) }) {
                    guard goesOn else { return }
                }
            } catch {
                DriverHostProcess.complain("the stream from the gateway is broken: \(error)")
                _exit(ExitStatus.streamBroken)
            }
        }
        if let instance { service.stop(instance) }
    }

    /// False: there is nothing to go on for.
    private mutating func take(_ frame: UnsafeRawBufferPointer) -> Bool {
        guard let (id, head, body) = ServiceFrame.parts(of: frame) else {
            DriverHostProcess.complain("a message that is none came from the gateway")
            _exit(ExitStatus.streamBroken)
        }
        guard let instance else { return start(body) }
        var message = hilum_service_message()
        message.struct_size = UInt32(MemoryLayout<hilum_service_message>.size)
        message.id = id
        message.head = ServiceLoop.argument(head)
        message.body = ServiceLoop.argument(body)
        messages &+= 1
        hilum_progress_begin(page, 1, messages)
        service.handle(instance, &message)
        hilum_progress_end(page)
        return true
    }

    /// The first frame: its body is the options.
    private mutating func start(_ options: UnsafeRawBufferPointer) -> Bool {
        var reason = hilum_bytes(bytes: nil, count: 0)
        var started: UnsafeMutableRawPointer?
        let status = service.start(ServiceLoop.argument(options), host, &started, &reason)
        guard status == HILUM_OK, let started else {
            let bytes = UnsafeRawBufferPointer(
                start: reason.bytes, count: reason.bytes == nil ? 0 : min(reason.count, 4096))
            let text = String(decoding: bytes, as: UTF8.self)
            ServiceLoop.refuse(
                text.isEmpty ? "the driver \(module.name) gives no reason (\(status))" : text, isOptions: true, outlet)
            return false
        }
        instance = started
        outlet.send(
            ServiceMessage(
                ServiceHostKind.started, fields: [.init("name", module.name), .init("version", module.version)]))
        return true
    }

    private static func argument(_ bytes: UnsafeRawBufferPointer) -> hilum_bytes {
        hilum_bytes(bytes: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: bytes.count)
    }

    private static func refuse(_ text: String, isOptions: Bool, _ outlet: ServiceOutlet) {
        outlet.send(
            ServiceMessage(
                ServiceHostKind.refused,
                fields: [.init("what", isOptions ? "options" : "module"), .init("reason", text)]))
    }
}
