import Contracts
import Foundation
import Testing

@testable import Transport

func folder(_ device: String, _ path: String, change: (inout WatchedFolderSettings) -> Void = { _ in })
    -> DeviceLinkSpec
{
    var settings = WatchedFolderSettings(path: path, completeWhen: .stable(seconds: 0.05), pollInterval: 0.5)
    change(&settings)
    return DeviceLinkSpec(device: device, way: .folder(settings))
}

private func put(_ path: String, _ text: String) {
    _ = FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
}

private func names(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
}

/// Finishes every file: an intake that understands and stores at once.
private func finishing() -> RecordingSink {
    RecordingSink { if case .ended(let link) = $0 { link.finished() } }
}

@Suite("A watched folder", .serialized)
struct FolderTests {
    @Test("files are read whole and once, oldest first, and stay where they are; a changed file is read again")
    func mark() async throws {
        try await withFolder { root in
            let watched = "\(root)/in"
            try FileManager.default.createDirectory(atPath: watched, withIntermediateDirectories: true)
            let big = String(repeating: "0123456789", count: 30_000)
            for (name, text) in [("b.csv", "first;"), ("a.csv", big), ("note.txt", "no"), (".hidden.csv", "no")] {
                put("\(watched)/\(name)", text)
                try await Task.sleep(for: .milliseconds(20))
            }
            let sink = finishing()
            let spec = folder("a", watched) {
                $0.pattern = "*.csv"
                $0.pollInterval = 60
            }
            let bench = Bench([spec], sink: sink, stateFolder: "\(root)/state")
            await bench.transport.start()
            #expect(await eventually { sink.downs("a").count == 2 })
            #expect(String(decoding: sink.bytes("a"), as: UTF8.self) == "first;" + big)
            #expect(sink.downs("a").allSatisfy { $0.contains("read and noted") })
            // New, by the kernel's notice: the poll interval is a minute.
            put("\(watched)/c.csv", "new;")
            #expect(await eventually { sink.downs("a").count == 3 })
            put("\(watched)/b.csv", "first, corrected;")
            #expect(await eventually { sink.downs("a").count == 4 })
            #expect(String(decoding: sink.bytes("a"), as: UTF8.self).hasSuffix("new;first, corrected;"))
            await bench.transport.stop()
            #expect(names(watched) == [".hidden.csv", "a.csv", "b.csv", "c.csv", "note.txt"])

            // After a restart nothing is read twice.
            let again = finishing()
            let second = Bench([spec], sink: again, stateFolder: "\(root)/state")
            await second.transport.start()
            put("\(watched)/d.csv", "last;")
            #expect(await eventually { again.downs("a").count == 1 })
            #expect(again.bytes("a") == Array("last;".utf8))
            await second.transport.stop()
        }
    }

    @Test("files that are done are moved, never over another")
    func move() async throws {
        try await withFolder { root in
            let watched = "\(root)/in"
            try FileManager.default.createDirectory(atPath: watched, withIntermediateDirectories: true)
            let sink = finishing()
            let bench = Bench(
                [folder("a", watched) { $0.afterwards = .move(to: "done") }], sink: sink, stateFolder: "\(root)/state")
            await bench.transport.start()
            for round in 1...3 {
                put("\(watched)/result.csv", "round \(round);")
                #expect(await eventually { sink.downs("a").count == round })
                #expect(names(watched) == ["done"])
            }
            put("\(watched)/plain", "x")
            #expect(await eventually { names(watched) == ["done"] && sink.downs("a").count == 4 })
            #expect(names("\(watched)/done") == ["plain", "result.2.csv", "result.3.csv", "result.csv"])
            #expect(try String(contentsOfFile: "\(watched)/done/result.csv", encoding: .utf8) == "round 1;")
            await bench.transport.stop()
        }
    }

    @Test("a file is not touched before everything in it is durable, and read again when it was given up")
    func notBeforeDurable() async throws {
        try await withFolder { root in
            let watched = "\(root)/in"
            try FileManager.default.createDirectory(atPath: watched, withIntermediateDirectories: true)
            put("\(watched)/a.csv", "abc")
            let sink = RecordingSink { event in
                // Acknowledging messages in it does not take the file.
                if case .received(let link, _, _) = event { link.acknowledge() }
            }
            let spec = folder("a", watched) { $0.afterwards = .move(to: "done") }
            let bench = Bench([spec], sink: sink, stateFolder: "\(root)/state")
            await bench.transport.start()
            #expect(await eventually { sink.events.contains(.ended("a")) })
            try await Task.sleep(for: .milliseconds(200))
            #expect(names(watched) == ["a.csv", "done"])
            sink.link("a")?.close(reason: "the store is full")
            #expect(await eventually { sink.downs("a") == ["the store is full"] })
            await bench.transport.stop()
            #expect(names(watched) == ["a.csv", "done"])

            let again = finishing()
            let second = Bench([spec], sink: again, stateFolder: "\(root)/state")
            await second.transport.start()
            #expect(await eventually { again.bytes("a") == Array("abc".utf8) && names(watched) == ["done"] })
            await second.transport.stop()
        }
    }

    @Test("a file that grows is waited for; a companion says when; a rename is at once")
    func completion() async throws {
        try await withFolder { root in
            for name in ["grow", "pair", "move"] {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            }
            let sink = finishing()
            let bench = Bench(
                [
                    // Long enough that a pause of a busy machine between two pieces is not taken for the end.
                    folder("grow", "\(root)/grow") { $0.completeWhen = .stable(seconds: 3) },
                    folder("pair", "\(root)/pair") {
                        $0.completeWhen = .companion(suffix: ".ok")
                        $0.afterwards = .move(to: "done")
                    },
                    folder("move", "\(root)/move") {
                        $0.completeWhen = .renamed
                        $0.pattern = "*.hl7"
                    },
                ], sink: sink, stateFolder: "\(root)/state")
            await bench.transport.start()
            put("\(root)/pair/x.csv", "x")
            put("\(root)/pair/y.csv", "y")
            put("\(root)/move/z.tmp", "z")
            let handle = try #require(fopen("\(root)/grow/g.csv", "w"))
            for piece in 0..<10 {
                fputs("piece \(piece);", handle)
                fflush(handle)
                try await Task.sleep(for: .milliseconds(60))
            }
            fclose(handle)
            #expect(sink.ups("grow") == 0 && sink.ups("pair") == 0 && sink.ups("move") == 0)
            rename("\(root)/move/z.tmp", "\(root)/move/z.hl7")
            put("\(root)/pair/x.csv.ok", "")
            put("\(root)/pair/y.ok", "")
            #expect(await eventually { sink.downs("grow").count == 1 })
            #expect(String(decoding: sink.bytes("grow"), as: UTF8.self).hasSuffix("piece 8;piece 9;"))
            #expect(await eventually { sink.bytes("move") == [UInt8(ascii: "z")] })
            #expect(await eventually { sink.downs("pair").count == 2 })
            #expect(names("\(root)/pair/done") == ["x.csv", "x.csv.ok", "y.csv", "y.ok"])
            await bench.transport.stop()
        }
    }

    @Test("symbolic links are not followed out of the folder, nor are folders or pipes read")
    func noWayOut() async throws {
        try await withFolder { root in
            let watched = "\(root)/in"
            try FileManager.default.createDirectory(atPath: "\(watched)/real", withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: "\(root)/outside", withIntermediateDirectories: true)
            put("\(root)/outside/secret.csv", "secret")
            put("\(watched)/real/inner.csv", "inner")
            symlink("\(root)/outside/secret.csv", "\(watched)/link.csv")
            symlink("\(root)/outside", "\(watched)/folder")
            symlink("real", "\(watched)/alias")
            mkfifo("\(watched)/pipe.csv", 0o600)
            let sink = finishing()
            let bench = Bench(
                [folder("a", watched) { $0.recursive = true }], sink: sink, stateFolder: "\(root)/state")
            await bench.transport.start()
            #expect(await eventually { sink.downs("a").count == 1 })
            try await Task.sleep(for: .milliseconds(700))
            #expect(sink.bytes("a") == Array("inner".utf8))
            #expect(names("\(root)/outside") == ["secret.csv"])
            await bench.transport.stop()
        }
    }

    @Test("a folder that is not there is told once and watched as soon as it is")
    func absent() async throws {
        try await withFolder { root in
            let sink = finishing()
            let bench = Bench(
                [
                    folder("a", "\(root)/drive") { $0.pollInterval = 0.1 },
                    folder("b", "\(root)/drive") {
                        $0.pollInterval = 0.1
                        $0.afterwards = .move(to: "../up")
                    },
                ], sink: sink, stateFolder: "\(root)/state")
            await bench.transport.start()
            #expect(await eventually { sink.troubles("a").first?.contains("mount the network drive") == true })
            try FileManager.default.createDirectory(atPath: "\(root)/drive", withIntermediateDirectories: true)
            put("\(root)/drive/x", "x")
            #expect(await eventually { sink.downs("a").count == 1 })
            #expect(sink.troubles("a").count == 1)
            #expect(await eventually { sink.troubles("b").last?.contains("Write a plain name") == true })
            // Replaced by another folder of the same name, as a network drive that is mounted again.
            rename("\(root)/drive", "\(root)/old")
            try FileManager.default.createDirectory(atPath: "\(root)/drive", withIntermediateDirectories: true)
            put("\(root)/drive/y", "y")
            #expect(await eventually { sink.bytes("a") == Array("xy".utf8) })
            await bench.transport.stop()
        }
    }

    @Test("a file that is too large, and one of gigabytes held up in the middle, cost no memory")
    func large() async throws {
        try await withFolder { root in
            let watched = "\(root)/in"
            try FileManager.default.createDirectory(atPath: watched, withIntermediateDirectories: true)
            let sink = RecordingSink(keepsBytes: false) { if case .ended(let link) = $0 { link.finished() } }
            let bench = Bench(
                [folder("a", watched) { $0.maxFileSize = 300 << 20 }], sink: sink, stateFolder: "\(root)/state")
            // Holes: no disk space is used.
            for (name, size) in [("fits", off_t(200 << 20)), ("too-large", off_t(1 << 40))] {
                put("\(watched)/\(name)", "")
                truncate("\(watched)/\(name)", size)
            }
            await bench.transport.start()
            #expect(await eventually { sink.troubles("a").contains { $0.contains("too-large: 1099511627776 bytes") } })
            #expect(await eventually { sink.downs("a").count == 1 })
            #expect(sink.byteCount("a") == 200 << 20)
            #expect(residentMegabytes() < 250)
            await bench.transport.stop()
        }
    }

    @Test("patterns match as in a shell, in linear time")
    func patterns() {
        let cases: [(String, String, Bool)] = [
            ("*", "anything", true), ("*.csv", "a.csv", true), ("*.csv", "a.csv.bak", false), ("a?c", "abc", true),
            ("a?c", "ac", false), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false), ("", "", true),
            ("", "a", false),
            ("**", "", true), ("R*_?.txt", "R2024_1.txt", true), ("*.CSV", "a.csv", false),
        ]
        for (pattern, name, expected) in cases {
            #expect(NamePattern(pattern).matches(Array(name.utf8)) == expected, "\(pattern) \(name)")
        }
        let clock = ContinuousClock()
        let time = clock.measure {
            let name = [UInt8](repeating: UInt8(ascii: "a"), count: 255)
            #expect(!NamePattern(String(repeating: "a*", count: 60) + "b").matches(name))
        }
        #expect(time < .seconds(10))
    }
}

/// Resident memory of this process.
func residentMegabytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * 4096 >> 20
}
