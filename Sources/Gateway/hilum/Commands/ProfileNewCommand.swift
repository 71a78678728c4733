import ArgumentParser
import DeviceProfile
import Foundation
import JSONText
import Normalization

/// `hilum profile new`
struct ProfileNewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Begin a profile folder.",
        discussion: """
            Makes the folder with profile.yaml, NOTES.md, captures and expected. With --capture, the capture is put in and
            decoded, what came out is written to expected for you to check line by line against the analyser's own print,
            and its codes are listed in profile.yaml.

            EXAMPLES
              hilum profile new acme-300 --extends generic-lis --vendor Acme --model 300 --kind chemistry
              hilum profile new acme-300 --extends generic-hl7 --capture first-run.bin --in /etc/hilum/profiles
              hilum profile new acme-ct64 --extends generic-ct --vendor Acme --model "CT 64" --capture phantom.dcm
            """)

    @Argument(help: "Id: small letters, digits, hyphens; by custom maker-model.")
    var id: String
    @Option(help: "The profile it is built on.")
    var extends = "generic-lis"
    @Option(help: "Maker, as on the device.")
    var vendor = ""
    @Option(help: "Model, as on the device.")
    var model = ""
    @Option(help: "Kind of device.")
    var kind = "other"
    @Option(help: "A capture to begin with.", completion: .file())
    var capture: String?
    @Option(name: .customLong("in"), help: "Folder in which the profile's folder is made.", completion: .directory)
    var parent = "DeviceProfiles"

    func validate() throws {
        guard Identifier.isValid(id), id == id.lowercased() else {
            throw ValidationError("\"\(id)\" is no possible id: small letters, digits and hyphens")
        }
        guard DeviceKind(rawValue: kind) != nil else {
            let known = DeviceKind.allCases.map(\.rawValue)
            throw ValidationError("there is no kind \(kind); \(Spelling.cure(for: kind, among: known))")
        }
    }

    func run() async throws {
        let base = try ProfileLookup.profile(extends, folders: [parent])
        let folder = "\(parent)/\(id)"
        guard !FileManager.default.fileExists(atPath: folder) else {
            throw CommandFailure(.wrong, "\(folder) is there already", cure: "edit it, or choose another id")
        }
        var codes: [(code: String, unit: String)] = []
        var expected: JSONValue?
        var bytes: [UInt8] = []
        if let capture {
            bytes = try CaptureFile.bytes(capture)
            if base.isImaging {
                expected = InstanceExpectation.draft(try InstanceDecoder(base).decode(bytes, name: capture))
            } else {
                (codes, expected) = try await Self.draft(bytes, profile: base, name: capture)
            }
        }
        var command = self
        // A modality is of the kind of what it is built on, unless it is said otherwise.
        if base.isImaging, kind == "other" { command.kind = base.kind.rawValue }
        try write("profile.yaml", Self.profile(command, codes: codes, hasCapture: capture != nil), in: folder)
        try write("NOTES.md", Self.notes(self), in: folder)
        for part in ["captures", "expected"] { try Self.make("\(folder)/\(part)") }
        if let capture, let expected {
            let name = Self.stem(capture)
            try Self.put(bytes, "\(folder)/captures/\(name).\(base.isImaging ? "dcm" : "bin")")
            try Self.put(expected.serialized(pretty: true) + [0x0A], "\(folder)/expected/\(name).json")
        }
        Stream.output("made \(folder): fill in profile.yaml and NOTES.md, then hilum profile check \(folder)\n")
        if let capture {
            Stream.output(
                "expected/\(Self.stem(capture)).json is a draft: compare it with the device's own print or screen\n")
            if base.isImaging {
                Stream.output("the capture is as given: if it is of a real patient, replace it before you pass it on\n")
            }
        }
    }

    private static func draft(
        _ bytes: [UInt8], profile: DeviceProfile, name: String
    ) async throws -> ([(code: String, unit: String)], JSONValue) {
        let session = try OfflineSession(timezone: "UTC")
        let chosen = profile.variant(matching: bytes)?.profile ?? profile
        let decoded = try await session.decode(bytes, profile: chosen, sizes: [], name: name)
        await session.end()
        let keys = [
            "specimen_id", "patient_id", "test_code", "value", "unit", "flags", "status", "time", "qc", "usable",
            "role",
        ]
        var rows: [JSONValue] = []
        var codes: [(code: String, unit: String)] = []
        for row in decoded.reports.flatMap({ ResultRow.rows(of: $0) }) {
            var object = JSONObject()
            for key in keys { if let value = row[key] { object.append(key, value) } }
            rows.append(.object(object))
            let code = row["test_code"]?.string ?? ""
            if !codes.contains(where: { $0.code == code }) { codes.append((code, row["unit"]?.string ?? "")) }
        }
        return (codes, .object(["format": .number(1), "results": .array(rows)]))
    }

    /// The text of profile.yaml.
    static func profile(
        _ command: ProfileNewCommand, codes: [(code: String, unit: String)], hasCapture: Bool = false
    ) -> String {
        func quoted(_ text: String) -> String { JSONValue.string(text).text() }
        var text = """
            # yaml-language-server: $schema=../profile.schema.json
            id: \(command.id)
            extends: \(command.extends)
            vendor: \(quoted(command.vendor))
            model: \(quoted(command.model))
            kind: \(command.kind)
            support: \(codes.isEmpty && !hasCapture ? "claimed" : "captured")
            documents:
              - {title: "", revision: ""}   # the maker's interface manual

            """
        guard !codes.isEmpty else { return text }
        text +=
            "# LOINC codes: https://loinc.org, by component, property, time, system and scale. Leave out what is not certain.\ncodes:\n"
        for (code, unit) in codes where !code.isEmpty {
            text +=
                "  \(quoted(code)): {name: \(quoted(code))}"
                + (unit.isEmpty ? "" : "   # sent with unit \(VisibleText.of(unit))")
                + "\n"
        }
        return text
    }

    private static func notes(_ command: ProfileNewCommand) -> String {
        let title = [command.vendor, command.model].filter { !$0.isEmpty }.joined(separator: " ")
        return """
            # \(title.isEmpty ? command.id : title)

            ## Setting the analyser up

            Menu by menu: host address, port or serial settings, protocol, what is sent and when.

            ## Known to go wrong

            ## Where the captures come from

            """
    }

    private func write(_ name: String, _ text: String, in folder: String) throws {
        try Self.make(folder)
        try Self.put(Array(text.utf8), "\(folder)/\(name)")
    }

    private static func make(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .wrong, "\(folder) cannot be made: \(error.localizedDescription)", cure: "name another with --in")
        }
    }

    private static func put(_ bytes: [UInt8], _ path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
            throw CommandFailure(.wrong, "\(path) cannot be written", cure: "check the permissions of its folder")
        }
    }

    private static func stem(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }
}
