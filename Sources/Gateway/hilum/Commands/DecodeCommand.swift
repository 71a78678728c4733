import ArgumentParser
import Contracts
import DeviceProfile
import Foundation
import JSONText
import Normalization
import ResultModel

/// `hilum decode`
struct DecodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Read captures of analysers and DICOM files as the gateway would, offline.",
        discussion: """
            Prints one JSON object a result on standard output: the device's own words (specimen_id patient_id test_code
            value unit flags status time qc usable role) and beside them what was made of them (loinc ucum number
            comparator …). Faults go to standard error as FILE: byte N: what is wrong. With the profile of a modality the
            files are DICOM files: one object for the header, one for each thing that a structured report, dose report,
            waveform or document says.

            EXAMPLES
              hilum decode --profile sysmex-xn1000 capture.bin
              hilum decode --profile DeviceProfiles/generic-hl7 --format table capture.bin
              cat capture.bin | hilum decode --profile generic-lis -
              hilum decode --profile generic-lis --pieces 7 capture.bin     bytes handed over in random pieces
              hilum decode --profile generic-us echo-report.dcm

            Exit status: 0 no fault, 1 a fault: bytes refused or lost.
            """)

    @Option(help: ArgumentHelp("Profile by id, alias or folder.", valueName: "id|folder"))
    var profile: String

    @Option(help: "Variant of the profile; without it the first bytes decide.")
    var variant: String?

    @Argument(help: "Captures; - is standard input.", completion: .file())
    var files: [String] = []

    @Option(help: "Hand the bytes over in random pieces, with this seed.")
    var pieces: UInt64?

    @Option(help: "Time zone of the device where the profile names none.")
    var timezone = "UTC"

    @Flag(help: "Show notices as well: noise, repeats.")
    var verbose = false

    @Flag(help: "Show graphs, images and documents as well, with their sizes.")
    var attachments = false

    // One object a line is the contract of this command: json unless told otherwise.
    @Option(help: "table: aligned columns; json: one JSON object a line.")
    var format = OutputFormat.json

    func run() async throws {
        let profile = try ProfileLookup.profile(profile)
        if profile.isImaging { return try decodeInstances(profile) }
        let session = try OfflineSession(timezone: timezone)
        var isFaulty = false
        for file in files.isEmpty ? ["-"] : files {
            let capture = try CaptureFile.bytes(file)
            let chosen = try chosen(profile, for: capture)
            let decoded = try await session.decode(capture, profile: chosen, pieces: pieces, name: file)
            Stream.output(Self.rendered(decoded.reports, format, attachments: attachments, terminal: .output))
            // Where nothing came of a capture, its notices say why: another start code, another speed.
            let isEmpty = decoded.reports.isEmpty && !decoded.faults.contains { $0.severity != .notice }
            let faults = Self.faults(decoded.faults, file: file, verbose: verbose || isEmpty)
            Stream.error(faults.text)
            isFaulty = isFaulty || faults.isFaulty
        }
        await session.end()
        if isFaulty { throw ExitStatus.wrong }
    }

    private func decodeInstances(_ profile: DeviceProfile) throws {
        let decoder = InstanceDecoder(profile)
        var isFaulty = false
        for file in files.isEmpty ? ["-"] : files {
            let decoded = try decoder.decode(try CaptureFile.bytes(file), name: file)
            let rows = InstanceRow.rows(of: decoded)
            Stream.output(
                format == .json
                    ? rows.map { JSONValue.object($0).text() + "\n" }.joined()
                    : InstanceListing.rendered(decoded, terminal: .output))
            for fault in decoded.faults { Stream.error(VisibleText.of("\(file): \(fault)") + "\n") }
            isFaulty = isFaulty || !decoded.faults.isEmpty
        }
        if isFaulty { throw ExitStatus.wrong }
    }

    private func chosen(_ profile: DeviceProfile, for capture: [UInt8]) throws -> DeviceProfile {
        guard let variant else { return profile.variant(matching: capture)?.profile ?? profile }
        if let resolved = profile.resolved(variant: variant) { return resolved }
        let names = profile.variants.map(\.name)
        throw CommandFailure(
            .wrong, "the profile \(profile.id) has no variant \(variant)",
            cure: names.isEmpty ? "leave --variant out" : Spelling.cure(for: variant, among: names))
    }

    /// The lines about faults, and whether any of them counts. Notices are for the curious.
    static func faults(_ faults: [DriverFault], file: String, verbose: Bool) -> (text: String, isFaulty: Bool) {
        var text = ""
        for fault in faults where fault.severity != .notice || verbose {
            let word = fault.severity == .notice ? "notice: " : fault.severity == .refused ? "refused: " : "lost: "
            text += VisibleText.of("\(file): byte \(fault.start): \(word)\(fault.text)") + "\n"
        }
        return (text, faults.contains { $0.severity != .notice })
    }

    /// The results of reports.
    static func rendered(
        _ reports: [Report], _ format: OutputFormat, attachments: Bool, terminal: Terminal
    ) -> String {
        let rows = reports.flatMap { ResultRow.rows(of: $0, includingAttachments: attachments) }
        if format == .json { return rows.map { JSONValue.object($0).text() + "\n" }.joined() }
        var listing = ResultListing.decoded
        listing.rows = rows.map { ResultListing.cells($0) }
        return listing.rendered(.table, terminal: terminal)
    }
}

/// Files given to a command.
enum CaptureFile {
    /// The device's bytes in a file, or in standard input for `-`.
    static func bytes(_ file: String) throws -> [UInt8] { device(try contents(file)) }

    /// The bytes of a file as they are.
    static func contents(_ file: String) throws -> [UInt8] {
        if file == "-" { return [UInt8](FileHandle.standardInput.readDataToEndOfFile()) }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandFailure(.wrong, "\(file) cannot be read", cure: "check the path and its permissions")
        }
        return [UInt8](data)
    }

    /// What the device sent, of a file that `hilum capture` wrote; other files are the device's bytes themselves.
    private static func device(_ bytes: [UInt8]) -> [UInt8] { CaptureRecord.deviceBytes(of: bytes) ?? bytes }
}

/// Results as rows of a table.
enum ResultListing {
    /// Columns of a decode.
    static var decoded: Listing {
        Listing(
            columns: [
                Column("specimen_id", "SPECIMEN", flexible: true), Column("patient_id", "PATIENT", flexible: true),
                Column("test_code", "CODE", flexible: true), Column("value", "VALUE", .right, flexible: true),
                Column("unit", "UNIT"), Column("flags", "FLAGS"), Column("status", "ST"), Column("time", "TIME"),
                Column("loinc", "LOINC"), Column("normalised", "NORMALISED", flexible: true),
                Column("remark", "REMARK", flexible: true),
            ], whenEmpty: "no results")
    }

    /// The cells of a flat row.
    static func cells(_ row: JSONObject) -> [Cell] {
        func text(_ key: String) -> String { row[key]?.string ?? "" }
        let isUsable = row["usable"]?.bool ?? true
        let isMapped = row["mapped"]?.bool ?? true
        let flags = (row["flags"]?.array ?? []).compactMap(\.string)
        var remarks: [String] = []
        if row["qc"]?.bool == true { remarks.append("QC") }
        if text("role") != "result", !text("role").isEmpty { remarks.append(text("role")) }
        if !isUsable { remarks.append("no value") }
        if !isMapped { remarks.append("unknown code") }
        remarks += (row["holds"]?.array ?? []).compactMap(\.string).map { "held: \($0)" }
        return [
            .text(text("specimen_id")), .text(text("patient_id")), .text(text("test_code")),
            .text(text("value"), isUsable ? .plain : .dim), .text(text("unit")),
            .list(flags, flags.isEmpty ? .plain : .warning), .text(text("status")), .text(text("time")),
            .text(text("loinc")), .text(normalised(row)), .list(remarks, .dim),
        ]
    }

    /// The normalised value in one text.
    static func normalised(_ row: JSONObject) -> String {
        func text(_ key: String) -> String {
            if case .number(let digits)? = row[key] { return digits }
            return row[key]?.string ?? ""
        }
        let unit = text("ucum").isEmpty ? text("display_unit") : text("ucum")
        switch text("form") {
        case "quantity": return text("comparator") + text("number") + (unit.isEmpty ? "" : " \(unit)")
        case "ratio": return "\(text("comparator"))\(text("numerator")):\(text("denominator"))"
        case "range": return "\(text("low"))–\(text("high"))" + (unit.isEmpty ? "" : " \(unit)")
        case "coded", "text": return text("text")
        case "attachment": return "\(text("content_type")) \(text("bytes")) bytes"
        case "absent": return "absent: \(text("absent_reason"))"
        default: return ""
        }
    }
}
