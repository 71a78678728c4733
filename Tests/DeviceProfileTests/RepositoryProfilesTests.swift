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

    @Test(
        "The catalogue is up to date, as table and as web page",
        arguments: [("README.md", "--markdown"), ("../docs/devices.html", "--html")])
    func catalogue(file: String, option: String) throws {
        let library = ProfileLibrary(folders: [Self.folder])
        if library.ids.isEmpty { return }
        let text = option == "--html" ? ProfileCatalogue.page(of: library) : ProfileCatalogue.markdown(of: library)
        let path = Self.folder + "/" + file
        if ProcessInfo.processInfo.environment["HILUM_RECORD"] != nil {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        // Told without the two texts: they are long, and a program writes them.
        let isCurrent = try String(contentsOfFile: path, encoding: .utf8) == text
        #expect(isCurrent, "write it again: hilum profile list \(option) > \(path)")
    }

    @Test("The web page asks no server for anything, and nothing that a profile says is taken for markup")
    func page() throws {
        var profile = DeviceProfile()
        profile.id = "acme"
        profile.vendor = "<script>alert(1)</script>"
        profile.model = "A&B \"C\""
        let page = ProfileCatalogue.page(of: ProfileLibrary(profiles: [profile]))
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(page.contains("A&amp;B &quot;C&quot;"))
        #expect(!page.contains("alert(1)</script>"))
        for place in ["http://", "https://", "src=\"", "@import", "url("] { #expect(!page.contains(place), "\(place)") }
        #expect(page.contains("default-src 'none'"))
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
