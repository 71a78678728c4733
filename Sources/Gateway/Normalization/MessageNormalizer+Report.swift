import DriverWire
import ResultModel
import Terminology

extension MessageNormalizer {
    /// What an order says about specimen and request.
    mutating func fill(_ report: inout Report, from order: DeviceMessage.Order) {
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

    /// The patient as the device knows him or her; nil when it said nothing.
    mutating func patient(_ sent: DeviceMessage.Patient) -> Patient? {
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
}
