import ImagingModel

/// The archive of images, as those who read it need it: DICOMweb, C-FIND, C-MOVE, the command line.
///
/// Everything comes from the database; no file is read. All throw `StoreFault`.
public protocol ImageArchive: Sendable {
    /// Patients that match, by id. Keys of `.patient` level count.
    func patients(_ query: ImageQuery) async throws -> [ArchivedPatient]
    /// Studies that match, newest first by Study Date and Time.
    func studies(_ query: ImageQuery) async throws -> [ArchivedStudy]
    /// Series that match, by study (newest first) and Series Number.
    func series(_ query: ImageQuery) async throws -> [ArchivedSeries]
    /// Instances that match, by study (newest first), series and Instance Number.
    func instances(_ query: ImageQuery) async throws -> [ArchivedInstance]
    /// Files of a study, a series (`series` given) or an instance (`instance` given), by series and Instance Number. UIDs
    /// that do not belong together give nothing. A file that retention has deleted has an empty path.
    func files(study: String, series: String?, instance: String?) async throws -> [ArchivedFile]
    /// Which of these SOP Instance UIDs are held, with their files.
    func files(sopInstances: [String]) async throws -> [ArchivedFile]
}
