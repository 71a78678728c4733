import Contracts
import Foundation
import ImagingModel
import JSONText
import Store
import Testing

@testable import hilum

/// A state folder with two studies in it: one that waits for its archive, one held for its two patients.
struct MadeArchive {
    let folder: String
    let configuration: String

    static func make() async throws -> MadeArchive {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hilum-images-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let configuration = "\(folder)/hilum.yaml"
        try """
        site: {timezone: Asia/Shanghai}
        state: \(folder)/state
        dicom: {port: 11112}
        devices: [{id: ct-1, profile: generic-ct, link: {dicom: {ae: CT1, peer: 10.0.0.7}}}]
        destinations: [{id: pacs, dicom: {host: h, port: 104, ae: PACS}}, {id: emr, hl7: {host: h, port: 1}}]
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        let store = try Store(StoreConfiguration(folder: "\(folder)/state", clock: StandingClock(unix: MadeState.noon)))
        for number in 1...3 { _ = try await keep(store, image(study: "1.2.3", number: number, patient: "000123")) }
        for (number, patient) in [(1, "77"), (2, "78")] {
            _ = try await keep(store, image(study: "1.2.4", number: number, patient: patient))
        }
        var failure = AssociationFailure()
        (failure.at, failure.calling, failure.called, failure.address) = (
            MadeState.noon, "CT\u{1B}9", "HILUM", "10.0.0.9"
        )
        (failure.kind, failure.reason, failure.cure) = ("refused", "no device has the calling AE title CT9", "add it")
        store.record(failure)
        var aside = SetAside()
        (aside.sopInstance, aside.study, aside.reason) = ("1.2.3.9.1", "1.2.3", "the same UID with other bytes")
        (aside.path, aside.receivedAt, aside.status) = ("\(folder)/state/images/aside/1.dcm", MadeState.noon, "0000")
        try await store.setAside(aside)
        await store.close()
        return MadeArchive(folder: folder, configuration: configuration)
    }

    private static func image(study: String, number: Int, patient: String) -> ImageInstance {
        var image = ImageInstance()
        (image.patient.id, image.patient.name) = (patient, "Zhang^Wei=张^伟")
        (image.patient.birthDate, image.patient.sex) = ("19600401", "M")
        (image.study.uid, image.study.accession, image.study.date) = (study, "A\(study.suffix(1))", "20261123")
        image.study.description = "CT Thorax\u{1B}[31m"
        (image.series.uid, image.series.modality, image.series.number) = ("\(study).1", "CT", 2)
        (image.series.description, image.series.bodyPart) = ("native", "CHEST")
        (image.instance.uid, image.instance.sopClass) = ("\(study).9.\(number)", "1.2.840.10008.5.1.4.1.1.2")
        image.instance.number = number
        image.equipment.station = "CT1"
        return image
    }

    private static func keep(_ store: Store, _ image: ImageInstance) async throws -> InstanceFate {
        let draft = InstanceDraft(
            image: image, path: "/nowhere/\(image.instance.uid).dcm", size: 524_288,
            transferSyntax: "1.2.840.10008.1.2.1", device: "ct-1", callingAE: "CT1", receivedAt: MadeState.noon,
            routes: [ImageRoute(destination: "pacs")], due: MadeState.noon + 60_000_000)
        return try await withCheckedThrowingContinuation { continuation in
            store.keep(draft) { continuation.resume(with: $0) }
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

@Suite struct StudyCommandTests {
    private func json(_ output: String) -> [JSONValue] {
        output.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    }

    @Test func whatIsThereIsShown() async throws {
        let made = try await MadeArchive.make()
        defer { made.remove() }
        for command in [
            ["studies"], ["studies", "--state", "held"], ["studies", "show", "A3"], ["queue", "images"], ["queue"],
            ["associations"], ["orders"], ["devices"], ["studies", "aside"],
        ] {
            let captured = CapturedOutput()
            let status = await Stream.$captured.withValue(captured) {
                await HilumCommand.run(command + ["--config", made.configuration])
            }
            #expect(status == 0, "\(command): \(captured.error)")
            // What a device sends never reaches the terminal as a control.
            #expect(!captured.output.contains("\u{1B}"))
            // The timer of a study is moved on a second at a time.
            let text = captured.output.replacing(made.folder, with: "FOLDER")
                .replacing(/20:01:0[0-9]/, with: "20:01:0x")
            Golden.expect(text, "images-" + command.joined(separator: "-").replacing("---", with: "-"))
        }
    }

    @Test func machinesGetEverything() async throws {
        let made = try await MadeArchive.make()
        defer { made.remove() }
        let (status, output, error) = await hilum("studies", "--config", made.configuration, "--format", "json")
        #expect(status == 0, "\(error)")
        let rows = json(output)
        #expect(rows.count == 2)
        let first = rows.first { $0["study"]?.string == "1.2.3" }
        #expect(first?["patient_id"]?.string == "000123" && first?["patient_name"]?.string == "Zhang^Wei=张^伟")
        #expect(first?["instances"]?.int == 3 && first?["bytes"]?.int == 3 * 524_288)
        let shown = json(
            await hilum("studies", "show", "1.2.4", "--config", made.configuration, "--format", "json").output)
        #expect(shown.first?["state"]?.string == "held")
        #expect(shown.first?["hold"]?.string?.isEmpty == false)
        #expect(shown.first?["other_patients"]?.array?.compactMap(\.string) == ["78"])
        #expect(shown.first?["deliveries"]?.array?.first?["waiting"]?.int == 2)
        let filtered = await hilum("studies", "--patient", "000123", "--config", made.configuration, "--format", "json")
        #expect(json(filtered.output).count == 1)
        #expect(await hilum("studies", "show", "9.9.9", "--config", made.configuration).status == 1)
        #expect(await hilum("studies", "--from", "soon", "--config", made.configuration).status == 2)
    }

    @Test func aPersonDecides() async throws {
        let made = try await MadeArchive.make()
        defer { made.remove() }
        func run(_ words: String...) async -> (status: Int32, output: String, error: String) {
            let captured = CapturedOutput()
            let status = await Stream.$captured.withValue(captured) {
                await HilumCommand.run(words + ["--config", made.configuration])
            }
            return (status, captured.output, captured.error)
        }
        #expect(await run("studies", "release", "1.2.4").status == 2)
        #expect(await run("studies", "release", "1.2.3", "--note", "n").error.contains("is not held"))
        let released = await run("studies", "release", "1.2.4", "--note", "same patient")
        #expect(released.status == 0, "\(released.error)")
        #expect(await run("studies", "--state", "held").output.contains("no studies"))
        #expect(await run("studies", "resend", "1.2.3", "--to", "emr", "--note", "n").status == 1)
        #expect(await run("studies", "resend", "1.2.3", "--to", "pacs", "--note", "n").status == 0)
        #expect(await run("queue", "notes").output.contains("same patient"))
    }

    @Test func ordersComeInAndGo() async throws {
        let made = try await MadeArchive.make()
        defer { made.remove() }
        let file = "\(made.folder)/today.csv"
        try """
        patient_id,patient_name,accession,procedure_id,procedure_description,station_ae,date,time,modality
        000123,Zhang^Wei=张^伟,A1,RP1,CT Thorax,CT1,2026-11-23,09:15,CT
        000124,Li^Na,A2,RP2,CT Head,CT2,2026-11-23,10:00,CT
        """.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(
            await hilum("orders", "import", file, "--check", "--config", made.configuration).output.contains("are well")
        )
        let imported = await hilum("orders", "import", file, "--config", made.configuration)
        #expect(imported.status == 0 && imported.output == "2 orders with 2 steps taken up\n", "\(imported.error)")
        let rows = json(
            await hilum("orders", "--station", "CT1", "--config", made.configuration, "--format", "json").output)
        #expect(rows.map { $0["accession"]?.string } == ["A1"])
        #expect(rows.first?["patient_name"]?.string == "Zhang^Wei=张^伟" && rows.first?["time"]?.string == "091500")
        #expect(await hilum("orders", "cancel", "A1", "--note", "n", "--config", made.configuration).status == 0)
        #expect(await hilum("orders", "cancel", "A1", "--note", "n", "--config", made.configuration).status == 1)
        #expect(!(await hilum("orders", "--config", made.configuration).output.contains("A1")))
        #expect(await hilum("orders", "list", "--all", "--config", made.configuration).output.contains("cancelled"))
        try "patient_id,color\n1,2\n".write(toFile: file, atomically: true, encoding: .utf8)
        let wrong = await hilum("orders", "import", file, "--config", made.configuration)
        #expect(wrong.status == 1 && wrong.error.contains("there is no column"), "\(wrong.error)")
    }
}
