import Foundation
import Testing

@testable import hilum

/// Texts that must stay as they are until somebody means to change them. `HILUM_RECORD=1 swift test` writes them anew.
enum Golden {
    /// The checkout that the tests are part of.
    static let checkout = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Compares a text with the file `Tests/Golden/hilum/NAME.txt`.
    static func expect(
        _ text: String, _ name: String, file: String = #filePath, _ location: SourceLocation = #_sourceLocation
    ) {
        let tests = URL(filePath: file).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = tests.appending(path: "Golden/hilum")
        let path = folder.appending(path: name + ".txt")
        if ProcessInfo.processInfo.environment["HILUM_RECORD"] != nil {
            try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try? Data(text.utf8).write(to: path)
            return
        }
        guard let wanted = try? String(contentsOf: path, encoding: .utf8) else {
            Issue.record("there is no \(path.path); write it with HILUM_RECORD=1", sourceLocation: location)
            return
        }
        guard wanted != text else { return }
        let (old, new) = (
            wanted.split(separator: "\n", omittingEmptySubsequences: false),
            text.split(separator: "\n", omittingEmptySubsequences: false)
        )
        let line =
            zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
        func at(_ lines: [Substring]) -> String { lines.indices.contains(line) ? String(lines[line]) : "(end)" }
        Issue.record("\(name), line \(line + 1)\n  was: \(at(old))\n  is:  \(at(new))", sourceLocation: location)
    }
}

/// Runs a command line and takes what it prints.
func hilum(_ arguments: String...) async -> (status: Int32, output: String, error: String) {
    let captured = CapturedOutput()
    let status = await Stream.$captured.withValue(captured) { await HilumCommand.run(arguments) }
    return (status, captured.output, captured.error)
}
