import Foundation
import Testing

@testable import Transport

/// libserialport takes only ports listed under /sys/class/tty and asks for modem lines, which no pseudo-terminal has. So
/// this test runs itself again in a process in which a small library, compiled here, answers both questions for
/// pseudo-terminals. What only a real UART can show is said in docs/links.md.
@Suite("libserialport")
struct SerialLibraryTests {
    static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <stdarg.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/ioctl.h>
        #include <sys/stat.h>
        #include <unistd.h>
        static const char listed[] = "/sys/class/tty/pts/";
        static int lines = TIOCM_CTS | TIOCM_DSR;
        int __lxstat(int version, const char *path, struct stat *status) {
            static int (*next)(int, const char *, struct stat *);
            if (!next) next = (int (*)(int, const char *, struct stat *))dlsym(RTLD_NEXT, "__lxstat");
            if (strncmp(path, listed, sizeof listed - 1) != 0) return next(version, path, status);
            memset(status, 0, sizeof *status);
            status->st_mode = S_IFLNK | 0777;
            return 0;
        }
        ssize_t readlink(const char *path, char *target, size_t size) {
            static ssize_t (*next)(const char *, char *, size_t);
            if (!next) next = (ssize_t (*)(const char *, char *, size_t))dlsym(RTLD_NEXT, "readlink");
            if (strncmp(path, listed, sizeof listed - 1) != 0) return next(path, target, size);
            static const char answer[] = "../../devices/virtual/test";
            memcpy(target, answer, sizeof answer - 1);
            return sizeof answer - 1;
        }
        int ioctl(int fd, unsigned long request, ...) {
            static int (*next)(int, unsigned long, void *);
            va_list list;
            va_start(list, request);
            void *argument = va_arg(list, void *);
            va_end(list);
            if (!next) next = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
            switch (request) {
            case TIOCMGET: *(int *)argument = lines; return 0;
            case TIOCMSET: lines = *(int *)argument; return 0;
            case TIOCMBIS: lines |= *(int *)argument; return 0;
            case TIOCMBIC: lines &= ~*(int *)argument; return 0;
            default: return next(fd, request, argument);
            }
        }
        """

    @Test(
        "a port is opened, set up, read and written through it (in a process of its own)",
        .enabled(if: !InnerProcess.isInner))
    func inAProcessOfItsOwn() async throws {
        try await withFolder { folder in
            let code = "\(folder)/preload.c"
            let library = "\(folder)/preload.so"
            try Self.source.write(toFile: code, atomically: true, encoding: .utf8)
            guard
                let compiler = ["/usr/bin/cc", "/usr/bin/clang", "/usr/bin/gcc"].first(where: {
                    FileManager.default.isExecutableFile(atPath: $0)
                })
            else {
                print("skipped: no C compiler")
                return
            }
            let (compiled, messages) = try InnerProcess.command(
                compiler, ["-shared", "-fPIC", "-o", library, code, "-ldl"])
            try #require(compiled == 0, "\(messages)")
            let (status, text) = try InnerProcess.run(
                "SerialLibraryTests/inner", environment: ["LD_PRELOAD": library])
            #expect(status == 0, "\(text)")
            #expect(text.contains("1 test"), "\(text)")
        }
    }

    @Test("the same, inside", .enabled(if: InnerProcess.isInner))
    func inner() async throws {
        for flow in [SerialSettings.FlowControl.none, .xonxoff] {
            let terminal = try PseudoTerminal()
            let port = try SerialPort.open(
                SerialSettings(path: terminal.path, baud: 19200, dataBits: 8, parity: .none, stopBits: 2, flow: flow))
            #expect(port.usesLibrary)
            var now = termios()
            #expect(tcgetattr(port.descriptor, &now) == 0)
            #expect(cfgetospeed(&now) == speed_t(B19200))
            #expect(now.c_cflag & tcflag_t(CSTOPB) != 0)
            #expect((now.c_iflag & tcflag_t(IXON | IXOFF) != 0) == (flow == .xonxoff))
            #expect(now.c_iflag & tcflag_t(PARMRK | INPCK) == tcflag_t(PARMRK | INPCK))
            #expect(now.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0)
            port.close()

            let bench = Bench([serial("a", terminal.path) { $0.flow = flow }])
            await bench.transport.start()
            #expect(await eventually { bench.sink.ups("a") == 1 })
            let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }.filter {
                flow == .none || ($0 != 0x11 && $0 != 0x13)
            }
            await write(terminal.master, bytes)
            #expect(await eventually { bench.sink.byteCount("a") == bytes.count })
            #expect(bench.sink.bytes("a") == bytes)
            bench.sink.link("a")?.send([0x06, 0xFF, 0x00])
            #expect(await read(terminal.master, exactly: 3) == [0x06, 0xFF, 0x00])
            terminal.close()
            #expect(await eventually { bench.sink.downs("a").count == 1 })
            await bench.transport.stop()
        }
    }
}
