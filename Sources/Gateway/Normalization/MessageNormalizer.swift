import DeviceProfile
import DriverWire
import ResultModel
import Terminology

/// One message on its way through the normaliser.
struct MessageNormalizer {
    let message: DeviceMessage
    let profile: CompiledProfile
    let context: NormalizationContext
    let isHL7: Bool

    var output = NormalizedMessage()
    var digest = ContentDigest()
    var times: TimeReader

    /// Report by what belongs together.
    private var groups: [Group: Int] = [:]
    /// Report by order and QC, -1: none yet. Orders come first, then "no order".
    private var reportOfOrder: [Int]
    /// Whether the rules make an order control material: 0 unknown, 1 no, 2 yes.
    private var qcOfOrder: [UInt8]

    /// What a report is about. Without a specimen id and a patient id each order stands alone.
    private struct Group: Hashable {
        var patient: Int
        var specimen: String
        var order: Int
        var isQC: Bool
    }

    init(message: DeviceMessage, profile: CompiledProfile, context: NormalizationContext) {
        self.message = message
        self.profile = profile
        self.context = context
        isHL7 = message.protocolName.hasPrefix("HL7")
        times = TimeReader(zone: context.zone)
        reportOfOrder = Array(repeating: -1, count: (message.orders.count + 1) * 2)
        qcOfOrder = Array(repeating: 0, count: message.orders.count + 1)
    }

    mutating func run() -> NormalizedMessage {
        digest.add(message.kind.rawValue)
        // By address: an iterator would copy each result with all its texts.
        message.results.withUnsafeBufferPointer { results in
            for index in results.indices { add(results[index]) }
        }
        for index in output.reports.indices { finish(index) }
        addComments()
        output.contentDigest = digest.value
        return output
    }

    // MARK: Reports

    private mutating func add(_ result: DeviceMessage.Result) {
        let order = result.order.flatMap { message.orders.indices.contains($0) ? $0 : nil } ?? message.orders.count
        let isQC = isControl(order: order) || result.isQC || isControl(result, order: order)
        let slot = order * 2 + (isQC ? 1 : 0)
        if reportOfOrder[slot] < 0 { reportOfOrder[slot] = report(order: order, isQC: isQC) }
        let report = reportOfOrder[slot]
        guard let observation = observation(result, order: order, report: report) else { return }
        output.reports[report].observations.append(observation)
    }

    /// The report that an order belongs to; made when it is the first of its kind.
    private mutating func report(order index: Int, isQC: Bool) -> Int {
        let order = message.orders.indices.contains(index) ? message.orders[index] : nil
        let patientIndex = order.map { $0.patient ?? -1 } ?? (message.patients.count == 1 ? 0 : -1)
        let patient = message.patients.indices.contains(patientIndex) ? message.patients[patientIndex] : nil
        let specimen = order?.specimenID ?? ""
        let hasOwner = !specimen.isEmpty || !(patient?.id.isEmpty ?? true)
        let group = Group(patient: patientIndex, specimen: specimen, order: hasOwner ? -1 : index, isQC: isQC)
        if let known = groups[group] { return known }

        var report = Report()
        report.device = context.device
        report.profile = profile.profile.id
        report.profileRevision = profile.profile.revision
        report.protocolName = message.protocolName
        report.controlID = message.controlID
        report.receivedAt = context.receivedAt
        report.isQC = isQC
        if let order { fill(&report, from: order) }
        if let patient { report.patient = self.patient(patient) }
        // Most messages are about one specimen.
        if groups.isEmpty { report.observations.reserveCapacity(min(message.results.count, 256)) }
        groups[group] = output.reports.count
        output.reports.append(report)
        return output.reports.count - 1
    }

    private mutating func fill(_ report: inout Report, from order: DeviceMessage.Order) {
        report.specimen.id = order.specimenID
        report.specimen.isRunningNumber =
            switch profile.profile.resend.specimen {
            case .number?: true
            case .barcode?: false
            case nil: order.specimenKind == "number"
            }
        report.specimen.type = order.specimenType
        if !order.specimenType.isEmpty {
            report.specimen.typeCode = profile.profile.specimens[order.specimenType] ?? specimenCode(order.specimenType)
        }
        report.specimen.rack = order.rack
        report.specimen.position = order.position
        report.specimen.collectedAt = times.read(order.collectedAt)
        report.specimen.receivedAt = times.read(order.receivedAt)
        report.order.placerID = order.placerID
        report.order.fillerID = order.fillerID
        report.order.priority = order.priority
        report.order.orderedAt = times.read(order.orderedAt)
        report.issued = times.read(order.reportedAt)
        if let said = StatusMeanings.ofReport(order.reportType) { report.status = said }
        digest.add(order.specimenID)
        digest.add(order.specimenType)
        digest.add(order.placerID)
        digest.add(order.collectedAt)
    }

    /// Usual words, also of the first component: `SER^Serum`.
    private func specimenCode(_ word: String) -> String {
        if let code = SpecimenTypes.code(for: word) { return code }
        guard let first = word.split(separator: "^", maxSplits: 1).first else { return "" }
        return SpecimenTypes.code(for: String(first)) ?? ""
    }

    private mutating func patient(_ sent: DeviceMessage.Patient) -> Patient? {
        if sent == DeviceMessage.Patient() { return nil }
        var patient = Patient()
        patient.id = sent.id
        patient.alternateIDs = sent.alternateIDs
        patient.name = sent.name
        patient.birthDate = sent.birthDate
        patient.sex = PatientSex.code(for: sent.sex)
        patient.location = sent.location
        digest.add(sent.id)
        digest.add(sent.name)
        return patient
    }

    // MARK: After the results

    private mutating func finish(_ index: Int) {
        let report = output.reports[index]
        output.reports[index].status = StatusMeanings.worst(of: report.observations, said: report.status)
        var holds = report.holds
        if !report.isQC {
            if report.specimen.id.isEmpty, report.patient?.id.isEmpty ?? true {
                holds.append(
                    Hold(
                        .noOwner,
                        "The device sent neither a specimen nor a patient identifier. Find out at the device whose result this is."
                    ))
            }
            let policy = context.unmapped ?? profile.profile.unmapped
            if policy == .hold {
                var codes: [String] = []
                for row in report.observations where !row.isMapped && !codes.contains(row.asSent.code) {
                    codes.append(row.asSent.code)
                }
                if !codes.isEmpty {
                    let list = codes.prefix(8).joined(separator: ", ") + (codes.count > 8 ? " …" : "")
                    holds.append(
                        Hold(
                            .unmappedCode,
                            "The profile \(report.profile) does not know the code \(list). Add it to `codes`, then replay."
                        ))
                }
            }
        }
        if !message.isComplete {
            holds.append(
                Hold(
                    .incomplete,
                    "The message was broken off: results may be missing. Send the sample again from the device."))
        }
        output.reports[index].holds = holds
    }

    private mutating func addComments() {
        for comment in message.comments {
            let text = comment.text.isEmpty ? comment.code : comment.text
            if text.isEmpty { continue }
            digest.add(text)
            if let order = comment.order {
                guard message.orders.indices.contains(order) else { continue }
                for slot in [order * 2, order * 2 + 1] where reportOfOrder[slot] >= 0 {
                    output.reports[reportOfOrder[slot]].comments.append(text)
                }
            } else {
                for index in output.reports.indices { output.reports[index].comments.append(text) }
            }
        }
    }

    // MARK: Control material

    private mutating func isControl(order index: Int) -> Bool {
        if qcOfOrder[index] != 0 { return qcOfOrder[index] == 2 }
        let sent = message.orders.indices.contains(index) ? message.orders[index] : DeviceMessage.Order()
        let isControl =
            message.kind == .event || sent.isQC || profile.orderQC.contains { matches($0, order: sent, result: nil) }
        qcOfOrder[index] = isControl ? 2 : 1
        return isControl
    }

    private func isControl(_ result: DeviceMessage.Result, order index: Int) -> Bool {
        if profile.resultQC.isEmpty { return false }
        let sent = message.orders.indices.contains(index) ? message.orders[index] : DeviceMessage.Order()
        return profile.resultQC.contains { matches($0, order: sent, result: result) }
    }

    private func matches(_ rule: QCRule, order: DeviceMessage.Order, result: DeviceMessage.Result?) -> Bool {
        let patient = order.patient.flatMap { message.patients.indices.contains($0) ? message.patients[$0] : nil }
        for (subject, glob) in rule.match {
            let isMatch =
                switch subject {
                case .specimenID: glob.matches(order.specimenID)
                case .patientID: glob.matches(patient?.id ?? "")
                case .patientName: glob.matches(patient?.name ?? "")
                case .specimenType: glob.matches(order.specimenType)
                case .action: glob.matches(order.action)
                case .processing: glob.matches(message.processing)
                case .reportType: glob.matches(order.reportType)
                case .code: glob.matches(result?.code ?? "")
                case .name: glob.matches(result?.name ?? "")
                case .flag: result?.flags.contains { glob.matches($0) } ?? false
                }
            if !isMatch { return false }
        }
        return !rule.match.isEmpty
    }

    // MARK: Counting

    mutating func noteUnknown(code: String) {
        if !output.unknownCodes.contains(code), output.unknownCodes.count < 1000 { output.unknownCodes.append(code) }
    }

    mutating func noteUnknown(unit: String) {
        if !output.unknownUnits.contains(unit), output.unknownUnits.count < 1000 { output.unknownUnits.append(unit) }
    }
}
