import ArgumentParser
import Testing

@testable import hilum

@Suite struct HelpTests {
    /// Every command with its words, `results list` as `["results", "list"]`.
    static func commands(
        _ type: any ParsableCommand.Type = HilumCommand.self, path: [String] = []
    ) -> [(path: [String], type: any ParsableCommand.Type)] {
        let own = [(path: path, type: type)]
        return own
            + type.configuration.subcommands.flatMap { sub in
                commands(sub, path: path + [sub.configuration.commandName ?? "?"])
            }
    }

    @Test func helpIsAsRecorded() {
        for (path, type) in Self.commands() {
            let help = HilumCommand.helpMessage(for: type, columns: 110)
            Golden.expect(help + "\n", (["help"] + path).joined(separator: "-"))
        }
    }

    @Test func everyCommandShowsExamplesAndFormats() {
        // These print nothing that a machine would read.
        let silent = [["serve"], ["demo"], ["profile", "new"]]
        for (path, type) in Self.commands() where type.configuration.subcommands.isEmpty {
            let help = HilumCommand.helpMessage(for: type, columns: 110)
            let name = path.joined(separator: " ")
            if !["queue count", "queue notes"].contains(name) { #expect(help.contains("EXAMPLES"), "\(name)") }
            if !silent.contains(path) { #expect(help.contains("--format"), "\(name)") }
        }
    }

    @Test func exitStatusTellsUsageFromWrong() async {
        #expect(await hilum("--help").status == 0)
        #expect(await hilum("help", "results").status == 0)
        #expect(await hilum("--version").status == 0)
        let unknown = await hilum("nonsense")
        #expect(unknown.status == 2 && unknown.output.isEmpty && !unknown.error.isEmpty)
        #expect(await hilum("check", "--format", "xml").status == 2)
        let missing = await hilum("check", "--config", "/nonexistent/hilum.yaml")
        #expect(missing.status == 1)
        #expect(missing.output.contains("/nonexistent/hilum.yaml: error: there is no such file"))
        #expect(await hilum("simulate", "--capture", "/nonexistent", "--to", "tcp:h:1").status == 1)
        #expect(await hilum("simulate", "--capture", "x", "--to", "nowhere").status == 2)
        #expect(await hilum("queue", "resend", "1").status == 2)
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func completionScripts(_ shell: String) async {
        let (status, output, _) = await hilum("--generate-completion-script", shell)
        #expect(status == 0)
        #expect(output.contains("hilum") && output.contains("quarantine"))
    }
}
