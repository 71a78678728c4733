import Delivery

/// An entry of `destinations:`.
struct DestinationEntry: Sendable {
    /// Where it begins.
    var place: Place
    /// Name for people; empty: the id.
    var name = ""
    /// False: configured; results wait in the queue.
    var isEnabled = true
    /// How results get there, as written.
    var written: DestinationSpec
    /// Id, unique in the file, stable: the queue is kept under it.
    var id: String { written.id }

    /// Whether images go there, and no reports.
    var takesImages: Bool { written.takesImages }
    /// Whether it is asked to commit the images that it took.
    var asksForCommitment: Bool {
        if case .dicom(let archive) = written.kind { archive.commitment != nil } else { false }
    }

    /// How results get there, with what the site says filled in: MSH-4 is the site's name unless one was written.
    func spec(_ site: SiteSettings) -> DestinationSpec {
        var spec = written
        switch spec.kind {
        case .hl7(var hl7) where hl7.profile.sendingFacility.isEmpty:
            hl7.profile.sendingFacility = site.name
            spec.kind = .hl7(hl7)
        case .folder(var folder):
            guard case .hl7(var receiver) = folder.form, receiver.sendingFacility.isEmpty else { break }
            receiver.sendingFacility = site.name
            folder.form = .hl7(receiver)
            spec.kind = .folder(folder)
        case .hl7, .fhir, .dicom, .stow: break
        }
        return spec
    }
}
