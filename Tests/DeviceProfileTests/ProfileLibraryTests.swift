import DeviceProfile
import Testing

@Suite("Libraries of profiles")
struct ProfileLibraryTests {
    @Test("Profiles are found by id and alias; what is broken does not hide the others")
    func lookup() {
        let folder = TemporaryFolder()
        folder.write("id: one\ndriver: lis\naliases: [uno]\n", to: "one/profile.yaml")
        folder.write("id: two\nextends: one\n", to: "two/profile.yaml")
        folder.write("id: three\ndriver: lis\nkind: x\n", to: "three/profile.yaml")
        folder.write("id: other\ndriver: lis\n", to: "four/profile.yaml")
        folder.write("id: five\ndriver: lis\naliases: [uno, two]\n", to: "five/profile.yaml")
        let library = ProfileLibrary(folders: [folder.path])
        #expect(library.ids == ["five", "one", "two"])
        #expect(library["two"]?.driver == "lis" && library["three"] == nil && library["nothing"] == nil)
        #expect(library.suggestion(for: "tow") == "two")
        let problems = library.errors.map { $0.description.dropFirst(folder.path.count) }
        #expect(problems.count == 4, "\(problems)")
        #expect(
            problems.contains { $0.hasPrefix("/four/profile.yaml:1: the id is \"other\" but the folder is \"four\"") })
        #expect(
            problems.contains {
                $0.hasPrefix("/five/profile.yaml:3: the alias \"two\" of five already means two") || $0.contains("uno")
            })
    }

    @Test("Only what is asked for is read, with what it extends; an alias is found as well")
    func onlyWanted() {
        let folder = TemporaryFolder()
        folder.write("id: one\ndriver: lis\naliases: [uno]\n", to: "one/profile.yaml")
        folder.write("id: two\nextends: one\n", to: "two/profile.yaml")
        folder.write("id: three\nkind: x\n", to: "three/profile.yaml")
        let library = ProfileLibrary(folders: [folder.path], only: ["two"])
        #expect(library.ids == ["two"] && library.issues.isEmpty && library["two"]?.driver == "lis")
        #expect(ProfileLibrary(folders: [folder.path], only: ["uno"])["uno"]?.id == "one")
    }

    @Test("Of two folders the first counts; a profile folder may stand for itself")
    func precedence() {
        let first = TemporaryFolder()
        let second = TemporaryFolder()
        first.write("id: one\ndriver: lis\nvendor: Site\n", to: "one/profile.yaml")
        second.write("id: one\ndriver: lis\nvendor: Library\n", to: "one/profile.yaml")
        second.write("id: two\ndriver: lis\n", to: "two/profile.yaml")
        #expect(ProfileLibrary(folders: [first.path, second.path])["one"]?.vendor == "Site")
        #expect(ProfileLibrary(folders: ["\(second.path)/two"]).ids == ["two"])
        #expect(ProfileLibrary(folders: ["\(first.path)/missing"]).errors.count == 1)
    }

    @Test("A reload says what changed, and keeps what the new text breaks")
    func reload() {
        let folder = TemporaryFolder()
        folder.write("id: base\ndriver: lis\n", to: "base/profile.yaml")
        for name in ["same", "changing", "breaking", "going"] {
            folder.write("id: \(name)\ndriver: lis\nvendor: A\naliases: [\(name)-x]\n", to: "\(name)/profile.yaml")
        }
        folder.write("id: child\nextends: base\n", to: "child/profile.yaml")
        let library = ProfileLibrary(folders: [folder.path])
        #expect(library.reloaded().changes.isEmpty)

        folder.write("id: changing\ndriver: lis\nvendor: B\n", to: "changing/profile.yaml")
        folder.write("id: breaking\ndriver: [\n", to: "breaking/profile.yaml")
        folder.write("id: base\ndriver: lis\nvendor: C\n", to: "base/profile.yaml")
        folder.write("id: new\ndriver: lis\n", to: "new/profile.yaml")
        folder.write("# only a comment\nid: same\ndriver: lis\nvendor: A\naliases: [same-x]\n", to: "same/profile.yaml")
        folder.remove("going")
        let (next, changes) = library.reloaded()
        #expect(changes.added == ["new"] && changes.removed == ["going"] && changes.broken == ["breaking"])
        #expect(changes.changed == ["base", "changing", "child"])
        #expect(next["breaking"]?.vendor == "A" && next["breaking-x"]?.id == "breaking" && next["going"] == nil)
        #expect(next["child"]?.vendor == "C" && next.errors.count == 1)

        folder.write("id: breaking\ndriver: lis\nvendor: D\n", to: "breaking/profile.yaml")
        let (last, repaired) = next.reloaded()
        #expect(repaired.changed == ["breaking"] && last["breaking"]?.vendor == "D" && last.errors.isEmpty)
    }

    @Test("A folder is complete or says what is missing")
    func completeness() throws {
        let folder = TemporaryFolder()
        folder.write("id: one\ndriver: lis\nvendor: A\nmodel: B\nsupport: sample\n", to: "one/profile.yaml")
        folder.write("x", to: "one/captures/a.bin")
        folder.write("x", to: "one/captures/b.bin")
        folder.write("x", to: "one/captures/c.bin")
        folder.write("{\"results\": [{\"test_code\": \"A\"}], \"variant\": \"hl7\"}", to: "one/expected/a.json")
        folder.write("lost: *\n\n", to: "one/expected/b.err")
        folder.write("{}", to: "one/expected/d.json")
        let (loaded, issues) = try ProfileFolder.load("\(folder.path)/one")
        #expect(
            loaded.cases.map(\.name) == ["a", "b", "c"] && loaded.cases.map { $0.results?.count } == [1, nil, nil])
        #expect(loaded.cases[0].variant == "hl7" && loaded.cases[1].faults == ["lost: *"])
        let problems = issues.map(\.problem)
        #expect(
            problems.sorted() == [
                "nothing says what this capture must give", "there is no NOTES.md", "there is no capture called d",
            ])
        folder.write("id: two\ndriver: lis\nkind: generic\nsupport: captured\n", to: "two/profile.yaml")
        folder.write("notes", to: "two/NOTES.md")
        #expect(
            ProfileFolder.check("\(folder.path)/two").map(\.problem) == ["support is captured, but there is no capture"]
        )
        folder.write("{\"results\": [\n}", to: "one/expected/c.json")
        #expect(
            ProfileFolder.check("\(folder.path)/one/").contains {
                $0.line == 2 && $0.problem.hasPrefix("not JSON at byte 14")
            })
    }

    @Test("The catalogue lists every profile")
    func catalogue() {
        let folder = TemporaryFolder()
        folder.write(
            "id: one\ndriver: lis\nvendor: A|B\nmodel: M\nlink: {tcp: {listen: 5000}, serial: {}}\ncodes: {W: 6690-2, X: {}}\n"
                + "variants: {hl7: {driver: hl7-analyser}}\n", to: "one/profile.yaml")
        let text = ProfileCatalogue.markdown(of: ProfileLibrary(folders: [folder.path]))
        #expect(
            text.contains(
                "| A\\|B | M | [one](one/profile.yaml) | other | ASTM/LIS02, HL7 v2 | TCP, device dials 5000; 9600 8N1 | yes | claimed | 0 | 2 | 1 |  |"
            ))
        #expect(text.contains("1 profiles: 1 claimed, 0 sample"))
    }
}
