import Foundation
import JSONText
import Testing

/// The table of DESIGN section 3 (docs/adr/0001): which level a module is on, and what a level may import.
enum Level: Int, Comparable {
    case interop = 0
    case codec = 1
    case model = 2
    case service = 3
    case root = 4
    case driver = 10
    static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

    init?(path: String) {
        if path.hasPrefix("Sources/Interop/") {
            self = .interop
        } else if path.hasPrefix("Sources/Codecs/") {
            self = .codec
        } else if path.hasPrefix("Sources/Drivers/") {
            self = .driver
        } else if path.hasPrefix("Sources/Gateway/") {
            switch String(path.dropFirst("Sources/Gateway/".count)) {
            case "ResultModel", "Terminology", "DeviceProfile", "Normalization", "ImagingModel", "StructuredReports",
                "Orders", "ProfileAuthoring",
                "Review", "Contracts":
                self = .model
            case "hilum", "hilum-driver-host": self = .root
            default: self = .service
            }
        } else {
            return nil
        }
    }
}

struct Manifest {
    struct Module {
        var name: String
        var path: String
        var level: Level
        var targets: [String]
        var products: [String]
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What the package manager itself says of Package.swift.
    static func modules() throws -> [Module] {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "manifest-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--scratch-path", scratch.path, "--package-path", root.path, "dump-package",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let manifest = try JSONValue(parsing: Array(text))
        return (manifest["targets"]?.array ?? []).compactMap { target in
            guard let name = target["name"]?.string, let path = target["path"]?.string, let level = Level(path: path)
            else {
                return nil
            }
            var targets: [String] = []
            var products: [String] = []
            for dependency in target["dependencies"]?.array ?? [] {
                if let name = dependency["byName"]?[0]?.string { targets.append(name) }
                if let name = dependency["product"]?[0]?.string { products.append(name) }
            }
            return Module(name: name, path: path, level: level, targets: targets, products: products)
        }
    }

    /// `import` lines of the Swift files of a module.
    static func imports(of module: Module) throws -> [(file: String, name: String)] {
        let folder = root.appending(path: module.path)
        var found: [(String, String)] = []
        for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            ?? .init()
        where file.pathExtension == "swift" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                var words = line.split(separator: " ")[...]
                while let word = words.first,
                    word.hasPrefix("@") || word == "public" || word == "private" || word == "internal"
                {
                    words = words.dropFirst()
                }
                guard words.first == "import", words.count > 1 else { continue }
                // `import struct Module.Name`
                let name = words.count > 2 ? words[words.startIndex + 2] : words[words.startIndex + 1]
                found.append((file.lastPathComponent, String(name.split(separator: ".")[0])))
            }
        }
        return found
    }
}

@Suite struct LevelTests {
    static let pure: Set = [
        "Foundation", "FoundationNetworking", "NIOCore", "NIOPosix", "GRDB", "AsyncHTTPClient", "Dispatch", "Logging",
    ]

    @Test func modulesDependOnlyOnWhatTheirLevelMayImport() throws {
        let modules = try Manifest.modules()
        try #require(modules.count > 20, "dump-package gave too little to compare")
        let levels = Dictionary(uniqueKeysWithValues: modules.map { ($0.name, $0.level) })
        for module in modules {
            for name in module.targets {
                guard let level = levels[name] else { continue }
                switch module.level {
                case .interop:
                    Issue.record("\(module.name) (level 0) may import only libc and its library, not \(name)")
                case .codec: #expect(level == .codec, "\(module.name) (level 1) may not import \(name)")
                case .model:
                    #expect(level == .codec || level == .model, "\(module.name) (level 2) may not import \(name)")
                case .service:
                    #expect(
                        level < .service,
                        "\(module.name) (level 3) may not import \(name): declare a protocol in Contracts")
                case .driver:
                    #expect(
                        level == .codec || level == .driver || name == "CHilumDriver" || name == "CDCMTK",
                        "\(module.name) (a driver) may not import \(name)")
                case .root: break
                }
            }
        }
    }

    @Test func codecsModelsAndDriversDoNoInputOrOutput() throws {
        for module in try Manifest.modules() where [.codec, .model, .driver].contains(module.level) {
            #expect(module.products.allSatisfy { $0 == "Yams" }, "\(module.name) links \(module.products)")
            for (file, name) in try Manifest.imports(of: module) {
                let isAllowed = !Self.pure.contains(name) && (name != "Yams" || module.name == "DeviceProfile")
                #expect(isAllowed || module.name == "DeviceProfile", "\(module.name)/\(file) may not import \(name)")
            }
        }
    }

    @Test func theDriverHostIsSmall() throws {
        let module = try #require(try Manifest.modules().first { $0.name == "hilum-driver-host" })
        #expect(module.products.isEmpty)
        for (file, name) in try Manifest.imports(of: module) {
            #expect(
                !Self.pure.contains(name), "hilum-driver-host/\(file) may not import \(name): hundreds must be cheap")
        }
    }
}
