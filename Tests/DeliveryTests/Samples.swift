import Contracts
import ResultModel

/// Items that between them hold every form this gateway sends.
enum Samples {
    static var items: [OutboxItem] {
        var items = [Fixtures.item()]
        func add(_ change: (inout Report) -> Void) {
            var report = Fixtures.report()
            change(&report)
            items.append(Fixtures.item(report, id: 5000 + Int64(items.count)))
        }
        add { $0.patient = nil }
        add { $0.patient?.name = "" }
        add { $0.patient?.id = "" }
        add { $0.specimen = Specimen() }
        add { $0.specimen.isRunningNumber = true }
        add { $0.specimen.typeCode = "" }
        add { $0.order = ServiceRequest() }
        add { $0.order.fillerID = "F/77" }
        for status in [Observation.Status.registered, .preliminary, .corrected, .amended, .cancelled, .enteredInError] {
            add { report in
                for index in report.observations.indices { report.observations[index].status = status }
            }
        }
        add { $0.observations[1].status = .preliminary }
        add { $0.observations[0].replacesEarlier = true }
        add { report in
            for (type, title) in [("image/png", "histogram"), ("application/pdf", "report"), ("", "raw")] {
                var row = Fixtures.observation(
                    title, .attachment(Attachment(contentType: type, title: title, data: [1, 2, 3, 4, 5])))
                row.role = .attachment
                report.observations.append(row)
            }
        }
        add { report in
            report.observations[0].effective = ClinicalTime(local: "2026-03-18T18:30", utcOffset: nil)
            report.observations[1].effective = ClinicalTime(local: "2026")
            report.observations[2].value = .quantity(Quantity(number: "1E5", unit: "U/L"))
            report.observations[3].value = .quantity(Quantity(number: ".50", unit: "g/dl"))
            report.observations[4].value = .text(String(repeating: "long ", count: 60))
            report.observations[5].value = .text("\u{1}")
            report.observations[6].referenceRange = ReferenceRange(low: "", high: "neg", text: "")
            report.observations[7].referenceRange = ReferenceRange(low: "1", high: "", text: "")
        }
        return items
    }
}
