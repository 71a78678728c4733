import Delivery
import DeviceProfile
import Imaging
import ImagingModel
import Testing
import Transport

@testable import hilum

private let imagingSite = """
    state: /var/lib/hilum
    dicom:
      ae_title: ' HILUM '
      listen:
        - {port: 11112, address: 0.0.0.0}
        - {port: 2762}
      folder: pictures
      max_pdu: 65536
      associations: 20
      idle_timeout: 90s
      largest_instance: 2GiB
      completion: {quiet: 2m, after_mpps: 5s}
      commitment: {wait_for: [pacs]}
      duplicates: refuse
      documents: {unverified: final, largest: 1MiB}
      web: {port: 8042, url: "https://images.example/dicom-web/"}
      move_destinations: [{ae: WS1, host: 10.0.0.5, port: 104}]
    devices:
      - id: ct-1
        profile: ct
        link: {dicom: {ae: CT1, peer: [10.0.0.7, 10.1.0.0/16], called: HILUM, host: 10.0.0.7, port: 104, may: [store, mpps]}}
      - {id: us-1, profile: us, link: {dicom: {ae: any, peer: any, associations: 2}}}
      - {id: xn-1, profile: xn, link: {tcp: {listen: 5000}}}
    destinations:
      - id: pacs
        dicom:
          host: pacs
          port: 104
          ae: PACS
          calling_ae: HILUMOUT
          timeout: 30s
          commitment: {wait: 20s, again: 1h}
          coerce: {set: {StationName: CT NORTH, "0008,0080": ""}, remove: [InstitutionAddress, "(0010,2160)"]}
        retry: {first: 5s}
      - {id: cloud, lanes: 3, stow: {url: "https://cloud.example/dicom-web/", bytes_a_request: 64MiB}}
      - {id: emr, hl7: {host: emr, port: 2575}}
    routes:
      - {devices: [ct-1], modalities: [CT], descriptions: ["*thorax*"], to: [pacs]}
      - {kinds: [ultrasound], body_parts: [HEART], to: [cloud]}
      - {calling: [CT*], to: [cloud, emr]}
      - {devices: [xn-1], to: [emr]}
    retention: {images: 30d}
    """

/// Profiles of the devices above.
private func library() -> ProfileLibrary {
    var ct = DeviceProfile()
    (ct.id, ct.kind, ct.driver, ct.revision) = ("ct", .computedTomography, "dicom", "r1")
    ct.imaging.charset = "GB18030"
    ct.imaging.accession = [
        ElementSource(path: ["00400275", "00401001"]), ElementSource(path: ["00091010"], creator: "ACME 1.0"),
    ]
    ct.imaging.quietSeconds = 300
    var us = DeviceProfile()
    (us.id, us.kind, us.driver) = ("us", .ultrasound, "dicom")
    us.link.dicom = LinkDefaults.DICOM()
    us.link.dicom?.may = [.store, .worklist, .find]
    us.link.dicom?.associations = 9
    var xn = DeviceProfile()
    (xn.id, xn.kind, xn.driver) = ("xn", .haematology, "lis")
    return ProfileLibrary(profiles: [ct, us, xn])
}

@Suite struct ImagingConfigurationTests {
    @Test func everythingIsRead() throws {
        let (read, lines) = read(imagingSite)
        #expect(lines == [])
        let configuration = try #require(read)
        let dicom = try #require(configuration.dicom)
        #expect(dicom.title == "HILUM" && dicom.place.line == 2)
        #expect(dicom.listeners.map(\.port) == [11112, 2762])
        #expect(dicom.listeners.map(\.address) == ["0.0.0.0", "127.0.0.1"])
        #expect(dicom.folder == "pictures" && dicom.largestPDU == 65536 && dicom.largestInstance == 2 << 30)
        #expect(dicom.completion.quiet == .seconds(120) && dicom.completion.afterStep == .seconds(5))
        #expect(dicom.webURL == "https://images.example/dicom-web")
        #expect(configuration.retention.images == .seconds(30 * 86_400))
        let link = try #require(configuration.devices[0].link.dicom)
        #expect(link.title == "CT1" && link.peers.map(\.description) == ["10.0.0.7", "10.1.0.0/16"])
        #expect(link.host == "10.0.0.7" && link.port == 104 && link.may == [.store, .mpps])
        #expect(link.summary == "DICOM CT1 from 10.0.0.7, 10.1.0.0/16")
        guard case .dicom(let pacs) = configuration.destinations[0].written.kind else {
            throw Unexpected(what: "dicom")
        }
        #expect(pacs.called == "PACS" && pacs.calling == "HILUMOUT" && pacs.answerTimeout == .seconds(30))
        #expect(pacs.commitment?.wait == .seconds(20) && pacs.commitment?.again == .seconds(3600))
        #expect(
            pacs.coercion.set == [.init(tag: "0008,1010", value: "CT NORTH"), .init(tag: "0008,0080", value: "")])
        #expect(pacs.coercion.remove == ["0008,0081", "0010,2160"])
        #expect(configuration.destinations[0].written.lanes == 2)
        guard case .stow(let cloud) = configuration.destinations[1].written.kind else { throw Unexpected(what: "stow") }
        #expect(cloud.base == "https://cloud.example/dicom-web" && cloud.bytesARequest == 64 << 20)
        #expect(configuration.destinations[1].written.lanes == 3)
    }

    @Test func theImagingNodeGetsIt() throws {
        let configuration = try #require(read(imagingSite).configuration)
        let settings = try #require(ImagingSettings(configuration, library: library()))
        #expect(settings.title == "HILUM" && settings.folder.hasSuffix("/pictures"))
        #expect(settings.duplicateStatus == 0x0111 && settings.commitmentWaitsFor == ["pacs"])
        #expect(settings.documents.trustsUnverified && settings.documents.largestDocument == 1 << 20)
        #expect(settings.documents.zone != nil)
        #expect(settings.endpoints.map(\.address) == ["https://images.example/dicom-web"])
        #expect(settings.moveDestinations == [.init(title: "WS1", host: "10.0.0.5", port: 104)])
        // Devices of other drivers are not the node's.
        #expect(settings.devices.map(\.id) == ["ct-1", "us-1"])
        let (ct, us) = (settings.devices[0], settings.devices[1])
        #expect(ct.may == ["store", "mpps"] && ct.associations == 8 && ct.addresses == ["10.0.0.7", "10.1.0.0/16"])
        #expect(ct.rules.characterSet == "GB18030" && ct.rules.quietSeconds == 300)
        #expect(ct.rules.accession[1] == .init(path: [.init(0x0009, 0x1010)], creator: "ACME 1.0"))
        #expect(ct.rules.accession[0].path == [.init(0x0040, 0x0275), .init(0x0040, 0x1001)])
        // What the site does not say comes from the profile; `any` is no address.
        #expect(
            us.title == "" && us.addresses == [] && us.may == ["store", "worklist", "find"] && us.associations == 2)
        #expect(ImagingSettings(try #require(read(wholeSite).configuration), library: library()) == nil)
    }

    @Test func routesChooseArchives() throws {
        let configuration = try #require(read(imagingSite).configuration)
        let settings = try #require(ImagingSettings(configuration, library: library()))
        func image(_ modality: String, _ description: String, part: String = "") -> ImageInstance {
            var image = ImageInstance()
            (image.series.modality, image.series.description, image.series.bodyPart) = (modality, description, part)
            return image
        }
        func archives(_ image: ImageInstance, _ device: String, _ calling: String) -> [String] {
            settings.forward(image, device, calling).map(\.destination)
        }
        // What was asked before is remembered: the answers stay the same.
        for _ in 1...2 {
            #expect(archives(image("CT", "CT Thorax nativ"), "ct-1", "X") == ["pacs"])
            #expect(archives(image("CT", "Abdomen"), "ct-1", "X") == [])
            #expect(archives(image("SR", "thorax"), "ct-1", "CT9") == ["cloud"])
            #expect(archives(image("US", "", part: "HEART"), "us-1", "U") == ["cloud"])
            #expect(archives(image("US", "", part: "LIVER"), "us-1", "U") == [])
        }
        #expect(settings.forward(image("CT", "Thorax"), "ct-1", "X").first?.asksCommitment == true)
        var study = ArchivedStudy()
        (study.device, study.callingAE) = ("ct-1", "CT1")
        #expect(settings.report(study, [ArchivedSeries()]) == ["emr"])
        study.callingAE = "MR1"
        #expect(settings.report(study, [ArchivedSeries()]) == [])
        // Results of analysers never go to archives, and routes about images are not about them.
        #expect(configuration.destinations(device: "xn-1", kind: "haematology") == ["emr"])
        var open = configuration
        open.routes = nil
        #expect(open.destinations(device: "xn-1", kind: "haematology") == ["emr"])
        let all = try #require(ImagingSettings(open, library: library()))
        #expect(all.forward(image("MR", ""), "ct-1", "X").map(\.destination) == ["pacs", "cloud"])
        #expect(all.report(study, []) == ["emr"])
    }

    @Test(
        arguments: [
            ("CT1", nil), (" CT 1 ", nil), ("", "is empty"), ("    ", "is empty"), ("A\\B", "backslash"),
            ("SIXTEENCHARACTER", nil), ("SEVENTEENLETTERS1", "17 characters"), ("ÄRZTE", "cannot have"),
            ("A\u{07}", "cannot have"),
        ] as [(String, String?)])
    func titles(_ text: String, _ problem: String?) {
        let found = ApplicationEntityTitle.problem(text)
        if let problem { #expect(found?.contains(problem) == true, "\(found ?? "nil")") } else { #expect(found == nil) }
    }

    @Test(arguments: faultyImaging) func faultsNameLineAndCure(_ faulty: Faulty) {
        let lines = read(faulty.text).lines
        #expect(lines.contains { $0.contains(faulty.expected) }, "\(lines)")
        #expect(lines.count <= faulty.most, "\(lines)")
    }

    @Test func profileAndLinkBelongTogether() throws {
        let text = """
            state: /tmp
            dicom: {port: 1}
            devices:
              - {id: a, profile: xn, link: {dicom: {ae: A}}}
              - {id: b, profile: ct, link: {tcp: {listen: 2}}}
            destinations: [{id: e, hl7: {host: h, port: 1}}]
            """
        let (configuration, faults) = GatewayConfiguration.read(text: text, file: "hilum.yaml")
        #expect(faults.isEmpty)
        // Generic profiles of this project stand for both kinds.
        let checkout = Golden.checkout
        let swapped = text.replacing("profile: xn", with: "profile: generic-lis")
            .replacing("profile: ct", with: "profile: generic-ct")
        let site = GatewayConfiguration.read(text: swapped, file: "hilum.yaml").configuration
        let lines = SiteCheck(site, faults: [], profiles: [checkout.appending(path: "DeviceProfiles").path]).faults
            .map(\.description)
        #expect(configuration != nil)
        #expect(lines.contains { $0.hasPrefix("hilum.yaml:4:") && $0.contains("is no modality's") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("hilum.yaml:5:") && $0.contains("is one of a modality") }, "\(lines)")
    }
}

private func dicom(_ rest: String, devices: String = "{id: d, profile: p, link: {dicom: {ae: A}}}") -> String {
    "state: s\ndicom: \(rest)\ndevices: [\(devices)]\ndestinations: [{id: e, hl7: {host: h, port: 1}}]\n"
}

private func modality(_ link: String, dicom: String = "{port: 1}") -> String {
    "state: s\ndicom: \(dicom)\ndevices:\n  - id: d\n    profile: p\n    link: {dicom: \(link)}\n"
        + "destinations: [{id: e, hl7: {host: h, port: 1}}]\n"
}

private func archive(_ entry: String) -> String {
    "state: s\ndicom: {port: 1}\ndevices: [{id: d, profile: p, link: {dicom: {ae: A}}}]\ndestinations:\n  - id: e\n"
        + "    \(entry)\n"
}

private let faultyImaging: [Faulty] = [
    Faulty(text: dicom("{}"), expected: "hilum.yaml:2: error: dicom: no port is given"),
    Faulty(text: dicom("{port: 0}"), expected: "hilum.yaml:2: error: dicom.port: must be a whole number"),
    Faulty(text: dicom("{port: 1, ae_title: A\\B}"), expected: "dicom.ae_title: \"A\\B\" holds a backslash"),
    Faulty(text: dicom("{port: 1, ae_title: MORETHANSIXTEENLETTERS}"), expected: "has 22 characters; write at most 16"),
    Faulty(text: dicom("{port: 1, ae_titel: A}"), expected: "did you mean \"ae_title\"?"),
    Faulty(text: dicom("{port: 1, listen: [{port: 2}]}"), expected: "dicom.port: stands beside \"listen\""),
    Faulty(text: dicom("{listen: [{port: 2}, {port: 2}]}"), expected: "port 2 is used by dicom (line 2)"),
    Faulty(text: dicom("{port: 1, web: {port: 1}}"), expected: "dicom.web: port 1 is used by dicom (line 2)"),
    Faulty(
        text: dicom(
            "{port: 1}",
            devices: "{id: d, profile: p, link: {dicom: {ae: A}}}, {id: t, profile: p, link: {tcp: {listen: 1}}}"),
        expected: "dicom: port 1 is used by device \"t\" (line 3)"),
    Faulty(text: dicom("{port: 1, max_pdu: 16}"), expected: "dicom.max_pdu: must be"),
    Faulty(
        text: dicom("{port: 1, completion: {quiet: 60}}"), expected: "dicom.completion.quiet: \"60\" is no span of time"
    ),
    Faulty(
        text: dicom("{port: 1, documents: {unverified: ignore}}"),
        expected: "dicom.documents.unverified: \"ignore\" is not possible here"),
    Faulty(text: dicom("{port: 1, duplicates: drop}"), expected: "dicom.duplicates: \"drop\" is not possible here"),
    Faulty(text: dicom("{port: 1, commitment: {wait_for: [f]}}"), expected: "there is no destination \"f\""),
    Faulty(text: dicom("{port: 1, commitment: {wait_for: [e]}}"), expected: "\"e\" is never asked to commit"),
    Faulty(
        text: dicom("{port: 1, tls: {certificate: no.pem, key: no.pem}}"), expected: "no.pem cannot be read", most: 2),
    Faulty(
        text: dicom("{port: 1, tls: {clients: required}}"), expected: "\"certificate\" is missing in dicom.tls", most: 3
    ),
    Faulty(text: dicom("{port: 1, web: {port: 2, address: 0.0.0.0}}"), expected: "anybody may read"),
    Faulty(text: dicom("{port: 1, web: {port: 2, token: abc}}"), expected: "secrets do not stand in this file"),
    Faulty(text: dicom("{port: 1, web: {port: 2, url: images}}"), expected: "\"images\" is no address"),
    Faulty(
        text: dicom("{port: 1, move_destinations: [{ae: W}]}"),
        expected: "\"host\" is missing in dicom.move_destinations[0]", most: 2),
    Faulty(text: dicom("{port: 1, address: 0.0.0.0}"), expected: "an AE title alone is no proof of who it is"),
    Faulty(
        text: dicom("{port: 1}", devices: "{id: t, profile: p, link: {tcp: {listen: 2}}}"),
        expected: "warning: dicom: no device may connect"),
    Faulty(
        text:
            "state: s\ndevices:\n  - {id: d, profile: p, link: {dicom: {ae: A}}}\ndestinations: [{id: e, hl7: {host: h, port: 1}}]\n",
        expected: "hilum.yaml:3: error: device \"d\" speaks DICOM, but the gateway has no port for it"),
    Faulty(
        text: modality("{ae: TOOLONGANAETITLEFORDICOM}"), expected: "hilum.yaml:6: error: devices[0].link.dicom.ae:"),
    Faulty(text: modality("{ae: A, peer: ct.hospital}"), expected: "names are not taken"),
    Faulty(text: modality("{ae: A, may: [stor]}"), expected: "did you mean \"store\"?"),
    Faulty(text: modality("{ae: A, port: 104}"), expected: "must know at which host the modality listens"),
    Faulty(text: modality("{ae: A, host: ct}"), expected: "must know on which port the modality listens"),
    Faulty(text: modality("{ae: A, host: ct, port: 104, tls: true}"), expected: "\"d\" is called with TLS"),
    Faulty(
        text: dicom(
            "{port: 1}",
            devices: "{id: d, profile: p, link: {dicom: {ae: A}}}, {id: f, profile: p, link: {dicom: {ae: A}}}"),
        expected: "device \"f\" cannot be told from \"d\" (line 3)"),
    Faulty(text: archive("dicom: {}"), expected: "\"host\" is missing in destinations[0].dicom", most: 3),
    Faulty(text: archive("dicom: {host: h, port: 104, ae: P, tls: true}"), expected: "\"e\" is called with TLS"),
    Faulty(
        text: archive("dicom: {host: h, port: 104, ae: P, coerce: {set: {StatonName: x}}}"),
        expected: "\"StatonName\" names no element"),
    Faulty(
        text: archive("dicom: {host: h, port: 104, ae: P, coerce: {set: {StationName: 北京}}}"),
        expected: "not every image's character set has"),
    Faulty(
        text: archive("dicom: {host: h, port: 104, ae: P, coerce: {remove: [SOPInstanceUID]}}"),
        expected: "SOPInstanceUID cannot be changed on the way"),
    Faulty(
        text: archive("dicom: {host: h, port: 104, ae: P, coerce: {}}"),
        expected: "warning: destinations[0].dicom.coerce"),
    Faulty(text: archive("stow: {url: \"ftp://x\"}"), expected: "is no address of a DICOMweb server"),
    Faulty(text: archive("stow: {url: \"https://x/studies\"}"), expected: "ends in /studies"),
    Faulty(
        text: archive("stow: {url: \"https://x\"}\n    hl7: {host: h, port: 1}"), expected: "exactly one of hl7, fhir"),
    Faulty(
        text: archive("hl7: {host: h, port: 1}\nroutes: [{modalities: [ct], to: [e]}]"),
        expected: "\"ct\" is no modality"),
]
