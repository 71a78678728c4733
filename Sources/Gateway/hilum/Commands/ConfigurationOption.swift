import ArgumentParser

/// The option that names the configuration.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: [.long, .short],
        help: ArgumentHelp("The gateway's configuration.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config = "hilum.yaml"
}
