import DICOM

/// What a simulated modality makes: how many, how large, of which kind.
struct SyntheticForm: Sendable {
    /// Kinds of modality that studies can be made for.
    enum Modality: String, Sendable, CaseIterable {
        case ct = "CT"
        case mr = "MR"
        case us = "US"
        case dx = "DX"
        case xa = "XA"

        /// SOP Class UID (PS3.4 B.5) of its images.
        var sopClass: String {
            switch self {
            case .ct: "1.2.840.10008.5.1.4.1.1.2"
            case .mr: "1.2.840.10008.5.1.4.1.1.4"
            case .us: "1.2.840.10008.5.1.4.1.1.6.1"
            case .dx: "1.2.840.10008.5.1.4.1.1.1.1"
            case .xa: "1.2.840.10008.5.1.4.1.1.12.1"
            }
        }

        /// Descriptions of studies by chance: study, series, body part.
        var examinations: [(study: String, series: String, part: String)] {
            switch self {
            case .ct:
                [
                    ("CT Thorax", "Thorax native 1.0", "CHEST"), ("CT Head", "Head 0.6", "HEAD"),
                    ("CT腹部", "平扫", "ABDOMEN"),
                ]
            case .mr:
                [("MR Brain", "T2 TSE tra", "BRAIN"), ("MR Knee", "PD FS sag", "KNEE"), ("MR腰椎", "T1 sag", "LSPINE")]
            case .us: [("US Abdomen", "Liver", "ABDOMEN"), ("超声心动图", "4CH", "HEART")]
            case .dx: [("DX Hand", "PA", "HAND"), ("DX胸部", "PA", "CHEST")]
            case .xa: [("Coronary angiography", "LCA RAO", "HEART"), ("Cerebral angiography", "ICA", "HEAD")]
            }
        }
    }

    /// Modality.
    var modality = Modality.ct
    /// Series in a study.
    var series = 1
    /// Instances in a series.
    var instances = 50
    /// Rows of an image.
    var rows = 512
    /// Columns of an image.
    var columns = 512
    /// AE title and station name.
    var station = "CT1"
}

/// A study that was never made: of a patient who does not exist, with pictures of nobody. The same seed gives the same study.
struct SyntheticStudy: Sendable {
    let form: SyntheticForm
    var patient: SyntheticPatient
    /// Study Instance UID, under 2.25.
    var uid: String
    /// Accession Number.
    var accession: String
    /// Study ID.
    let id: String
    /// Study Date, YYYYMMDD.
    let date: String
    /// Study Time, HHMMSS.
    let time: String
    /// Study Description, Series Description, Body Part Examined.
    var examination: (study: String, series: String, part: String)
    /// Requested Procedure ID, where it comes from a worklist.
    var procedureID = ""
    /// Scheduled Procedure Step ID, where it comes from a worklist.
    var stepID = ""
    /// SOP Instance UID of the performed procedure step; empty: none is told.
    var performedStep = ""
    private let root: String
    /// Pixels that all slices share.
    private let body: [UInt8]

    /// - Parameter now: `YYYYMMDDHHMMSS`, local.
    init(_ form: SyntheticForm, seed: UInt64, now: String) {
        var random = SplitMix64(state: seed)
        self.form = form
        root = "2.25.\(random.next())"
        uid = "\(root).1"
        patient = SyntheticPatient.any(&random)
        accession = "A\(random.next() % 1_000_000_000)"
        id = "\(random.next() % 100_000)"
        date = String(now.prefix(8))
        time = String(now.dropFirst(8).prefix(6))
        examination = form.modality.examinations[Int(random.next() % UInt64(form.modality.examinations.count))]
        body = Self.pixels(form, &random)
    }

    /// Number of instances.
    var count: Int { form.series * form.instances }

    /// Series Instance UID of a series, from 0.
    func seriesUID(_ series: Int) -> String { "\(root).2.\(series + 1)" }

    /// SOP Instance UID of an instance, from 0.
    func instanceUID(_ series: Int, _ instance: Int) -> String { "\(root).3.\(series + 1).\(instance + 1)" }

    /// UID of the performed procedure step.
    var stepUID: String { "\(root).4" }

    /// UID of a storage commitment transaction.
    var transactionUID: String { "\(root).5" }

    /// An instance.
    func instance(_ series: Int, _ number: Int) -> OutgoingInstance {
        var set = DataSet(characterSet: SpecificCharacterSet(declared: patient.charset))
        fill(&set, series: series, number: number)
        return OutgoingInstance(
            sopClass: form.modality.sopClass, sopInstance: instanceUID(series, number), series: seriesUID(series),
            study: uid, transferSyntax: TransferSyntax.explicitLittleEndian, dataSet: set)
    }

    private func fill(_ set: inout DataSet, series: Int, number: Int) {
        set.set(.imageType, .CS, strings: ["ORIGINAL", "PRIMARY", "AXIAL"])
        set.set(.sopClassUID, .UI, text: form.modality.sopClass)
        set.set(.sopInstanceUID, .UI, text: instanceUID(series, number))
        for tag in [Tag.studyDate, .seriesDate, .contentDate] { set.set(tag, .DA, text: date) }
        for tag in [Tag.studyTime, .seriesTime, .contentTime] { set.set(tag, .TM, text: time) }
        set.set(.accessionNumber, .SH, text: accession)
        set.set(.modality, .CS, text: form.modality.rawValue)
        set.set(.manufacturer, .LO, text: "Hilum")
        set.set(.institutionName, .LO, text: "Demo Hospital")
        set.set(.referringPhysicianName, .PN, text: "Referrer^Rita")
        set.set(.stationName, .SH, text: form.station)
        set.set(.studyDescription, .LO, text: examination.study)
        set.set(.seriesDescription, .LO, text: examination.series)
        set.set(.manufacturerModelName, .LO, text: "Simulated \(form.modality.rawValue)")
        if !performedStep.isEmpty {
            var item = DataSet()
            item.set(Tag(0x0008, 0x1150), .UI, text: ServiceClass.performedStep)
            item.set(Tag(0x0008, 0x1155), .UI, text: performedStep)
            set.set(.referencedPerformedProcedureStepSequence, items: [item])
        }
        set.set(.patientName, .PN, text: patient.name)
        set.set(.patientID, .LO, text: patient.id)
        set.set(.patientBirthDate, .DA, text: patient.birthDate)
        set.set(.patientSex, .CS, text: patient.sex)
        set.set(.bodyPartExamined, .CS, text: examination.part)
        set.set(Tag(0x0018, 0x0050), .DS, text: "1.0")
        set.set(Tag(0x0018, 0x1030), .LO, text: examination.series)
        set.set(.studyInstanceUID, .UI, text: uid)
        set.set(.seriesInstanceUID, .UI, text: seriesUID(series))
        set.set(.studyID, .SH, text: id)
        set.set(.seriesNumber, .IS, integer: series + 1)
        set.set(.instanceNumber, .IS, integer: number + 1)
        set.set(Tag(0x0020, 0x0032), .DS, strings: ["-180", "-180", String(number)])
        set.set(Tag(0x0020, 0x0037), .DS, strings: ["1", "0", "0", "0", "1", "0"])
        set.set(Tag(0x0020, 0x0052), .UI, text: "\(root).6")
        if !stepID.isEmpty || !procedureID.isEmpty {
            var item = DataSet()
            item.set(Tag(0x0040, 0x0009), .SH, text: stepID)
            item.set(Tag(0x0040, 0x1001), .SH, text: procedureID)
            set.set(Tag(0x0040, 0x0275), items: [item])
        }
        fillPixels(&set, number: number)
    }

    private var is8Bit: Bool { form.modality == .us }

    private func fillPixels(_ set: inout DataSet, number: Int) {
        set.set(Tag(0x0028, 0x0002), .US, integer: 1)
        set.set(Tag(0x0028, 0x0004), .CS, text: "MONOCHROME2")
        set.set(Tag(0x0028, 0x0010), .US, integer: form.rows)
        set.set(Tag(0x0028, 0x0011), .US, integer: form.columns)
        set.set(Tag(0x0028, 0x0030), .DS, strings: ["0.7", "0.7"])
        set.set(Tag(0x0028, 0x0100), .US, integer: is8Bit ? 8 : 16)
        set.set(Tag(0x0028, 0x0101), .US, integer: is8Bit ? 8 : 12)
        set.set(Tag(0x0028, 0x0102), .US, integer: is8Bit ? 7 : 11)
        set.set(Tag(0x0028, 0x0103), .US, integer: 0)
        if form.modality == .ct {
            set.set(Tag(0x0028, 0x1050), .DS, text: "40")
            set.set(Tag(0x0028, 0x1051), .DS, text: "400")
            set.set(Tag(0x0028, 0x1052), .DS, text: "-1024")
            set.set(Tag(0x0028, 0x1053), .DS, text: "1")
        }
        set.set(Tag(0x7FE0, 0x0010), is8Bit ? .OB : .OW, bytes: slice(number))
    }

    /// The pixels of a slice: those that all share, with a spot that moves.
    private func slice(_ number: Int) -> [UInt8] {
        var bytes = body
        let (rows, columns) = (form.rows, form.columns)
        let side = max(1, min(rows, columns) / 16)
        let top = (number * 3) % max(1, rows - side)
        let left = columns / 2
        for row in top..<min(rows, top + side) {
            for column in left..<min(columns, left + side) {
                let place = row * columns + column
                if is8Bit { bytes[place] = 230 } else { bytes[place * 2 + 1] = 0x07 }
            }
        }
        return bytes
    }

    /// An ellipse of soft tissue in air, with noise.
    private static func pixels(_ form: SyntheticForm, _ random: inout SplitMix64) -> [UInt8] {
        let (rows, columns) = (form.rows, form.columns)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(rows * columns * 2)
        var noise: UInt64 = 0
        for row in 0..<rows {
            let y = 2 * Double(row) / Double(max(1, rows)) - 1
            let half = 1 - y * y / 0.64
            let width = half > 0 ? 0.9 * half.squareRoot() : 0
            for column in 0..<columns {
                if column % 16 == 0 { noise = random.next() }
                let x = 2 * Double(column) / Double(max(1, columns)) - 1
                let grain = UInt16(truncatingIfNeeded: noise >> UInt64(column % 16 * 4) & 15)
                let value: UInt16 = abs(x) < width ? 1060 + grain : 20 + grain
                if form.modality == .us {
                    bytes.append(UInt8(truncatingIfNeeded: value >> 4))
                } else {
                    bytes.append(UInt8(truncatingIfNeeded: value))
                    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
                }
            }
        }
        return bytes
    }
}
