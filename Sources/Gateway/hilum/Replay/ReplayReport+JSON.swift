import JSONText
import ProfileAuthoring

extension ReplayReport {
    /// A finding as an object.
    static func json(_ finding: ReplayFinding, time: LocalTime) -> JSONObject {
        var object = JSONObject()
        switch finding {
        case .fault(let text, let start, let isNew, let place):
            object.append("kind", .string(isNew ? "fault-added" : "fault-gone"))
            append(place, time, to: &object)
            object.append("byte", .number(start))
            object.append("text", .string(text))
        case .result(let difference, let place):
            object.append("kind", .string(difference.kind.rawValue))
            append(place, time, to: &object)
            guard let row = difference.stored ?? difference.replayed else { return object }
            if row.report != 0 { object.append("report", .number(row.report)) }
            if let state = place.state { object.append("state", .string("\(state)")) }
            object.append("specimen_id", .string(row.specimen))
            object.append("patient_id", .string(row.patient))
            object.append("test_code", .string(row.code))
            object.append("about", .strings(difference.aspects.map(\.rawValue)))
            object.append(
                "fields",
                .array(
                    difference.fields.map { field in
                        .object([
                            "key": .string(field.key), "stored": field.stored ?? .null,
                            "replayed": field.replayed ?? .null,
                        ])
                    }))
            object.append("stored", difference.stored.map { .object($0.fields) } ?? .null)
            object.append("replayed", difference.replayed.map { .object($0.fields) } ?? .null)
        }
        return object
    }

    private static func append(_ place: ReplayPlace, _ time: LocalTime, to object: inout JSONObject) {
        object.append("device", .string(place.device))
        object.append("received", .string(time.iso(place.unix)))
        object.append("conversation", .number(place.conversation))
        if let message = place.message { object.append("message", .number(message)) }
    }

    /// The counts as the last object.
    static func json(
        _ totals: ReplayTotals, _ summary: ReplaySummary, newFaults: Int, goneFaults: Int
    ) -> JSONObject {
        func counts(_ kinds: [ReplayDifference.Kind: Int]) -> JSONObject {
            var object = JSONObject()
            for kind in ReplayDifference.Kind.allCases { object.append(kind.rawValue, .number(kinds[kind] ?? 0)) }
            return object
        }
        func about(_ aspects: [ReplayDifference.Aspect: Int]) -> JSONValue {
            var object = JSONObject()
            for aspect in ReplayDifference.Aspect.allCases {
                if let count = aspects[aspect] { object.append(aspect.rawValue, .number(count)) }
            }
            return .object(object)
        }
        var object: JSONObject = ["kind": .string("summary")]
        for (key, number) in [
            ("messages", totals.asked), ("replayed", totals.replayed), ("without_bytes", totals.withoutBytes),
            ("not_compared", totals.unknown + totals.crashed), ("dialogues", totals.dialogues), ("same", totals.same),
        ] {
            object.append(key, .number(number))
        }
        for member in counts(summary.counts).members { object.append(member.key, member.value) }
        object.append("faults_added", .number(newFaults))
        object.append("faults_gone", .number(goneFaults))
        object.append("about", about(summary.aspects))
        object.append("crashes", .strings(totals.crashes))
        object.append(
            "tests",
            .array(
                summary.byTest.map { test in
                    var row: JSONObject = ["test_code": .string(test.code)]
                    for member in counts(test.counts).members { row.append(member.key, member.value) }
                    row.append("about", about(test.aspects))
                    return .object(row)
                }))
        return object
    }
}
