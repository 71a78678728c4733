import DICOM
import DeviceProfile
import ImagingModel

extension ModalityRules {
    /// The rules of a profile, ready for the imaging node.
    init(_ profile: ImagingRules) {
        self.init()
        characterSet = profile.charset.isEmpty ? nil : profile.charset
        undeclaredCharacterSet = profile.undeclaredCharset.isEmpty ? nil : profile.undeclaredCharset
        detectsCharacterSet = profile.detectsCharset
        accession = profile.accession.compactMap { Source($0) }
        accessionFirst = profile.accessionFirst
        patientID = profile.patientID.compactMap { Source($0) }
        issuer = profile.issuer
        locations = profile.locations
        ignoredSOPClasses = Set(profile.ignored)
        quietSeconds = profile.quietSeconds
        expectedInstances = profile.expectedInstances
    }
}

extension ModalityRules.Source {
    /// Nil: a tag that the profile's reader would not have let through.
    init?(_ source: ElementSource) {
        let path = source.path.compactMap { Tag($0) }
        guard path.count == source.path.count, !path.isEmpty else { return nil }
        self.init(path: path, creator: source.creator.isEmpty ? nil : source.creator)
    }
}
