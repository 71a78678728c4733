import DeviceProfile
import Foundation
import Glibc

/// The demo hospital: three analysers, a CT, an EMR that takes HL7 v2 and FHIR, and folders in which what was posted can be
/// looked at. Everything lives in one folder, so that a second run goes on where the first one stopped.
struct DemoSite {
    /// A simulated analyser of the demo.
    struct Analyser {
        /// Id in hilum.yaml.
        var id: String
        /// Its profile, whose captures it plays.
        var profile: String
        /// What it is and how it is connected, for people.
        var summary: String
        /// `link:` in hilum.yaml.
        var link: String
        /// Where the simulator connects.
        var address: String
        /// Captures it plays, by name; the first that is there.
        var captures: [String]
    }

    /// Ports of the demo.
    struct Ports {
        var haematology: Int
        var chemistry: Int
        var mllp: Int
        var fhir: Int
        var dicom: Int
        var web: Int
    }

    /// AE title of the CT.
    static let title = "CT1"

    let folder: URL
    let ports: Ports

    var configurationFile: URL { folder.appending(path: "hilum.yaml") }
    var state: URL { folder.appending(path: "state") }
    var posted: URL { folder.appending(path: "posted") }
    private var line: URL { folder.appending(path: "tty-chemistry") }

    var analysers: [Analyser] {
        [
            Analyser(
                id: "chemistry", profile: "roche-cobas-c311", summary: "Roche cobas c 311, ASTM over a serial line",
                link: "serial: {path: \"\(line.path)\", baud: 9600}", address: "pty:\(line.path)",
                captures: ["synth-etb-qc"]),
            Analyser(
                id: "haematology", profile: "sysmex-xn1000", summary: "Sysmex XN-1000, ASTM over TCP",
                link: "tcp: {listen: \(ports.haematology), peer: any}", address: "tcp:127.0.0.1:\(ports.haematology)",
                captures: ["synth-background"]),
            Analyser(
                id: "immunoassay", profile: "mindray-cl1000i", summary: "Mindray CL-1000i, HL7 over MLLP",
                link: "tcp: {listen: \(ports.chemistry), peer: any}", address: "tcp:127.0.0.1:\(ports.chemistry)",
                captures: ["sample", "no-barcode"]),
        ]
    }

    /// Makes the folders and hilum.yaml.
    func prepare() throws {
        let files = FileManager.default
        for name in ["oru", "bundles"] {
            try files.createDirectory(at: posted.appending(path: name), withIntermediateDirectories: true)
        }
        var text = """
            # The demo hospital of `make run`. Written anew at each start: copy it before you change it.
            site: {name: Demo Hospital, timezone: Asia/Shanghai}
            state: "\(state.path)"
            devices:

            """
        for analyser in analysers {
            text += "  # \(analyser.summary)\n"
            text += "  - {id: \(analyser.id), profile: \(analyser.profile), link: {\(analyser.link)}}\n"
        }
        text += "  # A CT, DICOM\n"
        text += "  - {id: ct, profile: generic-ct, link: {dicom: {ae: \(Self.title)}}}\n"
        text += """
            dicom: {port: \(ports.dicom), completion: {quiet: 10s, after_mpps: 2s}, web: {port: \(ports.web)}}
            destinations:
              - {id: emr, hl7: {host: 127.0.0.1, port: \(ports.mllp)}}
              - {id: fhir, fhir: {url: "http://127.0.0.1:\(ports.fhir)/fhir"}}
              - {id: oru-files, folder: {path: "\(posted.appending(path: "oru").path)", format: hl7}}
              - {id: bundle-files, folder: {path: "\(posted.appending(path: "bundles").path)", format: fhir}}

            """
        try Data(text.utf8).write(to: configurationFile)
    }

    /// The capture that an analyser plays.
    func capture(of analyser: Analyser, library: ProfileLibrary) -> URL? {
        guard let folder = library[analyser.profile]?.folder else { return nil }
        let captures = URL(filePath: folder).appending(path: "captures")
        for name in analyser.captures {
            let file = captures.appending(path: name + ".bin")
            if FileManager.default.fileExists(atPath: file.path) { return file }
        }
        let all = (try? FileManager.default.contentsOfDirectory(at: captures, includingPropertiesForKeys: nil)) ?? []
        return all.filter { $0.pathExtension == "bin" }.min { $0.path < $1.path }
    }
}

extension DemoSite {
    /// What the CT does: a study of a dozen slices and its dose report, every `interval`.
    func modality(every interval: Duration, library: ProfileLibrary) -> ModalityPlan {
        let peer = SimulatedAssociation.Peer(
            place: HostAndPort(host: "127.0.0.1", port: ports.dicom), calling: Self.title, called: "HILUM")
        var plan = ModalityPlan(peer: peer, now: { SimulateModalityCommand.now() })
        plan.form.instances = 12
        (plan.form.rows, plan.form.columns) = (256, 256)
        plan.form.station = Self.title
        plan.studies = nil
        plan.interval = interval
        plan.attempts = nil
        plan.tellsStep = true
        plan.asksCommitment = true
        // Each run has patients of its own.
        plan.seed = UInt64(Date.now.timeIntervalSince1970)
        if let folder = library["generic-ct"]?.folder {
            plan.documents = ["sr-dose-ct"].compactMap { name in
                try? SimulateModalityCommand.file("\(folder)/captures/\(name).dcm")
            }
        }
        return plan
    }
}

/// Ports on loopback that nobody listens on.
enum FreePort {
    /// `preferred`, or another one when it is taken.
    static func near(_ preferred: Int) -> Int {
        for port in [preferred, preferred + 1, preferred + 2] where isFree(port) { return port }
        return isFree(0) ? boundPort() ?? preferred : preferred
    }

    private static func isFree(_ port: Int) -> Bool { bind(port) != nil }
    private static func boundPort() -> Int? { bind(0) }

    private static func bind(_ port: Int) -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        return bound ? Int(in_port_t(bigEndian: address.sin_port)) : nil
    }
}
