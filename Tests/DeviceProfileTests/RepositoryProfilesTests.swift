import DeviceProfile
import Foundation
import Testing

/// The profiles that come with the gateway: readable, complete, catalogued. What their captures give is tested through the
/// real drivers by `hilum profile test`.
@Suite("DeviceProfiles/")
struct RepositoryProfilesTests {
    private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("DeviceProfiles").path

    @Test("Every profile can be used, and every folder is complete")
    func complete() {
        let library = ProfileLibrary(folders: [Self.folder])
        #expect(library.issues.isEmpty, "\(library.issues.map(\.description).joined(separator: "\n"))")
        for id in library.ids {
            guard let profile = library[id] else { continue }
            let issues = ProfileFolder.check(profile.folder, searching: [Self.folder])
            #expect(issues.isEmpty, "\(issues.map(\.description).joined(separator: "\n"))")
        }
    }

    @Test("The catalogue is up to date")
    func catalogue() throws {
        let library = ProfileLibrary(folders: [Self.folder])
        if library.ids.isEmpty { return }
        let path = Self.folder + "/README.md"
        if ProcessInfo.processInfo.environment["HILUM_RECORD"] != nil {
            try ProfileCatalogue.markdown(of: library).write(toFile: path, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            written == ProfileCatalogue.markdown(of: library),
            "write it again: hilum profile list --markdown > DeviceProfiles/README.md")
    }

    @Test("Captures hold invented data only: the collection's free captures are tested where they are")
    func captures() throws {
        let library = ProfileLibrary(folders: [Self.folder])
        let collection = URL(fileURLWithPath: Self.folder).appendingPathComponent("../../shared/corpus")
            .standardizedFileURL
        var foreign: [Data: String] = [:]
        for folder in (try? FileManager.default.contentsOfDirectory(at: collection, includingPropertiesForKeys: nil))
            ?? []
        {
            for file in (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil))
                ?? []
            where file.pathExtension == "bin" && !file.lastPathComponent.hasPrefix("synth-") {
                foreign[try Data(contentsOf: file)] = file.lastPathComponent
            }
        }
        for id in library.ids {
            guard let profile = library[id],
                let (folder, _) = try? ProfileFolder.load(profile.folder, searching: [Self.folder])
            else {
                continue
            }
            for item in folder.cases {
                let copied = foreign[Data(try item.bytes())]
                #expect(copied == nil, "\(item.capture) is \(copied ?? ""), which may not be copied here")
            }
        }
    }
}
