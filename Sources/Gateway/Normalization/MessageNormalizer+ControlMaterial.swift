import DeviceProfile
import DriverWire

extension MessageNormalizer {
    mutating func isControl(order index: Int) -> Bool {
        if qcOfOrder[index] != 0 { return qcOfOrder[index] == 2 }
        let sent = message.orders.indices.contains(index) ? message.orders[index] : DeviceMessage.Order()
        let isControl =
            message.kind == .event || sent.isQC || profile.orderQC.contains { matches($0, order: sent, result: nil) }
        qcOfOrder[index] = isControl ? 2 : 1
        return isControl
    }

    func isControl(_ result: DeviceMessage.Result, order index: Int) -> Bool {
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
}
