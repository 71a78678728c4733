import DICOM
import DeviceProfile
import ImagingModel
import ResultModel
import StructuredReports

/// Reads DICOM files by the rules of a modality's profile, without a network and without a store: what the gateway would make
/// of them.
struct InstanceDecoder: Sendable {
    /// What a file came to.
    struct Decoded: Sendable {
        /// The header, normalised.
        var instance: ImageInstance
        /// Transfer Syntax UID.
        var transferSyntax: String
        /// What was found out about the character set, where it was not taken as declared.
        var finding: CharacterSetFinding?
        /// False: the profile keeps it from the EMR.
        var isTold: Bool
        /// What its documents say, as they would be posted; facts of the study are left out.
        var report: Report
        /// What was wrong in the file; it was read all the same.
        var faults: [DICOMFault]
    }

    /// The profile's rules.
    let rules: ModalityRules
    /// Id of the profile.
    let device: String

    init(_ profile: DeviceProfile) {
        rules = ModalityRules(profile.imaging)
        device = profile.id
    }

    /// Reads a file.
    ///
    /// - Throws: `CommandFailure` that says why the gateway would refuse it.
    func decode(_ bytes: [UInt8], name: String) throws(CommandFailure) -> Decoded {
        let file = try read(bytes, name: name)
        let instance: ImageInstance
        do {
            instance = try ImageInstance(file.dataSet, rules: rules)
        } catch {
            throw CommandFailure(.wrong, "\(name): \(error)", cure: "the gateway refuses such an instance")
        }
        let isTold = !rules.ignoredSOPClasses.contains(instance.instance.sopClass)
        let isRead = isTold && StudyDocument.isRead(sopClass: instance.instance.sopClass)
        var report = StudyReport.make(
            study: Self.study(of: instance), patient: Self.patient(of: instance), order: ServiceRequest(),
            device: device, receivedAt: 0, documents: isRead ? [StudyDocument(dataSet: file.dataSet)] : [])
        report.observations.removeAll { $0.imaging == nil }
        return Decoded(
            instance: instance, transferSyntax: file.transferSyntax, finding: file.characterSetFinding, isTold: isTold,
            report: report, faults: file.faults)
    }

    private func read(_ bytes: [UInt8], name: String) throws(CommandFailure) -> DICOMFile {
        var options = DICOMFile.ReadOptions()
        options.stopsBeforePixelData = true
        options.characterSet = rules.characterSetChoice
        do {
            let file = try DICOMFile.read(bytes, options: options)
            guard let undeclared = rules.undeclaredCharacterSet, rules.characterSet == nil,
                file.dataSet[.specificCharacterSet] == nil
            else { return file }
            options.characterSet = .override(SpecificCharacterSet(declared: undeclared))
            return try DICOMFile.read(bytes, options: options)
        } catch {
            throw CommandFailure(.wrong, "\(name): \(error)", cure: "give a DICOM file (PS3.10)")
        }
    }

    private static func patient(of instance: ImageInstance) -> Patient {
        var patient = Patient()
        patient.id = instance.patient.id
        return patient
    }

    private static func study(of instance: ImageInstance) -> ImagingStudy {
        var study = ImagingStudy()
        study.uid = instance.study.uid
        study.accession = instance.study.accession
        study.description = instance.study.description
        study.modalities = [instance.series.modality]
        var series = ImagingStudy.Series()
        series.uid = instance.series.uid
        series.modality = instance.series.modality
        series.instanceCount = 1
        series.instances = [
            ImagingStudy.Instance(
                uid: instance.instance.uid, sopClass: instance.instance.sopClass, number: instance.instance.number)
        ]
        study.series = [series]
        study.instanceCount = 1
        return study
    }
}
