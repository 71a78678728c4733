import Delivery
import Testing
import Transport

@testable import hilum

/// Reads a text as hilum.yaml.
func read(_ text: String) -> (configuration: GatewayConfiguration?, lines: [String]) {
    let (configuration, faults) = GatewayConfiguration.read(text: text, file: "hilum.yaml")
    return (configuration, faults.map(\.description))
}

let wholeSite = """
    site: {name: St. Vincent, timezone: Asia/Shanghai, language: en}
    state: /var/lib/hilum
    devices:
      - id: xn-1
        profile: sysmex-xn1000
        link:
          tcp: {listen: 5000, address: 0.0.0.0, peer: [10.0.0.7, 10.1.0.0/16], second_connection: replace}
        options: {charset: gb18030, max_frame: 240, deep: {list: [1, "2", true]}}
        unmapped: hold
        process: own
      - id: cobas
        profile: roche-cobas-c311
        link: {serial: {path: /dev/ttyUSB0, baud: 19200, parity: even}}
      - id: cl
        profile: mindray-cl1000i
        variant: hl7
        timezone: Asia/Urumqi
        link: {tcp: {connect: {host: cl.lab, port: 5100}, reconnect_at_once: true, idle_limit: 10m}}
      - id: csv
        profile: generic-lis
        enabled: false
        link: {folder: {path: in, pattern: "*.csv", complete_when: {companion: .ok}, done: done}}
    destinations:
      - id: emr
        hl7: {host: emr, port: 2575, version: 2.4, charset: GBK, segments: [PID, ORC], acknowledgement: enhanced}
        retry: {first: 2s, longest: 1m, refusals: 3}
      - id: fhir
        fhir: {url: "https://emr/fhir", timeout: 5s, systems: {patient: "urn:oid:1.2.3"}}
    routes:
      - {devices: ["xn-*"], to: [emr, fhir]}
      - {kinds: [chemistry], to: [emr]}
    retention: {raw: 30d, results: forever}
    limits: {free_disk: 16MiB}
    """

@Suite struct ConfigurationTests {
    @Test func everythingIsRead() throws {
        let (read, lines) = read(wholeSite)
        #expect(lines == [])
        let configuration = try #require(read)
        #expect(configuration.site == SiteSettings(name: "St. Vincent", timezone: "Asia/Shanghai", language: .english))
        #expect(configuration.devices.map(\.id) == ["xn-1", "cobas", "cl", "csv"])
        let xn = configuration.devices[0]
        #expect(xn.place.line == 4)
        #expect(xn.unmapped == .hold)
        #expect(xn.process == .own)
        #expect(xn.options["max_frame"]?.int == 240)
        #expect(xn.options["deep"]?["list"]?.array == [.number(1), .string("2"), .bool(true)])
        guard case .listen(let listen) = xn.link else { throw Unexpected(what: "\(xn.link)") }
        #expect(listen.address == "0.0.0.0")
        #expect(listen.peers.map(\.description) == ["10.0.0.7", "10.1.0.0/16"])
        #expect(listen.secondConnection == .replaceOld)
        guard case .connect(let connect) = configuration.devices[2].link else { throw Unexpected(what: "connect") }
        #expect(connect.host == "cl.lab" && connect.port == 5100 && connect.reconnectAtOnce)
        #expect(connect.options.idleLimit == 600)
        guard case .folder(let folder, true) = configuration.devices[3].link else { throw Unexpected(what: "folder") }
        #expect(folder.completeWhen == .companion(suffix: ".ok"))
        #expect(folder.afterwards == .move(to: "done"))
        #expect(!configuration.devices[3].isEnabled)
        let emr = configuration.destinations[0]
        #expect(emr.written.retry.refusals == 3 && emr.written.retry.initialDelay == .seconds(2))
        guard case .hl7(let hl7) = emr.spec(configuration.site).kind else { throw Unexpected(what: "hl7") }
        #expect(hl7.profile.version == .v24)
        #expect(hl7.profile.segments == [.pid, .orc])
        #expect(hl7.profile.acknowledgement == .enhancedCommit)
        #expect(hl7.profile.sendingFacility == "St. Vincent")
        #expect(configuration.retention.raw == .seconds(30 * 86_400))
        #expect(configuration.retention.results == nil)
        #expect(configuration.limits.freeDisk == 16 << 20)
    }

    @Test func profileFillsInTheLink() throws {
        let configuration = try #require(read(wholeSite).configuration)
        var defaults = DeviceProfileDefaults.serial(baud: 4800, dataBits: 7)
        let cobas = configuration.devices[1]
        guard case .serial(let line) = cobas.link.spec(device: cobas.id, defaults: defaults)?.way else {
            throw Unexpected(what: "serial")
        }
        // What the site wrote counts, the rest comes from the profile.
        #expect(line.baud == 19_200 && line.parity == .even && line.dataBits == 7 && line.stopBits == 1)
        defaults.serial = nil
        guard case .serial(let plain) = cobas.link.spec(device: cobas.id, defaults: defaults)?.way else {
            throw Unexpected(what: "serial")
        }
        #expect(plain.dataBits == 8)
    }

    @Test func routesChooseDestinations() throws {
        let configuration = try #require(read(wholeSite).configuration)
        #expect(configuration.destinations(device: "xn-1", kind: "haematology") == ["emr", "fhir"])
        #expect(configuration.destinations(device: "cobas", kind: "chemistry") == ["emr"])
        #expect(configuration.destinations(device: "csv", kind: "other") == [])
        var open = configuration
        open.routes = nil
        #expect(open.destinations(device: "csv", kind: "other") == ["emr", "fhir"])
    }

    /// Each text stands where `…` is, under the keys that make it a whole file; the line must be told.
    @Test(arguments: faultyLines) func faultsNameLineAndCure(_ faulty: Faulty) {
        let lines = read(faulty.text).lines
        #expect(lines.contains { $0.contains(faulty.expected) }, "\(lines)")
        // What is right beside it gives no fault of its own.
        #expect(lines.count <= faulty.most, "\(lines)")
    }

    @Test func allFaultsOfAFileAtOnce() {
        let (_, lines) = read(
            """
            sitee: {}
            state: 7
            devices:
              - {id: "a b", profile: x, link: {tcp: {listen: 0}}}
              - {id: b, link: {}}
            """)
        #expect(lines.count == 5, "\(lines)")
        let numbers = lines.compactMap { line in Int(line.split(separator: ":")[1]) }
        #expect(numbers == numbers.sorted())
    }

    @Test(arguments: ["", "[1, 2]", "just text", "a: [", "\tstate: x", "state: x\nstate: y", "\u{0}", "a: *b"])
    func noTextTraps(_ text: String) {
        #expect(!read(text).lines.isEmpty)
    }

    @Test func bombsAreBounded() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            let previous = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(previous)]\n"
        }
        bomb += "devices: [{id: a, profile: b, link: {tcp: {listen: 1}}, options: {bomb: *a11}}]\nstate: x\n"
        let start = ContinuousClock.now
        let lines = read(bomb).lines
        #expect(lines.contains { $0.contains("stands for more than") }, "\(lines.prefix(3))")
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(
            read(String(repeating: "[", count: 100_000)).lines == [
                "hilum.yaml:1: error: more than 256 brackets are open; close them"
            ])
        #expect(read(String(repeating: "- ", count: 50_000)).lines.count == 1)
    }

    /// Whatever is cut out of a right file, reading goes on without a trap.
    @Test func mutationsNeverTrap() {
        var random = SplitMix64(state: 7)
        let bytes = Array(wholeSite.utf8)
        for _ in 0..<400 {
            var changed = bytes
            for _ in 0..<(1 + Int(random.next() % 4)) {
                let at = Int(random.next() % UInt64(changed.count))
                switch random.next() % 3 {
                case 0: changed.remove(at: at)
                case 1: changed[at] = UInt8(truncatingIfNeeded: random.next() & 0x7F)
                default: changed.insert(contentsOf: changed[at..<min(changed.count, at + 9)], at: at)
                }
            }
            _ = read(String(decoding: changed, as: UTF8.self))
        }
    }
}

struct Unexpected: Error {
    var what: String
}

struct Faulty: Sendable, CustomTestStringConvertible {
    var text: String
    var expected: String
    var most = 1
    var testDescription: String { expected }
}

private func device(_ rest: String) -> String {
    "state: s\ndevices:\n  - id: d\n    profile: p\n    \(rest)\ndestinations: [{id: e, hl7: {host: h, port: 1}}]\n"
}

private func destination(_ rest: String) -> String {
    "state: s\ndevices: [{id: d, profile: p, link: {tcp: {listen: 1}}}]\ndestinations:\n  - id: e\n    \(rest)\n"
}

private func site(_ rest: String) -> String {
    "state: s\ndevices: [{id: d, profile: p, link: {tcp: {listen: 1}}}]\ndestinations: [{id: e, hl7: {host: h, port: 1}}]\n\(rest)\n"
}

let faultyLines: [Faulty] = [
    Faulty(text: device("link: {tcp: {lisen: 1}}"), expected: "hilum.yaml:5: error: unknown key \"lisen\"", most: 2),
    Faulty(
        text: device("link: {tcp: {listen: 70000}}"),
        expected: "hilum.yaml:5: error: devices[0].link.tcp.listen: must be"),
    Faulty(text: device("link: {tcp: {listen: 1, peer: host7}}"), expected: "names are not taken"),
    Faulty(text: device("link: {tcp: {listen: 1, address: 0.0.0.0}}"), expected: "nobody may connect"),
    Faulty(text: device("link: {tcp: {listen: 1, connect: a:1}}"), expected: "either \"listen\" or \"connect\""),
    Faulty(text: device("link: {tcp: {connect: a}}"), expected: "is not host and port"),
    Faulty(text: device("link: {tcp: {listen: 1, tls: true}}"), expected: "a listener needs a certificate"),
    Faulty(
        text: device("link: {tcp: {listen: 1, tls: {certificate: no.pem, key: no.pem}}}"),
        expected: "no.pem cannot be read", most: 2),
    Faulty(text: device("link: {serial: {path: COM1}}"), expected: "is no device file"),
    Faulty(text: device("link: {serial: {path: /dev/x, parity: evn}}"), expected: "did you mean \"even\"?"),
    Faulty(text: device("link: {folder: {path: in, done: ../out}}"), expected: "leads out of the watched folder"),
    Faulty(text: device("link: {folder: {path: in, complete_when: soon}}"), expected: "\"soon\" is not possible"),
    Faulty(text: device("link: {dicom: {}}"), expected: "\"ae\" is missing in devices[0].link.dicom"),
    Faulty(text: device("link: {}"), expected: "exactly one link, not 0"),
    Faulty(text: device("link: {tcp: {listen: 1}}\n    unmaped: post"), expected: "did you mean \"unmapped\"?"),
    Faulty(
        text: device("link: {tcp: {listen: 1}}\n    options: [1]"), expected: "hilum.yaml:6: error: devices[0].options"),
    Faulty(
        text: device("link: {tcp: {listen: 1}}\n  - {id: D, profile: p, link: {tcp: {listen: 2}}}"),
        expected: "hilum.yaml:6: error: device \"D\" is there twice, first in line 3"),
    Faulty(
        text: device("link: {tcp: {listen: 1}}\n  - {id: f, profile: p, link: {tcp: {listen: 1}}}"),
        expected: "cannot be told from \"d\" (line 3)"),
    Faulty(
        text: device("link: {serial: {path: /dev/x}}\n  - {id: f, profile: p, link: {serial: {path: /dev/x}}}"),
        expected: "serial port /dev/x is used by \"d\""),
    Faulty(text: destination("hl7: {host: h, port: 1, version: 2.9}"), expected: "\"2.9\" is not possible here"),
    Faulty(text: destination("hl7: {host: h, port: 1, charset: klingon}"), expected: "is no known character set"),
    Faulty(text: destination("hl7: {host: h, port: 1, segments: [PIT]}"), expected: "did you mean \"PID\"?"),
    Faulty(text: destination("hl7: {host: h, port: 1, fields: {MSH5: x}}"), expected: "is no field"),
    Faulty(text: destination("hl7: {port: 1}"), expected: "\"host\" is missing in destinations[0].hl7"),
    Faulty(
        text: destination("fhir: {url: \"https://u:p@h/fhir\"}"), expected: "credentials do not stand in the address"),
    Faulty(
        text: destination("fhir: {url: \"https://h\", auth: {bearer: abc}}"), expected: "secrets do not stand", most: 2),
    Faulty(
        text: destination("fhir: {url: \"https://h\", auth: {bearer_env: HILUM_TEST_NOT_SET}}"),
        expected: "warning: destinations[0].fhir.auth.bearer_env"),
    Faulty(text: destination("folder: {path: not-there}"), expected: "there is no folder not-there"),
    Faulty(text: destination("retry: {first: 1h, longest: 1s}\n    hl7: {host: h, port: 1}"), expected: "shorter than"),
    Faulty(text: site("routes: [{to: [x]}]"), expected: "hilum.yaml:4: error: there is no destination \"x\"", most: 2),
    Faulty(text: site("routes: [{devices: [q*], to: [e]}]"), expected: "there is no device \"q*\""),
    Faulty(text: site("routes: [{qc: true, to: [e]}]"), expected: "never sent"),
    Faulty(text: site("routes: []"), expected: "warning: no route leads to \"e\""),
    Faulty(text: site("site: {timezone: CST}"), expected: "there is no time zone \"CST\""),
    Faulty(text: site("site: {timezone: Asia/Shanghei}"), expected: "did you mean \"Asia/Shanghai\"?"),
    Faulty(text: site("console: {}"), expected: "hilum.yaml:4: error: console is not available in this version"),
    Faulty(text: site("retention: {raw: 90}"), expected: "is no span of time"),
    Faulty(text: site("limits: {free_disk: lots}"), expected: "is no possible size"),
    Faulty(text: site("profiles: nowhere"), expected: "there is no folder nowhere"),
]
