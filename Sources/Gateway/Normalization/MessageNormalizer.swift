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
    var reportOfOrder: [Int]
    /// Whether the rules make an order control material: 0 unknown, 1 no, 2 yes.
    var qcOfOrder: [UInt8]

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
        for query in message.queries {
            digest.add(query.specimenID)
            digest.add(query.patientID)
            for test in query.tests { digest.add(test) }
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
        // Which result is about which specimen is part of what was said.
        digest.add(byte: UInt8(truncatingIfNeeded: report))
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

    // MARK: Counting

    mutating func noteUnknown(code: String) {
        if !output.unknownCodes.contains(code), output.unknownCodes.count < 1000 { output.unknownCodes.append(code) }
    }

    mutating func noteUnknown(unit: String) {
        if !output.unknownUnits.contains(unit), output.unknownUnits.count < 1000 { output.unknownUnits.append(unit) }
    }
}
