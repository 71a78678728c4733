import DeviceProfile
import DriverWire
import Normalization
import ResultModel
import Terminology

/// Texts parted by 1F, rows parted by 1E, turned into a message of whatever shape, normalised under two profiles.
func fuzzNormalization(_ bytes: UnsafeRawBufferPointer) {
    let rows = bytes.split(separator: 0x1E, omittingEmptySubsequences: false).prefix(200)
    var message = DeviceMessage(protocolName: (bytes.first ?? 0) & 1 == 0 ? "LIS2-A2" : "HL7 2.5")
    for row in rows {
        let texts = row.split(separator: 0x1F, omittingEmptySubsequences: false).prefix(12)
            .map { String(decoding: UnsafeRawBufferPointer(rebasing: $0), as: UTF8.self) }
        func text(_ index: Int) -> String { texts.indices.contains(index) ? texts[index] : "" }
        switch (row.first ?? 0) & 7 {
        case 0:
            var order = DeviceMessage.Order()
            order.specimenID = text(1)
            order.specimenType = text(2)
            order.collectedAt = text(3)
            order.patient = Int(text(4))
            order.reportType = text(5)
            message.orders.append(order)
        case 1:
            var patient = DeviceMessage.Patient()
            patient.id = text(1)
            patient.name = text(2)
            patient.sex = text(3)
            message.patients.append(patient)
        default:
            var result = DeviceMessage.Result()
            result.order = Int(text(0)) ?? 0
            result.code = text(1)
            result.value = text(2)
            result.unit = text(3)
            result.range = text(4)
            result.flags = [text(5), text(6)]
            result.status = text(7)
            result.time = text(8)
            result.data = text(9)
            result.isUsable = text(10).isEmpty
            message.results.append(result)
        }
    }
    let context = NormalizationContext(device: "d", receivedAt: 0, zone: FixedZone.utc)
    for profile in NormalizationFuzzProfiles.all {
        let output = Normalizer.normalize(message, profile: profile, context: context)
        precondition(output == Normalizer.normalize(message, profile: profile, context: context))
        for report in output.reports {
            for observation in report.observations {
                if case .quantity(let quantity) = observation.value {
                    precondition(ExactDecimal(quantity.number) != nil)
                }
            }
            precondition(ResultRow.rows(of: report, includingAttachments: true).count == report.observations.count)
        }
    }
}

private enum NormalizationFuzzProfiles {
    static let all: [CompiledProfile] = [
        "id: plain\ndriver: lis\n",
        """
        id: rich
        driver: lis
        codes: {A: {loinc: 6690-2, decimals: 2, factor: 12345.6789, convert: {to: g/L, from: {g/dL: 10}}}, '*B': {value: titre}}
        values: {decimal_comma: true, trim: "^", placeholders: ['*0?', "NULL"], words: {x: {absent: error}}}
        flags: {A: {when_no_value: error}, r: resent}
        qc: [{specimen_id: 'Q*'}, {code: C, flag: '*'}]
        rows: [{code: '*\\?', role: info}, {value: '0*', absent: error}]
        unmapped: hold
        """,
    ].compactMap { text in
        (try? ProfileLibrary.parse(Array(text.utf8)))?.profile
    }.map { CompiledProfile($0) }
}
