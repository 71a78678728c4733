import Foundation
import Testing

/// The example driver with one mistake in it, compiled for the test: each rule must find the mistake that breaks it.
struct BrokenExample: Sendable, CustomTestStringConvertible {
    /// The mistake, in words.
    var mistake: String
    /// What stands in driver.c, and what stands there instead.
    var original: String
    var replacement: String
    /// The rule that must not hold.
    var rule: @Sendable (ConformanceCase) async throws -> Void

    var testDescription: String { mistake }

    static let all: [BrokenExample] = [
        BrokenExample(
            mistake: "forgets the line under way at each call",
            original: "    size_t at;\n    for (at = 0; at < bytes.count; at++) {",
            replacement: "    size_t at;\n    driver->line_count = 0;\n    for (at = 0; at < bytes.count; at++) {"
        ) { try await ConformanceTests().pieces($0) },
        BrokenExample(
            mistake: "waits for ever after silence",
            original: "    give_sample_up(instance, \"the device fell silent\");",
            replacement: "    set_deadline(instance, now->monotonic_us + 1000);"
        ) { try await ConformanceTests().silence($0) },
        BrokenExample(
            mistake: "refuses the rest after garbage",
            original: "            driver->line_is_too_long = 0;\n        } else if",
            replacement: "        } else if"
        ) { try await ConformanceTests().garbage($0) },
        BrokenExample(
            mistake: "dates results by the wall clock", original: "    row_end(&driver->rows);\n    driver->results++;",
            replacement: """
                    char time[32];
                    int count = snprintf(time, sizeof time, "%lld", (long long)now->unix_us);
                    row_field(&driver->rows, "time", (const uint8_t *)time, (size_t)count);
                    row_end(&driver->rows);
                    driver->results++;
                """
        ) { try await ConformanceTests().clockSteps($0) },
        BrokenExample(
            mistake: "reads beyond a damaged line", original: "    if (body == 0 || !is_printable(driver)) {",
            replacement:
                "    if (body == 0) { volatile int *nowhere = 0; *nowhere = 1; }\n    if (!is_printable(driver)) {"
        ) { try await ConformanceTests().damage($0) },
        BrokenExample(
            mistake: "says idle within a sample",
            original: "    return driver->results == 0 && driver->line_count == 0 && !driver->line_is_too_long;",
            replacement: "    return driver != NULL;"
        ) { try await ConformanceTests().restartInMidMessage($0) },
        BrokenExample(
            mistake: "acknowledges at once",
            original:
                "acknowledgement: the host sends it once the message is stored. */\n    transmit(driver, \"+\", 0);",
            replacement: "acknowledgement. */\n    transmit(driver, \"+\", HILUM_TRANSMIT_IMMEDIATE);"
        ) { try await ConformanceTests().acknowledgesAfterTheMessage($0) },
        BrokenExample(
            mistake: "counts the bytes of all instances together", original: "        driver->offset++;",
            replacement: "        static uint64_t shared;\n        driver->offset = ++shared;"
        ) { try await ConformanceTests().instancesAreApart($0) },
        BrokenExample(
            mistake: "says nothing at the end of the link", original: "    give_sample_up(driver, \"the link ended\");",
            replacement: "    forget_sample(driver);"
        ) { try await ConformanceTests().finish($0) },
        BrokenExample(
            mistake: "takes any options",
            original:
                "} else if (example_options_read(options.bytes, options.count, &driver->options, refusal, sizeof refusal)) {",
            replacement: """
                } else {
                    example_options_read(options.bytes, options.count, &driver->options, refusal, sizeof refusal);
                """
        ) { try await ConformanceTests().badOptions($0, "[]") },
        BrokenExample(
            mistake: "leaks 32 bytes a message", original: "    text_buffer message = {0};",
            replacement: "    text_buffer message = {0};\n    memset(malloc(32), 1, 32);"
        ) { try await EnduranceTests().memoryStaysFlat($0) },
    ]

    /// The case `example-c` with the broken module.
    func made() throws -> ConformanceCase {
        var given = try #require(ConformanceCase.all.first { $0.name == "example-c" })
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let sources = tests.deletingLastPathComponent().path + "/Sources"
        let folder =
            FileManager.default.temporaryDirectory.path + "/hilum-broken-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let driver = try String(contentsOfFile: sources + "/Drivers/example-c/driver.c", encoding: .utf8)
        try #require(driver.contains(original), "driver.c has changed: mend BrokenExample")
        let broken = driver.replacingOccurrences(of: original, with: replacement)
        try broken.write(toFile: folder + "/driver.c", atomically: true, encoding: .utf8)
        let example = sources + "/Drivers/example-c"
        let command = [
            "cc", "-shared", "-fPIC", "-O1", "-w", "-I", sources + "/Interop/CHilumDriver/include", "-I", example, "-I",
            example + "/include", folder + "/driver.c", example + "/events.c", example + "/options.c", "-o",
            folder + "/libhilum-driver-example-c.so",
        ]
        try #require(system(command.map { "'\($0)'" }.joined(separator: " ")) == 0)
        given.moduleFolder = folder
        return given
    }
}

/// A runner that finds nothing proves nothing.
@Suite(.serialized) struct RunnerTests {
    @Test(arguments: BrokenExample.all) func findsTheMistake(_ broken: BrokenExample) async throws {
        let given = try broken.made()
        await withKnownIssue("\(broken.mistake)") { try await broken.rule(given) }
        if let folder = given.moduleFolder { try? FileManager.default.removeItem(atPath: folder) }
    }
}
