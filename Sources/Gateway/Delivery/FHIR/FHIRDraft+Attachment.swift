import FHIR
import ResultModel

extension FHIRDraft {
    /// R4 Observation has no value for a file: images become Media, which a report can show, all else DocumentReference.
    mutating func addAttachment(_ attachment: Attachment, of observation: Observation, identifier: R4.Identifier) {
        let title = attachment.title.isEmpty ? observation.display : attachment.title
        let content = R4.Attachment(
            contentType: attachment.contentType, data: Base64.text(attachment.data), title: title)
        let isWrong = observation.status == .enteredInError
        guard attachment.contentType.hasPrefix("image/") else {
            var document = R4.DocumentReference(identifier: identifier, content: content)
            document.status = isWrong ? "entered-in-error" : "current"
            document.subject = patient
            document.date = issued
            document.summary = title
            if let imaging = observation.imaging { document.type = FHIRDraft.concept(imaging.concept) }
            documents.append(document)
            // A place for it, so that a report of nothing but documents is made; filled in by `addDocuments`.
            attachments.append(R4.Reference())
            return
        }
        var picture = R4.Media(identifier: identifier, content: content)
        picture.status = isWrong ? "entered-in-error" : "completed"
        picture.subject = patient
        picture.created = FHIRDraft.time(observation.effective)
        picture.device = device
        picture.notes = observation.comments
        let reference = add(picture, R4.Bundle.Action.conditionalUpdate)
        media.insert(reference.target)
        attachments.append(reference)
    }

    /// Documents follow the report, because they refer to it.
    mutating func addDocuments() {
        guard let reportReference else { return }
        attachments.removeAll { $0.target.isEmpty }
        for var document in documents {
            document.related = [reportReference] + (imagingStudy.map { [$0] } ?? [])
            attachments.append(add(document, R4.Bundle.Action.conditionalUpdate))
        }
        documents = []
    }
}
