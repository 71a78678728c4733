import FHIR

/// What a server answers: OperationOutcome, the answer to a transaction, and text of any kind as identifier, time and number
/// in a bundle, which must come out without a fault or with one that is told.
func fuzzFHIR(_ bytes: UnsafeRawBufferPointer) {
    let body = Array(bytes)
    if let outcome = R4.OperationOutcome(parsing: body) {
        precondition(outcome.issues.count <= 50)
        precondition(outcome.summary.count <= 1000)
        precondition(!outcome.summary.contains(where: \.isNewline))
    }
    _ = try? R4.TransactionResponse(parsing: body)

    let text = String(decoding: body, as: UTF8.self)
    let clean = R4.text(text)
    precondition(R4.text(clean) == clean)
    if let number = R4.Decimal(text) { precondition(R4.Decimal(number.text) == number) }
    let time = R4.DateTime(local: text, utcOffset: Int32(truncatingIfNeeded: body.count) &* 900)
    if let time { precondition(time.text.utf8.count >= 4 && time.text.utf8.count <= 40) }

    guard !clean.isEmpty else { return }
    var observation = R4.Observation(
        identifier: R4.Identifier(system: "urn:hilum:result", value: text), status: "final",
        code: R4.CodeableConcept([R4.Coding(system: R4.System.loinc, code: text)], text: text), value: .string(text))
    observation.effective = time
    observation.interpretation = [text]
    observation.notes = [text]
    var bundle = R4.Bundle()
    bundle.add(observation, fullURL: R4.urn(1, Int64(body.count), 0), action: .conditionalUpdate)
    precondition(bundle.faults().isEmpty)
    precondition((try? R4.TransactionResponse(parsing: bundle.json().serialized())) == nil)
}
