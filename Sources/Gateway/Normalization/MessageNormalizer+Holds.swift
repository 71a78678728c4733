import DeviceProfile
import ResultModel

extension MessageNormalizer {
    /// Status and holds of a report whose results are all there.
    mutating func finish(_ index: Int) {
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
            let processing = message.processing.prefix { $0 != "^" }
            if processing == "T" || processing == "D", profile.profile.training == .hold {
                holds.append(
                    Hold(
                        .rule,
                        "The device calls this message \(processing == "T" ? "training" : "debugging") (\(processing)). Switch that off at the"
                            + " device; if it says so of all its messages, write training: post in its profile."))
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

    /// Comments on the message, a patient or an order.
    mutating func addComments() {
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
}
