import ResultModel

/// Facts of a study as rows of the role `info`: a destination that can say them has its own places for them, but a report
/// whose facts changed is told from a repeat by these rows.
enum StudyFacts {
    static func rows(_ study: ImagingStudy) -> [Observation] {
        [
            row(study, "113014", "Study", .text(study.uid)),
            row(study, "SeriesCount", "Number of Study Related Series", count(study.series.count)),
            row(study, "InstanceCount", "Number of Study Related Instances", count(study.instanceCount)),
        ]
    }

    private static func row(
        _ study: ImagingStudy, _ code: String, _ name: String, _ value: ObservationValue
    ) -> Observation {
        var row = Observation()
        row.asSent.code = code
        row.asSent.name = name
        row.display = name
        row.role = .info
        row.status = study.isComplete ? .final : .preliminary
        row.effective = study.started
        row.value = value
        switch value {
        case .text(let text): row.asSent.value = text
        case .quantity(let quantity): row.asSent.value = quantity.number
        default: break
        }
        return row
    }

    private static func count(_ number: Int) -> ObservationValue { .quantity(Quantity(number: String(number))) }
}
