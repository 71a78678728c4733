import Foundation

/// Runs tests of this program again in a process of its own, where they may do what would disturb the others: preload a
/// library, use up all descriptors.
enum InnerProcess {
    private static let variable = "HILUM_TEST_INNER"

    /// True inside such a process.
    static let isInner = ProcessInfo.processInfo.environment[variable] != nil

    /// Runs the one test that `filter` names. Returns the exit status and what was printed.
    static func run(_ filter: String, environment: [String: String] = [:]) throws -> (status: Int32, text: String) {
        var environment = environment
        environment[variable] = "1"
        return try command(
            "/proc/self/exe", ["--testing-library", "swift-testing", "--filter", filter], environment: environment)
    }

    /// Runs a program to its end.
    static func command(
        _ path: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
