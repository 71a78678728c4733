// swift-tools-version: 6.2
// Layout and levels: docs/adr/0001-levels-and-targets.md. Tests/ArchitectureTests compares this file with the table.
import PackageDescription

/// Third-party libraries. Each is a decision: what it is for stands beside it.
let dependencies: [Package.Dependency] = [
    // Sockets, event loops.
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    // TLS to and from the gateway (BoringSSL: the heaviest part of a clean build).
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
    // HTTP(S) client of the FHIR destination.
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    // SQLite with migrations and statement cache.
    .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
    // profile.yaml and hilum.yaml, with line numbers for errors.
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    // HTTP server of DICOMweb.
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

/// DCMTK 3.6.7 by name: Debian's pkg-config file asks for a library that is not there.
let dcmtk = ["dcmnet", "dcmtls", "dcmimage", "dcmimgle", "dcmjpeg", "dcmjpls", "dcmdata", "oflog", "ofstd"]

// Level 0: C and C++ only.
let interop: [Target] = [
    .target(name: "CHilumDriver", path: "Sources/Interop/CHilumDriver"),
    .target(name: "CPlatform", path: "Sources/Interop/CPlatform"),
    // Beginnings of many files at once through io_uring, by system calls alone.
    .target(name: "CFileRing", path: "Sources/Interop/CFileRing"),
    .systemLibrary(
        name: "CSerialPort", path: "Sources/Interop/CSerialPort", pkgConfig: "libserialport",
        providers: [.apt(["libserialport-dev"])]),
    .target(
        name: "CDCMTK", path: "Sources/Interop/CDCMTK",
        cxxSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"])],
        linkerSettings: dcmtk.map { .linkedLibrary($0) }),
]

// Level 1: wire formats, sans-I/O.
let codecs: [Target] = [
    codec("CharacterSets"),
    codec("JSONText"),
    codec("DriverWire"),
    codec("LIS01"),
    codec("LIS02", ["CharacterSets"]),
    codec("MLLP"),
    codec("HL7v2", ["CharacterSets"]),
    codec("POCT1A", ["CharacterSets"]),
    codec("FHIR", ["JSONText"]),
    codec("DICOM", ["CharacterSets", "JSONText"]),
    codec("SerialBlocks"),
]

// Level 2: pure.
let model: [Target] = [
    gateway("ResultModel"),
    gateway("Terminology", ["ResultModel"]),
    gateway("Orders", ["CharacterSets", "DriverWire", "JSONText"]),
    gateway(
        "DeviceProfile", ["ResultModel", "Terminology", "Orders", "JSONText", .product(name: "Yams", package: "Yams")]),
    gateway("Normalization", ["ResultModel", "Terminology", "DeviceProfile", "DriverWire", "JSONText"]),
    gateway("ProfileAuthoring", ["DeviceProfile", "JSONText", "Normalization", "ResultModel", "Terminology"]),
    gateway("ImagingModel", ["ResultModel", "DICOM"]),
    gateway("StructuredReports", ["ResultModel", "Terminology", "DICOM"]),
    gateway("Contracts", ["ResultModel", "DriverWire", "ImagingModel", "Orders"]),
]

// Level 3: each knows the others only through Contracts.
let services: [Target] = [
    gateway(
        "Transport",
        [
            "Contracts", "ResultModel", "CSerialPort", "CPlatform", logging,
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
        ]
            + nio),
    gateway("DriverHost", ["Contracts", "ResultModel", "DriverWire", "CPlatform", logging] + nio),
    gateway(
        "Store",
        [
            "Contracts", "ResultModel", "ImagingModel", "Orders", "JSONText", logging,
            .product(name: "GRDB", package: "GRDB.swift"),
        ]),
    gateway(
        "Delivery",
        [
            "Contracts", "ResultModel", "HL7v2", "MLLP", "FHIR", "DICOM", "DriverWire", "JSONText", "CharacterSets",
            logging,
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
        ] + nio),
    gateway("Intake", ["Contracts", "ResultModel", "DriverWire", "Orders", logging]),
    gateway(
        "Imaging",
        ["Contracts", "ResultModel", "ImagingModel", "StructuredReports", "DICOM", "DriverWire", "JSONText", logging]),
    gateway(
        "ImageIndex",
        [
            "DICOM", "CharacterSets", "CFileRing", .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "GRDBSQLite", package: "GRDB.swift"),
        ]),
    gateway(
        "DICOMWeb",
        [
            "Contracts", "ResultModel", "ImagingModel", "DICOM", "JSONText", logging,
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdCore", package: "hummingbird"),
            .product(name: "HummingbirdTLS", package: "hummingbird"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
        ] + nio),
]

// Drivers: the logic is a target of its own, so that tests link it; the entry target holds only the exported C symbol
// (two of them in one test binary would collide).
let drivers: [Target] = [
    .target(
        name: "DriverKit", dependencies: ["CHilumDriver", "DriverWire", "JSONText"], path: "Sources/Drivers/DriverKit"),
    driver("LISDriver", "lis/Driver", ["DriverKit", "DriverWire", "LIS01", "LIS02", "CharacterSets", "JSONText"]),
    driver("LISDriverEntry", "lis/Entry", ["LISDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver(
        "HL7AnalyserDriver", "hl7-analyser/Driver",
        ["DriverKit", "DriverWire", "MLLP", "HL7v2", "CharacterSets", "JSONText"]),
    driver(
        "HL7AnalyserDriverEntry", "hl7-analyser/Entry", ["HL7AnalyserDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver("POCT1ADriver", "poct1a/Driver", ["DriverKit", "DriverWire", "MLLP", "POCT1A", "JSONText"]),
    driver("POCT1ADriverEntry", "poct1a/Entry", ["POCT1ADriver", "DriverKit", "CHilumDriver"], entry: true),
    driver("DelimitedDriver", "delimited/Driver", ["DriverKit", "DriverWire", "CharacterSets", "JSONText"]),
    driver("DelimitedDriverEntry", "delimited/Entry", ["DelimitedDriver", "DriverKit", "CHilumDriver"], entry: true),
    // What drivers of serial blocks share: receiving, silence, repeats, deadlines.
    .target(
        name: "BlockDriverKit", dependencies: ["DriverKit", "DriverWire", "SerialBlocks"],
        path: "Sources/Drivers/BlockDriverKit",
        exclude: ["README.md"]),
    driver(
        "HitachiDriver", "hitachi/Driver", ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("HitachiDriverEntry", "hitachi/Entry", ["HitachiDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver(
        "BeckmanAUDriver", "beckman-au/Driver",
        ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("BeckmanAUDriverEntry", "beckman-au/Entry", ["BeckmanAUDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver(
        "SynchronDriver", "synchron/Driver", ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("SynchronDriverEntry", "synchron/Entry", ["SynchronDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver("ILDriver", "il/Driver", ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("ILDriverEntry", "il/Entry", ["ILDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver("XmodemDriver", "xmodem/Driver", ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("XmodemDriverEntry", "xmodem/Entry", ["XmodemDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver("VitrosDriver", "vitros/Driver", ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("VitrosDriverEntry", "vitros/Entry", ["VitrosDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver(
        "BiomerieuxDriver", "biomerieux/Driver",
        ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText", "CharacterSets"]),
    driver(
        "BiomerieuxDriverEntry", "biomerieux/Entry", ["BiomerieuxDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver(
        "UrineTextDriver", "urine-text/Driver",
        ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("UrineTextDriverEntry", "urine-text/Entry", ["UrineTextDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver(
        "MiditronDriver", "miditron/Driver", ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("MiditronDriverEntry", "miditron/Entry", ["MiditronDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver(
        "SysmexD1Driver", "sysmex-d1/Driver", ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("SysmexD1DriverEntry", "sysmex-d1/Entry", ["SysmexD1Driver", "DriverKit", "CHilumDriver"], entry: true),
    driver(
        "CoulterTextDriver", "coulter-text/Driver",
        ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver(
        "CoulterTextDriverEntry", "coulter-text/Entry", ["CoulterTextDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver("ABXDriver", "abx/Driver", ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("ABXDriverEntry", "abx/Entry", ["ABXDriver", "DriverKit", "CHilumDriver"], entry: true),
    driver(
        "FixedTextDriver", "fixed-text/Driver",
        ["BlockDriverKit", "DriverKit", "DriverWire", "SerialBlocks", "JSONText"]),
    driver("FixedTextDriverEntry", "fixed-text/Entry", ["FixedTextDriver", "DriverKit", "CHilumDriver"], entry: true),
    .target(
        name: "ExampleCDriver", dependencies: ["CHilumDriver"], path: "Sources/Drivers/example-c",
        exclude: ["README.md"], linkerSettings: neverUnloaded()),
    // A service driver in C++: the network of DICOM is DCMTK's.
    .target(
        name: "DICOMDriver", dependencies: ["CHilumDriver", "CDCMTK"], path: "Sources/Drivers/dicom",
        exclude: ["README.md"], linkerSettings: neverUnloaded()),
]

let executables: [Target] = [
    .executableTarget(
        name: "hilum-driver-host", dependencies: ["CHilumDriver", "DriverWire", "CPlatform"],
        path: "Sources/Gateway/hilum-driver-host"),
    .executableTarget(
        name: "hilum",
        dependencies: [
            "CharacterSets", "JSONText", "DriverWire", "LIS01", "LIS02", "MLLP", "HL7v2", "FHIR", "ResultModel",
            "Terminology", "Orders", "DeviceProfile", "Normalization", "ProfileAuthoring", "Contracts", "Transport",
            "DriverHost", "Store",
            "Delivery",
            "Intake", "DICOM", "ImagingModel", "StructuredReports", "Imaging", "DICOMWeb", "ImageIndex", "CPlatform",
            logging,
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Yams", package: "Yams"),
        ] + nio,
        path: "Sources/Gateway/hilum"),
]

let tests: [Target] = [
    test("ArchitectureTests", ["JSONText"]),
    test("CharacterSetsTests", ["CharacterSets"]),
    test("JSONTextTests", ["JSONText"]),
    test("DriverWireTests", ["DriverWire"]),
    test("DriverKitTests", ["DriverKit", "DriverWire", "JSONText", "CHilumDriver"]),
    test("LIS01Tests", ["LIS01"]),
    test("LIS02Tests", ["LIS02", "CharacterSets"]),
    test("SerialBlocksTests", ["SerialBlocks"]),
    test("MLLPTests", ["MLLP"]),
    test("HL7v2Tests", ["HL7v2", "CharacterSets"]),
    test("FHIRTests", ["FHIR", "JSONText"]),
    test("ResultModelTests", ["ResultModel"]),
    test("DeviceProfileTests", ["DeviceProfile", "Orders", "ResultModel", "JSONText"]),
    test("ProfileAuthoringTests", ["ProfileAuthoring", "DeviceProfile", "JSONText", "ResultModel", "Terminology"]),
    test(
        "NormalizationTests",
        ["Normalization", "DeviceProfile", "Terminology", "ResultModel", "DriverWire", "JSONText"]),
    test("TransportTests", ["Transport", "Contracts", "ResultModel", "CPlatform"] + nio),
    test("DriverHostTests", ["DriverHost", "Contracts", "DriverWire", "ResultModel"]),
    test("OrdersTests", ["Orders", "CharacterSets", "DriverWire", "JSONText"]),
    test("StoreTests", ["Store", "Contracts", "ResultModel", "DriverWire", "Orders"]),
    test(
        "DeliveryTests",
        [
            "Delivery", "Contracts", "ResultModel", "HL7v2", "MLLP", "FHIR", "DICOM", "DriverWire", "JSONText",
            "CharacterSets",
            logging,
        ] + nio),
    .testTarget(
        name: "DriverConformanceTests", dependencies: ["DriverHost", "Contracts", "DriverWire", "JSONText"],
        path: "Tests/DriverConformance", exclude: ["BadDrivers", "Cases"]),
    test(
        "hilumTests",
        [
            "hilum", "Contracts", "DICOM", "Delivery", "DeviceProfile", "Imaging", "ImagingModel", "JSONText",
            "ResultModel", "Store", "Transport",
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]),
    test("IntakeTests", ["Intake", "Contracts", "ResultModel", "DriverWire", "JSONText", "Orders", logging]),
    test("LISDriverTests", ["LISDriver", "DriverKit", "DriverWire", "LIS01", "JSONText"]),
    test("DICOMTests", ["DICOM", "CharacterSets", "JSONText"]),
    test("ImagingModelTests", ["ImagingModel", "DICOM", "ResultModel"]),
    test("StructuredReportsTests", ["StructuredReports", "ResultModel", "DICOM"]),
    test(
        "ImagingTests",
        ["Imaging", "Store", "Contracts", "ImagingModel", "ResultModel", "DICOM", "DriverWire", "JSONText", logging]),
    test("ImageIndexTests", ["ImageIndex", "DICOM", "CFileRing"]),
    test("DICOMWebTests", ["DICOMWeb", "Contracts", "ImagingModel", "DICOM", "JSONText"]),
    test("HL7AnalyserDriverTests", ["HL7AnalyserDriver", "DriverKit", "DriverWire", "JSONText", "HL7v2", "MLLP"]),
    test("POCT1ATests", ["POCT1A"]),
    test("POCT1ADriverTests", ["POCT1ADriver", "DriverKit", "DriverWire", "JSONText"]),
    test("DelimitedDriverTests", ["DelimitedDriver", "DriverKit", "DriverWire", "JSONText"]),
    // Not tests: what the tests of drivers share.
    .target(name: "DriverBench", dependencies: ["DriverKit", "DriverWire", "JSONText"], path: "Tests/DriverBench"),
    test("BlockDriverKitTests", ["BlockDriverKit"]),
    test("HitachiDriverTests", ["HitachiDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("BeckmanAUDriverTests", ["BeckmanAUDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("SynchronDriverTests", ["SynchronDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("ILDriverTests", ["ILDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("XmodemDriverTests", ["XmodemDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("VitrosDriverTests", ["VitrosDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("BiomerieuxDriverTests", ["BiomerieuxDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("UrineTextDriverTests", ["UrineTextDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("MiditronDriverTests", ["MiditronDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("SysmexD1DriverTests", ["SysmexD1Driver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("CoulterTextDriverTests", ["CoulterTextDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("ABXDriverTests", ["ABXDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
    test("FixedTextDriverTests", ["FixedTextDriver", "DriverBench", "DriverKit", "DriverWire", "JSONText"]),
]

// Fuzz entries: one file a codec or driver, run for seconds by FuzzTests and for as long as one likes by `make fuzz`.
let fuzzEntries: [Target.Dependency] = [
    "CharacterSets", "LIS01", "LIS02", "MLLP", "HL7v2", "FHIR", "JSONText", "DriverKit", "DriverWire", "LISDriver",
    "HL7AnalyserDriver", "Orders", "DeviceProfile", "Normalization", "ResultModel", "Terminology", "DICOM",
    "StructuredReports",
    "ImagingModel",
    "HitachiDriver",
    "POCT1A", "POCT1ADriver", "DelimitedDriver",
    "BeckmanAUDriver",
    "SynchronDriver",
    "ILDriver",
    "VitrosDriver",
    "XmodemDriver",
    "BiomerieuxDriver",
    "UrineTextDriver",
    "MiditronDriver",
    "SysmexD1Driver",
    "CoulterTextDriver",
    "ABXDriver",
    "FixedTextDriver",
]
var fuzz: [Target] = [
    .target(name: "FuzzEntries", dependencies: fuzzEntries, path: "Tests/Fuzz"),
    test("FuzzTests", ["FuzzEntries"]),
]
// libFuzzer's runner links only with its own flags: scripts/fuzz.
if Context.environment["HILUM_FUZZ"] != nil {
    fuzz.append(.executableTarget(name: "hilum-fuzz", dependencies: ["FuzzEntries"], path: "Tests/FuzzRunner"))
}

let package = Package(
    name: "hilum",
    products: [
        .executable(name: "hilum", targets: ["hilum"]),
        .executable(name: "hilum-driver-host", targets: ["hilum-driver-host"]),
        .library(name: "hilum-driver-lis", type: .dynamic, targets: ["LISDriverEntry"]),
        .library(name: "hilum-driver-hl7-analyser", type: .dynamic, targets: ["HL7AnalyserDriverEntry"]),
        .library(name: "hilum-driver-poct1a", type: .dynamic, targets: ["POCT1ADriverEntry"]),
        .library(name: "hilum-driver-delimited", type: .dynamic, targets: ["DelimitedDriverEntry"]),
        .library(name: "hilum-driver-hitachi", type: .dynamic, targets: ["HitachiDriverEntry"]),
        .library(name: "hilum-driver-beckman-au", type: .dynamic, targets: ["BeckmanAUDriverEntry"]),
        .library(name: "hilum-driver-synchron", type: .dynamic, targets: ["SynchronDriverEntry"]),
        .library(name: "hilum-driver-il", type: .dynamic, targets: ["ILDriverEntry"]),
        .library(name: "hilum-driver-xmodem", type: .dynamic, targets: ["XmodemDriverEntry"]),
        .library(name: "hilum-driver-vitros", type: .dynamic, targets: ["VitrosDriverEntry"]),
        .library(name: "hilum-driver-biomerieux", type: .dynamic, targets: ["BiomerieuxDriverEntry"]),
        .library(name: "hilum-driver-urine-text", type: .dynamic, targets: ["UrineTextDriverEntry"]),
        .library(name: "hilum-driver-miditron", type: .dynamic, targets: ["MiditronDriverEntry"]),
        .library(name: "hilum-driver-sysmex-d1", type: .dynamic, targets: ["SysmexD1DriverEntry"]),
        .library(name: "hilum-driver-coulter-text", type: .dynamic, targets: ["CoulterTextDriverEntry"]),
        .library(name: "hilum-driver-abx", type: .dynamic, targets: ["ABXDriverEntry"]),
        .library(name: "hilum-driver-fixed-text", type: .dynamic, targets: ["FixedTextDriverEntry"]),
        .library(name: "hilum-driver-example-c", type: .dynamic, targets: ["ExampleCDriver"]),
        .library(name: "hilum-driver-dicom", type: .dynamic, targets: ["DICOMDriver"]),
    ],
    dependencies: dependencies,
    targets: interop + codecs + model + services + drivers + executables + tests + fuzz,
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11,
    cxxLanguageStandard: .cxx17
)

// One place for what holds for every Swift target.
for target in package.targets where target.type == .regular || target.type == .executable || target.type == .test {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            // Warnings are errors everywhere, so that none is ever carried along.
            .treatAllWarnings(as: .error)
        ]
}

func codec(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Codecs/\(name)")
}

func gateway(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Gateway/\(name)")
}

func driver(_ name: String, _ path: String, _ dependencies: [Target.Dependency], entry: Bool = false) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Drivers/\(path)",
        linkerSettings: entry ? neverUnloaded() : nil)
}

func test(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)")
}

/// A Swift library crashes the process when it is unloaded: the loader must never do so.
func neverUnloaded() -> [LinkerSetting] {
    // The version script leaves one exported symbol: two copies of one Swift type in host and module must not meet.
    let script = "\(Context.packageDirectory)/Sources/Drivers/hilum_driver.map"
    return [
        .unsafeFlags(
            ["-Xlinker", "-z", "-Xlinker", "nodelete", "-Xlinker", "--version-script=\(script)"],
            .when(platforms: [.linux]))
    ]
}
