import FuzzEntries
import Glibc

/// libFuzzer around one entry: `hilum-fuzz ENTRY [libFuzzer's arguments]`. Built by `scripts/fuzz` only.
@main
struct FuzzRunner {
    /// Read by the callback, which may capture nothing.
    nonisolated(unsafe) static var entry: FuzzEntry?

    static func main() {
        guard CommandLine.argc > 1, let entry = FuzzEntry(named: CommandLine.arguments[1]) else {
            print(
                "usage: hilum-fuzz ENTRY [-max_total_time=SECONDS …]; entries: \(FuzzEntry.all.map(\.name).joined(separator: " "))"
            )
            exit(2)
        }
        Self.entry = entry
        var count = CommandLine.argc - 1
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv.advanced(by: 1)
        exit(withUnsafeMutablePointer(to: &arguments) { runDriver(&count, $0) { testOneInput($0, $1) } })
    }
}

/// What libFuzzer's own `main` would call; ours takes the entry's name first.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    FuzzRunner.entry?.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32
