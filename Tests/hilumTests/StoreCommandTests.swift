import Contracts
import Foundation
import JSONText
import ResultModel
import Store
import Testing

@testable import hilum

/// A clock that stands still.
struct StandingClock: Contracts.Clock {
    var unix: Int64
    func now() -> Instant { Instant(unix: unix, monotonic: unix) }
}

/// A state folder with three messages in it: two reports that go to the EMR, one that is held.
struct MadeState {
    let folder: String
    let configuration: String

    /// 2026-11-23T12:00:00Z
    static let noon: Int64 = 1_795_435_200_000_000

    static func make() async throws -> MadeState {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hilum-state-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let configuration = "\(folder)/hilum.yaml"
        try """
        site: {timezone: Asia/Shanghai}
        state: \(folder)/state
        devices: [{id: xn-1, profile: p, link: {tcp: {listen: 5000}}}, {id: quiet, profile: p, link: {tcp: {listen: 5001}}}]
        destinations: [{id: emr, hl7: {host: h, port: 1}}]
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        let store = try Store(StoreConfiguration(folder: "\(folder)/state", clock: StandingClock(unix: noon)))
        let conversation = try await store.openConversation(device: "xn-1", peer: "10.0.0.7:5123", at: noon)
        var received: UInt64 = 0
        for (index, specimen) in ["000000481516", "S\u{1B}[2J", ""].enumerated() {
            var unit = CommitUnit(device: "xn-1", conversation: conversation)
            let bytes = Array("\u{05}\u{02}1H|\\^&\rO|1|\(specimen)\r\u{03}E5\r\n\u{04}".utf8)
            unit.journal = [
                JournalEntry(.received, unix: noon + Int64(index) * 1_000_000, bytes: bytes),
                JournalEntry(.sent, unix: noon + Int64(index) * 1_000_000 + 1500, bytes: [0x06]),
            ]
            unit.messages = [
                MessageDraft(
                    kind: "results", protocolName: "LIS2-A2", controlID: "7", isComplete: true,
                    start: received, end: received + UInt64(bytes.count), contentDigest: UInt64(index),
                    reports: [(report(specimen, at: noon + Int64(index) * 1_000_000), ["emr"])])
            ]
            unit.isIdle = true
            received += UInt64(bytes.count)
            let handed = unit
            _ = try await withCheckedThrowingContinuation { continuation in
                store.commit(handed) { continuation.resume(with: $0) }
            }
        }
        let claimed = try await store.claim(destination: "emr", limit: 1, now: noon).items
        try await store.settle(
            claimed.map { (item: $0.id, outcome: .dead(reason: "AR: patient unknown")) }, now: noon)
        store.raise(subject: "emr", kind: "dead-letter", text: "item: AR: patient unknown")
        try await store.quarantine(device: "xn-1", conversation: conversation, bytes: [0x02, 0xFF], reason: "trapped")
        await store.close()
        return MadeState(folder: folder, configuration: configuration)
    }

    private static func report(_ specimen: String, at unix: Int64) -> Report {
        var report = Report()
        report.device = "xn-1"
        report.profile = "sysmex-xn1000"
        report.profileRevision = "0123456789abcdef"
        report.protocolName = "LIS2-A2"
        report.specimen.id = specimen
        report.receivedAt = unix
        if specimen.isEmpty { report.holds = [Hold(.noOwner, "neither specimen nor patient id")] }
        var observation = Observation()
        observation.asSent.code = "WBC"
        observation.asSent.value = "7.40"
        observation.asSent.unit = "10*3/uL"
        observation.asSent.flags = ["H"]
        observation.asSent.status = "F"
        observation.loinc = Coding(system: Coding.loinc, code: "6690-2")
        observation.display = "Leukocytes"
        observation.interpretation = ["H"]
        observation.value = .quantity(Quantity(number: "7.40", unit: "10^3/µL", ucum: "10*3/uL"))
        report.observations = [observation]
        return report
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

@Suite struct StoreCommandTests {
    private func json(_ output: String) -> [JSONValue] {
        output.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    }

    @Test func whatIsThereIsShown() async throws {
        let made = try await MadeState.make()
        defer { made.remove() }
        for command in [
            ["results"], ["results", "--state", "held"], ["messages"], ["queue"], ["queue", "count"], ["devices"],
            ["alarms", "--all"], ["quarantine"], ["results", "show", "1"], ["messages", "show", "2"],
        ] {
            let captured = CapturedOutput()
            let status = await Stream.$captured.withValue(captured) {
                await HilumCommand.run(command + ["--config", made.configuration])
            }
            #expect(status == 0, "\(command): \(captured.error)")
            #expect(!captured.output.contains("\u{1B}"))
            let text = captured.output.replacing(made.folder, with: "FOLDER")
            Golden.expect(text, "table-" + command.joined(separator: "-").replacing("---", with: "-"))
        }
    }

    @Test func machinesGetEverything() async throws {
        let made = try await MadeState.make()
        defer { made.remove() }
        let (status, output, error) = await hilum("results", "--config", made.configuration, "--format", "json")
        #expect(status == 0, "\(error)")
        let rows = json(output)
        #expect(rows.count == 3)
        #expect(rows.last?["specimen_id"]?.string == "000000481516")
        #expect(rows.last?["received"]?.string == "2026-11-23T20:00:00+08:00")
        #expect(rows.last?["normalised"]?.string == "7.40 10*3/uL")
        #expect(rows.first?["state"]?.string == "held")
        #expect(rows.first?["holds"]?.array?.first?.string == "no-owner: neither specimen nor patient id")
        let message = await hilum("messages", "show", "1", "--config", made.configuration, "--format", "json")
        let entries = json(message.output).first?["entries"]?.array ?? []
        #expect(entries.map { $0["direction"]?.string } == ["received", "sent"])
        #expect(entries.last?["hex"]?.string == "06")
        let raw = await hilum("messages", "show", "1", "--config", made.configuration, "--raw")
        #expect(raw.output.hasPrefix("\u{05}\u{02}1H|") && raw.output.hasSuffix("\u{04}"))
        #expect(json(await hilum("queue", "--config", made.configuration, "--format", "json").output).count == 2)
    }

    @Test func filtersChoose() async throws {
        let made = try await MadeState.make()
        defer { made.remove() }
        func count(_ arguments: String...) async -> Int {
            let captured = CapturedOutput()
            _ = await Stream.$captured.withValue(captured) {
                await HilumCommand.run(["results", "--format", "json", "--config", made.configuration] + arguments)
            }
            return json(captured.output).count
        }
        #expect(await count("--specimen", "000000481516") == 1)
        #expect(await count("--specimen", "481516") == 0)
        #expect(await count("--device", "quiet") == 0)
        #expect(await count("--state", "held") == 1)
        #expect(await count("--since", "2026-11-23T20:00:01") == 2)
        #expect(await count("--limit", "1") == 1)
    }

    @Test func alarmsAreAnExitStatus() async throws {
        let made = try await MadeState.make()
        defer { made.remove() }
        let (status, output, _) = await hilum("alarms", "--config", made.configuration)
        #expect(status == 1 && output.contains("AR: patient unknown"))
    }

    @Test func aPersonActs() async throws {
        let made = try await MadeState.make()
        defer { made.remove() }
        let config = made.configuration
        let items = json(await hilum("queue", "--config", config, "--format", "json").output)
        let failed = try #require(items.first { $0["state"]?.string == "failed" }?["item"]?.int)
        let waiting = try #require(items.first { $0["state"]?.string == "waiting" }?["item"]?.int)
        let resent = await hilum(
            "queue", "resend", "\(failed)", "--note", "EMR repaired", "--by", "anna", "--config", config)
        #expect(resent.status == 0, "\(resent.error)")
        #expect(await hilum("queue", "discard", "\(waiting)", "--note", "by hand", "--config", config).status == 0)
        #expect(await hilum("results", "release", "3", "--note", "found its owner", "--config", config).status == 0)
        // Once is enough, and nothing that is not there can be acted on.
        let again = await hilum("results", "release", "3", "--note", "again", "--config", config)
        #expect(again.status == 1 && again.error.contains("report 3 is not held"), "\(again.error)")
        #expect(await hilum("queue", "resend", "99999", "--note", "x", "--config", config).status == 1)
        #expect(await hilum("queue", "discard", "\(failed)", "--note", " ", "--config", config).status == 2)
        let notes = json(await hilum("queue", "notes", "--config", config, "--format", "json").output)
        #expect(notes.count == 3)
        #expect(notes.last?["who"]?.string?.contains("anna") == true)
        #expect(notes.first?["note"]?.string == "found its owner")
        let count = json(await hilum("queue", "count", "--config", config, "--format", "json").output)
        #expect(count.first?["waiting"]?.int == 2 && count.first?["failed"]?.int == 0)
    }

    @Test func backupsAreVerified() async throws {
        let made = try await MadeState.make()
        defer { made.remove() }
        let copy = "\(made.folder)/copy.sqlite"
        let backup = await hilum("backup", "--to", copy, "--config", made.configuration)
        #expect(backup.status == 0, "\(backup.error)")
        #expect(await hilum("verify", "--config", made.configuration).status == 0)
        let verified = await hilum("verify", "--file", copy, "--format", "json")
        #expect(verified.status == 0, "\(verified.error)")
        #expect(json(verified.output).contains { $0["table"]?.string == "report" && $0["rows"]?.int == 3 })
        // A backup is never written over, and what is no database is said to be none.
        #expect(await hilum("backup", "--to", copy, "--config", made.configuration).status == 1)
        try Data(repeating: 7, count: 8192).write(to: URL(filePath: copy))
        #expect(await hilum("verify", "--file", copy).status != 0)
    }

    @Test func noStateFolderIsAClearMessage() async throws {
        let result = await hilum("results", "--state-folder", "/nonexistent")
        #expect(result.status == 1)
        #expect(result.error.contains("no gateway has run"), "\(result.error)")
        let nothing = await hilum("queue", "--config", "/nonexistent.yaml")
        #expect(nothing.status == 1 && nothing.error.contains("--config"))
    }
}
