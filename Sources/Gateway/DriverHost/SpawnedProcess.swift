import CPlatform
import Glibc

/// A process of `hilum-driver-host` with its descriptors: socket, standard error, progress page, and one that tells its end.
///
/// It is killed when the thread that started it ends.
struct SpawnedProcess {
    let process: pid_t
    let socket: Int32
    let processDescriptor: Int32
    let errors: Int32
    let page: UnsafeMutablePointer<hilum_progress>

    /// - Parameters:
    ///   - arguments: the executable first.
    ///   - driver: name of the driver, for the fault.
    ///   - arenas: memory arenas of the allocator; one is small, threads that allocate much want more.
    init(_ arguments: [String], driver: String, arenas: Int = 1) throws(DriverHostFault) {
        var sockets: [Int32] = [-1, -1]
        var pipes: [Int32] = [-1, -1]
        var mapped: UnsafeMutablePointer<hilum_progress>?
        var pid: pid_t = 0
        var pidDescriptor: Int32 = -1
        let progress = hilum_progress_create(&mapped)
        let hasSockets = progress >= 0 && hilum_socket_pair(&sockets) == 0
        let hasPipes = hasSockets && hilum_pipe(&pipes) == 0
        var failure = hasPipes ? 0 : errno
        if hasPipes {
            failure = SpawnedProcess.spawn(arguments, arenas, sockets[1], progress, pipes[1], &pid, &pidDescriptor)
        }
        for descriptor in [sockets[1], pipes[1], progress] where descriptor >= 0 { Glibc.close(descriptor) }
        guard failure == 0, let page = mapped else {
            for descriptor in [sockets[0], pipes[0]] where descriptor >= 0 { Glibc.close(descriptor) }
            hilum_progress_unmap(mapped)
            throw DriverHostFault(
                text: """
                    cannot start \(arguments.first ?? "") for the driver \(driver): \
                    \(String(cString: strerror(failure))); \(SpawnedProcess.cure(failure))
                    """)
        }
        self.page = page
        process = pid
        processDescriptor = pidDescriptor
        socket = sockets[0]
        errors = pipes[0]
    }

    /// Closes everything of it here. It must not be watched any more.
    func close() {
        for descriptor in [socket, processDescriptor, errors] { Glibc.close(descriptor) }
        hilum_progress_unmap(page)
    }

    private static func cure(_ failure: Int32) -> String {
        switch failure {
        case ENOENT, EACCES: "install it there, readable and executable for the gateway's user"
        case EMFILE, ENFILE: "raise the limit of open files (LimitNOFILE in the unit file)"
        case EAGAIN, ENOMEM: "raise the limit of processes or give the machine more memory"
        default: "it is tried again"
        }
    }

    private static func spawn(
        _ arguments: [String], _ arenas: Int, _ socket: Int32, _ progress: Int32, _ errors: Int32, _ pid: inout pid_t,
        _ descriptor: inout Int32
    ) -> Int32 {
        // No backtraces: quick to die.
        var environment = ["SWIFT_BACKTRACE=enable=no", "MALLOC_ARENA_MAX=\(arenas)", "LANG=C.UTF-8"]
        for name in ["LD_LIBRARY_PATH", "TZ", "DCMDICTPATH"] {
            if let value = getenv(name) { environment.append("\(name)=\(String(cString: value))") }
        }
        var argumentPointers = arguments.map { strdup($0) } + [nil]
        var environmentPointers = environment.map { strdup($0) } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        return hilum_spawn(
            arguments.first ?? "", &argumentPointers, &environmentPointers, socket, progress, errors, &pid, &descriptor)
    }

    /// Resident memory of a process in bytes; 0 when it cannot be read.
    static func residentBytes(of process: Int32) -> Int {
        guard let file = fopen("/proc/\(process)/statm", "re") else { return 0 }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = fread(&buffer, 1, buffer.count, file)
        let fields = buffer.prefix(count).split(separator: 0x20)
        guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
