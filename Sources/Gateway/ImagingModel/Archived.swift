/// Where a study stands.
public enum StudyState: Int64, Sendable, CaseIterable {
    /// More instances are expected.
    case receiving = 0
    /// Told to the EMR, or nothing asks for that.
    case complete = 1
    /// A person has to look: see `ArchivedStudy.hold`.
    case held = 2
}

/// A study in the archive.
public struct ArchivedStudy: Sendable, Equatable {
    /// Number of it, never given twice.
    public var number: Int64 = 0
    /// Patient, as the first instance said; later instances fill what was empty.
    public var patient = PatientModule()
    /// Study, in the same way.
    public var study = StudyModule()
    /// Modalities of its series, sorted, each once.
    public var modalities: [String] = []
    /// SOP classes of its instances, sorted, each once; filled where one study is asked for.
    public var sopClasses: [String] = []
    /// Series held.
    public var seriesCount = 0
    /// Instances held.
    public var instanceCount = 0
    /// Bytes of their files.
    public var size: Int64 = 0
    /// Id of the device that sent the first instance.
    public var device = ""
    /// AE title that sent the first instance.
    public var callingAE = ""
    /// First station name and its location, model: where it was done.
    public var station = ""
    /// Location of the station.
    public var location = ""
    /// First instance received: microseconds since 1970, UTC.
    public var firstReceived: Int64 = 0
    /// Last instance received.
    public var lastReceived: Int64 = 0
    /// Where it stands.
    public var state = StudyState.receiving
    /// When completion is looked at next: microseconds since 1970, UTC; nil: no timer.
    public var due: Int64?
    /// Versions told to the EMR.
    public var version = 0
    /// Instances held when the last version was told.
    public var reportedInstances = 0
    /// Why it is held from the EMR; empty when it is not.
    public var hold = ""
    /// Instances that came again with other bytes, set aside.
    public var duplicates = 0
    /// Files deleted by retention: nothing can be retrieved any more.
    public var isFreed = false
    /// A study of no instances.
    public init() {}
}

/// A series in the archive.
public struct ArchivedSeries: Sendable, Equatable {
    /// Number of it.
    public var number: Int64 = 0
    /// Its study.
    public var study = ArchivedStudy()
    /// The series.
    public var series = SeriesModule()
    /// What made it.
    public var equipment = EquipmentModule()
    /// Instances held.
    public var instanceCount = 0
    /// A series of no instances.
    public init() {}
}

/// An instance in the archive.
public struct ArchivedInstance: Sendable, Equatable {
    /// Number of it.
    public var number: Int64 = 0
    /// Its series, with the study.
    public var series = ArchivedSeries()
    /// The instance.
    public var instance = InstanceModule()
    /// Its file.
    public var file = ArchivedFile()
    /// An instance without a file.
    public init() {}
}

/// Where the bytes of an instance are.
public struct ArchivedFile: Sendable, Equatable {
    /// Number of the instance.
    public var number: Int64 = 0
    /// Study Instance UID.
    public var study = ""
    /// Series Instance UID.
    public var series = ""
    /// SOP Instance UID.
    public var sopInstance = ""
    /// SOP Class UID.
    public var sopClass = ""
    /// Transfer Syntax UID of the file.
    public var transferSyntax = ""
    /// Path of the file, absolute; empty: retention has deleted it.
    public var path = ""
    /// Size of the file in bytes, with File Meta Information.
    public var size: Int64 = 0
    /// Received: microseconds since 1970, UTC.
    public var receivedAt: Int64 = 0
    /// Id of the device that sent it.
    public var device = ""
    /// AE title that sent it.
    public var callingAE = ""
    /// No file.
    public init() {}
}

/// A patient in the archive: those of one Patient ID and issuer.
public struct ArchivedPatient: Sendable, Equatable {
    /// The patient, as the newest study says.
    public var patient = PatientModule()
    /// Studies held.
    public var studyCount = 0
    /// Nobody.
    public init() {}
}
