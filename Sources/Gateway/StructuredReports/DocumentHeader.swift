import DICOM
import ResultModel
import Terminology

/// What a document says about itself: title, state, times, authors, and by what key its rows are known.
struct DocumentHeader {
    let kind: DocumentKind
    /// SOP Instance UID.
    let uid: String
    /// Title.
    let title: String
    /// Code of the title.
    let titleConcept: CodedConcept?
    /// Language as the document names it; empty when it does not.
    let language: String
    /// Status of what it says.
    let status: Observation.Status
    /// Content Date and Time as ISO 8601.
    let contentTime: String
    /// The only document that it was made of; empty when there is none or more than one.
    let predecessor: String
    /// Who verified it, and when; empty when nobody did.
    let verifiers: [String]
    let author: String
    let deviceName: String
    /// When its first version was written: the time of what says none, so that a new version changes only what it changes.
    var firstWritten = ""
    /// Four characters that name the document and those that it replaces.
    var key = ""
    private let offset: String?
    private let zone: (any ZoneRules)?

    init(_ document: StudyDocument, _ kind: DocumentKind, _ options: StudyReport.Options) {
        let data = document.dataSet
        let titleConcept = CodedConcept(data.item(.conceptNameCodeSequence))
        let isDose = kind == .structuredReport && titleConcept?.isAny(Concept.doseReports) == true
        let kind = isDose ? .doseReport : kind
        self.kind = kind
        self.titleConcept = titleConcept
        uid = document.uid
        zone = options.zone
        offset = data.string(.timezoneOffsetFromUTC)
        let name = titleConcept?.words ?? ""
        let words = [data.text(.documentTitle) ?? "", name, data.text(.seriesDescription) ?? ""]
        title = words.first { !$0.isEmpty } ?? data.string(.modality) ?? ""
        contentTime =
            DICOMTime.dateTime(date: data.string(.contentDate), time: data.string(.contentTime))
            ?? DICOMTime.dateTime(date: data.string(.seriesDate), time: data.string(.seriesTime)) ?? ""
        let before = data.items(.predecessorDocumentsSequence).flatMap { study in
            study.items(.referencedSeriesSequence).flatMap { series in
                series.items(.referencedSOPSequence).compactMap { $0.string(.referencedSOPInstanceUID) }
            }
        }
        predecessor = Set(before).count == 1 ? before.first ?? "" : ""
        verifiers = data.items(.verifyingObserverSequence).map { observer in
            let name = observer.personName(.verifyingObserverName).map(ContentContext.words) ?? ""
            let time = observer.string(.verificationDateTime).flatMap { DICOMTime.dateTime($0) } ?? ""
            return [name, time].filter { !$0.isEmpty }.joined(separator: " ")
        }
        language =
            data.items(.contentSequence).lazy.compactMap { item -> String? in
                guard CodedConcept(item.item(.conceptNameCodeSequence))?.is(.language) == true else { return nil }
                return CodedConcept(item.item(.conceptCodeSequence))?.value
            }.first ?? ""
        author = data.items(.authorObserverSequence).first?.personName(.personName).map(ContentContext.words) ?? ""
        deviceName = data.string(.manufacturerModelName) ?? ""
        status = DocumentHeader.status(data, kind, options)
        firstWritten = contentTime
        key = DocumentHeader.digest([uid])
    }

    /// PS3.3 C.17.2: Completion, Verification and Preliminary Flag. Final only what is complete and verified, or says of
    /// itself that it is final; what a machine measured needs nobody's attestation.
    private static func status(
        _ data: DataSet, _ kind: DocumentKind, _ options: StudyReport.Options
    ) -> Observation.Status {
        switch kind {
        case .encapsulated, .waveform, .keyObjects: return .final
        case .structuredReport, .doseReport, .detection: break
        }
        if data.string(.preliminaryFlag) == "PRELIMINARY" { return .preliminary }
        if kind == .doseReport { return .final }
        if data.string(.completionFlag) == "PARTIAL" { return .preliminary }
        let isAttested = data.string(.verificationFlag) == "VERIFIED" || data.string(.preliminaryFlag) == "FINAL"
        return isAttested || options.trustsUnverified ? .final : .preliminary
    }

    // MARK: What rows need

    /// Names a row by a concept: LOINC where it is LOINC, else `SCHEME:value` as the site's local code.
    func name(_ row: inout Observation, _ name: CodedConcept) {
        row.asSent.code = name.key
        row.asSent.name = name.words
        row.display = name.words
        let coding = name.coding
        if coding.system == Coding.loinc, LOINCCode.problem(coding.code) == nil {
            row.loinc = coding
        } else {
            row.localCode = name.key
        }
    }

    /// OBX-4 and part of the identity of a row: document, group, modifiers, four characters each, the same in every
    /// version of the document.
    func run(group: [String], modifiers: [String]) -> String {
        var run = key
        if !group.isEmpty || !modifiers.isEmpty { run += "." + (group.isEmpty ? "0" : DocumentHeader.digest(group)) }
        if !modifiers.isEmpty { run += "." + DocumentHeader.digest(modifiers) }
        return run
    }

    /// The first of the times that is one, else that of the document's first version. `observed` is DT, `started` ISO 8601.
    func time(_ observed: String = "", _ started: String = "") -> ClinicalTime? {
        let iso = (observed.isEmpty ? nil : DICOMTime.dateTime(observed)) ?? (started.isEmpty ? firstWritten : started)
        return clinical(iso)
    }

    /// ISO 8601 with or without zone. A time of day without zone has the document's, else the site's.
    func clinical(_ iso: String) -> ClinicalTime? {
        guard iso.utf8.count >= 4 else { return nil }
        guard let mark = iso.firstIndex(of: "T") else { return ClinicalTime(local: iso) }
        if let sign = iso[mark...].firstIndex(where: { $0 == "+" || $0 == "-" }) {
            return ClinicalTime(local: String(iso[..<sign]), utcOffset: DocumentHeader.seconds(iso[sign...]))
        }
        if let offset, let seconds = DICOMTime.offset(offset).flatMap({ DocumentHeader.seconds($0[...]) }) {
            return ClinicalTime(local: iso, utcOffset: seconds)
        }
        let digits = iso.split { !($0.isASCII && $0.isNumber) }.compactMap { Int($0) }
        guard let zone, digits.count >= 4 else { return ClinicalTime(local: iso) }
        let seconds = zone.utcOffset(
            year: digits[0], month: digits[1], day: digits[2], hour: digits[3],
            minute: digits.count > 4 ? digits[4] : 0, second: digits.count > 5 ? min(digits[5], 59) : 0)
        return ClinicalTime(local: iso, utcOffset: seconds)
    }

    /// `+08:00`
    private static func seconds(_ zone: Substring) -> Int32? {
        let parts = zone.dropFirst().split(separator: ":").compactMap { Int32($0) }
        guard parts.count == 2, parts[0] <= 14, parts[1] < 60 else { return nil }
        let seconds = parts[0] * 3600 + parts[1] * 60
        return zone.first == "-" ? -seconds : seconds
    }

    /// Four characters of 36, FNV-1a folded.
    static func digest(_ texts: [String]) -> String {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for text in texts {
            for byte in text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
            digest = (digest ^ 0xFF) &* 0x100_0000_01B3
        }
        let folded = (digest ^ digest >> 32) % 1_679_616
        let text = String(folded, radix: 36)
        return String(repeating: "0", count: 4 - text.utf8.count) + text
    }
}
