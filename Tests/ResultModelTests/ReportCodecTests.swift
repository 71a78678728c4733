import ResultModel
import Testing

/// The stored form of reports: lossless, compact, total on any bytes.
@Suite struct ReportCodecTests {
    @Test func everyReportComesBack() throws {
        var random = SplitMix(1)
        var templates = ReportTemplates()
        var codec = ReportCodec()
        for round in 0..<2_000 {
            let report = random.report()
            let bytes = codec.encode(report, templates: &templates)
            let back = try ReportCodec.decode(bytes, id: report.id, receivedAt: report.receivedAt, templates: templates)
            #expect(back == report, "round \(round)")
            if back != report { return }
        }
        #expect(templates.count > 20)
    }

    @Test func aTableReadFromTheDatabaseGivesTheSame() throws {
        var random = SplitMix(2)
        var templates = ReportTemplates()
        var codec = ReportCodec()
        let stored = (0..<300).map { _ in
            let report = random.report()
            return (report, codec.encode(report, templates: &templates))
        }
        var read = ReportTemplates()
        for entry in templates.entries(after: 0) { try read.load(entry) }
        #expect(read.count == templates.count)
        for (report, bytes) in stored {
            #expect(
                try ReportCodec.decode(bytes, id: report.id, receivedAt: report.receivedAt, templates: read) == report)
        }
        #expect(throws: ReportCodecFault.self) { try read.load(ReportTemplates.Entry(number: 1, bytes: [])) }
        let next = read.count + 1
        #expect(throws: ReportCodecFault.self) { try read.load(ReportTemplates.Entry(number: next, bytes: [9])) }
    }

    @Test func aMissingTemplateIsNamed() throws {
        var templates = ReportTemplates()
        var codec = ReportCodec()
        let report = SplitMix.plain()
        for _ in 0..<2 { _ = codec.encode(report, templates: &templates) }
        let bytes = codec.encode(report, templates: &templates)
        do throws(ReportCodecFault) {
            _ = try ReportCodec.decode(bytes, id: 0, receivedAt: 0, templates: ReportTemplates())
            Issue.record("decoded without its templates")
        } catch { #expect(error.code == .unknownTemplate(1)) }
    }

    @Test func whatComesOnceTakesNoPlaceInTheTable() {
        var templates = ReportTemplates()
        var codec = ReportCodec()
        for number in 0..<500 {
            var report = SplitMix.plain()
            report.profile = "profile-\(number)"
            report.observations[0].asSent.code = "CODE\(number)"
            _ = codec.encode(report, templates: &templates)
        }
        #expect(templates.count == 0)
    }

    @Test func theTableIsBounded() throws {
        var templates = ReportTemplates()
        var codec = ReportCodec()
        for number in 0..<(ReportTemplates.capacity + 500) {
            var report = SplitMix.plain()
            report.observations[0].asSent.code = "CODE\(number)"
            for _ in 0..<2 {
                let bytes = codec.encode(report, templates: &templates)
                #expect(try ReportCodec.decode(bytes, id: 0, receivedAt: 0, templates: templates) == report)
            }
        }
        #expect(templates.count == ReportTemplates.capacity)
    }

    @Test func whatWasRolledBackIsForgotten() throws {
        var templates = ReportTemplates()
        var codec = ReportCodec()
        let report = SplitMix.plain()
        for _ in 0..<2 { _ = codec.encode(report, templates: &templates) }
        #expect(templates.count == 2)
        templates.truncate(to: 0)
        #expect(templates.count == 0 && templates.entries(after: 0).isEmpty)
        let bytes = codec.encode(report, templates: &templates)
        #expect(try ReportCodec.decode(bytes, id: 0, receivedAt: 0, templates: templates) == report)
    }

    @Test func anyBytesGiveAValueOrAFault() {
        var random = SplitMix(3)
        var templates = ReportTemplates()
        var codec = ReportCodec()
        let good = (0..<40).map { _ in codec.encode(random.report(), templates: &templates) }
        var faults = 0
        for round in 0..<20_000 {
            var bytes = good[round % good.count]
            switch round % 3 {
            case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            case 1:
                for _ in 0..<3 where !bytes.isEmpty {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            default:
                bytes = (0..<Int.random(in: 0..<80, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                if !bytes.isEmpty { bytes[0] = ReportCodec.version }
            }
            do throws(ReportCodecFault) {
                _ = try ReportCodec.decode(bytes, id: 0, receivedAt: 0, templates: templates)
            } catch { faults += 1 }
            var table = ReportTemplates()
            try? table.load(ReportTemplates.Entry(number: 1, bytes: bytes))
        }
        #expect(faults > 10_000)
    }

    @Test func aNewerVersionIsRefused() {
        do throws(ReportCodecFault) {
            _ = try ReportCodec.decode(
                [ReportCodec.version + 1, 0], id: 0, receivedAt: 0, templates: ReportTemplates())
            Issue.record("decoded a version that is not known")
        } catch { #expect(error.code == .unknownVersion) }
    }

    /// Bytes that were written before there were imaging studies.
    @Test func whatIsStoredStaysReadable() throws {
        var templates = ReportTemplates()
        var codec = ReportCodec()
        let bytes = codec.encode(SplitMix.plain(), templates: &templates)
        let written =
            "1 0 12 2 3 64 65 76 6 73 61 6d 70 6c 65 0 0 0 0 0 2 0 0 10 53 2d 30 30 30 31 32 33 1 0 1f 1 3 "
            + "47 4c 55 0 0 0 0 0 0 0 0 0 62 0 1 6 6d 6d 6f 6c 2f 4c 6 6d 6d 6f 6c 2f 4c 3 6 35 2e 31 8 26 32 "
            + "30 32 34 2d 30 39 2d 31 30 54 31 30 3a 30 30 3a 30 30 2 80 c2 3 3"
        #expect(bytes.map { String($0, radix: 16) }.joined(separator: " ") == written)
        #expect(
            try ReportCodec.decode(bytes, id: 0, receivedAt: 0, templates: ReportTemplates()) == SplitMix.plain())
    }

    @Test func uidsOfASeriesShareTheirBeginning() {
        var report = SplitMix.plain()
        var study = ImagingStudy()
        var series = ImagingStudy.Series()
        series.instances = (0..<500).map { (place: Int) in
            ImagingStudy.Instance(
                uid: "1.2.826.0.1.3680043.8.498.11112222333344445555666677778.\(place)",
                sopClass: "1.2.840.10008.5.1.4.1.1.2", number: place)
        }
        study.series = [series]
        report.imagingStudy = study
        var templates = ReportTemplates()
        var codec = ReportCodec()
        #expect(codec.encode(report, templates: &templates).count < 500 * 10 + 300)
    }

    @Test func tenResultsTakeFewBytes() {
        var templates = ReportTemplates()
        var codec = ReportCodec()
        var report = SplitMix.plain()
        report.observations = (0..<10).map { place in
            var observation = report.observations[0]
            observation.asSent.code = "T\(place)"
            observation.asSent.value = "12.\(place)"
            observation.value = .quantity(Quantity(number: "12.\(place)", unit: "g/L", ucum: "g/L"))
            return observation
        }
        var size = 0
        for _ in 0..<3 { size = codec.encode(report, templates: &templates).count }
        #expect(size < 160)
    }
}

/// A seeded generator (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

extension SplitMix {
    static func plain() -> Report {
        var report = Report()
        report.device = "dev"
        report.profile = "sample"
        report.specimen.id = "S-000123"
        var observation = Observation()
        observation.asSent.code = "GLU"
        observation.asSent.value = "5.1"
        observation.asSent.time = "2024-09-10T10:00:00"
        observation.effective = ClinicalTime(local: "2024-09-10T10:00:00", utcOffset: 28_800)
        observation.value = .quantity(Quantity(number: "5.1", unit: "mmol/L", ucum: "mmol/L"))
        report.observations = [observation]
        return report
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self) == 0 }

    mutating func text() -> String {
        switch Int.random(in: 0..<8, using: &self) {
        case 0...2: return ""
        case 3:
            return ["GLU", "mmol/L", "F", "2024-09-10T10:00:00", "\u{4DAE}\u{20BB7}张三", "a\u{301}", "<0.5"]
                .randomElement(using: &self) ?? ""
        default:
            let count = Int.random(in: 1...40, using: &self)
            return String((0..<count).map { _ in Character(UnicodeScalar(UInt8.random(in: 32..<127, using: &self))) })
        }
    }

    mutating func texts() -> [String] { chance(3) ? (0..<Int.random(in: 1..<4, using: &self)).map { _ in text() } : [] }

    mutating func time() -> ClinicalTime? {
        if chance(3) { return nil }
        let local = chance(2) ? "2024-09-10T10:00:00" : text()
        return ClinicalTime(local: local, utcOffset: chance(3) ? nil : Int32.random(in: -50_000...50_000, using: &self))
    }

    mutating func comparator() -> ObservationValue.Comparator? {
        [nil, .less, .lessOrEqual, .greaterOrEqual, .greater].randomElement(using: &self) ?? nil
    }

    mutating func quantity() -> Quantity {
        Quantity(number: text(), comparator: comparator(), unit: text(), ucum: text())
    }

    mutating func value(sent: String) -> ObservationValue {
        let word = chance(2) ? sent : text()
        switch Int.random(in: 0..<7, using: &self) {
        case 0:
            var quantity = quantity()
            quantity.number = word
            return .quantity(quantity)
        case 1: return .ratio(comparator: comparator(), numerator: word, denominator: text())
        case 2: return .range(low: quantity(), high: quantity())
        case 3:
            return .coded(text: word, coding: chance(2) ? nil : Coding(system: text(), code: text(), display: text()))
        case 4: return .text(word)
        case 5:
            let data = (0..<Int.random(in: 0..<300, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
            return .attachment(Attachment(contentType: text(), title: word, data: data))
        default:
            let reasons: [ObservationValue.AbsentReason] = [
                .unknown, .error, .notPerformed, .notANumber, .notApplicable, .temporarilyUnknown,
            ]
            return .absent(reason: reasons.randomElement(using: &self) ?? .unknown, text: word)
        }
    }

    mutating func observation() -> Observation {
        var observation = Observation()
        observation.asSent.code = "T\(Int.random(in: 0..<6, using: &self))"
        observation.asSent.value = text()
        if chance(4) { observation.asSent.name = text() }
        if chance(4) { observation.asSent.unit = text() }
        observation.asSent.flags = texts()
        observation.asSent.status = chance(9) ? text() : "F"
        observation.asSent.time = chance(2) ? "2024-09-10T10:00:00" : text()
        if chance(4) { observation.asSent.range = text() }
        if chance(2) { observation.loinc = Coding(system: Coding.loinc, code: "718-7", display: text()) }
        if chance(5) { observation.localCode = text() }
        if chance(5) { observation.display = text() }
        observation.value = value(sent: observation.asSent.value)
        observation.interpretation = chance(2) ? observation.asSent.flags : texts()
        if chance(3) { observation.referenceRange = ReferenceRange(low: text(), high: text(), text: text()) }
        observation.status = Observation.Status(rawValue: UInt8.random(in: 0...6, using: &self)) ?? .final
        observation.effective = time()
        observation.role = Observation.Role(rawValue: UInt8.random(in: 0...3, using: &self)) ?? .result
        observation.isUsable = !chance(5)
        observation.isMapped = !chance(5)
        if chance(5) { observation.run = text() }
        if chance(5) { observation.operatorID = text() }
        if chance(5) { observation.method = text() }
        if chance(5) { observation.instrument = text() }
        observation.comments = texts()
        observation.replacesEarlier = chance(6)
        if chance(5) { observation.imaging = imagingContext() }
        return observation
    }

    mutating func coding() -> Coding? { chance(2) ? nil : Coding(system: text(), code: text(), display: text()) }

    mutating func imagingContext() -> ImagingContext {
        var context = ImagingContext()
        context.concept = coding()
        context.bodySite = coding()
        context.laterality = coding()
        context.method = coding()
        let none = Coding(system: "", code: "")
        context.qualifiers = (0..<Int.random(in: 0..<3, using: &self)).map { _ in
            ImagingContext.Qualifier(name: coding() ?? none, value: coding() ?? none)
        }
        context.group = text()
        context.trackingID = text()
        context.trackingUID = text()
        context.document = text()
        context.documentTitle = text()
        context.images = texts()
        return context
    }

    mutating func number() -> Int? { chance(3) ? nil : Int.random(in: -5...100_000, using: &self) }

    mutating func study() -> ImagingStudy {
        var study = ImagingStudy()
        study.uid = "1.2.826.0.1.3680043.8.498." + text()
        study.accession = text()
        study.studyID = text()
        study.started = time()
        study.description = text()
        study.referrer = text()
        study.modalities = texts()
        study.location = text()
        study.instanceCount = Int.random(in: 0...5_000, using: &self)
        study.isComplete = chance(2)
        study.version = Int.random(in: 1...300, using: &self)
        if chance(2) { study.endpoints = [ImagingStudy.Endpoint(id: text(), kind: text(), address: text())] }
        study.series = (0..<Int.random(in: 0..<4, using: &self)).map { _ in
            var series = ImagingStudy.Series()
            series.uid = text()
            series.number = number()
            series.modality = text()
            series.description = text()
            series.bodyPart = text()
            series.bodySite = coding()
            series.laterality = text()
            series.started = time()
            series.instanceCount = Int.random(in: 0...5_000, using: &self)
            series.instances = (0..<Int.random(in: 0..<6, using: &self)).map { place in
                ImagingStudy.Instance(
                    uid: chance(4) ? text() : "1.2.826.0.1.3680043.8.498.\(place)", sopClass: text(), number: number(),
                    title: text())
            }
            return series
        }
        return study
    }

    mutating func report() -> Report {
        var report = Report()
        report.id = Int64.random(in: 0...1_000_000, using: &self)
        report.receivedAt = Int64.random(in: .min ... .max, using: &self)
        report.device = "dev\(Int.random(in: 0..<3, using: &self))"
        report.profile = "sample"
        report.profileRevision = chance(6) ? text() : "5f1d7a84db00d2fce00b31a7fc73224f"
        report.protocolName = "LIS2"
        report.controlID = text()
        report.specimen.id = text()
        report.specimen.isRunningNumber = chance(3)
        if chance(4) { report.specimen.type = text() }
        if chance(4) { report.specimen.typeCode = text() }
        report.specimen.rack = text()
        report.specimen.position = text()
        report.specimen.collectedAt = time()
        report.specimen.receivedAt = time()
        if chance(2) {
            var patient = Patient()
            patient.id = text()
            patient.alternateIDs = texts()
            patient.name = text()
            patient.birthDate = text()
            patient.sex = text()
            patient.location = text()
            report.patient = patient
        }
        report.order.placerID = text()
        report.order.fillerID = text()
        if chance(4) { report.order.priority = text() }
        report.order.orderedAt = time()
        report.observations = (0..<Int.random(in: 0..<8, using: &self)).map { _ in observation() }
        report.status = Observation.Status(rawValue: UInt8.random(in: 0...6, using: &self)) ?? .final
        report.isQC = chance(4)
        report.issued = time()
        report.comments = texts()
        if chance(4) {
            report.holds = Hold.Reason.allCases.map { Hold($0, text()) }
        }
        if chance(4) { report.imagingStudy = study() }
        return report
    }
}
