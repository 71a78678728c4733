import Contracts
import ResultModel

/// An analyser with ten tests that sends an ORU of some 880 bytes a specimen: what the measurements are made with.
struct SyntheticTraffic {
    private static let tests:
        [(code: String, name: String, unit: String, loinc: String, display: String, low: String, high: String)] = [
            (
                "WBC", "Leukocytes", "10*9/L", "6690-2", "Leukocytes [#/volume] in Blood by Automated count", "4.0",
                "10.0"
            ),
            (
                "RBC", "Erythrocytes", "10*12/L", "789-8", "Erythrocytes [#/volume] in Blood by Automated count", "3.8",
                "5.8"
            ),
            ("HGB", "Hemoglobin", "g/L", "718-7", "Hemoglobin [Mass/volume] in Blood", "115", "175"),
            (
                "HCT", "Hematocrit", "%", "4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "35",
                "50"
            ),
            ("PLT", "Platelets", "10*9/L", "777-3", "Platelets [#/volume] in Blood by Automated count", "125", "350"),
            ("MCV", "MCV", "fL", "787-2", "MCV [Entitic volume] by Automated count", "82", "100"),
            ("MCH", "MCH", "pg", "785-6", "MCH [Entitic mass] by Automated count", "27", "34"),
            ("MCHC", "MCHC", "g/L", "786-4", "MCHC [Mass/volume] by Automated count", "316", "354"),
            ("LYM", "Lymphocytes", "%", "736-9", "Lymphocytes/100 leukocytes in Blood by Automated count", "20", "50"),
            ("NEU", "Neutrophils", "%", "770-8", "Neutrophils/100 leukocytes in Blood by Automated count", "40", "75"),
        ]

    var random: SplitMix
    private var number = 0

    init(_ seed: UInt64) { random = SplitMix(seed) }

    /// The next specimen: its bytes and its report.
    mutating func next(device: String, at unix: Int64) -> (bytes: [UInt8], report: Report) {
        number += 1
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        let minute = number / 60 % 60
        let time = "2024-09-10T10:\(minute < 10 ? "0" : "")\(minute):\(number % 60 < 10 ? "0" : "")\(number % 60)"
        let stamp = String(time.filter { $0.isNumber })
        var text = "MSH|^~\\&|XN|LAB|HILUM|SITE|\(stamp)||ORU^R01|\(padded)|P|2.3.1||||||UNICODE\r"
        text += "PID|1||P\(padded)^^^HIS||Zhang^San||19700101|M\rOBR|1||S\(padded)|CBC^Blood count|||\(stamp)\r"
        var report = Report()
        report.device = device
        report.profile = "sample-xn"
        report.profileRevision = "5f1d7a84db00d2fce00b31a7fc73224f"
        report.protocolName = "HL7 2.3.1"
        report.controlID = padded
        report.specimen.id = "S" + padded
        report.receivedAt = unix
        report.issued = ClinicalTime(local: time, utcOffset: 28_800)
        var patient = Patient()
        patient.id = "P" + padded
        patient.name = "Zhang^San"
        patient.birthDate = "1970-01-01"
        patient.sex = "M"
        report.patient = patient
        for (place, test) in Self.tests.enumerated() {
            let value = "\(Int.random(in: 1..<200, using: &random)).\(Int.random(in: 0..<10, using: &random))"
            let isHigh = Int.random(in: 0..<4, using: &random) == 0
            text +=
                "OBX|\(place + 1)|NM|\(test.code)^\(test.name)||\(value)|\(test.unit)|\(test.low)-\(test.high)|\(isHigh ? "H" : "")|||F|||\(stamp)\r"
            var observation = Observation()
            observation.asSent.code = test.code
            observation.asSent.name = test.name
            observation.asSent.value = value
            observation.asSent.unit = test.unit
            observation.asSent.status = "F"
            observation.asSent.range = test.low + "-" + test.high
            observation.asSent.time = time
            if isHigh { observation.asSent.flags = ["H"] }
            observation.interpretation = observation.asSent.flags
            observation.loinc = Coding(system: Coding.loinc, code: test.loinc, display: test.display)
            observation.display = test.name
            observation.value = .quantity(Quantity(number: value, unit: test.unit, ucum: test.unit))
            observation.referenceRange = ReferenceRange(
                low: test.low, high: test.high, text: test.low + "-" + test.high)
            observation.effective = ClinicalTime(local: time, utcOffset: 28_800)
            report.observations.append(observation)
        }
        return ([0x0B] + Array(text.utf8) + [0x1C, 0x0D], report)
    }

    /// The next specimen as a unit, with an acknowledgement of some 80 bytes.
    mutating func unit(_ conversation: Int64, device: String, at unix: Int64) -> CommitUnit {
        let (bytes, report) = next(device: device, at: unix)
        let answer =
            "\u{B}MSH|^~\\&|HILUM|SITE|XN|LAB|20240910100000||ACK|1|P|2.3.1\rMSA|AA|\(report.controlID)\r\u{1C}\r"
        var unit = CommitUnit(device: device, conversation: conversation)
        unit.journal = [
            JournalEntry(.received, unix: unix, bytes: bytes),
            JournalEntry(.sent, unix: unix + 900, bytes: Array(answer.utf8)),
        ]
        unit.messages = [
            MessageDraft(
                kind: "results", protocolName: "HL7 2.3.1", controlID: report.controlID, isComplete: true, start: 0,
                end: UInt64(bytes.count), contentDigest: UInt64(number), reports: [(report, ["emr"])])
        ]
        unit.isIdle = true
        return unit
    }
}
