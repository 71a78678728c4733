import DeviceProfile
import JSONText
import ResultModel
import Testing

@Suite("Profiles as written")
struct ProfileReadingTests {
    static let complete = """
        id: acme-count5
        aliases: [acme-c5]
        vendor: Acme
        model: Count 5
        models: [Count 5i]
        kind: haematology
        support: sample
        documents:
          - {title: Interface manual, revision: "3", note: chapter 2}
        driver: lis
        timezone: Asia/Shanghai
        link:
          tcp: {listen: 5000}
          serial: {baud: 19200, data_bits: 7, parity: even, stop_bits: 2, flow: rtscts}
          folder: {pattern: "*.csv"}
        options:
          specimen: ["O.4.3", O.3]
          trim: true
          width: 15
          none: null
          text: "15"
          nested: {a: -1.50, b: 007, c: yes}
        variants:
          hl7:
            driver: hl7-analyser
            link: {tcp: {connect: 5001}}
            codes: {WBC: {loinc: 26464-8}, PLT: null}
        codes:
          WBC: {loinc: 6690-2, name: Leukocytes, local: LEU, unit: 10*9/L, decimals: 2, factor: 0.01}
          HGB: {loinc: 718-7, convert: {from: g/dL, to: g/L, factor: 10, decimals: 0}}
          PLT: 777-3
          GLU: {convert: {to: mmol/L, from: {mg/dL: 0.0555, g/L: 5.55}}}
          CT: {role: raw, value: number, report: false, specimen: SER}
          'BLOOD\\*': {value: code, system: "http://snomed.info/sct", words: {"A+": {text: A positive, code: "278149003"}}}
          '*ALY#': {role: info}
        units: {"10e3/uL": 10*3/uL, "1": "", x: {ucum: "%", display: per cent, factor: 100}}
        values:
          placeholders: {"-----": error, "*000": not-performed}
          decimal_comma: true
          trim: "^"
          words: {Positif: POS, Examine: {text: Examine, absent: error}}
        flags:
          "+": H
          "?": doubtful
          r: resent
          A: {interpretation: A, when_no_value: error}
        status: {V: final, Z: {status: cancelled, absent: not-performed}}
        qc:
          - specimen_id: "QC-*"
          - {code: BACKGROUND, processing: Q}
        rows:
          - {code: '*\\?', role: info}
          - {comment: "*cancelled*", absent: not-performed}
        specimens: {S1: SER}
        unmapped: hold
        training: post
        resend: {window: 7d, specimen: number}
        """

    @Test("Every key arrives")
    func everyKey() throws {
        let (profile, warnings) = try ProfileLibrary.parse(Array(Self.complete.utf8))
        #expect(warnings.isEmpty, "\(warnings)")
        #expect(profile.id == "acme-count5" && profile.aliases == ["acme-c5"] && profile.vendor == "Acme")
        #expect(profile.model == "Count 5" && profile.models == ["Count 5i"] && profile.kind == .haematology)
        #expect(profile.support == .sample && profile.documents.map(\.revision) == ["3"] && profile.driver == "lis")
        #expect(profile.timezone == "Asia/Shanghai" && profile.link.tcp == .listen(port: 5000))
        #expect(profile.link.serial?.summary == "19200 7E2 RTS/CTS" && profile.link.folder?.pattern == "*.csv")
        #expect(
            profile.unmapped == .hold && profile.training == .post && profile.resend.window == 604_800
                && profile.resend.specimen == .number)
        #expect(profile.specimens == ["S1": "SER"])
        #expect(profile.qc.map(\.match.count) == [1, 2] && profile.rows.map(\.role) == [.info, nil])
        #expect(profile.revision.count == 16)
    }

    @Test("Options go to the driver as JSON with their types")
    func options() throws {
        let (profile, _) = try ProfileLibrary.parse(Array(Self.complete.utf8))
        #expect(
            JSONValue.object(profile.options).text()
                == #"{"specimen":["O.4.3","O.3"],"trim":true,"width":15,"none":null,"text":"15","nested":{"a":-1.50,"b":"007","c":"yes"}}"#
        )
    }

    @Test("Codes: exact, escaped, patterns, conversions")
    func codes() throws {
        let (profile, _) = try ProfileLibrary.parse(Array(Self.complete.utf8))
        #expect(profile.codes.rule(for: "WBC")?.loinc == "6690-2" && profile.codes.rule(for: "WBC")?.factor == "0.01")
        #expect(profile.codes.rule(for: "PLT")?.loinc == "777-3")
        #expect(profile.codes.rule(for: "HGB")?.convert?.factors == ["g/dL": "10"])
        #expect(profile.codes.rule(for: "GLU")?.convert?.factors == ["mg/dL": "0.0555", "g/L": "5.55"])
        #expect(profile.codes.rule(for: "CT")?.report == false && profile.codes.rule(for: "CT")?.role == .raw)
        #expect(profile.codes.rule(for: "BLOOD*")?.words["a+"]?.code == "278149003")
        #expect(profile.codes.rule(for: "BLOODX") == nil && profile.codes.rule(for: "wbc") == nil)
        #expect(profile.codes.rule(for: "*ALY#")?.role == .info && profile.codes.rule(for: "*XALY#")?.role == .info)
        #expect(profile.units["x"]?.factor == "100" && profile.units["1"]?.ucum == "")
    }

    @Test("A variant is laid over the profile; options do not go over to another driver")
    func variants() throws {
        let (profile, _) = try ProfileLibrary.parse(Array(Self.complete.utf8))
        let variant = try #require(profile.resolved(variant: "hl7"))
        #expect(variant.driver == "hl7-analyser" && variant.options.members.isEmpty)
        #expect(
            variant.codes.rule(for: "WBC")?.loinc == "26464-8" && variant.codes.rule(for: "WBC")?.name == "Leukocytes")
        #expect(variant.codes.rule(for: "PLT") == nil && variant.codes.rule(for: "HGB")?.loinc == "718-7")
        #expect(variant.vendor == "Acme" && variant.id == "acme-count5" && variant.revision != profile.revision)
        #expect(profile.resolved(variant: "") == profile && profile.resolved(variant: "other") == nil)
    }

    @Test(
        "The first bytes choose the variant",
        arguments: [
            ("\u{0B}MSH|^~\\&|", "hl7"), ("MSH|^~\\&|", "hl7"), ("\u{02}\u{02}\u{02}\u{0B}MSH|", "hl7"),
            ("\u{02}\u{02}MSH|^~\\&", "hl7"),
            ("\u{05}\u{02}1H|\\^&", ""), ("H|\\^&|||x", ""), ("# note\r\n  H|\\^&", ""), ("Hello", ""), ("", ""),
            ("\u{FEFF}MSH|^", "hl7"),
        ])
    func sniffing(_ text: String, _ name: String) throws {
        let (profile, _) = try ProfileLibrary.parse(Array(Self.complete.utf8))
        #expect(profile.variant(matching: Array(text.utf8))?.name ?? "" == name)
    }

    @Test("extends: maps are merged, lists and texts replaced, null takes away; identity is not inherited")
    func extends() throws {
        let child = """
            id: child
            extends: parent
            vendor: Other
            models: [B]
            codes: {B: {loinc: 718-7}, C: null, A: {name: Other name}}
            options: {list: [3], map: {y: 2}}
            """
        let parent = """
            id: parent
            aliases: [old]
            extends: grandparent
            driver: lis
            vendor: Acme
            model: One
            models: [A]
            support: site
            codes: {A: {loinc: 6690-2, decimals: 1}, C: {loinc: 777-3}}
            options: {list: [1, 2], map: {x: 1}}
            """
        let grandparent = "id: grandparent\ndriver: other\noptions: {gone: true}\nunits: {u: U}\n"
        let (profile, _) = try ProfileLibrary.parse(
            Array(child.utf8), parents: ["parent": Array(parent.utf8), "grandparent": Array(grandparent.utf8)])
        #expect(
            profile.id == "child" && profile.extends == "parent" && profile.aliases.isEmpty
                && profile.support == .claimed)
        #expect(
            profile.vendor == "Other" && profile.model == "One" && profile.models == ["B"] && profile.driver == "lis")
        let sibling = Array("id: sibling\nextends: parent\nmodel: Two\n".utf8)
        let alone = try ProfileLibrary.parse(
            sibling, parents: ["parent": Array(parent.utf8), "grandparent": Array(grandparent.utf8)]
        ).0
        #expect(alone.model == "Two" && alone.models.isEmpty, "the parent's models are not the child's")
        #expect(profile.codes.exact.keys.sorted() == ["A", "B"])
        #expect(profile.codes.rule(for: "A")?.decimals == 1 && profile.codes.rule(for: "A")?.name == "Other name")
        #expect(JSONValue.object(profile.options).text() == #"{"list":[3],"map":{"x":1,"y":2}}"#)
        #expect(profile.units["u"]?.ucum == "U")
    }

    @Test("The revision changes with what matters and with nothing else")
    func revision() throws {
        func revision(_ text: String) throws -> String { try ProfileLibrary.parse(Array(text.utf8)).profile.revision }
        let one = try revision("id: a\ndriver: lis\ncodes: {A: 6690-2}\n")
        #expect(try revision("# comment\nid:   a\n\ndriver: lis\ncodes:\n  A: 6690-2\n") == one)
        #expect(try revision("id: a\ndriver: lis\ncodes: {A: 718-7}\n") != one)
        #expect(try revision("id: a\ndriver: lis\ncodes: {A: 6690-2}\nqc: [{code: x}]\n") != one)
    }

    @Test("A modality: usual link, character set, where values are")
    func imaging() throws {
        let text = """
            id: ct
            kind: ct
            driver: dicom
            link: {dicom: {port: 104, associations: 3, may: [store, mpps]}}
            imaging:
              charset: \\ISO 2022 IR 58
              detect_charset: false
              accession: [StudyID, RequestAttributesSequence.RequestedProcedureID, {tag: "000b,1010", creator: ACME 1.0}]
              accession_first: true
              patient_id: (0010,1000)
              issuer: EAST
              locations: {CT1: Emergency}
              ignore: 1.2.840.10008.5.1.4.1.1.66
              quiet: 2m
              expected_instances: 4
            """
        let (profile, warnings) = try ProfileLibrary.parse(Array(text.utf8))
        #expect(warnings.isEmpty && profile.isImaging && profile.kind == .computedTomography)
        #expect(profile.link.dicom?.port == 104 && profile.link.dicom?.associations == 3)
        #expect(profile.link.dicom?.may == [.store, .mpps])
        let rules = profile.imaging
        #expect(rules.charset == "\\ISO 2022 IR 58" && !rules.detectsCharset && rules.accessionFirst)
        #expect(
            rules.accession == [
                ElementSource(path: ["00200010"]), ElementSource(path: ["00400275", "00401001"]),
                ElementSource(path: ["000B1010"], creator: "ACME 1.0"),
            ])
        #expect(rules.patientID == [ElementSource(path: ["00101000"])] && rules.issuer == "EAST")
        #expect(rules.locations == ["CT1": "Emergency"] && rules.ignored == ["1.2.840.10008.5.1.4.1.1.66"])
        #expect(rules.quietSeconds == 120 && rules.expectedInstances == 4)
        // An overlay changes a key and keeps the others.
        let child = "id: acme\nextends: ct\nimaging: {quiet: 9m, accession: null, accession_first: null}\n"
        let over = try ProfileLibrary.parse(Array(child.utf8), parents: ["ct": Array(text.utf8)]).profile.imaging
        #expect(over.quietSeconds == 540 && over.accession.isEmpty && over.issuer == "EAST")
    }
}
