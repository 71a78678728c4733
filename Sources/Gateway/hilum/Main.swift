import ArgumentParser
import Glibc

/// Entry of the program.
@main
struct Main {
    static func main() async {
        // A closed pipe is seen where it is written to.
        signal(SIGPIPE, SIG_IGN)
        exit(await HilumCommand.run(Array(CommandLine.arguments.dropFirst())))
    }
}
