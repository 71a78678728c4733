/// Patient Module (PS3.3 C.7.1.1), decoded to Unicode.
public struct PatientModule: Sendable, Equatable {
    /// Patient ID (0010,0020).
    public var id = ""
    /// Issuer of Patient ID (0010,0021), or the one that the site has set for the device.
    public var issuer = ""
    /// Patient IDs of Other Patient IDs Sequence (0010,1002) and Other Patient IDs (0010,1000).
    public var otherIDs: [String] = []
    /// Patient's Name (0010,0010): alphabetic, ideographic and phonetic group, separated by `=` (PS3.5 6.2.1).
    public var name = ""
    /// Patient's Birth Date (0010,0030), as sent: YYYYMMDD.
    public var birthDate = ""
    /// Patient's Sex (0010,0040): M, F, O, as sent.
    public var sex = ""
    /// An unknown patient.
    public init() {}
}

/// General Study Module (PS3.3 C.7.2.1).
public struct StudyModule: Sendable, Equatable {
    /// Study Instance UID (0020,000D).
    public var uid = ""
    /// Accession Number (0008,0050), or from where the rules of the device say.
    public var accession = ""
    /// Study ID (0020,0010).
    public var id = ""
    /// Study Date (0008,0020): YYYYMMDD.
    public var date = ""
    /// Study Time (0008,0030): HHMMSS.FFFFFF, as many digits as sent.
    public var time = ""
    /// Study Description (0008,1030).
    public var description = ""
    /// Referring Physician's Name (0008,0090).
    public var referrer = ""
    /// Institution Name (0008,0080).
    public var institution = ""
    /// Timezone Offset From UTC (0008,0201): &ZZXX; empty when not sent.
    public var utcOffset = ""
    /// An empty study.
    public init() {}
}

/// General Series Module (PS3.3 C.7.3.1), with what says which order it belongs to.
public struct SeriesModule: Sendable, Equatable {
    /// Series Instance UID (0020,000E).
    public var uid = ""
    /// Modality (0008,0060).
    public var modality = ""
    /// Series Number (0020,0011); nil when not sent.
    public var number: Int?
    /// Series Description (0008,103E).
    public var description = ""
    /// Body Part Examined (0018,0015).
    public var bodyPart = ""
    /// Laterality (0020,0060).
    public var laterality = ""
    /// Protocol Name (0018,1030).
    public var protocolName = ""
    /// Series Date (0008,0021).
    public var date = ""
    /// Series Time (0008,0031).
    public var time = ""
    /// Performed Procedure Step Start Date (0040,0244).
    public var stepDate = ""
    /// Performed Procedure Step Start Time (0040,0245).
    public var stepTime = ""
    /// Referenced SOP Instance UID of Referenced Performed Procedure Step Sequence (0008,1111).
    public var performedStep = ""
    /// Requested Procedure ID (0040,1001) of Request Attributes Sequence (0040,0275).
    public var requestedProcedure = ""
    /// Scheduled Procedure Step ID (0040,0009) of Request Attributes Sequence (0040,0275).
    public var scheduledStep = ""
    /// An empty series.
    public init() {}
}

/// SOP Common Module (PS3.3 C.12.1) with what describes one instance.
public struct InstanceModule: Sendable, Equatable {
    /// SOP Instance UID (0008,0018).
    public var uid = ""
    /// SOP Class UID (0008,0016).
    public var sopClass = ""
    /// Instance Number (0020,0013); nil when not sent.
    public var number: Int?
    /// Number of Frames (0028,0008); nil when not sent.
    public var frames: Int?
    /// Rows (0028,0010); nil: no pixels.
    public var rows: Int?
    /// Columns (0028,0011); nil: no pixels.
    public var columns: Int?
    /// Bits Allocated (0028,0100); nil: no pixels.
    public var bitsAllocated: Int?
    /// Content Date (0008,0023).
    public var date = ""
    /// Content Time (0008,0033).
    public var time = ""
    /// Document Title (0042,0010), meaning of the Concept Name (0040,A043), Content Label (0070,0080); empty for images.
    public var title = ""
    /// An empty instance.
    public init() {}
}

/// General Equipment Module (PS3.3 C.7.5.1).
public struct EquipmentModule: Sendable, Equatable {
    /// Manufacturer (0008,0070).
    public var manufacturer = ""
    /// Manufacturer's Model Name (0008,1090).
    public var model = ""
    /// Device Serial Number (0018,1000).
    public var serial = ""
    /// Software Versions (0018,1020), separated by `\`.
    public var software = ""
    /// Station Name (0008,1010).
    public var station = ""
    /// Where that station stands, by the rules of the device; empty when they do not say.
    public var location = ""
    /// Unknown equipment.
    public init() {}
}

/// What the gateway knows of an instance: its header, normalised at receipt.
public struct ImageInstance: Sendable, Equatable {
    /// Patient.
    public var patient = PatientModule()
    /// Study.
    public var study = StudyModule()
    /// Series.
    public var series = SeriesModule()
    /// Instance.
    public var instance = InstanceModule()
    /// Equipment.
    public var equipment = EquipmentModule()
    /// Specific Character Set (0008,0005) as declared; empty when it is not.
    public var declaredCharacterSet = ""
    /// The character set by which text was decoded, where it is another one.
    public var usedCharacterSet = ""
    /// An empty instance.
    public init() {}
}
